import NodalIR
import NodalOperations

/// Kick-drift-kick for q' = v(t, p), p' = a(t, q) (Störmer-Verlet; Hairer, Lubich and Wanner,
/// Geometric Numerical Integration (2006), I.1.4), once or in a composition:
///
///     p½ = p₀ + h/2 a(t₀, q₀),  q₁ = q₀ + h v(t₀ + h/2, p½),  p₁ = p½ + h/2 a(t₁, q₁)
///
/// The right-hand side gives v and a together, so this takes two evaluations: at (q₀, p½) for v, and at (q₁, p₀ + h a₀) for a(t₁, q₁), which
/// doesn't depend on p and is the next one's first.
///
/// Memory: the derivative last evaluated, of which a is used. Record: the slopes at both ends (`HermiteRecord`).
struct LeapfrogSteps {
  let composition: Composition
  let problem: StepProblem
  let types: StepProblem.Types
  let drifting: [Bool]

  init(composition: Composition, problem: StepProblem) throws(IRError) {
    self.composition = composition
    self.problem = problem
    types = try problem.types()
    guard let drifting = problem.drifting, drifting.count == types.size else {
      throw IRError("\(composition.name) wants to know which components drift")
    }
    self.drifting = drifting
  }

  func regions() throws(IRError) -> StepRegions {
    let evaluations = 2 * composition.shares.count
    var regions = StepRegions(
      step: try step(memory: true, record: false),
      stepWithRecord: try step(memory: true, record: true),
      memoryless: try step(memory: false, record: true),
      dense: try HermiteRecord(types: types).dense(), start: problem.rhs,
      terms: try terms(), record: HermiteRecord(types: types).type, hasError: false,
      evaluations: (step: evaluations, record: evaluations + 2, start: 1))
    regions.symmetric = SymmetricStep(step: try step(memory: false, record: false))
    return regions
  }

  /// True in the components that drift.
  private func mask(_ arithmetic: inout StepArithmetic) -> Value {
    let row = arithmetic.builder.constant(
      drifting.map { $0 ? 1 : 0 }, ValueType(.bool, shape: [types.size]))
    return arithmetic.builder.broadcast(row, to: types.state.extents, axes: [types.axis])
  }

  /// A place on the way through a step: the state, and a derivative of which the kick is that of the state.
  private struct Place {
    var t, y, kick: Value
  }

  /// The way through the steps of the composition: where it begins, and where each of them ends.
  private func places(
    _ a: inout StepArithmetic, t: Value, h: Value, y: Value, first: Value?, shared: [Value]
  ) -> [Place] {
    let drift = mask(&a)
    var place = Place(
      t: t, y: y, kick: first ?? a.builder.inline(problem.rhs, [t, y] + shared)[0])
    var places = [place]
    var done = 0.0
    for (k, share) in composition.shares.enumerated() {
      let isLast = k == composition.shares.count - 1
      let length = share == 1 ? h : a.builder.mul(h, share)
      place = kicked(
        &a, place, length, drift, middle: a.time(t, done + share / 2, h),
        end: a.time(t, isLast ? 1 : done + share, h), shared)
      done += share
      places.append(place)
    }
    return places
  }

  /// Kick, drift, kick.
  private func kicked(
    _ a: inout StepArithmetic, _ from: Place, _ h: Value, _ drift: Value, middle: Value,
    end: Value, _ shared: [Value]
  ) -> Place {
    let spread = a.spread(h)
    let zero = a.builder.constant(0, types.state)
    let kick = a.builder.select(drift, zero, from.kick)
    let halfKick = a.builder.mul(kick, 0.5)
    let half = a.advance(from.y, spread, halfKick)
    let drifted = a.builder.inline(problem.rhs, [middle, half] + shared)[0]
    let there = a.advance(from.y, spread, a.builder.select(drift, drifted, from.kick))
    let last = a.builder.inline(problem.rhs, [end, there] + shared)[0]
    let mean = a.builder.mul(a.builder.add(from.kick, last), 0.5)
    let y = a.advance(from.y, spread, a.builder.select(drift, drifted, mean))
    return Place(t: end, y: y, kick: last)
  }

  private func step(memory: Bool, record: Bool) throws(IRError) -> Region {
    let between = memory ? [types.state] : []
    var a = StepArithmetic(
      types, parameters: [types.clock, types.clock, types.state] + between + types.parameters)
    let p = a.builder.parameters
    let shared = Array(p[(3 + between.count)...])
    let places = places(
      &a, t: p[0], h: p[1], y: p[2], first: memory ? p[3] : nil, shared: shared)
    let end = places[places.count - 1]
    var results = [end.y]
    if memory { results.append(end.kick) }
    if record {
      // Nothing else asks for the drift at the ends.
      let first = a.builder.inline(problem.rhs, [p[0], p[2]] + shared)[0]
      let last = a.builder.inline(problem.rhs, [end.t, end.y] + shared)[0]
      results.append(a.side([first, last]))
    }
    return try a.builder.finish(results)
  }

  /// The trapezoidal rule over the ends of each step of the composition, which with them is of its order.
  private func terms() throws(IRError) -> Region? {
    guard let quadrature = problem.quadrature else { return nil }
    var a = StepArithmetic(
      types,
      parameters: [types.clock, types.clock, types.state, types.clock, types.state]
        + types.parameters)
    let p = a.builder.parameters
    let shared = Array(p[5...])
    let places = places(&a, t: p[0], h: p[1], y: p[2], first: p[4], shared: shared)
    let length = a.builder.mul(p[1], p[3])
    let shares = composition.shares
    var total: [Value] = []
    for (k, place) in places.enumerated() {
      let weight = ((k > 0 ? shares[k - 1] : 0) + (k < shares.count ? shares[k] : 0)) / 2
      let share = a.builder.mul(length, weight)
      total = a.accumulate(
        total, a.builder.inline(quadrature, [place.t, place.y, share] + shared))
    }
    return try a.builder.finish(total)
  }
}
