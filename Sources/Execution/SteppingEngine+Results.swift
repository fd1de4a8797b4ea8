import NodalIR

extension SteppingEngine {
  /// Makes room for all results but the trace, whose length isn't known.
  func prepareResults() {
    if preparedLanes == extents.lanes {
      store.clear(first: traceResult)
      return
    }
    for i in 0..<traceResult { store.prepare(i, extents, zero: true) }
    if hasTrace {
      store.prepare(traceResult + Solve.Trace.saveSteps, extents, zero: true)
    }
    // Nothing but the lanes can change such lengths.
    if !hasTrace, !program.resultTypes.contains(where: \.isOverSteps) {
      preparedLanes = extents.lanes
    }
  }

  /// A trajectory has reached its end: its state is the result. Save times that rounding left
  /// beyond it have it too.
  func conclude(_ slot: Int) {
    let i = lanes[slot]
    let row = UnsafeRawPointer(state.pointer) + slot * stateBytes
    isDone[slot] = true
    if let expected = solve.expected { compare(i, row, with: expected) }
    (store[Solve.Result.final] + i * stateBytes).copyMemory(from: row, byteCount: stateBytes)
    // Who has taken no step has remembered nothing.
    for k in 0..<(trajectories[i].accepted > 0 ? solve.companions : 0) {
      (store[solve.companionResult + k] + i * stateBytes).copyMemory(
        from: memory[k].pointer + slot * stateBytes, byteCount: stateBytes)
    }
    while trajectories[i].nextSave < saveCount {
      save(i, step: max(0, trajectories[i].logged - 1), from: row)
    }
  }

  /// Logs the accepted steps.
  func record(_ workspace: any Workspace) throws(ExecutionError) {
    let recordResult = program.recordResult
    let recordBytes = logRows.record
    try checkRecord(log.count + slots, logRows)
    for slot in 0..<slots where isAccepted[slot] {
      log.append(
        lanes[slot], times.typed(Double.self)[slot], sizes.typed(Double.self)[slot],
        state: UnsafeRawPointer(state.pointer) + slot * stateBytes, stateBytes,
        record: workspace.results[recordResult] + slot * recordBytes, recordBytes)
      trajectories[lanes[slot]].logged += 1
      trajectories[lanes[slot]].delays?.steps.append(log.count - 1)
    }
  }

  /// Statistics, and the trace in its final layout.
  func finish() {
    let stats = store[Solve.Result.stats].assumingMemoryBound(to: Int64.self)
    let width = Solve.Statistic.allCases.count
    var (evaluations, steps) = (0, 0)
    for i in trajectories.indices {
      func note(_ statistic: Solve.Statistic, _ number: Int) {
        stats[i * width + statistic.rawValue] = Int64(number)
      }
      note(.evaluations, trajectories[i].evaluations)
      note(.accepted, trajectories[i].accepted)
      note(.rejected, trajectories[i].rejected)
      note(.switches, trajectories[i].switches)
      note(.status, Int(trajectories[i].status.rawValue))
      evaluations += trajectories[i].evaluations
      steps += trajectories[i].accepted
    }
    context.evaluations.add(
      program.origin, forward: solve.isBackward ? 0 : evaluations,
      backward: solve.isBackward ? evaluations : 0, steps: solve.isBackward ? 0 : steps)
    if let trace = solve.trace { layOut(trace) }
  }

  private func layOut(_ trace: Int) {
    let length = 1 + (trajectories.map(\.logged).max() ?? 0)
    extents.setSteps(length, trace: trace)
    let first = solve.traceResult
    for k in 0..<Solve.Trace.saveSteps { store.prepare(first + k, extents, zero: true) }
    if !solve.events.isEmpty {
      store.prepare(first + Solve.Trace.events, extents, zero: true)
      store.prepare(first + Solve.Trace.occurrences, extents, zero: true)
    }
    let counts = store[first + Solve.Trace.counts].assumingMemoryBound(to: Int64.self)
    let times = store[first + Solve.Trace.times].assumingMemoryBound(to: Double.self)
    let steps = store[first + Solve.Trace.steps].assumingMemoryBound(to: Double.self)
    let states = store[first + Solve.Trace.states]
    let records = store[first + Solve.Trace.records]
    let recordBytes = LaneRows.bytes(all: program.regions.record, extents)
    for k in 0..<log.count {
      let i = log.trajectory(k)
      let place = i * length + Int(counts[i])
      times[place] = log.time(k)
      steps[place] = log.size(k)
      (states + place * stateBytes).copyMemory(
        from: log.states.pointer + k * stateBytes, byteCount: stateBytes)
      (records + place * recordBytes).copyMemory(
        from: log.records.pointer + k * recordBytes, byteCount: recordBytes)
      if let happened = log.happenings[k] {
        let (event, occurrence) = (Solve.Trace.events, Solve.Trace.occurrences)
        store[first + event].storeBytes(
          of: Int64(happened.event + 1), toByteOffset: 8 * place, as: Int64.self)
        store[first + occurrence].storeBytes(
          of: Int64(happened.occurrence), toByteOffset: 8 * place, as: Int64.self)
      }
      counts[i] += 1
    }
    for (i, trajectory) in trajectories.enumerated() {
      let place = i * length + Int(counts[i])
      times[place] = trajectory.end
      (states + place * stateBytes).copyMemory(
        from: store[Solve.Result.final] + i * stateBytes, byteCount: stateBytes)
    }
  }
}
