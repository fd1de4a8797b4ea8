import NodalIR
import NodalMethods

/// Given steps have no error estimate that would stop them: a step that is too long for its equation grows what the equation
/// damps, by orders of magnitude at each turn.
///
/// Large states are no sign of it, nor is growth: units may be what they may, and exponentials grow. The sign is growth at steps
/// that don't resolve it. So whenever a component is a hundred times what it was, the derivative is compared at both ends of the
/// step: |hλ| ≈ h ‖f(y₁) - f(y₀)‖ / ‖y₁ - y₀‖. Growth that the steps follow has |hλ| of about 1, and starts a new count; one
/// beyond the method's stability is an explosion. That costs two evaluations for two orders of magnitude.
///
/// A companion of the state can grow at any |hλ| where the equation damps, with a sign that alternates: then the state goes ways that the slopes at
/// their ends don't lead.
extension SteppingEngine {
  /// So much growth is looked at, and warned of where the steps don't resolve it.
  static let suspiciousGrowth = 1e2
  /// So much is an explosion.
  static let explosiveGrowth = 1e6

  /// The sizes that trajectories begin with.
  func beginGrowth() {
    let count = dimension * trajectories.count
    let reached = sizesReached.reserve(8 * count).assumingMemoryBound(to: Double.self)
    for k in 0..<count {
      reached[k] = abs(ElementAccess.load(stateType.element, state.pointer, k))
    }
  }

  /// What an event has made of a state is no growth.
  func noteSizes(_ slot: Int) {
    let reached = sizesReached.typed(Double.self) + lanes[slot] * dimension
    for j in 0..<dimension {
      let size = abs(ElementAccess.load(stateType.element, state.pointer, slot * dimension + j))
      reached[j] = max(reached[j], size)
    }
  }

  /// Ends trajectories that explode by the step under way; gives how many.
  func refuseExplosions(_ next: UnsafeRawPointer) throws(ExecutionError) -> Int {
    let suspects = (0..<slots).filter { isAccepted[$0] && hasGrown($0, next) }
    guard !suspects.isEmpty else { return 0 }
    let here = try slopes(atEndWith: UnsafeRawPointer(state.pointer), into: 0)
    let ends = try slopes(atEndWith: next, into: 1)
    var refused = 0
    for slot in suspects {
      guard let growth = unresolvedGrowth(slot, next, here, ends) else { continue }
      if growth > Self.explosiveGrowth {
        isAccepted[slot] = false
        refused += 1
        fail(
          slot, .exploded, h: sizes.typed(Double.self)[slot], next: next + slot * stateBytes)
      } else if growth > Self.suspiciousGrowth {
        context.warn(
          .unstable(
            time: told(times.typed(Double.self)[slot], lanes[slot]), growth: growth,
            origin: program.origin))
      }
    }
    return refused
  }

  private func hasGrown(_ slot: Int, _ next: UnsafeRawPointer) -> Bool {
    let n = dimension
    let reached = sizesReached.typed(Double.self) + lanes[slot] * n
    switch stateType.element {
    case .f32: return Self.hasGrown(next.assumingMemoryBound(to: Float.self) + slot * n, reached, n)
    case .f64:
      return Self.hasGrown(next.assumingMemoryBound(to: Double.self) + slot * n, reached, n)
    case .i64, .bool: return false
    }
  }

  @inline(__always)
  private static func hasGrown<T: BinaryFloatingPoint>(
    _ y: UnsafePointer<T>, _ reached: UnsafePointer<Double>, _ n: Int
  ) -> Bool {
    for j in 0..<n where Double(abs(y[j])) > suspiciousGrowth * reached[j] { return true }
    return false
  }

  /// The right-hand side at the ends of the steps under way, for these states.
  private func slopes(
    atEndWith states: UnsafeRawPointer, into place: Int
  ) throws(ExecutionError) -> UnsafeMutableRawPointer {
    let t = times.typed(Double.self)
    let h = sizes.typed(Double.self)
    let ends = scratch[4].reserve(8 * slots).assumingMemoryBound(to: Double.self)
    for slot in 0..<slots { ends[slot] = t[slot] + h[slot] }
    pointInputs[0] = UnsafeRawPointer(ends)
    pointInputs[1] = states
    defer {
      pointInputs[0] = UnsafeRawPointer(times.pointer)
      pointInputs[1] = UnsafeRawPointer(state.pointer)
    }
    try fillPoint(atEnd: true)
    try rhs.run(pointInputs.pointer, inner(lanes: slots))
    let target = scratch[place].reserve(stateBytes * slots)
    target.copyMemory(from: rhs.results[0], byteCount: stateBytes * slots)
    return target
  }

  /// How many times over a state has grown by steps that don't resolve it; nil, with a new count, where they do.
  private func unresolvedGrowth(
    _ slot: Int, _ next: UnsafeRawPointer, _ slopes: UnsafeRawPointer, _ ends: UnsafeRawPointer
  ) -> Double? {
    let n = dimension
    let element = stateType.element
    let h = abs(sizes.typed(Double.self)[slot])
    let reached = sizesReached.typed(Double.self) + lanes[slot] * n
    func load(_ base: UnsafeRawPointer, _ j: Int) -> Double {
      ElementAccess.load(element, base, slot * n + j)
    }
    var (change, moved, strayed, growth) = (0.0, 0.0, 0.0, 0.0)
    for j in 0..<n {
      let (before, after) = (load(state.pointer, j), load(next, j))
      // What begins at zero is as large as its slope makes it.
      if reached[j] == 0 { reached[j] = h * abs(load(slopes, j)) }
      let size = reached[j]
      // Components are compared in units of their own size.
      let unit = max(size, abs(after - before))
      guard unit > 0, unit.isFinite else { continue }
      let turned = h * (load(ends, j) - load(slopes, j)) / unit
      let way = (after - before) / unit
      let astray =
        way - sizes.typed(Double.self)[slot] * (load(ends, j) + load(slopes, j)) / (2 * unit)
      change += turned * turned
      moved += way * way
      strayed += astray * astray
      if size > 0 { growth = max(growth, abs(after) / size) }
    }
    let isLed = program.regions.symmetric?.start == nil || strayed <= 0.5 * moved
    // A slope that overflows is resolved by no step.
    if isLed, change <= program.stabilityLimit * program.stabilityLimit * moved {
      for j in 0..<n { reached[j] = max(reached[j], abs(load(next, j))) }
      return nil
    }
    return growth
  }
}
