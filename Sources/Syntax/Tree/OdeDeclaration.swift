package import NodalDiagnostics

/// `ode swing(y: Real[2]) extends pendulum { … }`.
package struct OdeDeclaration: Sendable {
  package let name: Name
  /// States given as a parameter list; `nil` where there is no list.
  package let parameters: [Parameter]?
  package let parent: NamePath?
  package let items: [OdeItem]
  package let documentation: Documentation?
  package let span: Span

  package init(
    name: Name, parameters: [Parameter]? = nil, parent: NamePath? = nil, items: [OdeItem],
    documentation: Documentation? = nil, span: Span
  ) {
    self.name = name
    self.parameters = parameters
    self.parent = parent
    self.items = items
    self.documentation = documentation
    self.span = span
  }
}

/// What an `ode` may hold.
package indirect enum OdeItem: Sendable {
  /// `state θ: Real<rad> = 1.2, θ' = 0`
  case state(ParamDeclaration)
  /// `param L = 1 in (0, inf)`
  case param(ParamDeclaration)
  /// `const g = 9.81`
  case const(ConstDeclaration)
  /// `let left = shift(u, 1)`
  case `let`(ConstDeclaration)
  /// `layer out = dense(2)`
  case layer(LayerDeclaration)
  /// `part a = pendulum, b = pendulum`
  case part(ConstDeclaration)
  /// `known growth = [1.3*x, -1.8*y]`
  case known(ConstDeclaration)
  /// `learned drag = mlp(16)([θ, θ']) where odd(θ')`
  case learned(LearnedTerm)
  /// `θ'' = …`, `θ'' += …`, `0 = …`, `[x, y]' = …`
  case equation(Equation)
  /// `for i in 0..<n { x[i]' = … }`: equations and further loops
  case `for`(ForLoop<OdeItem>)
  /// `input u: Real<V>`
  case input(InputDeclaration)
  /// `noise x = 0.4`, `noise [x, y] = G`
  case noise(NoiseTerm)
  /// `output energy = 0.5*θ'^2`
  case output(ConstDeclaration)
  /// `event bounce: h == 0 falling { v = -e*v }`
  case event(EventDeclaration)
  /// What could not be parsed
  case invalid(Span)
}

/// `learned drag: Real = mlp(16)([θ, θ']) where odd(θ'), raw`.
package struct LearnedTerm: Sendable {
  package let name: Name
  package let type: TypeExpression?
  package let value: Expression
  /// What follows `where`, `raw` included.
  package let structures: [Structure]
  package let documentation: Documentation?
  package let span: Span

  package init(
    name: Name, type: TypeExpression? = nil, value: Expression, structures: [Structure],
    documentation: Documentation? = nil, span: Span
  ) {
    self.name = name
    self.type = type
    self.value = value
    self.structures = structures
    self.documentation = documentation
    self.span = span
  }

  /// Whether the inputs are taken as they are, not standardised.
  package var isRaw: Bool { structures.contains { $0.name.text == "raw" } }
}

/// A property that a learned term is given by construction: `odd(θ')`, `dissipative`, `raw`.
package struct Structure: Sendable {
  package let name: Name
  package let arguments: [Argument]
  package let span: Span

  package init(name: Name, arguments: [Argument], span: Span) {
    self.name = name
    self.arguments = arguments
    self.span = span
  }
}

/// One equation of an `ode`.
///
/// The left side is whatever was written; the common forms have a name in `target`. An equation linear in
/// derivatives (`C*(u2' - u1') = …`) or algebraic (`0 = …`) is `.implicit`.
package struct Equation: Sendable {
  package enum Relation: Sendable, Hashable {
    /// `=`
    case equals
    /// `+=`
    case adds
  }

  package enum Target: Sendable {
    /// `θ''`: name and order
    case state(Name)
    /// `a.θ''`: the names before the last dot, and the state
    case part([Name], Name)
    /// `x[i]'`
    case element(Name, [Subscript], order: Int)
    /// `[x, y]'`
    case bracket([Expression], order: Int)
    /// anything else
    case implicit
  }

  package let isOverride: Bool
  package let left: Expression
  package let relation: Relation
  package let relationSpan: Span
  package let right: Expression
  package let documentation: Documentation?
  package let span: Span

  package init(
    isOverride: Bool, left: Expression, relation: Relation, relationSpan: Span, right: Expression,
    documentation: Documentation? = nil, span: Span
  ) {
    self.isOverride = isOverride
    self.left = left
    self.relation = relation
    self.relationSpan = relationSpan
    self.right = right
    self.documentation = documentation
    self.span = span
  }
}

/// `input u: Real<V> = 0`.
package struct InputDeclaration: Sendable {
  package let inputs: [Parameter]
  package let documentation: Documentation?
  package let span: Span

  package init(inputs: [Parameter], documentation: Documentation? = nil, span: Span) {
    self.inputs = inputs
    self.documentation = documentation
    self.span = span
  }
}

/// `noise x = 0.4` (Itô, diagonal) or `noise [x, y] = G`.
package struct NoiseTerm: Sendable {
  /// A name or a bracket of names.
  package let target: Expression
  package let value: Expression
  package let documentation: Documentation?
  package let span: Span

  package init(
    target: Expression, value: Expression, documentation: Documentation? = nil, span: Span
  ) {
    self.target = target
    self.value = value
    self.documentation = documentation
    self.span = span
  }
}

/// `event bounce: h == 0 falling { v = -0.9*v; stop }`.
package struct EventDeclaration: Sendable {
  package enum Direction: String, Sendable, Hashable, CaseIterable { case rising, falling }

  package enum Trigger: Sendable {
    /// `h == 0 falling`
    case crossing(Expression, Direction?)
    /// `t in d.t`: at given times
    case times(Expression, in: Expression)
  }

  package let name: Name
  package let trigger: Trigger
  package let actions: [EventAction]
  package let documentation: Documentation?
  package let span: Span

  package init(
    name: Name, trigger: Trigger, actions: [EventAction], documentation: Documentation? = nil,
    span: Span
  ) {
    self.name = name
    self.trigger = trigger
    self.actions = actions
    self.documentation = documentation
    self.span = span
  }
}

/// What an event does. All assignments read the state before the event.
package enum EventAction: Sendable {
  /// `v = -0.9*v`, `gut += d.amount`; the target is a name, a field or an element
  case assign(EventAssignment)
  /// `stop`: the solve ends here
  case stop(Span)
  case invalid(Span)
}

/// `target = value` or `target += value`.
package struct EventAssignment: Sendable {
  package let target: Expression
  package let relation: Equation.Relation
  package let value: Expression
  package let span: Span

  package init(target: Expression, relation: Equation.Relation, value: Expression, span: Span) {
    self.target = target
    self.relation = relation
    self.value = value
    self.span = span
  }
}
