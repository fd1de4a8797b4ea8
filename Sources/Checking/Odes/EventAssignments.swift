import NodalDiagnostics
import NodalSyntax
import NodalTypes

/// What the assignments of one event come to. All values are those before the event.
struct EventChanges {
  struct Whole {
    var state: Int
    var level: Int
    var value: TypedExpression
  }
  struct Elements {
    var state: Int
    var level: Int
    /// nil: stays as it is.
    var parts: [TypedExpression?]
  }
  var whole: [Whole] = []
  var elements: [Elements] = []
}

extension Checker {
  /// Takes one assignment of an event down; false after a report.
  mutating func assign(
    _ assignment: EventAssignment, _ event: OdeEvent, _ builder: Int, _ changes: inout EventChanges
  ) -> Bool {
    guard let target = eventTarget(assignment.target, event, builder) else { return false }
    let state = odeBuilders[builder].states[target.state]
    guard case .tensor(var type) = levelType(state, target.level, odeBuilders[builder].timeUnit)
    else { return false }
    let span = assignment.value.span
    let name = state.base + String(repeating: "'", count: target.level)
    func twice(_ what: String) -> Diagnostic {
      Diagnostic(
        .duplicateEquation, "`\(what)` is assigned twice in this event",
        at: Label(assignment.target.span))
    }
    let isWhole = changes.whole.contains { $0.state == target.state && $0.level == target.level }
    let place = changes.elements.firstIndex {
      $0.state == target.state && $0.level == target.level
    }
    if isWhole || (place != nil && target.element == nil) {
      report(twice(name))
      return false
    }
    var old = TypedExpression(
      .local(state.locals[target.level]), .tensor(type), assignment.target.span)
    var count = 0
    if let index = target.element {
      let shape = resolve(type.shape)
      guard shape.rank == 1, let length = shape.sizes[0].value else {
        report(
          .notSupportedYet(
            "assigning to an element of a state of this shape", at: assignment.target.span))
        return false
      }
      guard index < length, index >= -length else {
        report(.indexOutOfRange(index, length: "\(length)", at: assignment.target.span))
        return false
      }
      count = length
      old = element(old, axis: 0, integer(index, span), assignment.target.span)
      guard let own = tensor(old) else { return false }
      type = own
    }
    var value = toReal(elaborate(assignment.value))
    if value.isInvalid { return false }
    if assignment.relation == .adds {
      value = elementwise("add", [old, value], assignment.span, symbol: "+=")
    }
    guard let fit = fitState(value, type, old, assignment) else { return false }
    if let index = target.element {
      let at = index < 0 ? index + count : index
      if place == nil {
        changes.elements.append(
          EventChanges.Elements(
            state: target.state, level: target.level,
            parts: Array(repeating: nil, count: count)))
      }
      let k = place ?? changes.elements.count - 1
      if changes.elements[k].parts[at] != nil {
        report(twice("\(name)[\(index)]"))
        return false
      }
      changes.elements[k].parts[at] = fit
    } else {
      changes.whole.append(
        EventChanges.Whole(state: target.state, level: target.level, value: fit))
    }
    return true
  }

  /// The value in the unit and shape of the state.
  private mutating func fitState(
    _ value: TypedExpression, _ type: TensorType, _ old: TypedExpression,
    _ assignment: EventAssignment
  ) -> TypedExpression? {
    if value.isInvalid { return nil }
    let span = assignment.value.span
    guard let own = tensor(value) else {
      report(
        .typeMismatch(
          expected: "numbers", found: text(value.type), at: span, what: "an assignment"))
      return nil
    }
    var result = value
    let shape = resolve(type.shape)
    if resolve(own.shape).isScalar, !shape.isScalar {
      result = broadcast(result, to: shape)
    } else if !environment.substitution.unify(shape, own.shape) {
      report(
        Diagnostic(
          .equationShape,
          "the state is \(shapeText(shape)), the value is \(shapeText(own.shape))",
          at: Label(span), also: [Label(assignment.target.span, shapeText(shape))]))
      return nil
    }
    if result.isLiteralZero { return relabelled(result, type.unit) }
    // A bare number adopts the unit, as an initial value does.
    if isBare(result) { return adopted(result, unit: type.unit, what: "an assignment") }
    var pair = [old, result]
    guard agreeOnUnit(&pair, "=", assignment.span) != nil else { return nil }
    return pair[1]
  }

  private struct EventTarget {
    var state: Int
    var level: Int
    var element: Int?
  }

  /// The state that is assigned to: `v`, `a.θ'`, `x[1]`.
  private mutating func eventTarget(
    _ target: Expression, _ event: OdeEvent, _ builder: Int
  ) -> EventTarget? {
    switch target.kind {
    case .name(let name):
      recorder?.note(name, .invalid, definition: memberSpan(name, in: event.scope))
      return eventState(name, event.scope, builder)
    case .field(let base, let name):
      guard let scope = partScope(base, event.scope) else { break }
      recorder?.note(name, .invalid, definition: memberSpan(name, in: scope))
      return eventState(name, scope, builder)
    case .index(let base, let subscripts):
      guard var found = eventTarget(base, event, builder), found.element == nil else { return nil }
      guard subscripts.count == 1, case .at(let place) = subscripts[0] else {
        report(
          .notSupportedYet("assigning to several elements of a state at once", at: target.span))
        return nil
      }
      guard
        let index = constantInteger(
          CallArgument(evaluate(place), span: place.span), "the index of an assignment")
      else { return nil }
      found.element = index
      return found
    case .number, .string, .column, .bool, .constant, .tuple, .bracket, .record, .prefix, .binary,
      .range, .pipe, .call, .element, .derivative, .conditional, .block, .closure, .invalid:
      break
    }
    report(
      Diagnostic(
        .eventTarget, "an event assigns to states, and this is none", at: Label(target.span)))
    return nil
  }

  private func partScope(_ base: Expression, _ scope: Int) -> Int? {
    switch base.kind {
    case .name(let name):
      if case .part(let inner)? = odeScopes[scope].members[name.spelling]?.kind { return inner }
      return nil
    case .field(let outer, let name):
      guard let inner = partScope(outer, scope) else { return nil }
      if case .part(let part)? = odeScopes[inner].members[name.spelling]?.kind { return part }
      return nil
    case .number, .string, .column, .bool, .constant, .tuple, .bracket, .record, .prefix, .binary,
      .range, .pipe, .call, .index, .element, .derivative, .conditional, .block, .closure, .invalid:
      return nil
    }
  }

  private mutating func eventState(_ name: Name, _ scope: Int, _ builder: Int) -> EventTarget? {
    guard let index = stateIndex(name.text, in: scope) else {
      guard let member = odeScopes[scope].members[name.spelling] else {
        reportUnknownState(name, scope)
        return nil
      }
      report(
        Diagnostic(
          .eventTarget, "`\(name.spelling)` is no state: an event can't change it",
          at: Label(name.span), also: [Label(member.span, "declared here")],
          help: ["what changes is a state; with `\(name.spelling)' = 0` it does so by events alone"]
        ))
      return nil
    }
    let state = odeBuilders[builder].states[index]
    guard name.primes < state.locals.count else {
      report(
        Diagnostic(
          .derivativeOrder,
          "`\(name.spelling)` follows from the equation of `\(state.base)`, and can't be assigned",
          at: Label(name.span)))
      return nil
    }
    if state.isFree, state.rate == nil, name.primes == state.locals.count - 1 {
      report(
        Diagnostic(
          .eventTarget,
          "`\(name.spelling)` follows from the equations without derivatives, and can't be assigned",
          at: Label(name.span),
          help: ["assign to the states that it follows from; it changes with them"]))
      return nil
    }
    return EventTarget(state: index, level: name.primes, element: nil)
  }
}
