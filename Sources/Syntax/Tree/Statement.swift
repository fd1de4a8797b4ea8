package import NodalDiagnostics

/// A statement of a file, of a `test` or of the prompt.
package enum Statement: Sendable {
  // Headings
  case `import`(ImportStatement)
  case precision(PrecisionStatement)
  case seed(SeedStatement)

  // Declarations: visible in the whole file
  case const(ConstDeclaration)
  case param(ParamDeclaration)
  case function(FunctionDeclaration)
  case layer(LayerDeclaration)
  case ode(OdeDeclaration)
  case solver(SolverDeclaration)
  case data(DataDeclaration)
  case loss(LossDeclaration)
  case test(TestDeclaration)
  case bench(BenchDeclaration)

  // Commands: run in order
  case `let`(LetStatement)
  case study(Study)
  case explain(ExplainCommand)
  case check(CheckCommand)
  case plot(PlotCommand)
  case print(PrintCommand)
  case transfer(TransferCommand)
  case assert(AssertCommand)
  /// A bare value: only at the prompt, which shows it
  case expression(Expression)

  /// What could not be parsed
  case invalid(Span)
}

extension Statement {
  package var span: Span {
    switch self {
    case .import(let node): node.span
    case .precision(let node): node.span
    case .seed(let node): node.span
    case .const(let node): node.span
    case .param(let node): node.span
    case .function(let node): node.span
    case .layer(let node): node.span
    case .ode(let node): node.span
    case .solver(let node): node.span
    case .data(let node): node.span
    case .loss(let node): node.span
    case .test(let node): node.span
    case .bench(let node): node.span
    case .let(let node): node.span
    case .study(let node): node.span
    case .explain(let node): node.span
    case .check(let node): node.span
    case .plot(let node): node.span
    case .print(let node): node.span
    case .transfer(let node): node.span
    case .assert(let node): node.span
    case .expression(let node): node.span
    case .invalid(let span): span
    }
  }

  /// The names that the statement brings into the file's scope, `let` included.
  package var declaredNames: [Name] {
    switch self {
    case .const(let node): node.bindings.map(\.name)
    case .param(let node): node.bindings.map(\.name)
    case .function(let node): [node.name]
    case .layer(let node): [node.name]
    case .ode(let node): [node.name]
    case .solver(let node): [node.name]
    case .data(let node): [node.name]
    case .loss(let node): [node.name]
    case .let(let node): node.bindings.map(\.name)
    case .import, .precision, .seed, .test, .bench, .study, .explain, .check, .plot, .print,
      .transfer, .assert, .expression, .invalid:
      []
    }
  }

  /// Whether it is a declaration, which the whole file sees and which reads no `let`.
  package var isDeclaration: Bool {
    switch self {
    case .const, .param, .function, .layer, .ode, .solver, .data, .loss, .test, .bench: true
    case .import, .precision, .seed, .let, .study, .explain, .check, .plot, .print, .transfer,
      .assert, .expression, .invalid:
      false
    }
  }

  /// Whether something has another meaning or value behind it: it is no mere look.
  package var changesSession: Bool {
    switch self {
    case .import, .precision, .seed, .const, .param, .function, .layer, .ode, .solver, .data, .loss,
      .let, .study, .transfer:
      true
    case .test, .bench, .explain, .check, .plot, .print, .assert, .expression, .invalid: false
    }
  }
}
