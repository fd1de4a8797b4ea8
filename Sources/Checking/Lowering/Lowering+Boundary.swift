import NodalIR
import NodalOperations
import NodalTypes

/// Boundary values by shooting: numbers u that a solution begins with, besides those that are known, so that some of the numbers that it ends with are what
/// they are said to be. Newton's method for u, with derivatives through the solve (`SteadySearch`).
///
/// What is looked for is u/s + 1, where s is the size of the first guess: so that it is measured against something where u is 0.
extension Lowering {
  /// How many of these sizes the search may go from the first guess.
  private static let reach = 100.0

  mutating func boundary(
    _ system: SteadySearch, _ ode: OdeInstance, from start: Value, _ captured: [Value],
    _ ends: OdePoint.Ends, _ point: OdePoint
  ) throws(IRError) -> [LoweredField] {
    let places = try ranges(of: ode)
    let unknown = ends.unknown.map { places[$0] }
    let wanted = ends.wanted.map { places[$0.state] }
    var parts: [Value] = []
    for target in ends.wanted {
      parts.append(scope.builder.convert(flat(try array(target.value)), to: precision))
    }
    let target = scope.builder.concatenate(parts, axis: 0)
    let span = [try time(ends.over.from), try time(ends.over.to)]
    at(LoweredOrigin(span: point.span, ode: ode.id))

    let guess = scope.builder.apply(
      "fixed",
      scope.builder.concatenate(
        unknown.map { scope.builder.slice(start, axis: 0, $0) }, axis: 0))
    let one = scope.builder.one(like: guess)
    let hasSize = scope.builder.greater(
      scope.builder.abs(guess), scope.builder.zero(like: guess))
    let size = scope.builder.select(hasSize, scope.builder.abs(guess), one)
    let shared = captured + [start, guess, size, target] + span
    let aim = try aimRegion(
      system, ends, unknown, wanted, shared.map { scope.builder.type($0) })
    let search = SteadySearch(
      slopes: aim, mass: nil, element: precision, tolerance: precision == .f32 ? 1e-4 : 1e-8)
    let first = scope.builder.add(scope.builder.div(guess, size), one)
    let found = try root(
      search, ode, from: first, at: scope.builder.constant(0, .time), shared, point,
      (.noBoundary, .boundaryNotIsolated))
    let numbers = scope.builder.mul(scope.builder.sub(found, one), size)
    let y = Self.replacing(unknown, of: start, by: numbers, &scope.builder)
    return try self.point(of: ode, t: span[0], y: y)
  }

  /// The same numbers, but for these ranges, which come one behind the other.
  private static func replacing(
    _ ranges: [Range<Int>], of y: Value, by numbers: Value, _ b: inout RegionBuilder
  ) -> Value {
    var parts: [Value] = []
    var (next, taken) = (0, 0)
    let end = b.type(y).extents[0].fixedLength ?? 0
    for range in ranges {
      if range.lowerBound > next { parts.append(b.slice(y, axis: 0, next..<range.lowerBound)) }
      parts.append(b.slice(numbers, axis: 0, taken..<(taken + range.count)))
      (next, taken) = (range.upperBound, taken + range.count)
    }
    if next < end { parts.append(b.slice(y, axis: 0, next..<end)) }
    return b.concatenate(parts, axis: 0)
  }

  /// (t, u/s + 1, captured…, start, guess, s, target, times of both ends) → how far the end is from the target. NaN, and not solved for, beyond the
  /// search's reach: a step there is not taken.
  private func aimRegion(
    _ system: SteadySearch, _ ends: OdePoint.Ends, _ unknown: [Range<Int>],
    _ wanted: [Range<Int>], _ types: [ValueType]
  ) throws(IRError) -> Region {
    let n = unknown.reduce(0) { $0 + $1.count }
    var b = RegionBuilder(parameters: [.time, ValueType(precision, shape: [n])] + types)
    b.origin = scope.builder.origin
    let p = b.parameters
    let own = Array(p.suffix(6))
    let (start, guess, size, target) = (own[0], own[1], own[2], own[3])
    let captured = p[2..<(p.count - 6)]
    let asked = b.mul(b.sub(p[1], b.one(like: p[1])), size)
    let away = b.sub(b.abs(b.sub(asked, guess)), b.mul(size, Self.reach))
    let isNear = b.lessOrEqual(
      b.reduce(.max, away, axes: [0]), b.constant(0, ValueType(precision)))
    let numbers = b.select(b.splat(isNear, like: asked), asked, guess)
    let y = Self.replacing(unknown, of: start, by: numbers, &b)
    var form = Solve(
      settings: ends.settings, batched: [], rhs: system.slopes, controlled: system.dimension)
    form.isTrial = true
    let none = b.constant([], ValueType(.f64, shape: [0]))
    let end = b.emit(.solve(form), [own[4], own[5], none, y] + captured)[Solve.Result.final]
    let reached = b.concatenate(wanted.map { b.slice(end, axis: 0, $0) }, axis: 0)
    let miss = b.sub(reached, target)
    return try b.finish([
      b.select(b.splat(isNear, like: miss), miss, b.constant(.nan, b.type(miss)))
    ])
  }
}
