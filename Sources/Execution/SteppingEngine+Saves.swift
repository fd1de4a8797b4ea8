import NodalIR

extension SteppingEngine {
  /// The next save time of a slot lies inside the step under way, before its end.
  func hasSavesInside(_ slot: Int) -> Bool {
    let i = lanes[slot]
    let next = trajectories[i].nextSave
    guard !isDone[slot], next < saveCount else { return false }
    return (trajectories[i].target - saveTimes(i)[next]) * trajectories[i].direction > 0
  }

  func hasSavesInside() -> Bool { (0..<slots).contains { hasSavesInside($0) } }

  /// Writes a state to the next save time of a trajectory.
  func save(_ i: Int, step: Int, from row: UnsafeRawPointer) {
    let place = i * saveCount + trajectories[i].nextSave
    (store[Solve.Result.saved] + place * stateBytes).copyMemory(from: row, byteCount: stateBytes)
    if solve.trace != nil {
      store[solve.traceResult + Solve.Trace.saveSteps].storeBytes(
        of: Int64(step), toByteOffset: 8 * place, as: Int64.self)
    }
    trajectories[i].nextSave += 1
  }

  /// Saves inside the accepted steps by the method's dense output; at their ends the state itself.
  /// The lanes of the dense region are (slot, save time) pairs.
  func saveInside(_ workspace: any Workspace, _ hasRecords: Bool) throws(ExecutionError) {
    guard saveCount > 0 else { return }
    if isJoint {
      try saveTogether(workspace, hasRecords)
      return
    }
    if hasRecords {
      var pairs: [(slot: Int, time: Double)] = []
      for slot in 0..<slots where isAccepted[slot] {
        let i = lanes[slot]
        let saves = saveTimes(i)
        var k = trajectories[i].nextSave
        while k < saveCount,
          (trajectories[i].target - saves[k]) * trajectories[i].direction > 0
        {
          pairs.append((slot, saves[k]))
          k += 1
        }
      }
      // As many pairs at a time as there are slots: regions like lengths that they have seen.
      for first in stride(from: 0, to: pairs.count, by: slots) {
        try interpolate(pairs[first..<min(first + slots, pairs.count)], workspace)
      }
    }
    // What an event changes at the step's end is saved when it has.
    for slot in 0..<slots where isAccepted[slot] && !hasDueEvents(slot) {
      let i = lanes[slot]
      while trajectories[i].nextSave < saveCount,
        saveTimes(i)[trajectories[i].nextSave] == trajectories[i].target
      {
        save(i, step: trajectories[i].logged, from: workspace.results[0] + slot * stateBytes)
      }
    }
  }

  /// With a shared clock all slots meet a save time in the same step, at the same place of it: nothing is gathered.
  private func saveTogether(
    _ workspace: any Workspace, _ hasRecords: Bool
  ) throws(ExecutionError) {
    let (t, h) = (times.typed(Double.self)[0], sizes.typed(Double.self)[0])
    let (target, direction) = (trajectories[0].target, trajectories[0].direction)
    let saves = saveTimes(0)
    let first = trajectories[0].nextSave
    var k = first
    if hasRecords {
      let theta = scratch[0].reserve(8).assumingMemoryBound(to: Double.self)
      denseInputs[0] = UnsafeRawPointer(theta)
      denseInputs[1] = UnsafeRawPointer(sizes.pointer)
      denseInputs[2] = UnsafeRawPointer(state.pointer)
      denseInputs[3] = workspace.results[0]
      denseInputs[4] = workspace.results[program.recordResult]
      while k < saveCount, (target - saves[k]) * direction > 0 {
        theta[0] = (saves[k] - t) / h
        try dense.run(denseInputs.pointer, inner(lanes: slots))
        saveAll(k, from: dense.results[0])
        k += 1
      }
    }
    while k < saveCount, saves[k] == target {
      saveAll(k, from: workspace.results[0])
      k += 1
    }
    guard k > first else { return }
    for i in trajectories.indices { trajectories[i].nextSave = k }
    guard solve.trace != nil else { return }
    let steps = store[solve.traceResult + Solve.Trace.saveSteps]
      .assumingMemoryBound(to: Int64.self)
    for i in trajectories.indices {
      for place in first..<k { steps[i * saveCount + place] = Int64(trajectories[i].logged) }
    }
  }

  /// Writes a state of each slot to save time k. All begin and end together: the slots are the trajectories.
  private func saveAll(_ k: Int, from rows: UnsafeRawPointer) {
    LaneRows.copy(
      slots, rows: stateBytes, from: rows, stride: stateBytes,
      to: store[Solve.Result.saved] + k * stateBytes, stride: saveCount * stateBytes)
  }

  private func interpolate(
    _ pairs: ArraySlice<(slot: Int, time: Double)>, _ workspace: any Workspace
  ) throws(ExecutionError) {
    let t = times.typed(Double.self)
    let h = sizes.typed(Double.self)
    let recordResult = program.recordResult
    let recordBytes = LaneRows.bytes(all: program.regions.record, extents)
    let sources: [(UnsafeRawPointer, Int)] = [
      (UnsafeRawPointer(sizes.pointer), 8), (UnsafeRawPointer(state.pointer), stateBytes),
      (workspace.results[0], stateBytes), (workspace.results[recordResult], recordBytes),
    ]
    let theta = scratch[0].reserve(8 * slots).assumingMemoryBound(to: Double.self)
    for row in 0..<slots { theta[row] = 0 }
    for (row, pair) in pairs.enumerated() { theta[row] = (pair.time - t[pair.slot]) / h[pair.slot] }
    denseInputs[0] = UnsafeRawPointer(theta)
    // Lanes without a pair do some slot's work, and nobody looks.
    var slotsOfPairs = pairs.map(\.slot)
    while slotsOfPairs.count < slots { slotsOfPairs.append(slotsOfPairs[0]) }
    for (k, (source, bytes)) in sources.enumerated() {
      let target = scratch[1 + k].reserve(bytes * slots)
      LaneRows.gather(slotsOfPairs, source, target, bytes)
      denseInputs[1 + k] = UnsafeRawPointer(target)
    }
    try dense.run(denseInputs.pointer, inner(lanes: slots))
    for (row, pair) in pairs.enumerated() {
      let i = lanes[pair.slot]
      save(i, step: trajectories[i].logged, from: dense.results[0] + row * stateBytes)
    }
  }
}
