package import NodalDiagnostics

/// `const g = 9.81<m/s^2>`: known at compile time, settable with `--set`.
package struct ConstDeclaration: Sendable {
  package let bindings: [Binding]
  package let documentation: Documentation?
  package let span: Span

  package init(bindings: [Binding], documentation: Documentation? = nil, span: Span) {
    self.bindings = bindings
    self.documentation = documentation
    self.span = span
  }
}

/// `param k1 = 0.04, k2 = 3e7 in (0, inf) ~ lognormal(10, 1)`: learned values.
package struct ParamDeclaration: Sendable {
  package let bindings: [ParameterBinding]
  package let documentation: Documentation?
  package let span: Span

  package init(bindings: [ParameterBinding], documentation: Documentation? = nil, span: Span) {
    self.bindings = bindings
    self.documentation = documentation
    self.span = span
  }
}

/// One name of a `param` or a `state`: `ka per subject: Real = 1.5 in (0, inf) ~ prior`.
package struct ParameterBinding: Sendable {
  /// Primed for the state of a derivative: `state θ = 1, θ' = 0`.
  package let name: Name
  /// `per subject`: one value for each experiment. Never on a `state`.
  package let group: Name?
  package let type: TypeExpression?
  /// The initial value; a `state` may leave it out.
  package let value: Expression?
  /// `in (0, inf)`, a tuple; or any expression that names a domain.
  package let domain: Expression?
  /// `~ normal(1, 0.5)`
  package let prior: Expression?
  package let span: Span

  package init(
    name: Name, group: Name? = nil, type: TypeExpression? = nil, value: Expression? = nil,
    domain: Expression? = nil, prior: Expression? = nil, span: Span
  ) {
    self.name = name
    self.group = group
    self.type = type
    self.value = value
    self.domain = domain
    self.prior = prior
    self.span = span
  }
}

/// `fn kinetic(m, v) -> Real = 0.5*m*v^2`.
package struct FunctionDeclaration: Sendable {
  package let name: Name
  package let parameters: [Parameter]
  package let result: TypeExpression?
  package let body: Body
  package let documentation: Documentation?
  package let span: Span

  package init(
    name: Name, parameters: [Parameter], result: TypeExpression? = nil, body: Body,
    documentation: Documentation? = nil, span: Span
  ) {
    self.name = name
    self.parameters = parameters
    self.result = result
    self.body = body
    self.documentation = documentation
    self.span = span
  }
}

/// A function that owns weights.
///
/// No list: an instance of a template (`layer cell = gru(16)`). One: an instance (`layer net(y) = …`).
/// Two: a template, hyperparameters first (`layer mlp(hidden: Int)(x) { … }`).
package struct LayerDeclaration: Sendable {
  package let name: Name
  /// None, one or two.
  package let parameterLists: [[Parameter]]
  package let result: TypeExpression?
  package let body: Body
  package let documentation: Documentation?
  package let span: Span

  package init(
    name: Name, parameterLists: [[Parameter]], result: TypeExpression? = nil, body: Body,
    documentation: Documentation? = nil, span: Span
  ) {
    self.name = name
    self.parameterLists = parameterLists
    self.result = result
    self.body = body
    self.documentation = documentation
    self.span = span
  }

  /// The hyperparameters of a template; `nil` for an instance.
  package var hyperparameters: [Parameter]? {
    parameterLists.count == 2 ? parameterLists[0] : nil
  }

  /// The inputs; `nil` where none are written (`layer cell = gru(16)`).
  package var inputs: [Parameter]? { parameterLists.last }
}

/// `solver tight = tsit5(rtol: 1e-8)`.
package struct SolverDeclaration: Sendable {
  package let name: Name
  package let value: Expression
  package let documentation: Documentation?
  package let span: Span

  package init(name: Name, value: Expression, documentation: Documentation? = nil, span: Span) {
    self.name = name
    self.value = value
    self.documentation = documentation
    self.span = span
  }
}

/// `data obs = csv("pendulum.csv", time: "t")`.
package struct DataDeclaration: Sendable {
  package let name: Name
  package let value: Expression
  package let documentation: Documentation?
  package let span: Span

  package init(name: Name, value: Expression, documentation: Documentation? = nil, span: Span) {
    self.name = name
    self.value = value
    self.documentation = documentation
    self.span = span
  }
}

/// `loss fit(w) { … }`: for one example of the data that it is trained on.
package struct LossDeclaration: Sendable {
  package let name: Name
  package let parameters: [Parameter]
  package let body: Body
  package let documentation: Documentation?
  package let span: Span

  package init(
    name: Name, parameters: [Parameter], body: Body, documentation: Documentation? = nil, span: Span
  ) {
    self.name = name
    self.parameters = parameters
    self.body = body
    self.documentation = documentation
    self.span = span
  }
}

/// `test "energy is conserved" { … }`.
package struct TestDeclaration: Sendable {
  package let title: String
  package let titleSpan: Span
  /// Only `let` and commands.
  package let statements: [Statement]
  package let documentation: Documentation?
  package let span: Span

  package init(
    title: String, titleSpan: Span, statements: [Statement], documentation: Documentation? = nil,
    span: Span
  ) {
    self.title = title
    self.titleSpan = titleSpan
    self.statements = statements
    self.documentation = documentation
    self.span = span
  }
}

/// `bench "lorenz", repeats: 50 { … }`: what stands before the last line is done once, the last line is timed.
package struct BenchDeclaration: Sendable {
  /// What is timed.
  package enum Work: Sendable {
    case expression(Expression)
    /// A step of `train fit on obs { … }`.
    case study(Study)
    case gradient(GradientOf)
    /// There is none, or it could not be parsed: told already.
    case invalid(Span)
  }

  package let title: String
  package let titleSpan: Span
  /// Behind the title; without sub-options.
  package let options: [Option]
  /// Only `let` and commands.
  package let statements: [Statement]
  package let work: Work
  package let documentation: Documentation?
  package let span: Span

  package init(
    title: String, titleSpan: Span, options: [Option], statements: [Statement], work: Work,
    documentation: Documentation? = nil, span: Span
  ) {
    self.title = title
    self.titleSpan = titleSpan
    self.options = options
    self.statements = statements
    self.work = work
    self.documentation = documentation
    self.span = span
  }
}

/// `gradient of fit on obs { gradient: adjoint }`: a loss and its gradient, once.
package struct GradientOf: Sendable {
  package let loss: Expression
  package let data: Expression?
  package let options: [Option]
  package let span: Span

  package init(loss: Expression, data: Expression? = nil, options: [Option], span: Span) {
    self.loss = loss
    self.data = data
    self.options = options
    self.span = span
  }
}

/// `import physics` or `import "lynx_hare.node"`.
package struct ImportStatement: Sendable {
  package enum Module: Sendable {
    /// A module of the standard library.
    case library(NamePath)
    /// A file, relative to the one that imports it.
    case file(String)
  }

  package let module: Module
  package let moduleSpan: Span
  package let span: Span

  package init(module: Module, moduleSpan: Span, span: Span) {
    self.module = module
    self.moduleSpan = moduleSpan
    self.span = span
  }
}

/// `precision f32`.
package struct PrecisionStatement: Sendable {
  package enum Width: String, Sendable, Hashable, CaseIterable { case f32, f64 }

  package let width: Width
  package let span: Span

  package init(width: Width, span: Span) {
    self.width = width
    self.span = span
  }
}

/// `seed 7`.
package struct SeedStatement: Sendable {
  package let value: Int
  package let span: Span

  package init(value: Int, span: Span) {
    self.value = value
    self.span = span
  }
}
