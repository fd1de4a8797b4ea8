import NodalDiagnostics
import NodalSyntax
import NodalTypes

/// Columns that `input:` of a data set names: what drives an ode that is solved at the times of these data.
extension Checker {
  /// Data whose times a solve is given: an example, or a whole set.
  struct DrivingData {
    var value: TypedExpression
    var type: DatasetType
    /// The field of the times, as it was read.
    var times: TypedExpression

    /// The samples of an input, as a program writes them.
    func samples(of column: String, times text: String) -> String {
      let time = type.timeColumn ?? "t"
      // What stands before the column of times, were it a stretch of these: `w` of `w.t[0..<9]`.
      let base = text.firstRange(of: ".\(time)").map { text[..<$0.lowerBound] } ?? type.name[...]
      return "linear(\(base).\(time), \(base).\(column))"
    }
  }

  /// Inputs that neither the solve nor the ode tells and that the data have, as `input: {u: linear(w.t, w.u)}` would give them;
  /// nil after a report.
  mutating func measuredInputs(
    _ missing: [OdeInstance.Input], _ data: DrivingData, _ ode: OdeInstance
  ) -> [SolveInput]? {
    var result: [SolveInput] = []
    for input in missing where data.type.inputs.contains(input.name) {
      let span = data.times.span
      let values = toReal(field(of: data.value, Name(input.name, span: span), span))
      let times = toReal(data.times)
      guard let own = tensor(values), let clock = tensor(times),
        let wanted = resolve(input.type).tensor
      else { return nil }
      if own.hasGaps {
        report(
          Diagnostic(
            .missingCellUsed,
            "`\(data.type.name)` names `\(input.name)` as an input, and it has missing cells",
            at: Label(span, "at the times of these data"),
            help: ["`input: {\(input.name): …}` says what it is there: `default(x, 0)`"]))
        return nil
      }
      let expected = Shape(resolve(clock.shape).sizes + resolve(wanted.shape).sizes)
      guard environment.substitution.unify(expected, own.shape) else {
        report(
          Diagnostic(
            .shapeMismatch,
            "input `\(input.name)` of `\(ode.name)` has shape \(text(expected)) over these times, and the column `\(input.name)` of `\(data.type.name)` \(text(own.shape))",
            at: Label(span, "at the times of these data"), also: [Label(input.span, "the input")]))
        return nil
      }
      let column = "input `\(input.name)`, a column of `\(data.type.name)`"
      guard let source = samples(.linear, times, values, of: input, ode, what: column) else {
        return nil
      }
      result.append(SolveInput(input: input.local, source: source))
    }
    return result
  }

  /// What is said where a column is named as an input, and the ode's default holds.
  mutating func warnOfDefaults(
    _ ode: OdeInstance, given: [SolveInput], _ data: DrivingData, _ span: Span
  ) {
    for input in ode.inputs
    where input.value != nil && data.type.inputs.contains(input.name)
      && !given.contains(where: { $0.input == input.local })
    {
      let samples = data.samples(of: input.name, times: sourceText(data.times.span))
      report(
        Diagnostic(
          .defaultOverColumn,
          "`\(data.type.name)` names its column `\(input.name)` as an input, and this solve takes the default of `\(ode.name)`",
          at: Label(span), also: [Label(input.span, "the default")],
          help: [
            "an input without a default takes the column; with it, the solve says which is meant: `input: {\(input.name): \(samples)}`"
          ]))
    }
  }

  /// How the data could give an input that they don't.
  func waysToGive(_ input: OdeInstance.Input, _ data: DrivingData) -> [String] {
    let text = sourceText(data.times.span)
    func written(_ column: String) -> String {
      "`input: {\(input.name): \(data.samples(of: column, times: text))}`"
    }
    let columns = data.type.example.map(\.name)
    if columns.contains(input.name) {
      return [
        "`\(data.type.name)` has a column of this name: \(written(input.name)), or `input: \"\(input.name)\"` where the data are declared"
      ]
    }
    guard
      let column = data.type.inputs.count == 1
        ? data.type.inputs[0] : Suggestions.nearest(to: input.name, in: data.type.inputs)
    else { return [] }
    return [
      "`\(data.type.name)` has the input `\(column)`: \(written(column)), or `columns: {\(input.name): \"\(column)\"}` where the data are declared"
    ]
  }

  /// The data that times are the times of, or a stretch of them; nil for any others.
  func drivingData(ofTimes times: TypedExpression?) -> DrivingData? {
    guard var inner = times else { return nil }
    while true {
      switch inner.kind {
      case .relabelled(let next), .scaled(let next, _), .toReal(let next), .slice(let next, 0, _):
        inner = next
      case .local(let id):
        guard let value = definitions[id] else { return nil }
        inner = value
      case .field(let owner, let name):
        guard let type = datasetOf(owner), type.timeColumn == name else { return nil }
        return DrivingData(value: owner, type: type, times: inner)
      case .number, .integer, .boolean, .text, .array, .size, .session, .weight, .weights,
        .elementwise, .select, .broadcast, .reduce, .matmul, .windows, .convolve, .pick,
        .concatenate, .stack, .reshape, .transpose, .reverse, .slice, .index, .gather, .shift,
        .linspace, .iota, .tuple, .element, .record, .bindings, .conditional, .fold, .scan, .map,
        .calculus, .draw, .solve, .point, .spectral, .interpolate, .example, .part, .invalid:
        return nil
      }
    }
  }

  /// The data set that a value is, or is an example of, by whatever name.
  private func datasetOf(_ value: TypedExpression) -> DatasetType? {
    if case .dataset(let type) = resolve(value.type) { return type }
    if let owner = exampleOwner(value) { return owner }
    guard case .local(let id) = value.kind, let definition = definitions[id] else { return nil }
    return datasetOf(definition)
  }
}
