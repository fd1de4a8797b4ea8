import NodalIR
import NodalOperations
import NodalTypes

/// Lyapunov exponents by the method of Benettin et al. (Meccanica 15, 1980): tangents are solved beside the state, over pieces of the
/// span, and set upright behind each; what their lengths grow by on the way is added up, in logarithms.
extension Lowering {
  /// How short a tangent may become in a piece: so much longer than its errors that these don't matter.
  private func shortest(_ settings: SolverSettings) -> Double {
    let rounding = precision == .f32 ? 1e-5 : 1e-12
    switch settings.stepping {
    case .adaptive(let rtol, _): return max(rounding, 100 * Self.tangentTolerance(rtol))
    case .step, .count: return rounding
    }
  }

  /// Of tangents, which begin with length 1.
  private static func tangentTolerance(_ rtol: Double) -> Double { 1e-3 * rtol }

  /// Tangents are in the error norm: where a direction shrinks, and the state is long at rest, steps would go over it else.
  private func settingsWithTangents(_ settings: SolverSettings, _ d: Int) -> SolverSettings {
    var result = settings
    if case .adaptive(let rtol, let atol) = settings.stepping {
      let own = atol.count == d ? atol : Array(repeating: atol.first ?? 0, count: d)
      result.stepping = .adaptive(
        rtol: rtol,
        atol: own + Array(repeating: Self.tangentTolerance(rtol), count: d * d))
    }
    return result
  }

  mutating func lyapunov(
    _ system: SteadySearch, _ ode: OdeInstance, from start: Value, _ captured: [Value],
    _ course: OdePoint.Course, _ point: OdePoint
  ) throws(IRError) -> Value {
    let d = system.dimension
    let begin = try time(course.over.from)
    let span = scope.builder.sub(try time(course.over.to), begin)
    let step = scope.builder.mul(span, 1 / Double(course.pieces))
    at(LoweredOrigin(span: point.span, ode: ode.id))
    let flow = try flowWithTangents(system, captured)
    let upright = scope.builder.reshape(
      scope.builder.identity(d, precision), to: [.fixed(d * d)])
    let whole = scope.builder.concatenate([start, upright], axis: 0)

    let lengths = ValueType(precision, shape: [d])
    let scalar = ValueType(precision)
    let carries = [scope.builder.type(whole), .time, lengths, scalar]
    var b = RegionBuilder(
      parameters: carries + [.time] + captured.map { scope.builder.type($0) })
    b.origin = scope.builder.origin
    let p = b.parameters
    let end = b.add(p[1], p[4])
    let form = Solve(
      settings: settingsWithTangents(course.settings, d), batched: [], rhs: flow,
      controlled: d + d * d)
    let none = b.constant([], ValueType(.f64, shape: [0]))
    let final = b.emit(.solve(form), [p[1], end, none, p[0]] + p[5...])[Solve.Result.final]
    let (rows, logarithms) = orthonormal(final, d, &b)
    let least = b.reduce(.min, logarithms, axes: [0])
    let next = b.concatenate([b.slice(final, axis: 0, 0..<d)] + rows, axis: 0)
    let body = try b.finish([
      next, end, b.add(p[2], logarithms), b.min(p[3], least),
    ])
    let scan = Scan(
      length: .fixed(course.pieces), reverse: false, carries: carries.count, stacked: 0,
      outputs: 0, body: body)
    let zero = scope.builder.constant(0, lengths)
    let ended = scope.builder.emit(
      .scan(scan), [whole, begin, zero, scope.builder.constant(0, scalar), step] + captured)
    let i64 = ValueType(.i64)
    let shortest = scope.builder.constant(shortest(course.settings), scalar)
    let isClear = scope.builder.lessOrEqual(scope.builder.log(shortest), ended[3])
    let problem = scope.builder.select(
      isClear, scope.builder.constant(0, i64),
      scope.builder.constant(Double(PointFailure.collapsed.rawValue), i64))
    let sums = requiring(problem, ended[2], ode, point)
    let duration = scope.builder.convert(span, to: precision)
    return scope.builder.div(sums, scope.builder.splat(duration, like: sums))
  }

  /// (t, state and d tangents, captured…) → their derivatives.
  private func flowWithTangents(
    _ system: SteadySearch, _ captured: [Value]
  ) throws(IRError) -> Region {
    let d = system.dimension
    let types = captured.map { scope.builder.type($0) }
    var b = RegionBuilder(
      parameters: [.time, ValueType(precision, shape: [d + d * d])] + types)
    let p = b.parameters
    let y = b.slice(p[1], axis: 0, 0..<d)
    let shared = [p[0], y] + p[2...]
    let tangents = b.reshape(
      b.slice(p[1], axis: 0, d..<(d + d * d)), to: [.fixed(d), .fixed(d)])
    var inner = RegionBuilder(parameters: [system.state] + shared.map { b.type($0) })
    let q = inner.parameters
    let derivative = Derivative(.forward, wrt: [1], body: system.slopes)
    let change = inner.emit(.derivative(derivative), q[1...] + [q[0]])[1]
    let map = Map(
      extent: .fixed(d), mapped: [true] + shared.map { _ in false },
      body: try inner.finish([change]))
    let changes = b.emit(.map(map), [tangents] + shared)[0]
    let slope = b.inline(system.slopes, shared)[0]
    return try b.finish([
      b.concatenate([slope, b.reshape(changes, to: [.fixed(d * d)])], axis: 0)
    ])
  }

  /// The tangents behind a state made orthonormal, by Gram and Schmidt's rule in its stable form, and the logarithms of their lengths.
  private func orthonormal(
    _ whole: Value, _ d: Int, _ b: inout RegionBuilder
  ) -> (rows: [Value], logarithms: Value) {
    var rows: [Value] = []
    var logarithms: [Value] = []
    for k in 0..<d {
      var row = b.slice(whole, axis: 0, (d + k * d)..<(d + (k + 1) * d))
      for other in rows {
        let share = b.reduce(.sum, b.mul(other, row), axes: [0])
        row = b.sub(row, b.mul(b.splat(share, like: other), other))
      }
      let length = b.sqrt(b.reduce(.sum, b.square(row), axes: [0]))
      rows.append(b.div(row, b.splat(length, like: row)))
      logarithms.append(b.reshape(b.log(length), to: [.fixed(1)]))
    }
    return (rows, b.concatenate(logarithms, axis: 0))
  }
}
