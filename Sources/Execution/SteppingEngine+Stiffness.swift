import NodalIR
import NodalMethods

/// Looks whether an explicit method is held back by stability, and what follows.
extension SteppingEngine {
  /// Which part an engine has in a solve.
  enum Turn {
    /// No other method takes part.
    case whole
    /// Trajectories leave it where they turn out to be stiff.
    case explicit
    /// Trajectories leave it where the explicit method would take as long steps.
    case stiff(beside: SteppingEngine)

    var isWhole: Bool {
      switch self {
      case .whole: true
      case .explicit, .stiff: false
      }
    }
  }

  /// So far below the threshold of stiffness |hλ| is where the explicit method is better: between the two trajectories stay where they are.
  private static let easing = 0.5

  /// Looks at the accepted steps. As that costs a step, it is done now and then, and at every step once there is a suspicion. It changes no
  /// result of the step.
  func watch() throws(ExecutionError) {
    switch turn {
    case .whole:
      guard isSuspicious || rounds % 32 == 0, let stiffness,
        let threshold = program.stiffness?.threshold
      else { return }
      isSuspicious = false
      try stiffness.run(stepInputs.pointer, inner(lanes: slots))
      let estimates = stiffness.results[0].assumingMemoryBound(to: Double.self)
      for slot in 0..<slots where isAccepted[slot] {
        try note(slot, estimates[slot] > threshold)
      }
      let all = lanes.allSatisfy { trajectories[$0].stiffness.isDecided }
      if all { isSuspicious = false }
    case .explicit, .stiff:
      for slot in 0..<slots where isAccepted[slot] && isLookDue(slot) { try watch(slot) }
    }
  }

  func isLookDue(_ slot: Int) -> Bool {
    let trajectory = trajectories[lanes[slot]]
    return trajectory.tries >= trajectory.look.due && trajectory.tries < budget
  }

  /// Looks at one slot's step, of the length that is put down for it.
  func watch(_ slot: Int) throws(ExecutionError) {
    guard !trajectories[lanes[slot]].stiffness.isDecided else { return }
    switch turn {
    case .whole, .explicit:
      guard let threshold = program.stiffness?.threshold else { return }
      let memories = memory.enumerated().map { k, buffer in
        UnsafeRawPointer(buffer.pointer) + slot * rowBytes(memoryType(k))
      }
      try note(slot, stability(of: spot(slot), memories) > threshold)
    case .stiff(let explicit):
      guard let threshold = explicit.program.stiffness?.threshold else { return }
      fillPhase(slot)
      try note(slot, explicit.stability(beside: spot(slot)) < Self.easing * threshold)
    }
  }

  /// Where a slot is, for a look at it alone.
  struct Spot {
    var trajectory: Int
    var time: UnsafeRawPointer
    var size: UnsafeRawPointer
    var state: UnsafeRawPointer
    var phase: UnsafeRawPointer?
  }

  func spot(_ slot: Int) -> Spot {
    Spot(
      trajectory: lanes[slot], time: UnsafeRawPointer(times.pointer) + 8 * slot,
      size: UnsafeRawPointer(sizes.pointer) + 8 * slot,
      state: UnsafeRawPointer(state.pointer) + stateBytes * slot,
      phase: solve.corners.map { _ in UnsafeRawPointer(phases.pointer) + 8 * slot })
  }

  /// |hλ| of a step of this engine's method from there.
  private func stability(
    of spot: Spot, _ memories: [UnsafeRawPointer]
  ) throws(ExecutionError) -> Double {
    guard let stiffness else { return 0 }
    aloneInputs[0] = spot.time
    aloneInputs[1] = spot.size
    aloneInputs[2] = spot.state
    for (k, row) in memories.enumerated() { aloneInputs[3 + k] = row }
    for p in parameters.indices {
      aloneInputs[3 + memories.count + p] = parameter(p, of: spot.trajectory)
    }
    try stiffness.run(aloneInputs.pointer, inner(lanes: 1))
    return stiffness.results[0].load(as: Double.self)
  }

  /// The same where another engine has the trajectory: what this one's method would remember there is found first.
  private func stability(beside spot: Spot) throws(ExecutionError) -> Double {
    guard !memory.isEmpty, let start = program.startsWithSlope ? rhs : start else {
      return try stability(of: spot, [])
    }
    try run(start, at: spot)
    return try stability(of: spot, memory.indices.map { start.results[$0] })
  }

  /// Runs the right-hand side, or another region of its parameters, for one slot without the others.
  func run(_ region: any Workspace, at spot: Spot) throws(ExecutionError) {
    aloneInputs[0] = spot.time
    aloneInputs[1] = spot.state
    for p in parameters.indices { aloneInputs[2 + p] = parameter(p, of: spot.trajectory) }
    if let phase = solve.corners?.phase, let middle = spot.phase { aloneInputs[2 + phase] = middle }
    try region.run(aloneInputs.pointer, inner(lanes: 1))
  }

  /// Takes down whether a trajectory's step speaks for another kind of method. Where enough of them do, it leaves for it, or the run ends, or
  /// there is a warning.
  private func note(_ slot: Int, _ isHit: Bool) throws(ExecutionError) {
    let i = lanes[slot]
    if isHit { isSuspicious = true }
    trajectories[i].look.pass(trajectories[i].tries, isHit: isHit)
    guard trajectories[i].stiffness.note(isHit) else { return }
    switch turn {
    case .explicit, .stiff: trajectories[i].leaves = true
    case .whole:
      let time = told(times.typed(Double.self)[slot], i)
      if context.endsWhereStiff, solve.isAutomatic, canBeSolvedStiffly {
        throw .stiff(StiffSolve(origin: program.origin, time: time))
      }
      trajectories[i].stiffFrom = time
      context.warn(.stiff(time: time, origin: program.origin))
    }
  }

  /// There is room for a matrix for each trajectory; whether it is one for a whole system of many components is for others to say.
  private var canBeSolvedStiffly: Bool {
    dimension * min(dimension, 512) * trajectories.count <= 16_000_000
  }
}
