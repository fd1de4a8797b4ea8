import NodalDiagnostics
import NodalTypes

/// Right-hand sides that jump where a state or the time passes something, without an event there.
extension Checker {
  /// Ops that jump.
  private static let jumpingOps: Set<String> = ["sign", "floor", "ceil", "round"]

  /// Says once for an ode what a solver and a gradient make of that. An ode with events of its own knows about them.
  mutating func warnOfJumps(_ ode: OdeInstance) {
    let watches = ode.events.contains {
      if case .crossing = $0.trigger { true } else { false }
    }
    guard !watches else { return }
    let moving = Set(ode.states.map(\.local) + ode.delayed.map(\.local) + [ode.time])
    var seen: Set<LocalID> = []
    for state in ode.states {
      guard let jump = jump(in: state.derivative, moving, &seen) else { continue }
      report(
        Diagnostic(
          .jumpInEquation, "the equation of `\(state.name)` jumps here, and no event says where",
          at: Label(jump.span), also: [Label(state.equationSpan, "its equation")],
          help: [
            "solvers find the place by steps that fail, and gradients don't see that it moves",
            "an event makes steps end there: `event turn: v == 0 { side = … }`, with `state side = 1` and `side' = 0`",
            "or make it steep instead: `tanh(v/0.01)`",
          ]))
      return
    }
  }

  /// The first part of a value that jumps, also through what it is named after; names that were `seen` are not looked through again.
  private func jump(
    in value: TypedExpression, _ moving: Set<LocalID>, _ seen: inout Set<LocalID>
  ) -> TypedExpression? {
    if case .local(let id) = value.kind {
      guard seen.insert(id).inserted, let definition = definitions[id] else { return nil }
      return jump(in: definition, moving, &seen)
    }
    if case .elementwise(let op, let operands) = value.kind, Self.jumpingOps.contains(op),
      operands.contains(where: { reads($0, anyOf: moving) })
    {
      return value
    }
    // Where both sides of a choice are numbers, it is seen that they differ.
    if let (condition, a, b) = value.choice, let a = a.literal, let b = b.literal, a != b,
      reads(condition, anyOf: moving)
    {
      return value
    }
    for child in value.children {
      if let found = jump(in: child, moving, &seen) { return found }
    }
    return nil
  }
}

extension TypedExpression {
  /// The condition and both sides of a choice.
  fileprivate var choice: (TypedExpression, TypedExpression, TypedExpression)? {
    if case .select(let condition, let a, let b) = kind { return (condition, a, b) }
    if case .conditional(let condition, let a, let b) = kind { return (condition, a, b) }
    return nil
  }
}
