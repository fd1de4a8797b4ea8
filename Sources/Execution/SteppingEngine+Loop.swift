import NodalIR
import NodalMethods

extension SteppingEngine {
  /// Steps between two looks at what a compiled loop can't see: whether to stop, and stiffness. The latter costs a step of an
  /// interpreter for each lane; in many lanes something ends, as a rule, before it is time.
  private static func patience(width: Int) -> Int { width == 1 ? 256 : 1024 }

  /// Lets a compiled loop take the trajectories as far as it can. Those that it can't end are left to the engine,
  /// where they are.
  func run(_ loop: any StepLoop) throws(ExecutionError) {
    let table = loopTable(loop)
    while loopSlots.count < table.width { loopSlots.append(nil) }
    var next = 0
    var held = 0
    /// Fills a lane with the next trajectory that is under way.
    func fill(_ lane: Int) {
      while next < slots, isDone[next] { next += 1 }
      guard next < slots else {
        loopSlots[lane] = nil
        table[.active, lane] = 0
        return
      }
      loopSlots[lane] = next
      enter(next, lane, table)
      next += 1
      held += 1
    }
    for lane in 0..<table.width { fill(lane) }
    while held > 0 {
      if let cancel = context.cancel, cancel.isSet { throw .cancelled }
      table.rounds = isSuspicious ? 1 : Self.patience(width: table.width)
      if solve.trace != nil { log.lend(to: table, rows: logRows) }
      loop.run(table)
      if solve.trace != nil { log.take(from: table) }
      var isQuiet = true
      for lane in 0..<table.width {
        guard let slot = loopSlots[lane], table[.event, lane] != LoopTable.Event.none else {
          continue
        }
        isQuiet = false
        leave(slot, lane, table)
        if table[.event, lane] == LoopTable.Event.landed { conclude(slot) }
        held -= 1
        fill(lane)
      }
      if isQuiet { try watch(table) }
    }
  }

  private func loopTable(_ loop: any StepLoop) -> LoopTable {
    if let table = loopMemory { return table }
    let count = 1 + memory.count + parameters.count + solve.quadratures
    let table = LoopTable(width: loop.width, blocks: count)
    loopMemory = table
    return table
  }

  private var logRows: (state: Int, record: Int) {
    (stateBytes, LaneRows.bytes(all: program.regions.record, extents))
  }

  /// Values of a lane that the loop reads and writes: the state, then what the method remembers.
  private func rows() -> [(buffer: Buffer, element: ElementType, count: Int)] {
    [(state, stateType.element, dimension)]
      + memory.indices.map { k in
        let type = memoryType(k)
        return (memory[k], type.element, rowBytes(type) / type.element.byteCount)
      }
  }

  /// Puts a trajectory into a lane.
  private func enter(_ slot: Int, _ lane: Int, _ table: LoopTable) {
    let i = lanes[slot]
    let trajectory = trajectories[i]
    table[.time, lane] = times.typed(Double.self)[slot]
    table[.end, lane] = trajectory.end
    table[.direction, lane] = trajectory.direction
    table[.previous, lane] = trajectory.history.previous
    table[.beforePrevious, lane] = trajectory.history.beforePrevious
    table[.wasRejected, lane] = trajectory.history.rejected ? 1 : 0
    table[.active, lane] = 1
    table[.event, lane] = LoopTable.Event.none
    table[.accepted, lane] = trajectory.accepted
    table[.rejected, lane] = trajectory.rejected
    table[.budget, lane] = budget - trajectory.accepted - trajectory.rejected
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
    if table.width == 1 {
      lendRows(slot, table)
      return
    }
    for integral in integrals() {
      let block = blockMemory(integral.block, integral.element, integral.count, table)
      for j in 0..<integral.count {
        ElementAccess.store(0, integral.element, block.pointer, j * table.width + lane)
      }
    }
    for (k, row) in rows().enumerated() {
      let block = blockMemory(k, row.element, row.count, table)
      for j in 0..<row.count {
        block.move(
          row.element, from: row.buffer.pointer, slot * row.count + j, j * table.width + lane)
      }
    }
    for p in parameters.indices {
      let operand = Solve.Operand.parameters + p
      let k = 1 + memory.count + p
      guard program.isBatched(operand) else {
        table.blocks[k] = UnsafeMutableRawPointer(mutating: inputs[operand])
        continue
      }
      let type = program.parameterTypes[operand]
      let count = LaneRows.bytes(type, extents) / type.element.byteCount
      let block = blockMemory(k, type.element, count, table)
      for j in 0..<count {
        block.move(
          type.element, from: UnsafeMutableRawPointer(mutating: inputs[operand]), i * count + j,
          j * table.width + lane)
      }
    }
  }

  /// The integrals' blocks, and what one trajectory has of them.
  private func integrals() -> [(block: Int, result: Int, element: ElementType, count: Int)] {
    (0..<solve.quadratures).map { k in
      let result = Solve.Result.quadratures + k
      let type = store.types[result]
      return (
        1 + memory.count + parameters.count + k, result, type.element,
        rowBytes(type) / type.element.byteCount
      )
    }
  }

  /// Adds what a lane has of the integrals to them, and takes it from the lane.
  private func addIntegrals(_ i: Int, _ lane: Int, _ table: LoopTable) {
    for integral in integrals() {
      let first =
        hasTrajectories && store.types[integral.result].isBatched ? i * integral.count : 0
      let (target, block) = (store[integral.result], table.blocks[integral.block])
      for j in 0..<integral.count {
        let place = j * table.width + lane
        let sum =
          ElementAccess.load(integral.element, target, first + j)
          + ElementAccess.load(integral.element, block, place)
        ElementAccess.store(sum, integral.element, target, first + j)
        ElementAccess.store(0, integral.element, block, place)
      }
    }
  }

  /// A lane that is alone lies as a slot's rows do: the loop works on these.
  private func lendRows(_ slot: Int, _ table: LoopTable) {
    let i = lanes[slot]
    table.blocks[0] = state.pointer + slot * stateBytes
    for (k, buffer) in memory.enumerated() {
      table.blocks[1 + k] = buffer.pointer + slot * rowBytes(memoryType(k))
    }
    for p in parameters.indices {
      let operand = Solve.Operand.parameters + p
      let row =
        program.isBatched(operand)
        ? i * LaneRows.bytes(program.parameterTypes[operand], extents) : 0
      table.blocks[1 + memory.count + p] = UnsafeMutableRawPointer(mutating: inputs[operand] + row)
    }
    for k in 0..<solve.quadratures {
      table.blocks[1 + memory.count + parameters.count + k] = store[Solve.Result.quadratures + k]
    }
  }

  private func blockMemory(
    _ k: Int, _ element: ElementType, _ count: Int, _ table: LoopTable
  ) -> Buffer {
    while loopBlocks.count <= k { loopBlocks.append(Buffer()) }
    let bytes = count * table.width * element.byteCount
    if loopBlocks[k].capacity < bytes { loopBlocks[k].zero(bytes) }
    table.blocks[k] = loopBlocks[k].pointer
    return loopBlocks[k]
  }

  /// Takes a trajectory's state out of a lane.
  private func leave(_ slot: Int, _ lane: Int, _ table: LoopTable) {
    let i = lanes[slot]
    times.typed(Double.self)[slot] = table[.time, lane]
    let tries =
      table[.accepted, lane] + table[.rejected, lane] - trajectories[i].accepted
      - trajectories[i].rejected
    let recorded = solve.trace != nil ? tries : table[.saves, lane]
    trajectories[i].evaluations +=
      recorded * program.regions.evaluations.record
      + (tries - recorded) * program.regions.evaluations.step
    table[.saves, lane] = 0
    trajectories[i].accepted = table[.accepted, lane]
    trajectories[i].rejected = table[.rejected, lane]
    trajectories[i].nextSave = table[.nextSave, lane]
    trajectories[i].history.previous = table[.previous, lane]
    trajectories[i].history.beforePrevious = table[.beforePrevious, lane]
    trajectories[i].history.rejected = table[.wasRejected, lane] != 0
    trajectories[i].proposal = table[.proposal, lane]
    guard table.width > 1 else { return }
    addIntegrals(i, lane, table)
    for (k, row) in rows().enumerated() {
      for j in 0..<row.count {
        row.buffer.move(
          row.element, from: table.blocks[k], j * table.width + lane, slot * row.count + j)
      }
    }
  }

  /// Looks for stiffness where the lanes are (see `watch` of all slots).
  private func watch(_ table: LoopTable) throws(ExecutionError) {
    guard let stiffness, let threshold = program.stiffness?.threshold else { return }
    let inputs = PointerTable(count: stepInputs.count)
    isSuspicious = false
    for lane in 0..<table.width {
      guard let slot = loopSlots[lane] else { continue }
      leave(slot, lane, table)
      let i = lanes[slot]
      guard !trajectories[i].stiffness.isStiff else { continue }
      let remaining = trajectories[i].end - table[.time, lane]
      let h = table[.proposal, lane] * trajectories[i].direction
      sizes.typed(Double.self)[slot] = abs(h) < abs(remaining) ? h : remaining
      inputs[0] = UnsafeRawPointer(times.pointer) + 8 * slot
      inputs[1] = UnsafeRawPointer(sizes.pointer) + 8 * slot
      for (k, row) in rows().enumerated() {
        inputs[2 + k] =
          UnsafeRawPointer(row.buffer.pointer) + slot * row.count * row.element.byteCount
      }
      for p in parameters.indices {
        let operand = Solve.Operand.parameters + p
        let bytes =
          program.isBatched(operand)
          ? LaneRows.bytes(program.parameterTypes[operand], extents) : 0
        inputs[3 + memory.count + p] = self.inputs[operand] + bytes * i
      }
      try stiffness.run(inputs.pointer, inner(lanes: 1))
      let estimate = stiffness.results[0].load(as: Double.self)
      if estimate > threshold { isSuspicious = true }
      note(slot, stiffness: estimate, threshold)
    }
  }
}

extension Buffer {
  /// Copies one element from other memory.
  fileprivate func move(
    _ element: ElementType, from source: UnsafeMutableRawPointer, _ i: Int, _ j: Int
  ) {
    switch element.byteCount {
    case 8: typed(UInt64.self)[j] = source.assumingMemoryBound(to: UInt64.self)[i]
    case 4: typed(UInt32.self)[j] = source.assumingMemoryBound(to: UInt32.self)[i]
    default: typed(UInt8.self)[j] = source.assumingMemoryBound(to: UInt8.self)[i]
    }
  }
}
