import NodalDiagnostics
import NodalIR
import NodalSyntax
import NodalTypes

/// A method of solution by name, as far as its settings must be checked.
struct SolverMethod: Sendable {
  let name: String
  /// Needs `dt:` or `steps:`.
  let isFixed: Bool
  let isSupported: Bool

  static let rows: [String: SolverMethod] = Dictionary(
    uniqueKeysWithValues: [
      ("auto", false, true), ("euler", true, true), ("midpoint", true, true),
      ("heun", false, true), ("rk4", true, true), ("bs3", false, true), ("dopri5", false, true),
      ("tsit5", false, true), ("dopri8", false, true), ("dop853", false, true),
      ("leapfrog", true, true), ("taylor", false, false), ("rosenbrock23", false, false),
      ("rodas5p", false, false), ("kvaerno5", false, false), ("bdf", false, false),
      ("reversible_heun", false, false), ("euler_maruyama", true, false),
      ("milstein", true, false), ("srk", false, false),
    ].map { ($0.0, SolverMethod(name: $0.0, isFixed: $0.1, isSupported: $0.2)) })
}

extension Checker {
  static let solverLabels = [
    "rtol", "atol", "dt", "steps", "max_steps", "gradient", "controller", "batching", "first_step",
  ]

  /// `tsit5(rtol: 1e-8, gradient: adjoint)`.
  mutating func solver(
    _ method: SolverMethod, _ arguments: [CallArgument], _ span: Span
  ) -> Meaning {
    guard method.isSupported else {
      return fail(
        .notSupportedYet(
          "the method `\(method.name)`", at: span,
          help: ["`tsit5`, `dopri5` and `dop853` solve problems that are not stiff"]))
    }
    guard
      let given = take(
        arguments, Checker.solverLabels, required: 0, callee: method.name, span)
    else { return .invalid }
    let single = environment.precision == .f32
    var settings = SolverSettings(
      method: method.name,
      stepping: .adaptive(rtol: single ? 1e-5 : 1e-6, atol: [single ? 1e-7 : 1e-9]))
    var rtol = single ? 1e-5 : 1e-6
    var atol = [single ? 1e-7 : 1e-9]
    func positive(_ value: Double) -> Bool { value > 0 && value.isFinite }
    if let argument = given["rtol"] {
      guard let value = constantNumbers(argument, "`rtol`")?.first, value >= 0 else {
        return .invalid
      }
      rtol = value
    }
    if let argument = given["atol"] {
      guard let values = constantNumbers(argument, "`atol`"), values.allSatisfy({ $0 >= 0 }),
        !values.isEmpty
      else { return .invalid }
      atol = values
    }
    settings.stepping = .adaptive(rtol: rtol, atol: atol)
    if let argument = given["dt"] {
      guard let value = constantNumbers(argument, "`dt`")?.first else { return .invalid }
      guard positive(value) else {
        return fail(
          Diagnostic(.optionValue, "`dt` is a positive number", at: Label(argument.span)))
      }
      settings.stepping = .step(value)
    }
    if let argument = given["steps"] {
      guard let count = constantInteger(argument, "`steps`") else { return .invalid }
      guard count > 0 else {
        return fail(
          Diagnostic(.optionValue, "`steps` is a positive integer", at: Label(argument.span)))
      }
      settings.stepping = .count(count)
    }
    if method.isFixed, given["dt"] == nil, given["steps"] == nil {
      return fail(
        Diagnostic(
          .missingArgument, "`\(method.name)` takes equal steps, and must be told which",
          at: Label(span),
          help: ["write `\(method.name)(dt: 0.01)` or `\(method.name)(steps: 100)`"]))
    }
    if let argument = given["max_steps"] {
      guard let count = constantInteger(argument, "`max_steps`"), count > 0 else { return .invalid }
      settings.maxSteps = count
    }
    if let argument = given["first_step"] {
      guard let value = constantNumbers(argument, "`first_step`")?.first, positive(value) else {
        return .invalid
      }
      settings.firstStep = value
    }
    if let argument = given["gradient"] {
      guard
        let word = word(
          argument, of: GradientMode.allCases.map(\.rawValue), later: ["reversible"], "gradient")
      else { return .invalid }
      settings.gradient = GradientMode(rawValue: word) ?? .auto
    }
    if let argument = given["controller"] {
      guard let word = word(argument, of: ["i", "pi", "pid"], later: [], "controller") else {
        return .invalid
      }
      settings.controller = word
    }
    if let argument = given["batching"] {
      guard let word = word(argument, of: ["own", "joint"], later: [], "batching") else {
        return .invalid
      }
      settings.joint = word == "joint"
    }
    return .solver(settings)
  }

  /// A word of a fixed list, written bare.
  mutating func word(
    _ argument: CallArgument, of words: [String], later: [String], _ label: String
  ) -> String? {
    var found: String?
    if case .name(let name)? = argument.syntax?.kind { found = name.spelling }
    if case .string(let text)? = argument.syntax?.kind { found = text }
    if let found, words.contains(found) { return found }
    if let found, later.contains(found) {
      report(.notSupportedYet("`\(label): \(found)`", at: argument.span))
      return nil
    }
    let best = found.flatMap { Suggestions.nearest(to: $0, in: words) }
    report(
      Diagnostic(
        .optionValue, "`\(label):` is one of " + Suggestions.list(words), at: Label(argument.span),
        help: best.map { ["did you mean `\($0)`?"] } ?? []))
    return nil
  }

  /// Constant numbers: one, or an array of them.
  mutating func constantNumbers(_ argument: CallArgument, _ what: String) -> [Double]? {
    let value = elaborate(argument)
    if value.isInvalid { return nil }
    var inner = value
    while case .relabelled(let next) = inner.kind { inner = next }
    if let literal = inner.literal { return [literal] }
    if case .array(let values) = inner.kind { return values }
    if tensor(value) == nil {
      report(
        .typeMismatch(
          expected: "a number", found: text(value.type), at: argument.span, what: what))
    } else {
      report(.notConstant(what, at: argument.span))
    }
    return nil
  }

  mutating func solverValue(
    _ id: DeclarationID, _ solver: SolverDeclaration, _ span: Span
  ) -> Meaning {
    if let known = environment.caches.solvers[id] { return known }
    let module = environment.declarations[id.rawValue].module
    var value = declaring(id, span, recursive: Meaning.invalid) { checker in
      checker.within(Frame(kind: .solver, module: module)) { $0.evaluate(solver.value) }
    }
    switch value {
    case .method(let method): value = self.solver(method, [], solver.value.span)
    case .solver, .invalid: break
    case .expression, .function, .closure, .template, .instance, .intrinsic, .family,
      .distribution, .ode, .part, .loss, .range, .record, .tuple, .openWidth, .term:
      value = fail(
        Diagnostic(
          .notASolver, "`\(solver.name.text)` is \(found(value)), not a solver",
          at: Label(solver.value.span),
          help: ["write `solver \(solver.name.text) = tsit5(rtol: 1e-8)`"]))
    }
    environment.caches.solvers[id] = value
    return value
  }
}
