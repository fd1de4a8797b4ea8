import NodalDiagnostics
import NodalSyntax
import NodalTypes

/// `history: (t) -> {x: cos(t)}` of a solve: what states were before its beginning.
extension Checker {
  /// For each state what it was, in terms of the time; nil for those that were as they begin. nil after a report.
  mutating func history(
    _ argument: CallArgument?, _ ode: OdeInstance
  ) -> SolveHistory? {
    let variable = freshLocal(.real(.scalar, resolve(ode.timeUnit)))
    var history = SolveHistory(variable: variable, values: ode.states.map { _ in nil })
    guard let argument else { return history }
    guard ode.readsEarlierStates else {
      report(
        Diagnostic(
          .historyUnused, "`\(ode.name)` reads no earlier states, and has no use for a history",
          at: Label(argument.span), help: ["equations read them by `x(t - τ)`"]))
      return nil
    }
    let function = evaluate(argument)
    if case .invalid = function { return nil }
    for (place, state) in ode.states.enumerated() {
      // A function is asked for each state: what is named in it belongs to that state's value.
      var isFine = true
      let value = collectingBindings { checker in
        guard let record = checker.atTime(function, variable, ode, argument.span) else {
          isFine = false
          return .invalid(argument.span)
        }
        if place == 0, !checker.namesStates(record, ode, argument.span) { isFine = false }
        return checker.part(of: record, for: state, ode) ?? .invalid(argument.span)
      }
      guard isFine else { return nil }
      if value.isInvalid { continue }
      guard let fit = stateValue(value, state) else { return nil }
      guard let own = tensor(fit)?.shape, let wanted = resolve(state.type).tensor?.shape,
        environment.substitution.unify(wanted, own)
      else {
        report(
          .shapeExpected(
            text(resolve(state.type).tensor?.shape ?? .scalar),
            found: text(tensor(fit)?.shape ?? .scalar), what: "the history of `\(state.name)`",
            at: argument.span))
        return nil
      }
      history.values[place] = fit
    }
    return history
  }

  /// What the history says at the time that `variable` is: the value of a function, or a constant as it is.
  private mutating func atTime(
    _ history: Meaning, _ variable: LocalID, _ ode: OdeInstance, _ span: Span
  ) -> TypedExpression? {
    var value = history
    if history.isFunction {
      let type = Type.real(.scalar, resolve(ode.timeUnit))
      let argument = CallArgument(
        .expression(TypedExpression(.local(variable), type, span)), span: span)
      value = apply(history, [argument], span, calleeSpan: span, name: "the history")
    }
    let result = asExpression(value, span)
    return result.isInvalid ? nil : result
  }

  /// Names in a history are states; false after a report.
  private mutating func namesStates(
    _ record: TypedExpression, _ ode: OdeInstance, _ span: Span
  ) -> Bool {
    guard case .record(let fields) = resolve(record.type) else {
      guard ode.states.count == 1 else {
        report(
          .typeMismatch(
            expected: "a record of states", found: text(record.type), at: span, what: "`history:`",
            help: ["`history: (t) -> {\(ode.states[0].name): …}`"]))
        return false
      }
      return true
    }
    guard let unknown = unknownName(fields, "", ode) else { return true }
    report(.unknownState(unknown, of: ode, at: span))
    return false
  }

  /// The first name, with those of the parts around it, that is no state's. Parts nest: `{a: {θ: 1}}`.
  private func unknownName(_ fields: [Field], _ prefix: String, _ ode: OdeInstance) -> String? {
    for field in fields {
      let name = prefix + field.name
      if ode.states.contains(where: { $0.name == name }) { continue }
      guard case .record(let inner) = resolve(field.type),
        ode.states.contains(where: { $0.name.hasPrefix(name + ".") })
      else { return name }
      if let unknown = unknownName(inner, name + ".", ode) { return unknown }
    }
    return nil
  }

  private mutating func part(
    of record: TypedExpression, for state: OdeInstance.State, _ ode: OdeInstance
  ) -> TypedExpression? {
    guard case .record = resolve(record.type) else { return record }
    return part(of: record, named: state.name)
  }

  private mutating func part(of record: TypedExpression, named name: String) -> TypedExpression? {
    guard case .record(let fields) = resolve(record.type) else { return nil }
    if let field = fields.first(where: { $0.name == name }) {
      return project(bind(record), field.name, field.type, record.span)
    }
    for field in fields where name.hasPrefix(field.name + ".") {
      let inner = project(bind(record), field.name, field.type, record.span)
      return part(of: inner, named: String(name.dropFirst(field.name.count + 1)))
    }
    return nil
  }
}
