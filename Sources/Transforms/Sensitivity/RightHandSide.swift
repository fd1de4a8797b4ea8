import NodalIR
import NodalOperations

/// The slope of a solve's trajectories at given times and states, outside of the solve: its right-hand side, where that is solved for y'.
enum RightHandSide {
  /// y' at one time and state of each trajectory: t: f64[T?], or f64 of a shared clock, y: [T?, d] → [T?, d].
  static func evaluate(
    _ solve: Solve, t: Value, y: Value, parameters: [Value], _ builder: inout RegionBuilder
  ) throws(IRError) -> Value {
    solve.overTrajectories(
      try solve.motion(), t: t, states: [y], parameters: solve.parameters(parameters, at: t),
      &builder)[0]
  }

  /// y' at many times: t: f64[T?, S], or f64[S] of a shared clock, y: [T?, S, d] → [T?, S, d].
  static func evaluateAll(
    _ solve: Solve, t: Value, y: Value, parameters: [Value], _ builder: inout RegionBuilder
  ) throws(IRError) -> Value {
    let type = builder.type(y)
    guard let trajectories = solve.trajectories else {
      let parameters = solve.parameters(parameters, at: t)
      let flags = [true, true] + parameters.indices.map { $0 == solve.corners?.phase }
      let body = try Batching.batch(solve.motion(), mapped: flags, extent: .lane).region
      let map = Map(
        extent: type.extents[0], mapped: flags, isLowered: true, body: try Batching.expand(body))
      return builder.emit(.map(map), [t, y] + parameters)[0]
    }
    let saves = type.extents[1]
    guard let count = saves.fixedLength else { throw IRError("save times of unknown number") }
    if solve.sharesClock {
      return try evaluateInTurn(solve, count, t: t, y: y, parameters: parameters, &builder)
    }
    let all: Extent =
      switch trajectories {
      case .fixed(let n): .fixed(n * count)
      case .lanes(let n): .lanes(times: n * count)
      case .steps: trajectories
      }
    // Each trajectory's own parameters, repeated for each of its times.
    var arguments = [
      builder.reshape(t, to: [all]), builder.reshape(y, to: [all] + type.extents.dropFirst(2)),
    ]
    for (i, value) in parameters.enumerated() {
      if i == solve.corners?.phase {
        arguments.append(arguments[0])
        continue
      }
      guard solve.batched[Solve.Operand.parameters + i] else {
        arguments.append(value)
        continue
      }
      let inner = builder.type(value).extents
      let extents = [inner[0], saves] + inner.dropFirst()
      let repeated = builder.broadcast(value, to: extents, axes: [0] + Array(2..<extents.count))
      arguments.append(builder.reshape(repeated, to: [all] + inner.dropFirst()))
    }
    let flags = [true, true] + solve.batched[Solve.Operand.parameters...]
    let map = Map(extent: all, mapped: flags, isLowered: true, body: try solve.motion())
    let result = builder.emit(.map(map), arguments)[0]
    return builder.reshape(result, to: type.extents)
  }

  /// A region with a shared clock takes one time after the other.
  private static func evaluateInTurn(
    _ solve: Solve, _ count: Int, t: Value, y: Value, parameters: [Value],
    _ builder: inout RegionBuilder
  ) throws(IRError) -> Value {
    let states = builder.scanAxisFirst(y)
    var slice = builder.type(states)
    slice.extents.remove(at: slice.isBatched ? 1 : 0)
    var body = RegionBuilder(
      parameters: [.time, slice] + parameters.map { builder.type($0) })
    body.origin = builder.origin
    let given = body.parameters
    let slope = try evaluate(
      solve, t: given[0], y: given[1], parameters: Array(given[2...]), &body)
    let scan = Scan(
      length: .fixed(count), reverse: false, carries: 0, stacked: 2, outputs: 1,
      body: try body.finish([slope]))
    let slopes = builder.emit(.scan(scan), [t, states] + parameters)[0]
    return builder.scanAxisFirst(slopes)
  }
}

extension Solve {
  /// A region (t, states…, p…, behind…) that a solve's trajectories are put through, each with values of its own but shared parameters.
  func overTrajectories(
    _ region: Region, t: Value, states: [Value], parameters: [Value], behind: [Value] = [],
    _ builder: inout RegionBuilder
  ) -> [Value] {
    let arguments = [t] + states + parameters + behind
    guard let trajectories else { return builder.inline(region, arguments) }
    let flags =
      [!sharesClock] + states.map { _ in true } + batched[Operand.parameters...]
      + behind.map { _ in true }
    return builder.emit(
      .map(Map(extent: trajectories, mapped: flags, isLowered: isLowered, body: region)), arguments)
  }
}

extension RegionBuilder {
  /// Times of trajectories that share a clock, [T, …] → […]; those of all are the same.
  mutating func agreed(_ times: Value, behind rank: Int = 0) -> Value {
    type(times).rank > rank ? reduce(.max, times, axes: [0]) : times
  }

  /// A scan runs along the axis behind lanes; other trajectories give way to it.
  mutating func scanAxisFirst(_ x: Value) -> Value {
    guard !type(x).isBatched else { return x }
    var permutation = Array(0..<type(x).rank)
    permutation.swapAt(0, 1)
    return transpose(x, permutation)
  }
}
