import NodalIR
import NodalOperations

/// The right-hand side of a solve, evaluated at given times and states, outside of the solve.
enum RightHandSide {
  /// f at one time and state of each trajectory: t: f64[T?], y: [T?, d] → [T?, d].
  static func evaluate(
    _ solve: Solve, t: Value, y: Value, parameters: [Value], _ builder: inout RegionBuilder
  ) -> Value {
    guard let trajectories = solve.trajectories else {
      return builder.inline(solve.rhs, [t, y] + parameters)[0]
    }
    let flags = [true, true] + solve.batched[Solve.Operand.parameters...]
    let map = Map(extent: trajectories, mapped: flags, isLowered: solve.isLowered, body: solve.rhs)
    return builder.emit(.map(map), [t, y] + parameters)[0]
  }

  /// f at many times: t: f64[T?, S], y: [T?, S, d] → [T?, S, d].
  static func evaluateAll(
    _ solve: Solve, t: Value, y: Value, parameters: [Value], _ builder: inout RegionBuilder
  ) throws(IRError) -> Value {
    let type = builder.type(y)
    guard let trajectories = solve.trajectories else {
      let flags = [true, true] + parameters.map { _ in false }
      let body = try Batching.batch(solve.rhs, mapped: flags, extent: .lane).region
      let map = Map(
        extent: type.extents[0], mapped: flags, isLowered: true, body: try Batching.expand(body))
      return builder.emit(.map(map), [t, y] + parameters)[0]
    }
    let saves = type.extents[1]
    guard let count = saves.fixedLength else { throw IRError("save times of unknown number") }
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
    let map = Map(extent: all, mapped: flags, isLowered: true, body: solve.rhs)
    let result = builder.emit(.map(map), arguments)[0]
    return builder.reshape(result, to: type.extents)
  }
}
