import NodalIR
import NodalOperations

/// A turn back through recorded steps where the step may be the jump of an event.
///
/// A jump is recorded as a step of no length. All trajectories go through a step, so those that jump go through one that nothing comes back
/// from, and what the jump gives is put in its place.
struct EventReverse {
  let context: SolveContext
  /// Which event each trajectory's step is, plus 1, and its occurrence: i64, or i64[lanes].
  let event: Value
  let occurrence: Value
  /// Where the step begins, and the parameters.
  let time: Value
  let state: Value
  let parameters: [Value]
  /// λ at the end of the step.
  let lambda: Value

  /// A method may divide by the length of its steps, or by its square.
  private static let shortLength = 1e-15

  /// The length and the λ that a step as such is gone back through with.
  func step(length: Value, _ body: inout RegionBuilder) -> (length: Value, lambda: Value) {
    let isJump = body.greater(event, body.zeros(like: event))
    let short = body.constant(Self.shortLength, body.type(length))
    let axes = Array(0..<body.type(event).rank)
    let wide = body.broadcast(isJump, to: body.type(lambda).extents, axes: axes)
    return (
      body.select(isJump, short, length), body.select(wide, body.zeros(like: lambda), lambda)
    )
  }

  /// - Parameter back: the cotangents of the step as such: of its time and length, if they are wanted, of the state, and of the active parameters.
  func turn(_ back: [Value], _ body: inout RegionBuilder) throws(IRError) -> [Value] {
    var back = back
    let first = context.stepTimesActive ? 2 : 0
    let zero = body.zeros(like: event)
    let isJump = body.greater(event, zero)
    // An instant is no time that anything else moves.
    for k in 0..<first { back[k] = body.select(isJump, body.zeros(like: back[k]), back[k]) }
    for (k, event) in context.solve.events.enumerated() {
      let number = body.constant(Double(k + 1), body.type(zero))
      let isThis = body.equal(self.event, number)
      let (whenTrue, whenFalse) = try sides(event, body)
      var branch = Branch(whenTrue: whenTrue, whenFalse: whenFalse)
      if context.trajectories != nil {
        branch.lanes = .lane
        branch.isLowered = true
        branch.batched =
          [true, true, true] + context.solve.batched[Solve.Operand.parameters...] + [true, true]
      }
      let results = body.emit(
        .branch(branch),
        [isThis, time, state, occurrence] + parameters + [lambda, back[first]])
      back[first] = results[0]
      for (i, term) in results.dropFirst().enumerated() {
        back[first + 1 + i] = body.add(back[first + 1 + i], term)
      }
    }
    return back
  }

  /// (t, y, occurrence, p…, λ, λ passed on) → λ before the event, and what it adds to the parameters' cotangents; and the same where it doesn't
  /// happen.
  private func sides(
    _ event: SolveEvent, _ body: RegionBuilder
  ) throws(IRError) -> (Region, Region) {
    let jump = try SaltatedJump.region(event, of: context.solve)
    let active = context.activeParameters.map { $0 + 3 }
    let types = jump.parameterTypes
    let all = types + [types[1], types[1]]
    var happening = RegionBuilder(parameters: all)
    let pullback = try ReverseMode.pullback(jump, wrt: [1] + active)
    let results = happening.inline(pullback, Array(happening.parameters.dropLast()))
    var other = RegionBuilder(parameters: all)
    let passed = other.parameters[all.count - 1]
    let nothing = active.map { other.constant(0, types[$0]) }
    return (try happening.finish(results), try other.finish([passed] + nothing))
  }
}
