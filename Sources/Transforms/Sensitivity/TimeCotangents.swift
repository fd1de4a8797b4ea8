import NodalIR
import NodalOperations

/// Cotangents of the times, where the rest of a rule doesn't give them: y(t₁) moves with f when t₁ does, a saved state
/// with its time, and moving t₀ is moving y₀ by -f.
enum TimeCotangents {
  static func add(
    _ context: SolveContext, _ cotangents: inout [Value?], _ builder: inout RegionBuilder
  ) throws(IRError) {
    let solve = context.solve
    func dot(_ a: Value, _ b: Value) -> Value {
      let product = builder.mul(a, b)
      let sum = builder.reduce(.sum, product, axes: [builder.type(product).rank - 1])
      return builder.convert(sum, to: .f64)
    }
    if context.active[Solve.Operand.end], let cot = context.finalCotangent {
      let slope = RightHandSide.evaluate(
        solve, t: context.spread(Solve.Operand.end, &builder),
        y: context.results[Solve.Result.final], parameters: context.parameters, &builder)
      cotangents[Solve.Operand.end] = context.fitted(
        dot(cot, slope), to: Solve.Operand.end, &builder)
    }
    if context.active[Solve.Operand.saveTimes], let cot = context.savedCotangent(builder) {
      let slopes = try RightHandSide.evaluateAll(
        solve, t: context.spread(Solve.Operand.saveTimes, &builder),
        y: context.results[Solve.Result.saved], parameters: context.parameters, &builder)
      cotangents[Solve.Operand.saveTimes] = context.fitted(
        dot(cot, slopes), to: Solve.Operand.saveTimes, &builder)
    }
    if context.active[Solve.Operand.start], let lambda = cotangents[Solve.Operand.initial] {
      let slope = RightHandSide.evaluate(
        solve, t: context.spread(Solve.Operand.start, &builder),
        y: context.operands[Solve.Operand.initial], parameters: context.parameters, &builder)
      cotangents[Solve.Operand.start] = context.fitted(
        builder.neg(dot(lambda, slope)), to: Solve.Operand.start, &builder)
    }
  }
}
