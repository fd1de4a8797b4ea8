import NodalIR
import NodalOperations

/// Cotangents of the times by the equation alone: y(t₁) moves with f when t₁ does, a saved state with its time, and moving t₀ is
/// moving y₀ by -f. Each trajectory has its own, also where all share the time.
struct TimeCotangents {
  private(set) var start: Value?
  private(set) var end: Value?
  /// One for each save time.
  private(set) var saveTimes: Value?

  /// - Parameter lambda: the cotangent of the initial state.
  init(
    _ context: SolveContext, lambda: Value?, _ builder: inout RegionBuilder
  ) throws(IRError) {
    let solve = context.solve
    func dot(_ a: Value, _ b: Value) -> Value {
      let product = builder.mul(a, b)
      let sum = builder.reduce(.sum, product, axes: [builder.type(product).rank - 1])
      return builder.convert(sum, to: .f64)
    }
    if context.active[Solve.Operand.end], let cot = context.finalCotangent {
      let slope = try RightHandSide.evaluate(
        solve, t: context.clock(Solve.Operand.end, &builder),
        y: context.results[Solve.Result.final], parameters: context.parameters, &builder)
      end = dot(cot, slope)
    }
    if context.active[Solve.Operand.saveTimes], let cot = context.savedCotangent(builder) {
      let slopes = try RightHandSide.evaluateAll(
        solve, t: context.clock(Solve.Operand.saveTimes, &builder),
        y: context.results[Solve.Result.saved], parameters: context.parameters, &builder)
      saveTimes = dot(cot, slopes)
    }
    if context.active[Solve.Operand.start], let lambda {
      let slope = try RightHandSide.evaluate(
        solve, t: context.clock(Solve.Operand.start, &builder),
        y: context.spread(Solve.Operand.initial, &builder), parameters: context.parameters,
        &builder)
      start = builder.neg(dot(lambda, slope))
    }
  }

  /// Where a rule gives no cotangents of times of its own: its cotangents with these.
  static func add(
    _ context: SolveContext, _ cotangents: inout [Value?], _ builder: inout RegionBuilder
  ) throws(IRError) {
    let times = try TimeCotangents(
      context, lambda: cotangents[Solve.Operand.initial], &builder)
    times.fit(context, &cotangents, &builder)
  }

  /// Of trajectories without a step, which tell nothing of how a step moves with its times; the others' are those given.
  func whereEmpty(
    _ counts: Value, else other: (start: Value, end: Value, saveTimes: Value?),
    _ builder: inout RegionBuilder
  ) -> TimeCotangents {
    let isEmpty = builder.equal(counts, builder.zeros(like: counts))
    func chosen(_ own: Value?, _ other: Value?) -> Value? {
      guard let own, let other else { return other }
      let extents = builder.type(own).extents
      let axes = Array(0..<builder.type(isEmpty).rank)
      return builder.select(builder.broadcast(isEmpty, to: extents, axes: axes), own, other)
    }
    var result = self
    result.start = chosen(start, other.start)
    result.end = chosen(end, other.end)
    result.saveTimes = chosen(saveTimes, other.saveTimes)
    return result
  }

  /// Puts them in their places, summed over trajectories where a time is shared.
  func fit(
    _ context: SolveContext, _ cotangents: inout [Value?], _ builder: inout RegionBuilder
  ) {
    for (operand, cotangent) in [
      (Solve.Operand.start, start), (Solve.Operand.end, end), (Solve.Operand.saveTimes, saveTimes),
    ] {
      guard let cotangent else { continue }
      cotangents[operand] = context.fitted(cotangent, to: operand, &builder)
    }
  }
}
