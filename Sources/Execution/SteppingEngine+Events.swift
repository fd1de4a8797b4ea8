import NodalIR
import NodalMethods

/// Events that are due: their jumps, what is saved and logged of them, and the method's new beginning behind them.
extension SteppingEngine {
  func hasDueEvents(_ slot: Int) -> Bool {
    trajectories[lanes[slot]].events?.due.isEmpty == false
  }

  /// The given times of all trajectories, and what happens at the start.
  func beginEvents() throws(ExecutionError) {
    guard let watch = program.events else { return }
    occurrences.reserve(8 * slots)
    let none = [Double](repeating: 0, count: watch.crossings.count)
    for i in trajectories.indices where !isDone[i] {
      let start = times.typed(Double.self)[i]
      trajectories[i].events = EventState(
        sides: none.map { _ in 0 }, values: none, scales: none,
        counts: Array(repeating: 0, count: solve.events.count), schedule: schedule(i, from: start),
        span: abs(trajectories[i].end - start))
      trajectories[i].target = start
      takeScheduled(i)
      isAccepted[i] = true
    }
    try lookAround((0..<slots).filter { !isDone[$0] })
    // At the start of the solve the method has not begun.
    try applyDueEvents(record: nil, restarts: false)
  }

  /// The times given for a trajectory that lie in its span.
  private func schedule(_ i: Int, from start: Double) -> [EventState.Scheduled] {
    let (end, direction) = (trajectories[i].end, trajectories[i].direction)
    var found: [EventState.Scheduled] = []
    for (k, event) in solve.events.enumerated() {
      guard case .times(let parameter) = event.trigger else { continue }
      let operand = Solve.Operand.parameters + parameter
      let type = program.parameterTypes[operand]
      let count = extents.length(of: type.extents[type.rank - 1])
      let given =
        inputs[operand].assumingMemoryBound(to: Double.self) + (batched[operand] ? i * count : 0)
      for occurrence in 0..<count {
        let time = given[occurrence]
        // What is no number fills up the times of a shorter experiment.
        guard (time - start) * direction >= 0, (end - time) * direction >= 0 else { continue }
        found.append(
          EventState.Scheduled(
            time: time, due: EventState.Due(event: k, occurrence: occurrence)))
      }
    }
    return found.sorted { a, b in
      if a.time != b.time { return (b.time - a.time) * direction > 0 }
      return (a.due.event, a.due.occurrence) < (b.due.event, b.due.occurrence)
    }
  }

  /// What is given for the end of the step under way is due.
  func takeScheduled(_ i: Int) {
    while let time = trajectories[i].events?.nextTime, time == trajectories[i].target,
      let events = trajectories[i].events
    {
      trajectories[i].events?.due.append(events.schedule[events.nextScheduled].due)
      trajectories[i].events?.nextScheduled += 1
    }
    trajectories[i].events?.due.sort { ($0.event, $0.occurrence) < ($1.event, $1.occurrence) }
  }

  /// The jumps of what is due where the accepted steps have ended, in order of declaration.
  func applyDueEvents(
    record: (any Workspace)?, restarts: Bool
  ) throws(ExecutionError) {
    let jumping = (0..<slots).filter { isAccepted[$0] && !isDone[$0] && hasDueEvents($0) }
    guard !jumping.isEmpty else { return }
    let fired = jumping.map { slot in trajectories[lanes[slot]].events?.due.map(\.event) ?? [] }
    for k in solve.events.indices {
      // A time may be given twice: then it happens twice.
      while true {
        let due = jumping.filter {
          !isDone[$0] && trajectories[lanes[$0]].events?.due.first?.event == k
        }
        if due.isEmpty { break }
        try jump(k, due, record)
      }
    }
    for (slot, events) in zip(jumping, fired) where !isDone[slot] { settle(slot, events) }
    let left = zip(jumping, fired).filter { !isDone[$0.0] }
    try lookAround(left.map(\.0), after: left.map(\.1))
    if restarts { try restart(left.map(\.0)) }
  }

  /// Event k of these slots.
  private func jump(_ k: Int, _ due: [Int], _ record: (any Workspace)?) throws(ExecutionError) {
    let numbers = occurrences.typed(Int64.self)
    for slot in 0..<slots { numbers[slot] = 0 }
    for slot in due {
      numbers[slot] = Int64(trajectories[lanes[slot]].events?.due.first?.occurrence ?? 0)
    }
    try fillPast()
    try jumps[k].run(jumpInputs.pointer, inner(lanes: slots))
    for slot in due {
      let i = lanes[slot]
      if keepsSteps {
        try logJump(slot, record)
        log.note(event: k, occurrence: Int(numbers[slot]))
      }
      trajectories[i].events?.due.removeFirst()
      trajectories[i].events?.counts[k] += 1
      let next = jumps[k].results[0] + slot * stateBytes
      guard isFinite(next) else {
        fail(slot, .nonFinite, h: 0, next: next, event: k)
        continue
      }
      let row = state.pointer + slot * stateBytes
      // What is behind the state proper no equation reads later; but of its derivatives any may jump alone.
      let length = past?.kick == nil ? solve.controlled * stateType.element.byteCount : stateBytes
      if !UnsafeRawBufferPointer(start: row, count: length)
        .elementsEqual(UnsafeRawBufferPointer(start: next, count: length))
      {
        trajectories[i].delays?.follow(from: times.typed(Double.self)[slot])
      }
      row.copyMemory(from: next, byteCount: stateBytes)
    }
  }

  /// A jump is logged as a step of length zero, whose record nobody reads. Its state is that before.
  func logJump(_ slot: Int, _ record: (any Workspace)?) throws(ExecutionError) {
    let bytes = logRows.record
    try checkRecord(log.count + 1, logRows)
    let blank = scratch[0].reserve(bytes)
    blank.initializeMemory(as: UInt8.self, repeating: 0, count: bytes)
    let row = record.map { $0.results[program.recordResult] + slot * bytes }
    log.append(
      lanes[slot], times.typed(Double.self)[slot], 0,
      state: UnsafeRawPointer(state.pointer) + slot * stateBytes, stateBytes,
      record: row ?? UnsafeRawPointer(blank), bytes)
    trajectories[lanes[slot]].logged += 1
    trajectories[lanes[slot]].delays?.steps.append(log.count - 1)
  }

  /// What follows from events that have taken effect: save times there have the state behind them; a trajectory that is to stop does.
  private func settle(_ slot: Int, _ fired: [Int]) {
    let i = lanes[slot]
    let time = trajectories[i].target
    let row = UnsafeRawPointer(state.pointer) + slot * stateBytes
    while trajectories[i].nextSave < saveCount, saveTimes(i)[trajectories[i].nextSave] == time {
      save(i, step: trajectories[i].logged - 1, from: row)
    }
    if fired.contains(where: { solve.events[$0].stops }) {
      trajectories[i].end = time
      return conclude(slot)
    }
    // At the start nothing is known but the beginning; saves are made behind this.
    if trajectories[i].lands || time == trajectories[i].end { return conclude(slot) }
    if let event = fired.first(where: { solve.events[$0].isCrossing }), isCrowded(i, at: time) {
      fail(slot, .eventsWithoutEnd, h: 0, event: event)
    }
  }

  /// Events follow each other faster and faster, until rounding hides them: there is no end of them. Where a root function is as a square,
  /// rounding hides what happens within the root of the precision.
  private func isCrowded(_ i: Int, at time: Double) -> Bool {
    guard var events = trajectories[i].events else { return false }
    let precision = stateType.element == .f32 ? Double(Float.ulpOfOne) : Double.ulpOfOne
    let gap = events.last.map { abs(time - $0) } ?? .infinity
    events.shrinking = gap < 0.999 * events.gap ? events.shrinking + 1 : 0
    (events.last, events.gap) = (time, gap)
    trajectories[i].events = events
    let isHidden = gap < 16 * precision.squareRoot() * max(abs(time), events.span)
    return isHidden && events.shrinking >= 8
  }

  /// The method begins anew where the state has changed, or its slope. The size of steps goes on, as nothing better is known.
  func restart(_ jumped: [Int]) throws(ExecutionError) {
    guard !jumped.isEmpty else { return }
    if !memory.isEmpty, let start = program.startsWithSlope ? rhs : start {
      if jumped.count == 1, slots > 1, past == nil, !isJoint {
        try remember(start, jumped[0])
      } else {
        try fillPoint()
        try start.run(pointInputs.pointer, inner(lanes: slots))
        for slot in jumped { keep(start, row: slot, of: slot) }
      }
    }
    for slot in jumped {
      let i = lanes[slot]
      trajectories[i].evaluations += program.regions.evaluations.start
      trajectories[i].history = StepHistory()
      trajectories[i].gap = StepGap()
      if !isAdaptive { noteSizes(slot) }
    }
  }

  /// What the method remembers of one slot, without the others.
  private func remember(_ start: any Workspace, _ slot: Int) throws(ExecutionError) {
    fillPhase(slot)
    try run(start, at: spot(slot))
    keep(start, row: 0, of: slot)
  }

  private func keep(_ start: any Workspace, row: Int, of slot: Int) {
    for (k, buffer) in memory.enumerated() {
      let bytes = rowBytes(memoryType(k))
      (buffer.pointer + slot * bytes).copyMemory(
        from: start.results[k] + row * bytes, byteCount: bytes)
    }
  }
}
