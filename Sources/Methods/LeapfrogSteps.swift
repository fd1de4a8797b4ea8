import NodalIR
import NodalOperations

/// Kick-drift-kick for q' = v(t, p), p' = a(t, q) (Störmer-Verlet; Hairer, Lubich and Wanner,
/// Geometric Numerical Integration (2006), I.1.4):
///
///     p½ = p₀ + h/2 a(t₀, q₀),  q₁ = q₀ + h v(t₀ + h/2, p½),  p₁ = p½ + h/2 a(t₁, q₁)
///
/// The right-hand side gives v and a together, so a step takes two evaluations: at (q₀, p½) for v
/// and at (q₁, p₀ + h a₀) for a(t₁, q₁), which doesn't depend on p. That second point is within
/// O(h²) of p₁, so its v is the velocity at the end to the order that the dense output needs:
///
///     q(θ) = q₀ + (2θ - θ²)(q₁ - q₀) + h (θ² - θ) v₁,  p(θ) = p₀ + h ((θ - θ²/2) a₀ + θ²/2 a₁), order 2
///
/// Memory: the derivative last evaluated, of which a(t₁, q₁) is used. Record: the first and the
/// last derivative.
struct LeapfrogSteps {
  let problem: StepProblem
  let types: StepProblem.Types
  let drifting: [Bool]

  init(problem: StepProblem) throws(IRError) {
    self.problem = problem
    types = try problem.types()
    guard let drifting = problem.drifting, drifting.count == types.size else {
      throw IRError("leapfrog wants to know which components drift")
    }
    self.drifting = drifting
  }

  func regions() throws(IRError) -> StepRegions {
    StepRegions(
      step: try step(memory: true, record: false),
      stepWithRecord: try step(memory: true, record: true),
      memoryless: try step(memory: false, record: true), dense: try dense(), start: problem.rhs,
      terms: try terms(), record: types.ownRecord(stages: 2), hasError: false,
      evaluations: (step: 2, record: 2, start: 1))
  }

  /// True in the components that drift.
  private func mask(_ arithmetic: inout StepArithmetic) -> Value {
    let row = arithmetic.builder.constant(
      drifting.map { $0 ? 1 : 0 }, ValueType(.bool, shape: [types.size]))
    return arithmetic.builder.broadcast(row, to: types.state.extents, axes: [types.axis])
  }

  private struct Kicks {
    var y1: Value
    var first: Value
    var last: Value
  }

  private func kicks(
    _ arithmetic: inout StepArithmetic, t: Value, h: Value, y: Value, first: Value?,
    shared: [Value]
  ) -> Kicks {
    let drift = mask(&arithmetic)
    let spread = arithmetic.spread(h)
    let zero = arithmetic.builder.constant(0, types.state)
    let k0 = first ?? arithmetic.builder.inline(problem.rhs, [t, y] + shared)[0]
    let kick = arithmetic.builder.select(drift, zero, k0)
    let halfKick = arithmetic.builder.mul(kick, 0.5)
    let half = arithmetic.advance(y, spread, halfKick)
    let middle = arithmetic.time(t, 0.5, h)
    let k1 = arithmetic.builder.inline(problem.rhs, [middle, half] + shared)[0]
    let there = arithmetic.advance(y, spread, arithmetic.builder.select(drift, k1, k0))
    let end = arithmetic.time(t, 1, h)
    let k2 = arithmetic.builder.inline(problem.rhs, [end, there] + shared)[0]
    let mean = arithmetic.builder.mul(arithmetic.builder.add(k0, k2), 0.5)
    let y1 = arithmetic.advance(y, spread, arithmetic.builder.select(drift, k1, mean))
    return Kicks(y1: y1, first: k0, last: k2)
  }

  private func step(memory: Bool, record: Bool) throws(IRError) -> Region {
    let between = memory ? [types.state] : []
    var arithmetic = StepArithmetic(
      types, parameters: [types.clock, types.clock, types.state] + between + types.parameters)
    let p = arithmetic.builder.parameters
    let kicks = kicks(
      &arithmetic, t: p[0], h: p[1], y: p[2], first: memory ? p[3] : nil,
      shared: Array(p[(3 + between.count)...]))
    var results = [kicks.y1]
    if memory { results.append(kicks.last) }
    if record { results.append(arithmetic.side([kicks.first, kicks.last])) }
    return try arithmetic.builder.finish(results)
  }

  /// The trapezoidal rule over the step's ends.
  private func terms() throws(IRError) -> Region? {
    guard let quadrature = problem.quadrature else { return nil }
    var arithmetic = StepArithmetic(
      types,
      parameters: [types.clock, types.clock, types.state, types.clock, types.state]
        + types.parameters)
    let p = arithmetic.builder.parameters
    let shared = Array(p[5...])
    let kicks = kicks(&arithmetic, t: p[0], h: p[1], y: p[2], first: p[4], shared: shared)
    let share = arithmetic.builder.mul(arithmetic.builder.mul(p[1], p[3]), 0.5)
    let end = arithmetic.time(p[0], 1, p[1])
    let before = arithmetic.builder.inline(quadrature, [p[0], p[2], share] + shared)
    let after = arithmetic.builder.inline(quadrature, [end, kicks.y1, share] + shared)
    let sums = arithmetic.accumulate(before, after)
    return try arithmetic.builder.finish(sums)
  }

  private func dense() throws(IRError) -> Region {
    var arithmetic = StepArithmetic(
      types,
      parameters: [
        types.clock, types.clock, types.state, types.state, types.record(stages: 2),
      ])
    let p = arithmetic.builder.parameters
    let (theta, h, y0, y1) = (p[0], p[1], p[2], p[3])
    let drift = mask(&arithmetic)
    let first = arithmetic.builder.slice(p[4], axis: types.axis, 0..<types.size)
    let last = arithmetic.builder.slice(p[4], axis: types.axis, types.size..<(2 * types.size))
    let square = arithmetic.builder.mul(theta, theta)
    // Coefficients in f64, then spread.
    let toEnd = arithmetic.builder.sub(arithmetic.builder.mul(theta, 2), square)
    let bow = arithmetic.builder.mul(h, arithmetic.builder.sub(square, theta))
    let halfSquare = arithmetic.builder.mul(square, 0.5)
    let early = arithmetic.builder.mul(h, arithmetic.builder.sub(theta, halfSquare))
    let late = arithmetic.builder.mul(h, halfSquare)
    let chord = arithmetic.builder.sub(y1, y0)
    let position = arithmetic.builder.add(
      arithmetic.builder.mul(arithmetic.spread(toEnd), chord),
      arithmetic.builder.mul(arithmetic.spread(bow), last))
    let momentum = arithmetic.builder.add(
      arithmetic.builder.mul(arithmetic.spread(early), first),
      arithmetic.builder.mul(arithmetic.spread(late), last))
    let y = arithmetic.builder.add(y0, arithmetic.builder.select(drift, position, momentum))
    return try arithmetic.builder.finish([y])
  }
}
