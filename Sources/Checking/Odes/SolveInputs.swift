import NodalDiagnostics
import NodalSyntax
import NodalTypes

/// `input: {u: rig.u}` of a solve.
extension Checker {
  /// What each input is in this solve, as it was given; nil after a report.
  mutating func solveInputs(
    _ argument: CallArgument?, _ ode: OdeInstance, _ data: DrivingData?, _ span: Span
  ) -> [SolveInput]? {
    var given: [SolveInput] = []
    noteMembers(in: argument, of: ode.name)
    if let argument {
      guard case .record(let fields)? = argument.syntax?.kind else {
        report(
          Diagnostic(
            .typeMismatch, "`input:` takes a record of inputs, `{u: rig.u}`",
            at: Label(argument.span)))
        return nil
      }
      guard let found = inputs(fields, "", ode) else { return nil }
      given = found
    }
    func untold() -> [OdeInstance.Input] {
      ode.inputs.filter { input in
        input.value == nil && !given.contains { $0.input == input.local }
      }
    }
    if let data {
      guard let measured = measuredInputs(untold(), data, ode) else { return nil }
      given += measured
      warnOfDefaults(ode, given: given, data, span)
    }
    let missing = untold()
    if let first = missing.first {
      let names = missing.map { "`\($0.name)`" }
      report(
        Diagnostic(
          .missingInput,
          "`\(ode.name)` has the input \(names.joined(separator: ", ")), and this solve doesn't say what it is",
          at: Label(argument?.span ?? span), also: [Label(first.span, "declared here")],
          help: (data.map { waysToGive(first, $0) } ?? []) + [
            "give it here: `input: {\(first.name): …}`, or a default in the ode: `input \(first.name) = 0`"
          ]))
      return nil
    }
    return given
  }

  /// Those of parts in a record of their own, or by a path, as parameters.
  private mutating func inputs(
    _ fields: [RecordField], _ prefix: String, _ ode: OdeInstance
  ) -> [SolveInput]? {
    var result: [SolveInput] = []
    for field in fields {
      let name = prefix + field.name.spelling
      if case .record(let inner) = field.value.kind,
        ode.inputs.contains(where: { $0.name.hasPrefix(name + ".") })
      {
        guard let own = inputs(inner, name + ".", ode) else { return nil }
        result += own
        continue
      }
      guard let input = ode.inputs.first(where: { $0.name == name }) else {
        let names = ode.inputs.map(\.name)
        let near = Suggestions.nearest(to: name, in: names).map { "did you mean `\($0)`?" }
        let help =
          near
          ?? (names.isEmpty
            ? "an ode declares its inputs: `input \(name) = 0`"
            : "its inputs are " + Suggestions.list(names))
        report(
          Diagnostic(
            .unknownInput, "`\(ode.name)` has no input `\(name)`", at: Label(field.name.span),
            help: [help]))
        return nil
      }
      guard let source = source(of: input, field.value, ode) else { return nil }
      if input.isDifferentiated, case .samples(.hold, _, _) = source {
        report(
          Diagnostic(
            .rateOfHeldInput,
            "`\(ode.name)` reads `\(name)'`, and an input that is held jumps: it has no derivative",
            at: Label(field.value.span), also: [Label(input.span, "the input")],
            help: [
              "`linear`, `hermite`, `akima` and `bandlimited` go from sample to sample without jumps"
            ]))
        return nil
      }
      result.append(SolveInput(input: input.local, source: source))
    }
    return result
  }

  /// Which of two arguments are the times, by their labels.
  private static let placesOfSamples: [[String?]: Int] = [
    [nil, nil]: 0, ["times", "values"]: 0, ["values", "times"]: 1,
  ]

  private mutating func source(
    of input: OdeInstance.Input, _ given: Expression, _ ode: OdeInstance
  ) -> SolveInput.Source? {
    if case .call(let call) = given.kind, case .name(let callee) = call.callee.kind,
      let kind = Interpolant(rawValue: callee.spelling)
    {
      let labels = call.arguments.map { $0.label?.spelling }
      if call.trailingClosure == nil, labels == [nil] {
        return samples(kind, of: input, call.arguments[0].value, ode)
      }
      guard call.trailingClosure == nil, let first = Self.placesOfSamples[labels] else {
        report(
          Diagnostic(
            .inputWithoutTimes, "`\(kind.rawValue)` takes times and samples, or a column of data",
            at: Label(given.span),
            help: ["`\(input.name): \(kind.rawValue)(times, samples)`"]))
        return nil
      }
      let times = toReal(elaborate(call.arguments[first].value))
      let values = toReal(elaborate(call.arguments[1 - first].value))
      return samples(kind, times, values, of: input, ode)
    }
    if case .field = given.kind { return samples(.linear, of: input, given, ode) }
    let meaning = evaluate(given)
    switch meaning {
    case .invalid: return nil
    case .closure, .function: return formula(meaning, of: input, given.span, ode)
    default: return constant(toReal(asExpression(meaning, given.span)), of: input, ode)
    }
  }

  /// A field of data, of an example or of a solution, over its times.
  private mutating func samples(
    _ kind: Interpolant, of input: OdeInstance.Input, _ given: Expression, _ ode: OdeInstance
  ) -> SolveInput.Source? {
    let values = toReal(elaborate(given))
    if values.isInvalid { return nil }
    guard case .field(let base, _) = given.kind, let times = timeColumn(of: evaluate(base)) else {
      return kind == .linear
        ? constant(values, of: input, ode) : withoutTimes(input, given.span)
    }
    let name = Name(times, span: given.span)
    let column = toReal(elaborate(Expression(.field(base, name), span: given.span)))
    return samples(kind, column, values, of: input, ode)
  }

  /// The name of the times beside a field.
  private func timeColumn(of base: Meaning) -> String? {
    var names: [String] = []
    switch base {
    case .record(let fields): names = fields.map(\.name)
    case .expression(let value):
      switch resolve(value.type) {
      case .record(let fields): names = fields.map(\.name)
      case .dataset(let data): return data.timeColumn
      case .solution: return "t"
      case .tensor, .error, .string, .tuple, .run, .interval, .nothing: return nil
      }
    default: return nil
    }
    return ["t", "time"].first { names.contains($0) }
  }

  mutating func samples(
    _ kind: Interpolant, _ times: TypedExpression, _ values: TypedExpression,
    of input: OdeInstance.Input, _ ode: OdeInstance, what: String? = nil
  ) -> SolveInput.Source? {
    if times.isInvalid || values.isInvalid { return nil }
    for value in [times, values] where tensor(value)?.hasGaps == true {
      report(.gapsUsed("input:", at: value.span))
      return nil
    }
    guard let wanted = tensor(values) == nil ? nil : resolve(input.type).tensor else {
      report(
        .typeMismatch(
          expected: text(input.type), found: text(values.type), at: values.span,
          what: "input `\(input.name)`"))
      return nil
    }
    let at = time(times, of: ode, what: "the times of `\(input.name)`")
    let fit = adopted(values, unit: wanted.unit, what: what ?? "input `\(input.name)`")
    return at.isInvalid || fit.isInvalid ? nil : .samples(kind, times: at, values: fit)
  }

  private mutating func withoutTimes(
    _ input: OdeInstance.Input, _ span: Span
  ) -> SolveInput.Source? {
    report(
      Diagnostic(
        .inputWithoutTimes, "these samples of `\(input.name)` have no times", at: Label(span),
        help: [
          "give them: `\(input.name): linear(times, samples)`, or `hold`, `hermite`, `akima`, `bandlimited`",
          "a column of data has its own: `\(input.name): rig.\(input.name)`",
        ]))
    return nil
  }

  /// The same all the time.
  private mutating func constant(
    _ value: TypedExpression, of input: OdeInstance.Input, _ ode: OdeInstance
  ) -> SolveInput.Source? {
    if value.isInvalid { return nil }
    guard let own = tensor(value), let wanted = resolve(input.type).tensor,
      resolve(own.shape).rank <= wanted.shape.rank
    else { return withoutTimes(input, value.span) }
    return formula(value, freshLocal(.real(.scalar, ode.timeUnit)), of: input)
  }

  private mutating func formula(
    _ function: Meaning, of input: OdeInstance.Input, _ span: Span, _ ode: OdeInstance
  ) -> SolveInput.Source? {
    let type = Type.real(.scalar, resolve(ode.timeUnit))
    let variable = freshLocal(type)
    let value = collectingBindings { checker in
      let argument = CallArgument(
        .expression(TypedExpression(.local(variable), type, span)), span: span)
      let value = checker.apply(
        function, [argument], span, calleeSpan: span, name: "this function")
      return checker.toReal(checker.asExpression(value, span))
    }
    return formula(value, variable, of: input)
  }

  private mutating func formula(
    _ given: TypedExpression, _ variable: LocalID, of input: OdeInstance.Input
  ) -> SolveInput.Source? {
    guard !given.isInvalid else { return nil }
    guard let own = tensor(given), let wanted = resolve(input.type).tensor else {
      report(
        .typeMismatch(
          expected: text(input.type), found: text(given.type), at: given.span,
          what: "input `\(input.name)`"))
      return nil
    }
    let what = "input `\(input.name)`"
    var value = given
    if resolve(own.shape).isScalar { value = broadcast(value, to: wanted.shape) }
    value = fitted(value, to: .tensor(.real, wanted.shape, nil), what: what, adopts: true)
    value = adopted(value, unit: wanted.unit, what: what)
    if value.isInvalid { return nil }
    return .formula(variable: variable, value: value)
  }
}
