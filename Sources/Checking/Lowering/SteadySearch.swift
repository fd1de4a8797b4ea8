import NodalIR
import NodalOperations

/// The search for a state at which f(t, y) = 0, as a loop of a given number of turns; turns behind its end cost nothing.
///
/// From near the solution Newton's method finds it, and steps are taken as long as each leaves less than half of what is to be
/// corrected. From elsewhere the search follows the flow of M y' = f, by steps of the implicit Euler method that grow as long as f is
/// nearly linear over them, and so become Newton steps (pseudo-transient continuation: Kelley and Keyes, SIAM J. Numer. Anal. 35,
/// 1998). Where that leads nowhere, as around an unstable point, Newton's method is tried with shortened steps. How far off a step is,
/// is told by what the same matrix makes of the residual behind it (the natural monotonicity test: Deuflhard, Newton Methods for
/// Nonlinear Problems, 2004): so units and scales of equations and states play no part.
struct SteadySearch {
  /// (t, y, parameters…) → f
  let slopes: Region
  /// (t, y, parameters…) → M of M y' = f; nil: the identity.
  let mass: Region?
  let element: ElementType
  /// f counts as zero where it is so small beside the sum of its linear terms.
  let tolerance: Double

  init(slopes: Region, mass: Region?, element: ElementType, tolerance: Double? = nil) {
    self.slopes = slopes
    self.mass = mass
    self.element = element
    self.tolerance = tolerance ?? (element == .f32 ? 1e-5 : 1e-10)
  }

  /// What is being tried; the last two are how it can end.
  private enum Phase: Double { case newton, flow, shortened, found, failed }

  /// Turns of all phases, and after which one the next begins.
  private static let turns = 300
  private static let endOfNewton = 60.0
  private static let endOfFlow = 240.0
  private static let fractions = [1, 0.5, 0.25, 0.125, 1.0 / 32, 1.0 / 128, 1.0 / 1024]

  var state: ValueType { slopes.parameterTypes[1] }
  var dimension: Int { state.fixedCount ?? 0 }
  private var scalar: ValueType { ValueType(element) }
  private var square: ValueType { ValueType(element, shape: [dimension, dimension]) }

  /// Where the search from `start` ends, and whether that is a solution.
  func emit(
    from start: Value, at time: Value, _ parameters: [Value], _ b: inout RegionBuilder
  ) throws(IRError) -> (state: Value, isFound: Value) {
    let shared = [start, time] + parameters
    let carried = [state, scalar, scalar, scalar]
    var body = RegionBuilder(parameters: carried + shared.map { b.type($0) })
    body.origin = b.origin
    let p = body.parameters
    let goesOn = body.less(p[2], body.constant(Phase.found.rawValue, scalar))
    var rest = RegionBuilder(parameters: p.map { body.type($0) })
    let idle = try rest.finish(Array(rest.parameters.prefix(carried.count)))
    let branch = Branch(whenTrue: try turn(p.map { body.type($0) }, b.origin), whenFalse: idle)
    let next = body.emit(.branch(branch), [goesOn] + p)
    let scan = Scan(
      length: .fixed(Self.turns), reverse: false, carries: carried.count, stacked: 0, outputs: 0,
      body: try body.finish(next))
    let initial = [start, b.constant(-1, scalar), b.constant(0, scalar), b.constant(0, scalar)]
    let ended = b.emit(.scan(scan), initial + shared)
    return (ended[0], b.equal(ended[2], b.constant(Phase.found.rawValue, scalar)))
  }

  /// (y, 1/step, phase, turn, start, t, parameters…) → the first four of the next turn. A step not yet chosen is negative.
  private func turn(_ types: [ValueType], _ origin: Origin?) throws(IRError) -> Region {
    var b = RegionBuilder(parameters: types)
    b.origin = origin
    let p = b.parameters
    let (y, given, phase, turn, start, t) = (p[0], p[1], p[2], p[3], p[4], p[5])
    let parameters = Array(p[6...])
    func constant(_ x: Double) -> Value { b.constant(x, scalar) }
    func isPhase(_ phase: Phase, _ value: Value) -> Value {
      b.equal(value, constant(phase.rawValue))
    }

    let f = b.inline(slopes, [t, y] + parameters)[0]
    let jacobian = try self.jacobian(at: y, t, parameters, &b)
    let sizes = b.abs(jacobian)
    let terms = b.value(
      .contract(Contraction(contracted: [.init(1, 0)])), [sizes, b.abs(y)])
    let isSettled = b.lessOrEqual(b.abs(f), b.mul(terms, tolerance))
    let ones = b.select(isSettled, b.constant(1, state), b.constant(0, state))
    let isFound = b.greater(b.reduce(.min, ones, axes: [0]), constant(0.5))

    // The first step along the flow changes nothing much.
    let steepest = b.reduce(.max, b.reduce(.sum, sizes, axes: [1]), axes: [0])
    let first = b.select(
      b.greater(steepest, constant(0)), b.mul(steepest, 1e3), constant(1))
    let inverseStep = b.select(b.less(given, constant(0)), first, given)
    let rate = b.select(isPhase(.flow, phase), inverseStep, constant(0))
    let unit = b.identity(dimension, element)
    let mass = self.mass.map { b.inline($0, [t, y] + parameters)[0] } ?? unit
    let weighted = b.mul(mass, b.splat(rate, like: mass))
    let matrix = b.sub(weighted, jacobian)
    let factors = b.value(.factorize(nil), [matrix])
    let step = b.value(.linearSolve(LinearSolve()), [matrix, factors, f])

    let remains = try self.remainders(
      [y, step, matrix, factors, weighted, t] + parameters, &b)
    let fractions = b.constant(
      Self.fractions, ValueType(element, shape: [Self.fractions.count]))
    let whole = Self.fractions.map { $0 == 1 ? 0.5 : -1 }
    let limits = b.select(
      b.splat(isPhase(.shortened, phase), like: fractions),
      b.constant(Self.fractions.map { 1 - $0 / 4 }, b.type(fractions)),
      b.constant(whole, b.type(fractions)))
    let none = b.zero(like: fractions)
    let passing = b.select(b.lessOrEqual(remains, limits), fractions, none)
    let fraction = b.reduce(.max, passing, axes: [0])
    let isTaken = b.greater(fraction, constant(0))
    let moved = b.select(
      b.splat(isTaken, like: y), b.add(y, b.mul(b.splat(fraction, like: step), step)), y)

    // The next step along the flow.
    let remainder = b.reshape(b.slice(remains, axis: 0, 0..<1), to: [])
    let growth = b.select(
      b.less(remainder, constant(0.1)), constant(1.0 / 8), constant(1 / 1.5))
    let nextInverse = b.mul(inverseStep, b.select(isTaken, growth, constant(4)))

    // What is tried next.
    let isOver = b.or(
      b.not(isTaken), b.greater(turn, constant(Self.endOfNewton)))
    let begunAnew = b.select(isOver, constant(Phase.flow.rawValue), phase)
    let exhausted = b.select(
      b.greater(turn, constant(Self.endOfFlow)), constant(Phase.shortened.rawValue), phase)
    let stuck = b.select(isTaken, phase, constant(Phase.failed.rawValue))
    let next = b.select(
      isPhase(.newton, phase), begunAnew,
      b.select(isPhase(.flow, phase), exhausted, stuck))
    let changes = b.not(b.equal(next, phase))
    let behind = b.select(b.splat(changes, like: y), start, moved)
    return try b.finish([
      b.select(b.splat(isFound, like: y), y, behind),
      b.select(isPhase(.flow, phase), nextInverse, given),
      b.select(isFound, constant(Phase.found.rawValue), next),
      b.add(turn, 1),
    ])
  }

  /// For each fraction of a step what is left to correct behind it, as a share of the step: the largest component, each measured by
  /// its own size. NaN where f is not finite there.
  private func remainders(
    _ shared: [Value], _ b: inout RegionBuilder
  ) throws(IRError) -> Value {
    var inner = RegionBuilder(parameters: [scalar] + shared.map { b.type($0) })
    let q = inner.parameters
    let (fraction, y, step, matrix) = (q[0], q[1], q[2], q[3])
    let (factors, weighted, t) = (q[4], q[5], q[6])
    let part = inner.mul(inner.splat(fraction, like: step), step)
    let f = inner.inline(slopes, [t, inner.add(y, part)] + q[7...])[0]
    let moved = inner.value(
      .contract(Contraction(contracted: [.init(1, 0)])), [weighted, part])
    let left = inner.value(
      .linearSolve(LinearSolve()), [matrix, factors, inner.sub(f, moved)])
    let size = inner.add(inner.abs(y), inner.abs(step))
    let hasSize = inner.greater(size, inner.zero(like: size))
    func largest(_ x: Value) -> Value {
      let share = inner.div(inner.abs(x), inner.select(hasSize, size, inner.one(like: size)))
      return inner.reduce(
        .max, inner.select(hasSize, share, inner.zero(like: share)), axes: [0])
    }
    let body = try inner.finish([inner.div(largest(left), largest(step))])
    let map = Map(
      extent: .fixed(Self.fractions.count), mapped: [true] + shared.map { _ in false }, body: body)
    let fractions = b.constant(
      Self.fractions, ValueType(element, shape: [Self.fractions.count]))
    return b.emit(.map(map), [fractions] + shared)[0]
  }

  /// ∂f/∂y, by directions.
  func jacobian(
    at y: Value, _ t: Value, _ parameters: [Value], _ b: inout RegionBuilder
  ) throws(IRError) -> Value {
    let shared = [t, y] + parameters
    var inner = RegionBuilder(parameters: [state] + shared.map { b.type($0) })
    let q = inner.parameters
    let derivative = Derivative(.forward, wrt: [1], body: slopes)
    let change = inner.emit(.derivative(derivative), q[1...] + [q[0]])[1]
    let map = Map(
      extent: .fixed(dimension), mapped: [true] + shared.map { _ in false },
      body: try inner.finish([change]))
    let columns = b.emit(.map(map), [b.identity(dimension, element)] + shared)[0]
    return b.transpose(columns, [1, 0])
  }

  /// Whether a matrix is singular but for rounding. What is compared, the largest Σⱼ |A⁻¹ᵢⱼ Aⱼᵢ|, is 1 for a diagonal matrix, and doesn't
  /// change when rows and columns are scaled.
  func isSingular(_ matrix: Value, factors: Value, _ b: inout RegionBuilder) throws(IRError)
    -> Value
  {
    var inner = RegionBuilder(parameters: [state, b.type(matrix), b.type(factors)])
    let q = inner.parameters
    let column = inner.value(.linearSolve(LinearSolve()), [q[1], q[2], q[0]])
    let map = Map(
      extent: .fixed(dimension), mapped: [true, false, false], body: try inner.finish([column]))
    let columns = b.emit(.map(map), [b.identity(dimension, element), matrix, factors])[0]
    let sums = b.reduce(.sum, b.abs(b.mul(columns, matrix)), axes: [0])
    let limit = b.constant(element == .f32 ? 1e5 : 1e12, scalar)
    return b.not(b.lessOrEqual(b.reduce(.max, sums, axes: [0]), limit))
  }
}
