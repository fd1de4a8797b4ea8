import NodalIR
import NodalMethods

extension SteppingEngine {
  /// Takes up all trajectories of a run at their start, with what the method remembers and the first step's
  /// size.
  func begin(
    _ inputs: UnsafePointer<UnsafeRawPointer>, _ extents: ExtentValues
  ) throws(ExecutionError) {
    self.inputs = inputs
    self.extents = extents
    let total = solve.trajectories.map(extents.length) ?? 1
    let saveType = program.parameterTypes[Solve.Operand.saveTimes]
    saveCount = extents.length(of: saveType.extents[saveType.rank - 1])
    trajectories.fill(Trajectory(), count: total)
    failure = nil
    departed.removeAll(keepingCapacity: true)
    jointHistory = StepHistory()
    rounds = 0
    isSuspicious = false
    log.clear()
    lanes.removeAll(keepingCapacity: true)
    lanes.append(contentsOf: 0..<total)
    isDone.fill(false, count: total)
    isAccepted.fill(false, count: total)
    prepareResults()
    reserveSlots(total)
    guard total > 0 else { return }
    if isJoint { try agree() }
    for i in 0..<total { place(i) }
    guard isDone.contains(false) else { return }
    bindInputs()
    beginCorners()
    beginPast()
    if !solve.events.isEmpty { try beginEvents() }
    for i in 0..<total where !isDone[i] { open(i) }
    guard isDone.contains(false) else { return }
    try fillPoint()
    if let start {
      try start.run(pointInputs.pointer, inner(lanes: slots))
      for (i, buffer) in memory.enumerated() {
        buffer.pointer.copyMemory(
          from: start.results[i], byteCount: rowBytes(memoryType(i)) * slots)
      }
      for slot in 0..<slots where !isDone[slot] {
        trajectories[lanes[slot]].evaluations += program.regions.evaluations.start
      }
    }
    if isAdaptive { try firstSizes() } else { beginGrowth() }
  }

  func reserveSlots(_ count: Int) {
    times.reserve(8 * count)
    sizes.reserve(8 * count)
    mask.reserve(8 * count)
    state.reserve(stateBytes * count)
    for (i, buffer) in memory.enumerated() { buffer.reserve(rowBytes(memoryType(i)) * count) }
  }

  /// A trajectory's start.
  private func place(_ i: Int) {
    func number(_ operand: Int) -> Double {
      if isJoint { return commonTimes.typed(Double.self)[operand] }
      return inputs[operand].load(
        fromByteOffset: batched[operand] ? 8 * i : 0, as: Double.self)
    }
    let start = number(Solve.Operand.start)
    let end = number(Solve.Operand.end)
    times.typed(Double.self)[i] = start
    sizes.typed(Double.self)[i] = 0
    let source = inputs[Solve.Operand.initial]
    (state.pointer + i * stateBytes).copyMemory(
      from: batched[Solve.Operand.initial] ? source + i * stateBytes : source,
      byteCount: stateBytes)
    trajectories[i].end = end
    trajectories[i].longest = longestStep(i, span: abs(end - start))
    trajectories[i].direction = end < start ? -1 : 1
    guard start.isFinite, end.isFinite,
      isFinite(UnsafeRawPointer(state.pointer) + i * stateBytes)
    else {
      fail(i, .nonFinite, h: 0)
      return
    }
    let saves = saveTimes(i)
    guard areOrdered(saves, from: start, to: end, trajectories[i].direction) else {
      fail(i, .saveTimes, h: 0)
      return
    }
  }

  /// Saves what is asked for at the start.
  private func open(_ i: Int) {
    let start = times.typed(Double.self)[i]
    let saves = saveTimes(i)
    // Also those that rounding left before it.
    while trajectories[i].nextSave < saveCount,
      (saves[trajectories[i].nextSave] - start) * trajectories[i].direction <= 0
    {
      save(
        i, step: max(0, trajectories[i].logged - 1),
        from: UnsafeRawPointer(state.pointer) + i * stateBytes)
    }
    if start == trajectories[i].end { conclude(i) }
  }

  /// The times of trajectories that share a clock: the latest of each, as the regions around the solve take it. They must be the same
  /// but for rounding.
  private func agree() throws(ExecutionError) {
    let common = commonTimes.reserve(8 * (Solve.Operand.saveTimes + saveCount))
      .assumingMemoryBound(to: Double.self)
    var worst = (gap: 0.0, operand: 0, trajectory: 0, first: 0.0, other: 0.0)
    for operand in 0..<Solve.Operand.initial {
      let count = operand == Solve.Operand.saveTimes ? saveCount : 1
      let given = inputs[operand].assumingMemoryBound(to: Double.self)
      for k in 0..<count {
        common[operand + k] = given[k]
        guard batched[operand] else { continue }
        for i in trajectories.indices {
          let time = given[i * count + k]
          common[operand + k] = max(common[operand + k], time)
          if abs(time - given[k]) > worst.gap {
            worst = (abs(time - given[k]), operand, i, given[k], time)
          }
        }
      }
    }
    // They are differences of far greater times, in the data's precision.
    let span = abs(common[Solve.Operand.end] - common[Solve.Operand.start])
    guard worst.gap > (stateType.element == .f32 ? 1e-4 : 1e-8) * span else { return }
    throw .differentTimes(
      TimeMismatch(
        origin: program.origin, trajectory: worst.trajectory,
        isSaveTime: worst.operand == Solve.Operand.saveTimes,
        first: told(worst.first, 0), other: told(worst.other, worst.trajectory)))
  }

  /// Save times go from the start to the end, but for rounding.
  private func areOrdered(
    _ saves: UnsafePointer<Double>, from start: Double, to end: Double, _ direction: Double
  ) -> Bool {
    // A program in single precision has times of its own in it, too.
    let slack =
      (stateType.element == .f32 ? 1e-6 : 1e-9) * max(abs(start), abs(end), abs(end - start))
    var last = start
    for k in 0..<saveCount {
      guard (saves[k] - last) * direction >= -slack else { return false }
      last = saves[k]
    }
    return (end - last) * direction >= -slack
  }

  /// Hairer's rule for each trajectory; two evaluations, for all at once.
  private func firstSizes() throws(ExecutionError) {
    if let given = solve.settings.firstStep {
      for i in trajectories.indices { trajectories[i].proposal = abs(given) }
      return
    }
    guard let initialStep else { return }
    let t = times.typed(Double.self)
    let h = sizes.typed(Double.self)
    // The slopes at the start; h is zero.
    let slopes = scratch[0].reserve(stateBytes * slots)
    slopes.initializeMemory(as: UInt8.self, repeating: 0, count: stateBytes * slots)
    beginInputs[1] = UnsafeRawPointer(h)
    beginInputs[3] = UnsafeRawPointer(slopes)
    try fillPast(atEnd: true)
    try initialStep.run(beginInputs.pointer, inner(lanes: slots))
    slopes.copyMemory(from: initialStep.results[0], byteCount: stateBytes * slots)
    if program.startsWithSlope {
      memory[0].pointer.copyMemory(from: slopes, byteCount: stateBytes * slots)
    }
    // ‖y‖, ‖f‖, and the change of f over a trial step.
    let norms = scratch[1].reserve(3 * 8 * slots).assumingMemoryBound(to: Double.self)
    let (states, derivatives, changes) = (norms, norms + slots, norms + 2 * slots)
    takeNorms(1, into: states)
    takeNorms(2, into: derivatives)
    for slot in 0..<slots {
      let trajectory = trajectories[lanes[slot]]
      h[slot] =
        trajectory.direction
        * InitialStep.trial(
          state: states[slot], derivative: derivatives[slot], span: trajectory.end - t[slot])
    }
    try fillPast(atEnd: true)
    try initialStep.run(beginInputs.pointer, inner(lanes: slots))
    takeNorms(3, into: changes)
    for slot in 0..<slots where !isDone[slot] {
      let i = lanes[slot]
      trajectories[i].proposal = InitialStep.first(
        trial: abs(h[slot]), derivative: derivatives[slot], change: changes[slot],
        order: program.order, span: trajectories[i].end - t[slot], at: t[slot])
      trajectories[i].evaluations += 2
    }
  }

  /// Norms that `initialStep` has found: of each slot, or of all together where they have one step size.
  private func takeNorms(_ result: Int, into target: UnsafeMutablePointer<Double>) {
    guard let initialStep else { return }
    let found = initialStep.results[result].assumingMemoryBound(to: Double.self)
    target.update(from: found, count: slots)
    guard isJoint else { return }
    var sum = 0.0
    for slot in 0..<slots { sum += found[slot] * found[slot] }
    target.update(repeating: (sum / Double(max(1, slots))).squareRoot(), count: slots)
  }
}

extension Array {
  /// Makes it so many times an element, in the memory that it has.
  fileprivate mutating func fill(_ element: Element, count: Int) {
    removeAll(keepingCapacity: true)
    reserveCapacity(count)
    for _ in 0..<count { append(element) }
  }
}
