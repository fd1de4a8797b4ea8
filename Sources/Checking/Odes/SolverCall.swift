import NodalDiagnostics
import NodalIR
import NodalMethods
import NodalSyntax
import NodalTypes

/// What a number among the settings must be.
private struct NumberRule {
  let label: String
  let words: String
  let allows: @Sendable (Double) -> Bool

  static let rtol = NumberRule(label: "rtol", words: "a number, 0 or greater") {
    $0 >= 0 && $0.isFinite
  }
  static let atol = NumberRule(label: "atol", words: "a number, 0 or greater, or a list of them") {
    $0 >= 0 && $0.isFinite
  }
  static let dt = NumberRule(label: "dt", words: "a positive number") { $0 > 0 && $0.isFinite }
  static let firstStep = NumberRule(label: "first_step", words: "a positive number") {
    $0 > 0 && $0.isFinite
  }
}

extension Checker {
  static let solverLabels = [
    "rtol", "atol", "dt", "steps", "max_steps", "gradient", "controller", "batching", "first_step",
    "path", "seed",
  ]

  /// `tsit5(rtol: 1e-8, gradient: adjoint)`.
  mutating func solver(
    _ entry: MethodEntry, _ arguments: [CallArgument], _ span: Span
  ) -> Meaning {
    let (name, method) = (entry.name, entry.method)
    guard
      let given = take(arguments, Checker.solverLabels, required: 0, callee: name, span)
    else { return .invalid }
    var value = SolverValue(method: name, precision: environment.precision, span: span)
    if let argument = given["rtol"] {
      guard let rtol = numbers(argument, .rtol), let plain = self.plain(rtol, "`rtol`") else {
        return .invalid
      }
      value.rtol = plain
    }
    if let argument = given["atol"] {
      guard let atol = numbers(argument, .atol, isList: true) else { return .invalid }
      value.atol = atol
    }
    if value.rtol == 0, value.atol.numbers.contains(0),
      let argument = given["atol"] ?? given["rtol"]
    {
      return fail(
        Diagnostic(
          .optionValue, "with `rtol` and `atol` both 0 no step is exact enough",
          at: Label(argument.span), help: ["leave one of them positive: `rtol: 1e-8`"]))
    }
    if let argument = given["dt"] {
      guard let dt = numbers(argument, .dt) else { return .invalid }
      value.stepping = .step(dt)
    }
    if let argument = given["steps"] {
      guard let count = positiveInteger(argument, "steps") else { return .invalid }
      value.stepping = .count(count)
    }
    if let argument = given["dt"] ?? given["steps"], method?.choosesOrder == true {
      return fail(
        Diagnostic(
          .optionValue, "`\(name)` chooses its steps and their order itself",
          at: Label(argument.span),
          help: ["`rodas5p` and `rosenbrock23` take steps of a given length"]))
    }
    if method?.isAdaptive == false, given["dt"] == nil, given["steps"] == nil {
      return fail(
        Diagnostic(
          .missingArgument, "`\(name)` takes equal steps, and must be told which",
          at: Label(span),
          help: ["write `\(name)(dt: 0.01)` or `\(name)(steps: 100)`"]))
    }
    if let argument = given["max_steps"] {
      guard let count = positiveInteger(argument, "max_steps") else { return .invalid }
      value.maxSteps = count
    }
    if let argument = given["first_step"] {
      guard let step = numbers(argument, .firstStep) else { return .invalid }
      value.firstStep = step
    }
    if let argument = given["gradient"] {
      guard
        let word = word(
          argument, of: GradientMode.allCases.map(\.rawValue), later: [], "gradient")
      else { return .invalid }
      value.gradient = GradientMode(rawValue: word) ?? .auto
      if value.gradient == .reversible, method?.isSymmetric != true {
        return fail(
          Diagnostic(
            .optionValue, "steps of `\(name)` can't be undone", at: Label(argument.span),
            help: [
              "`reversible_heun` and `asynchronous_leapfrog` take any ode, `leapfrog` and its compositions separable ones",
              "`gradient: adjoint` keeps no steps either",
            ]))
      }
    }
    if let argument = given["controller"] {
      guard let word = word(argument, of: ["i", "pi", "pid"], later: [], "controller") else {
        return .invalid
      }
      value.controller = word
    }
    if let argument = given["batching"] {
      guard let word = word(argument, of: ["own", "joint"], later: [], "batching") else {
        return .invalid
      }
      value.joint = word == "joint"
    }
    for label in ["path", "seed"] where method?.takesNoise != true {
      guard let argument = given[label] else { continue }
      return fail(
        Diagnostic(
          .optionValue, "`\(label)` is about noise, and `\(name)` takes none",
          at: Label(argument.span)))
    }
    if let argument = given["seed"] {
      guard let seed = constantInteger(argument, "`seed`") else { return .invalid }
      guard seed >= 0, seed < 1 << 53 else {
        return fail(
          Diagnostic(
            .optionValue, "`seed` is a whole number, 0 or greater", at: Label(argument.span)))
      }
      value.seed = seed
    }
    if let argument = given["path"] {
      guard
        let word = word(
          argument, of: Noise.Path.allCases.map(\.rawValue), later: [], "path")
      else { return .invalid }
      value.path = Noise.Path(rawValue: word) ?? .steps
    }
    return .solver(value)
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

  private mutating func positiveInteger(_ argument: CallArgument, _ label: String) -> Int? {
    guard let count = constantInteger(argument, "`\(label)`") else { return nil }
    guard count > 0 else {
      report(
        Diagnostic(
          .optionValue, "`\(label)` is a positive integer, not \(count)", at: Label(argument.span)))
      return nil
    }
    return count
  }

  /// Constant numbers that a rule allows, under the unit that they are written in.
  private mutating func numbers(
    _ argument: CallArgument, _ rule: NumberRule, isList: Bool = false
  ) -> SolverNumbers? {
    let value = elaborate(argument)
    if value.isInvalid { return nil }
    guard let type = tensor(value), type.element != .boolean,
      resolve(type.shape).rank <= (isList ? 1 : 0)
    else {
      report(
        .typeMismatch(
          expected: rule.words, found: text(value.type), at: argument.span,
          what: "`\(rule.label)`"))
      return nil
    }
    var inner = value
    while case .relabelled(let next) = inner.kind { inner = next }
    let values: [Double]
    if let literal = inner.literal {
      values = [literal]
    } else if case .array(let all) = inner.kind {
      values = all
    } else {
      report(.notConstant("`\(rule.label)`", at: argument.span))
      return nil
    }
    guard !values.isEmpty, values.allSatisfy(rule.allows) else {
      report(
        Diagnostic(.optionValue, "`\(rule.label)` is \(rule.words)", at: Label(argument.span)))
      return nil
    }
    return SolverNumbers(numbers: values, unit: type.unit, span: argument.span)
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
    account(for: value, at: solver.value.span)
    environment.caches.solvers[id] = value
    return value
  }
}
