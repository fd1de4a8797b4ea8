import NodalIR
import NodalMethods

extension SteppingEngine {
  /// Steps between two looks at what a compiled loop can't see: whether to stop, and stiffness. The latter costs a step of an
  /// interpreter for each lane; in many lanes something ends, as a rule, before it is time.
  private static func patience(width: Int) -> Int { width == 1 ? 256 : 1024 }

  /// Lets a compiled loop take the trajectories as far as it can. Those that it can't end are left to the engine,
  /// where they are.
  func run(_ loop: any StepLoop) throws(ExecutionError) {
    let memory = loopMemory(loop)
    let table = memory.table
    for trace in 0..<traceCount {
      table.lengths[1 + trace] = extents.length(of: .steps(trace: trace))
    }
    for (p, parameter) in memory.parameters.enumerated() {
      switch parameter {
      case .shared:
        table.blocks[memory.rows.count + p] = UnsafeMutableRawPointer(
          mutating: inputs[Solve.Operand.parameters + p])
      case .own: break
      case .address(let block):
        // Lanes without a trajectory look up something, too.
        let places = block.memory.typed(Int.self)
        for lane in 0..<table.width { places[lane] = Int(bitPattern: self.parameter(p, of: 0)) }
      }
    }
    var next = 0
    var held = 0
    for lane in 0..<table.width {
      memory.slots[lane] = -1
      table[.active, lane] = 0
      if let slot = nextSlot(&next) {
        enter(slot, lane, memory)
        held += 1
      }
    }
    func refill(_ lane: Int) {
      if let slot = nextSlot(&next) {
        enter(slot, lane, memory)
      } else {
        memory.slots[lane] = -1
        table[.active, lane] = 0
        held -= 1
      }
    }
    while held > 0 {
      if let cancel = context.cancel, cancel.isSet { throw .cancelled }
      table.rounds = isSuspicious && turn.isWhole ? 1 : Self.patience(width: table.width)
      if solve.trace != nil {
        try checkRecord(log.capacity(lanes: table.width), logRows)
        log.lend(to: table, rows: logRows)
      }
      loop.run(table)
      if solve.trace != nil { log.take(from: table) }
      var isQuiet = true
      for lane in 0..<table.width where memory.slots[lane] >= 0 {
        let event = table[.event, lane]
        guard event != LoopTable.Event.none else { continue }
        isQuiet = false
        let slot = memory.slots[lane]
        leave(slot, lane, memory)
        if event == LoopTable.Event.landed {
          guard try land(slot) else {
            enter(slot, lane, memory)
            continue
          }
        } else if !turn.isWhole, isLookDue(slot), try staysAfterLook(slot, lane, memory) {
          enter(slot, lane, memory)
          continue
        }
        refill(lane)
      }
      if isQuiet, turn.isWhole { try watch(memory) }
    }
  }

  /// A slot has come to a time that steps end at: an event's, a corner, a save time, or its end; true there.
  private func land(_ slot: Int) throws(ExecutionError) -> Bool {
    let i = lanes[slot]
    let time = times.typed(Double.self)[slot]
    if trajectories[i].events?.nextTime == time {
      for other in 0..<slots { isAccepted[other] = other == slot }
      trajectories[i].target = time
      trajectories[i].lands = time == trajectories[i].end
      // What is saved here is the state behind the event.
      let saves = saveTimes(i)
      while trajectories[i].nextSave > 0, saves[trajectories[i].nextSave - 1] == time {
        trajectories[i].nextSave -= 1
      }
      takeScheduled(i)
      try applyDueEvents(record: nil, restarts: true)
    } else if time == trajectories[i].end {
      try lookAtCompanion(slot)
      conclude(slot)
    }
    if !isDone[slot] { try passCorner(slot) }
    return isDone[slot]
  }

  /// The next slot, from a number on, that is under way.
  private func nextSlot(_ next: inout Int) -> Int? {
    let count = slots
    while next < count {
      next += 1
      if !isDone[next - 1] { return next - 1 }
    }
    return nil
  }

  private func loopMemory(_ loop: any StepLoop) -> LoopMemory {
    let width = loop.width
    if let memory = loopMemories.first(where: { $0.table.width == width }) { return memory }
    /// Of what one trajectory has of a value of the regions: the axis of lanes is left out.
    func block(_ type: ValueType) -> LaneBlock {
      let own = hasTrajectories && type.isBatched ? type.droppingFirst() : type
      return LaneBlock(type.element, count: own.count(ExtentValues()), width: width)
    }
    let parameters = program.parameterTypes.indices.dropFirst(Solve.Operand.parameters).map {
      operand -> LoopMemory.Parameter in
      let type = program.parameterTypes[operand]
      let isTable = loop.tables.contains(operand - Solve.Operand.parameters)
      if type.isOverSteps || isTable { return .address(LaneBlock(.i64, count: 1, width: width)) }
      return program.isBatched(operand)
        ? .own(block(type.droppingFirst().prepending(.lane))) : .shared
    }
    let integrals = (program.regions.terms?.resultTypes ?? []).map(block)
    let made = LoopMemory(
      LoopTable(
        width: width, blocks: 2 + memory.count + parameters.count + integrals.count,
        traces: traceCount),
      rows: [LaneBlock(stateType.element, count: dimension, width: width)]
        + memoryTypes.map(block),
      parameters: parameters, integrals: integrals,
      reached: isAdaptive ? nil : LaneBlock(.f64, count: dimension, width: width))
    loopMemories.append(made)
    return made
  }

  var logRows: (state: Int, record: Int) {
    (stateBytes, LaneRows.bytes(all: program.regions.record, extents))
  }

  /// Refuses a record of so many steps that it would not fit into memory.
  func checkRecord(_ steps: Int, _ rows: (state: Int, record: Int)) throws(ExecutionError) {
    let bytes = StepLog.byteCount(steps, rows: rows)
    guard bytes > context.memoryLimit else { return }
    throw .recordTooLarge(
      RecordExcess(origin: program.origin, steps: steps, byteCount: bytes))
  }

  /// Where a slot has the loop's rows.
  private func row(_ k: Int, _ slot: Int, _ memory: LoopMemory) -> UnsafeMutableRawPointer {
    (k == 0 ? state : self.memory[k - 1]).pointer + slot * memory.rows[k].rowBytes
  }

  /// Where a trajectory has a parameter.
  func parameter(_ p: Int, of trajectory: Int) -> UnsafeRawPointer {
    let operand = Solve.Operand.parameters + p
    guard batched[operand] else { return inputs[operand] }
    return inputs[operand] + trajectory * LaneRows.bytes(program.parameterTypes[operand], extents)
  }

  /// Puts a trajectory into a lane.
  private func enter(_ slot: Int, _ lane: Int, _ memory: LoopMemory) {
    let i = lanes[slot]
    let trajectory = trajectories[i]
    let table = memory.table
    memory.slots[lane] = slot
    table[.time, lane] = times.typed(Double.self)[slot]
    let end = trajectory.events?.nextTime ?? trajectory.end
    table[.end, lane] =
      isAdaptive
      ? nextStop(i, from: table[.time, lane], before: end)
      : nextCorner(i, from: table[.time, lane], before: end)
    table[.jumps, lane] = trajectory.logged - trajectory.accepted
    table[.isAtCorner, lane] = trajectory.isAtCorner ? 1 : 0
    table[.behindCorner, lane] = trajectory.behindCorner ?? .infinity
    table[.direction, lane] = trajectory.direction
    table[.previous, lane] = trajectory.history.previous
    table[.beforePrevious, lane] = trajectory.history.beforePrevious
    table[.wasRejected, lane] = trajectory.history.rejected ? 1 : 0
    table[.active, lane] = 1
    table[.event, lane] = LoopTable.Event.none
    table[.accepted, lane] = trajectory.accepted
    table[.rejected, lane] = trajectory.rejected
    table[.budget, lane] =
      (turn.isWhole ? budget : min(budget, trajectory.look.due)) - trajectory.tries
    table[.nextSave, lane] = trajectory.nextSave
    table[.saveCount, lane] = saveCount
    table[.saves, lane] = 0
    table[.trajectory, lane] = i
    table[.saveTimes, lane] = Int(bitPattern: saveTimes(i))
    table[.saved, lane] = Int(
      bitPattern: store[Solve.Result.saved] + i * saveCount * stateBytes)
    if solve.trace != nil {
      table[.saveSteps, lane] = Int(
        bitPattern: store[solve.traceResult + Solve.Trace.saveSteps] + 8 * i * saveCount)
    }
    table[.proposal, lane] = trajectory.proposal
    if let reached = memory.reached {
      if trajectories[i].gap.isDone { trajectories[i].gap = nextGap(i, from: table[.time, lane]) }
      let gap = trajectories[i].gap
      table[.gapStart, lane] = gap.start
      table[.gapEnd, lane] = gap.end
      table[.gapStep, lane] = gap.h
      table[.gapCount, lane] = gap.count
      table[.gapDone, lane] = gap.done
      table[.longest, lane] = trajectory.longest
      reached.put(sizesReached.pointer + 8 * dimension * i, lane)
    }
    for k in memory.rows.indices { memory.rows[k].put(row(k, slot, memory), lane) }
    for p in memory.parameters.indices {
      let operand = Solve.Operand.parameters + p
      switch memory.parameters[p] {
      case .shared: break
      case .own(let block): block.put(inputs[operand] + i * block.rowBytes, lane)
      case .address(let block):
        block.memory.typed(Int.self)[lane] = Int(bitPattern: parameter(p, of: i))
      }
    }
    for k in memory.integrals.indices { memory.integrals[k].clear(lane) }
  }

  /// Takes a trajectory's state out of a lane, and what it has of the integrals.
  private func leave(_ slot: Int, _ lane: Int, _ memory: LoopMemory) {
    let i = lanes[slot]
    let table = memory.table
    times.typed(Double.self)[slot] = table[.time, lane]
    var trajectory = trajectories[i]
    let tries =
      table[.accepted, lane] + table[.rejected, lane] - trajectory.accepted - trajectory.rejected
    let recorded = solve.trace != nil ? tries : table[.saves, lane]
    trajectory.evaluations +=
      recorded * program.regions.evaluations.record
      + (tries - recorded) * program.regions.evaluations.step
    table[.saves, lane] = 0
    trajectory.accepted = table[.accepted, lane]
    trajectory.logged = trajectory.accepted + table[.jumps, lane]
    trajectory.rejected = table[.rejected, lane]
    trajectory.nextSave = table[.nextSave, lane]
    trajectory.history.previous = table[.previous, lane]
    trajectory.history.beforePrevious = table[.beforePrevious, lane]
    trajectory.history.rejected = table[.wasRejected, lane] != 0
    trajectory.proposal = table[.proposal, lane]
    trajectory.isAtCorner = table[.isAtCorner, lane] != 0
    if hasCorners, table[.behindCorner, lane].isFinite {
      trajectory.behindCorner = table[.behindCorner, lane]
    }
    if memory.reached != nil {
      trajectory.gap = StepGap(
        start: table[.gapStart, lane], end: table[.gapEnd, lane], h: table[.gapStep, lane],
        count: table[.gapCount, lane], done: table[.gapDone, lane])
    }
    trajectories[i] = trajectory
    for k in memory.rows.indices { memory.rows[k].take(row(k, slot, memory), lane) }
    for k in memory.integrals.indices {
      let result = Solve.Result.quadratures + k
      let first = ownsIntegral[k] ? i * memory.integrals[k].rowBytes : 0
      memory.integrals[k].move(addingTo: store[result] + first, lane)
    }
  }

  /// Looks for stiffness where the lanes are (see `watch` of all slots).
  private func watch(_ memory: LoopMemory) throws(ExecutionError) {
    guard stiffness != nil else { return }
    isSuspicious = false
    for lane in 0..<memory.table.width where memory.slots[lane] >= 0 {
      leave(memory.slots[lane], lane, memory)
      try watch(memory.slots[lane], lane, memory)
    }
  }

  /// Looks at the step that a lane would take next.
  private func watch(_ slot: Int, _ lane: Int, _ memory: LoopMemory) throws(ExecutionError) {
    let trajectory = trajectories[lanes[slot]]
    let remaining = trajectory.end - memory.table[.time, lane]
    let h = trajectory.proposal * trajectory.direction
    sizes.typed(Double.self)[slot] = abs(h) < abs(remaining) ? h : remaining
    try watch(slot)
  }

  /// Where methods take turns, and it is time for a look at a trajectory. False where it has left for the other method.
  private func staysAfterLook(
    _ slot: Int, _ lane: Int, _ memory: LoopMemory
  ) throws(ExecutionError) -> Bool {
    try watch(slot, lane, memory)
    if trajectories[lanes[slot]].leaves { depart(slot) }
    return !isDone[slot]
  }
}
