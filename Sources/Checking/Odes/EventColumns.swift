import NodalDiagnostics
import NodalSyntax
import NodalTypes

/// `events: {dose: w}` of a solve: other times, and what is given with them, for an event `t in d.t`.
extension Checker {
  /// The arrays that take the place of the ode's own; nil after a report.
  mutating func eventColumns(
    _ argument: CallArgument?, _ ode: OdeInstance
  ) -> [(LocalID, TypedExpression)]? {
    guard let argument else { return [] }
    guard case .record(let fields)? = argument.syntax?.kind else {
      report(
        Diagnostic(
          .typeMismatch,
          "`events:` takes a record of events, `{dose: {t: times, amount: amounts}}`",
          at: Label(argument.span)))
      return nil
    }
    var result: [(LocalID, TypedExpression)] = []
    for field in fields {
      let name = field.name.spelling
      guard let event = ode.events.first(where: { $0.name == name }) else {
        let names = ode.events.map(\.name)
        report(
          Diagnostic(
            .unknownOverride, "`\(ode.name)` has no event `\(name)`", at: Label(field.name.span),
            help: Suggestions.nearest(to: name, in: names).map { ["did you mean `\($0)`?"] } ?? []))
        return nil
      }
      guard !event.columns.isEmpty else {
        report(
          Diagnostic(
            .unknownOverride, "the event `\(name)` takes no data", at: Label(field.name.span),
            help: ["an event that does is written `event \(name): t in d.t { … }`"]))
        return nil
      }
      guard let found = columns(of: event, evaluate(field.value), field.value.span) else {
        return nil
      }
      result += found
    }
    return result
  }

  private mutating func columns(
    of event: OdeInstance.Event, _ given: Meaning, _ span: Span
  ) -> [(LocalID, TypedExpression)]? {
    if case .invalid = given { return nil }
    var values: [(column: OdeInstance.Event.Column, value: TypedExpression)] = []
    for column in event.columns {
      let name = Name(column.name, span: span)
      let value = toReal(asExpression(field(given, name, span, span), span))
      if value.isInvalid { return nil }
      guard let wanted = tensor(column.value), var type = tensor(value) else { return nil }
      // A cell that is missing is no number, and an event without its numbers doesn't happen.
      type.hasGaps = false
      let bare = TypedExpression(.relabelled(value), .tensor(type), span)
      let fit = adopted(
        tensor(value)?.hasGaps == true ? bare : value, unit: wanted.unit,
        what: "`\(column.name)` of `\(event.name)`")
      if fit.isInvalid { return nil }
      values.append((column, fit))
    }
    guard let time = values.first(where: { $0.column.isTime }), let type = tensor(time.value),
      resolve(type.shape).rank == 1, let length = type.shape.sizes.first
    else {
      report(
        Diagnostic(
          .typeMismatch, "the times of `\(event.name)` are an array", at: Label(span)))
      return nil
    }
    var result: [(LocalID, TypedExpression)] = []
    for (column, value) in values {
      guard let wanted = tensor(column.value), let own = tensor(value) else { return nil }
      var shape = resolve(wanted.shape)
      shape.sizes[0] = resolve(length)
      // One number for all times.
      let isShared = resolve(own.shape).rank == shape.rank - 1
      let whole = isShared ? broadcast(value, to: shape) : value
      guard let found = tensor(whole)?.shape, environment.substitution.unify(shape, found) else {
        report(
          .shapeExpected(
            text(shape), found: text(own.shape), what: "`\(column.name)` of `\(event.name)`",
            at: span))
        return nil
      }
      result.append((column.local, whole))
    }
    return result
  }
}
