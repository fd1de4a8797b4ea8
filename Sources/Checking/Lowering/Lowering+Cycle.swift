import NodalIR
import NodalOperations
import NodalTypes

/// Closed solutions by shooting: a point y and a period T with φ(T, y) = y, where φ is the flow. Of the points of a closed solution the one
/// is meant that lies in a plane through the start, across the flow there. What is looked for is y, and the logarithm of T's ratio to the
/// period that was given: so it stays positive, and away from 0, after which everything is back.
extension Lowering {
  /// How far from the start the search may go, in sizes of each component, and by which factor from the period.
  private static let reach = 10.0
  private static let longest = 5.0

  mutating func cycle(
    _ system: SteadySearch, _ ode: OdeInstance, from start: Value, _ captured: [Value],
    _ turn: OdePoint.Turn, _ point: OdePoint
  ) throws(IRError) -> [LoweredField] {
    let d = system.dimension
    let t = scope.builder.constant(0, .time)
    let guess = scope.builder.apply(
      "fixed", scope.builder.convert(try time(turn.period), to: precision))
    at(LoweredOrigin(span: point.span, ode: ode.id))

    // The plane, with components measured by their sizes: units play no part.
    let anchor = scope.builder.apply("fixed", start)
    let slope = scope.builder.apply(
      "fixed", scope.builder.inline(system.slopes, [t, start] + captured)[0])
    let way = scope.builder.mul(scope.builder.splat(guess, like: slope), slope)
    let size = scope.builder.apply(
      "fixed", scope.builder.add(scope.builder.abs(anchor), scope.builder.abs(way)))
    let hasSize = scope.builder.greater(size, scope.builder.zero(like: size))
    let square = scope.builder.square(
      scope.builder.select(hasSize, size, scope.builder.one(like: size)))
    let normal = scope.builder.div(slope, square)

    let shared = captured + [anchor, normal, size, guess]
    let closing = try closingRegion(system, turn, shared.map { scope.builder.type($0) })
    let search = SteadySearch(
      slopes: closing, mass: try planeMass(closing, d), element: precision,
      tolerance: precision == .f32 ? 1e-4 : 1e-8)
    let unknown = scope.builder.concatenate(
      [start, scope.builder.constant(0, ValueType(precision, shape: [1]))], axis: 0)
    let found = try root(
      search, ode, from: unknown, at: t, shared, point, (.noCycle, .cycleNotIsolated))

    let y = scope.builder.slice(found, axis: 0, 0..<d)
    let ratio = scope.builder.reshape(
      scope.builder.slice(found, axis: 0, d..<(d + 1)), to: [])
    let period = scope.builder.mul(guess, scope.builder.exp(ratio))
    let jacobian = try search.jacobian(at: found, t, shared, &scope.builder)
    let rows = scope.builder.slice(jacobian, axis: 0, 0..<d)
    let change = scope.builder.slice(rows, axis: 1, 0..<d)
    let monodromy = scope.builder.add(change, scope.builder.identity(d, precision))
    return [
      LoweredField("start", .record(try self.point(of: ode, t: t, y: y))),
      LoweredField("period", .array(period)), LoweredField("monodromy", .array(monodromy)),
    ]
  }

  /// (t, y and ln T/T₀, captured…, anchor, normal, sizes, T₀) → φ(T, y) - y, and the distance from the plane. NaN, and not solved for,
  /// beyond the search's reach: a step there is not taken.
  private func closingRegion(
    _ system: SteadySearch, _ turn: OdePoint.Turn, _ types: [ValueType]
  ) throws(IRError) -> Region {
    let d = system.dimension
    var b = RegionBuilder(
      parameters: [.time, ValueType(precision, shape: [d + 1])] + types)
    b.origin = scope.builder.origin
    let p = b.parameters
    let captured = p[2..<(p.count - 4)]
    let (anchor, normal, size) = (p[p.count - 4], p[p.count - 3], p[p.count - 2])
    let asked = b.slice(p[1], axis: 0, 0..<d)
    let askedRatio = b.reshape(b.slice(p[1], axis: 0, d..<(d + 1)), to: [])
    let away = b.sub(b.abs(b.sub(asked, anchor)), b.mul(size, Self.reach))
    let isNear = b.and(
      b.lessOrEqual(b.reduce(.max, away, axes: [0]), b.constant(0, ValueType(precision))),
      b.lessOrEqual(
        b.abs(askedRatio), b.log(b.constant(Self.longest, b.type(askedRatio)))))
    let y = b.select(b.splat(isNear, like: asked), asked, anchor)
    let ratio = b.select(isNear, askedRatio, b.zero(like: askedRatio))
    let period = b.convert(b.mul(p[p.count - 1], b.exp(ratio)), to: .f64)
    var form = Solve(
      settings: turn.settings, batched: [], rhs: system.slopes, controlled: d)
    form.isTrial = true
    let none = b.constant([], ValueType(.f64, shape: [0]))
    let begin = b.constant(0, .time)
    let end = b.emit(.solve(form), [begin, period, none, y] + captured)[Solve.Result.final]
    let distance = b.reduce(.sum, b.mul(normal, b.sub(y, anchor)), axes: [0])
    let open = b.concatenate(
      [b.sub(end, y), b.reshape(distance, to: [.fixed(1)])], axis: 0)
    return try b.finish([
      b.select(b.splat(isNear, like: open), open, b.constant(.nan, b.type(open)))
    ])
  }

  /// The plane is no flow: its row holds at once.
  private func planeMass(_ closing: Region, _ d: Int) throws(IRError) -> Region {
    var b = RegionBuilder(parameters: closing.parameterTypes)
    let n = d + 1
    let entries = (0..<(n * n)).map { $0 % (n + 1) == 0 && $0 / n < d ? 1.0 : 0 }
    return try b.finish([b.constant(entries, ValueType(precision, shape: [n, n]))])
  }
}
