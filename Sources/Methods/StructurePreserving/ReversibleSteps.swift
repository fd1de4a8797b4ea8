import NodalIR
import NodalOperations

/// The regions of a method that remembers a companion c of the state, with one evaluation a step.
///
/// Reversible Heun (P. Kidger, J. Foster, X. Li and T. Lyons, Efficient and accurate gradients for neural SDEs, NeurIPS 2021, algorithm 1
/// without noise), where the companion is another state, c = y at the beginning:
///
///     c₁ = 2y - c + h f(t, c),  y₁ = y + h/2 (f(t, c) + f(t₁, c₁))
///
/// Asynchronous leapfrog (U. Mutze, arXiv:1311.6602; J. Zhuang et al., MALI, ICLR 2021), where it is the slope, c = f at the beginning:
///
///     k = y + h/2 c,  c₁ = 2 f(t + h/2, k) - c,  y₁ = k + h/2 c₁
///
/// Neither damps: what the equation damps fast comes back in the companion, growing as fast.
///
/// Memory: the companion, and Heun's slope f(t, c). Record: a slope at each end (`HermiteRecord`).
struct ReversibleSteps {
  let scheme: ReversibleScheme
  let problem: StepProblem
  let types: StepProblem.Types

  init(scheme: ReversibleScheme, problem: StepProblem) throws(IRError) {
    self.scheme = scheme
    self.problem = problem
    types = try problem.types()
  }

  func regions() throws(IRError) -> StepRegions {
    let begins = try start()
    var regions = StepRegions(
      step: try step(record: false), stepWithRecord: try step(record: true), memoryless: nil,
      dense: try HermiteRecord(types: types).dense(), start: begins, terms: try terms(),
      record: HermiteRecord(types: types).type, hasError: false,
      evaluations: (step: 1, record: 1, start: 1))
    regions.symmetric = SymmetricStep(
      step: try alone(), start: try companionStart(), gap: try gap())
    return regions
  }

  private var memory: [ValueType] {
    switch scheme {
    case .heun: [types.state, types.state]
    case .asynchronousLeapfrog: [types.state]
    }
  }

  /// (t, y, p…) → memory….
  private func start() throws(IRError) -> Region {
    switch scheme {
    case .heun:
      var builder = RegionBuilder(parameters: problem.rhs.parameterTypes)
      let p = builder.parameters
      return try builder.finish([p[1]] + builder.inline(problem.rhs, p))
    case .asynchronousLeapfrog: return problem.rhs
    }
  }

  private func companionStart() throws(IRError) -> Region {
    var region = try start()
    region.results = [region.results[0]]
    return region
  }

  private func gap() throws(IRError) -> Region {
    var a = StepArithmetic(
      types,
      parameters: [types.clock, types.clock, types.state, types.state] + types.parameters)
    let p = a.builder.parameters
    let begun = try companionStart()
    let off = a.builder.sub(p[3], a.builder.inline(begun, [p[0], p[2]] + p[4...])[0])
    switch scheme {
    case .heun: return try a.builder.finish([off])
    case .asynchronousLeapfrog:
      // A slope is a state once it has lasted for half a step.
      let half = a.spread(a.builder.mul(p[1], 0.5))
      return try a.builder.finish([a.builder.mul(half, off)])
    }
  }

  /// Where a step ends, the slopes of its ends, and what is remembered there.
  private struct End {
    var y: Value
    var slopes: (first: Value, last: Value)
    var memory: [Value]
  }

  /// - Parameter slope: f(t, c), where it is known.
  private func end(
    _ a: inout StepArithmetic, t: Value, h: Value, y: Value, companion c: Value, slope: Value?,
    _ shared: [Value]
  ) -> End {
    let spread = a.spread(h)
    switch scheme {
    case .heun:
      let first = slope ?? a.builder.inline(problem.rhs, [t, c] + shared)[0]
      let mirrored = a.builder.sub(a.builder.add(y, y), c)
      let next = a.advance(mirrored, spread, first)
      let last = a.builder.inline(problem.rhs, [a.time(t, 1, h), next] + shared)[0]
      let mean = a.builder.mul(a.builder.add(first, last), 0.5)
      return End(y: a.advance(y, spread, mean), slopes: (first, last), memory: [next, last])
    case .asynchronousLeapfrog:
      let half = a.spread(a.builder.mul(h, 0.5))
      let middle = a.advance(y, half, c)
      let slope = a.builder.inline(problem.rhs, [a.time(t, 0.5, h), middle] + shared)[0]
      let next = a.builder.sub(a.builder.add(slope, slope), c)
      return End(y: a.advance(middle, half, next), slopes: (c, next), memory: [next])
    }
  }

  private func step(record: Bool) throws(IRError) -> Region {
    var a = StepArithmetic(
      types, parameters: [types.clock, types.clock, types.state] + memory + types.parameters)
    let p = a.builder.parameters
    let end = end(
      &a, t: p[0], h: p[1], y: p[2], companion: p[3], slope: memory.count > 1 ? p[4] : nil,
      Array(p[(3 + memory.count)...]))
    var results = [end.y] + end.memory
    if record { results.append(a.side([end.slopes.first, end.slopes.last])) }
    return try a.builder.finish(results)
  }

  /// (t, h, y, c, p…) → (y₁, c₁).
  private func alone() throws(IRError) -> Region {
    var a = StepArithmetic(
      types,
      parameters: [types.clock, types.clock, types.state, types.state] + types.parameters)
    let p = a.builder.parameters
    let end = end(
      &a, t: p[0], h: p[1], y: p[2], companion: p[3], slope: nil, Array(p[4...]))
    return try a.builder.finish([end.y, end.memory[0]])
  }

  /// The trapezoidal rule over the step's ends.
  private func terms() throws(IRError) -> Region? {
    guard let quadrature = problem.quadrature else { return nil }
    var a = StepArithmetic(
      types,
      parameters: [types.clock, types.clock, types.state, types.clock] + memory
        + types.parameters)
    let p = a.builder.parameters
    let shared = Array(p[(4 + memory.count)...])
    let end = end(
      &a, t: p[0], h: p[1], y: p[2], companion: p[4], slope: memory.count > 1 ? p[5] : nil, shared)
    let sums = a.trapezoid(
      quadrature, t: p[0], h: p[1], mask: p[3], from: p[2], to: end.y, shared)
    return try a.builder.finish(sums)
  }
}
