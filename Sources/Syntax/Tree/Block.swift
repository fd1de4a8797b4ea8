package import NodalDiagnostics

/// `= expression` or `{ … }`: what a function, a layer, a loss or a closure computes.
package enum Body: Sendable {
  case expression(Expression)
  case block(Block)

  package var span: Span {
    switch self {
    case .expression(let expression): expression.span
    case .block(let block): block.span
    }
  }
}

/// Statements, and the value of the last expression.
package struct Block: Sendable {
  package let statements: [LocalStatement]
  /// `nil` only in a loss that ends with a `~` term, in the body of a `for`, and after a mistake.
  package let value: Expression?
  package let span: Span

  package init(statements: [LocalStatement], value: Expression? = nil, span: Span) {
    self.statements = statements
    self.value = value
    self.span = span
  }
}

/// A statement inside a block. Which of them a `fn`, a `layer` or a `loss` may hold is not the
/// parser's business.
package enum LocalStatement: Sendable {
  /// `let a = 1, b: Real[2] = [0, 0]`
  case `let`([Binding])
  /// `var x = h`
  case `var`([Binding])
  /// `const n = 3`
  case const([Binding])
  /// `param w: Real[n] = 0`: in a layer, a weight of its own
  case param([ParameterBinding])
  /// `x = x + 1`, a `var`'s new value
  case assign(Assignment)
  /// `for i in 1..n { … }`
  case `for`(ForLoop<LocalStatement>)
  /// `w.Hare ~ lognormal(log(s.u), σ)`: adds a log-likelihood term
  case observe(Observation)
  /// What could not be parsed
  case invalid(Span)
}

/// `name: Type = value`.
package struct Binding: Sendable {
  package let name: Name
  package let type: TypeExpression?
  package let value: Expression
  package let span: Span

  package init(name: Name, type: TypeExpression? = nil, value: Expression, span: Span) {
    self.name = name
    self.type = type
    self.value = value
    self.span = span
  }
}

/// `target = value`.
package struct Assignment: Sendable {
  package let target: Name
  package let value: Expression
  package let span: Span

  package init(target: Name, value: Expression, span: Span) {
    self.target = target
    self.value = value
    self.span = span
  }
}

/// `for name in range { body }`, in a block or in an `ode`.
package struct ForLoop<Item: Sendable>: Sendable {
  /// May be `_`.
  package let variable: Name
  package let range: Expression
  package let body: [Item]
  package let span: Span

  package init(variable: Name, range: Expression, body: [Item], span: Span) {
    self.variable = variable
    self.range = range
    self.body = body
    self.span = span
  }
}

/// `value ~ distribution`.
package struct Observation: Sendable {
  package let value: Expression
  package let distribution: Expression
  package let span: Span

  package init(value: Expression, distribution: Expression, span: Span) {
    self.value = value
    self.distribution = distribution
    self.span = span
  }
}

/// A parameter of a function, a layer, an ode, a loss or a closure.
package struct Parameter: Sendable {
  /// May be `_`.
  package let name: Name
  package let type: TypeExpression?
  package let defaultValue: Expression?
  package let span: Span

  package init(
    name: Name, type: TypeExpression? = nil, defaultValue: Expression? = nil, span: Span
  ) {
    self.name = name
    self.type = type
    self.defaultValue = defaultValue
    self.span = span
  }
}
