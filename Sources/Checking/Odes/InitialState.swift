import NodalDiagnostics
import NodalSyntax
import NodalTypes

/// `from:` of a solve: a record by states and parts, a bare value, or the flat state.
extension Checker {
  /// A value for each first-order state, with what its history says where nothing else is given.
  mutating func initialState(
    _ argument: CallArgument?, _ ode: OdeInstance, _ history: inout SolveHistory?, _ span: Span
  ) -> [TypedExpression]? {
    let before = history?.values ?? ode.states.map { _ in nil }
    // These stand for what the history says.
    let given = before.map { $0 == nil ? nil : TypedExpression.invalid(span) }
    guard let values = initialState(argument, ode, span, instead: given) else { return nil }
    history?.isContinuous = zip(values, before).allSatisfy { $1 == nil || $0.isInvalid }
    return zip(values, before).map { value, before in
      value.isInvalid ? before ?? value : value
    }
  }

  /// - Parameter instead: of values that the ode gives.
  mutating func initialState(
    _ argument: CallArgument?, _ ode: OdeInstance, _ span: Span,
    instead: [TypedExpression?] = []
  ) -> [TypedExpression]? {
    var values: [TypedExpression?] = ode.states.map(\.initial)
    for (place, value) in instead.enumerated() where value != nil { values[place] = value }
    noteMembers(in: argument, of: ode.name, states: ode.states)
    if let argument {
      let whole = evaluate(argument)
      if case .record(let fields) = whole {
        for field in fields {
          guard
            setState(field.name, asExpression(field.value, argument.span), ode, &values, argument)
          else { return nil }
        }
      } else {
        let value = asExpression(whole, argument.span)
        if value.isInvalid { return nil }
        if case .record(let fields) = resolve(value.type) {
          let bound = bind(value)
          // What a solution ends in, or is at a time, holds more than its states.
          let isPoint = value.isPointOfSolution
          for field in fields {
            let isOther =
              isPoint || field.name == "t" || ode.outputs.contains { $0.name == field.name }
            if isOther, !ode.states.contains(where: { $0.name == field.name }) { continue }
            let part = project(bound, field.name, field.type, value.span)
            guard setState(field.name, part, ode, &values, argument) else { return nil }
          }
        } else {
          guard let flat = flatState(value, ode, argument.span) else { return nil }
          values = flat
        }
      }
    }
    var result: [TypedExpression] = []
    var missing: [String] = []
    for (state, value) in zip(ode.states, values) {
      if let value { result.append(value) } else { missing.append(state.name) }
    }
    if !missing.isEmpty {
      report(
        Diagnostic(
          .missingInitialValue,
          "\(Suggestions.list(missing)) of `\(ode.name)` \(missing.count == 1 ? "has" : "have") no initial value",
          at: Label(argument?.span ?? span),
          help: [
            "give it here: `from: {\(missing[0]): …}`, or in the ode: `state \(missing[0]) = …`"
          ]))
      return nil
    }
    return result
  }

  private mutating func setState(
    _ name: String, _ given: TypedExpression, _ ode: OdeInstance,
    _ values: inout [TypedExpression?], _ argument: CallArgument
  ) -> Bool {
    if given.isInvalid { return false }
    // Parts nest: `{a: {θ: 1}}`.
    if case .record(let fields) = resolve(given.type),
      ode.states.contains(where: { $0.name.hasPrefix(name + ".") })
    {
      let bound = bind(given)
      for field in fields {
        let part = project(bound, field.name, field.type, given.span)
        guard setState(name + "." + field.name, part, ode, &values, argument) else { return false }
      }
      return true
    }
    guard let index = ode.states.firstIndex(where: { $0.name == name }) else {
      var span = argument.span
      if case .record(let fields)? = argument.syntax?.kind,
        let field = fields.first(where: { $0.name.spelling == name })
      {
        span = field.name.span
      }
      report(.unknownState(name, of: ode, at: span))
      return false
    }
    guard let value = stateValue(given, ode.states[index]) else { return false }
    values[index] = value
    return true
  }

  /// A value for one state, in its unit.
  mutating func stateValue(
    _ given: TypedExpression, _ state: OdeInstance.State
  ) -> TypedExpression? {
    guard let type = tensor(given), type.element != .boolean else {
      report(
        .typeMismatch(
          expected: text(state.type), found: text(given.type), at: given.span,
          what: "state `\(state.name)`"))
      return nil
    }
    if type.hasGaps {
      report(.gapsUsed("from:", at: given.span))
      return nil
    }
    guard let wanted = resolve(state.type).tensor else { return nil }
    var value = adopted(toReal(given), unit: wanted.unit, what: "state `\(state.name)`")
    if value.isInvalid { return nil }
    if resolve(type.shape).isScalar, !wanted.shape.isScalar, value.isConstant {
      value = broadcast(value, to: resolve(wanted.shape))
    }
    return value
  }

  /// A bare value: the only state, or all states one behind the other.
  private mutating func flatState(
    _ value: TypedExpression, _ ode: OdeInstance, _ span: Span
  ) -> [TypedExpression?]? {
    guard ode.states.count > 1 else {
      guard let state = ode.states.first, let own = stateValue(value, state) else { return nil }
      return [own]
    }
    guard let type = tensor(value), let last = type.shape.sizes.last else {
      report(
        .typeMismatch(
          expected: "a record of states, or the flat state", found: text(value.type), at: span,
          what: "`from`",
          help: ["`\(ode.name)` has the states " + Suggestions.list(ode.states.map(\.name))]))
      return nil
    }
    var total = Size(0)
    for state in ode.states {
      guard let shape = resolve(state.type).tensor?.shape, shape.rank <= 1 else {
        report(
          .typeMismatch(
            expected: "a record of states", found: text(value.type), at: span, what: "`from`"))
        return nil
      }
      total = total + (shape.sizes.first ?? Size(1))
    }
    guard environment.substitution.unify(last, total) else {
      report(
        .shapeExpected(
          "[\(text(total))]", found: text(type.shape), what: "the flat state of `\(ode.name)`",
          at: span))
      return nil
    }
    let bound = bind(value)
    let axis = type.shape.rank - 1
    var start = Size(0)
    var result: [TypedExpression?] = []
    for state in ode.states {
      guard let shape = resolve(state.type).tensor?.shape else { return nil }
      let width = shape.sizes.first ?? Size(1)
      var piece: TypedExpression
      if shape.isScalar {
        piece = element(bound, axis: axis, sizeValue(start, span), span)
      } else {
        var part = type
        part.shape.sizes[axis] = width
        piece = TypedExpression(.slice(bound, axis: axis, start: start), .tensor(part), span)
      }
      guard let own = stateValue(piece, state) else { return nil }
      piece = own
      result.append(piece)
      start = start + width
    }
    return result
  }
}

extension Diagnostic {
  static func unknownState(_ name: String, of ode: OdeInstance, at span: Span) -> Diagnostic {
    let names = ode.states.map(\.name)
    return Diagnostic(
      .unknownInitialState, "`\(ode.name)` has no state `\(name)`", at: Label(span),
      help: [
        Suggestions.nearest(to: name, in: names).map { "did you mean `\($0)`?" }
          ?? "its states are " + Suggestions.list(names)
      ])
  }
}
