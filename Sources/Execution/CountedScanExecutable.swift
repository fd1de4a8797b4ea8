import NodalIR

/// A loop over the steps of a trace. Over trajectories each has a count of its own; a turn runs
/// with those that have it.
struct CountedScanExecutable: Executable {
  let scan: Scan
  let origin: Origin?
  let trace: Int?
  let trajectories: Extent?
  let parameterTypes: [ValueType]
  let resultTypes: [ValueType]
  /// Takes a turn with all trajectories that have it.
  let body: any Executable
  /// Take whole trajectories, without the body; nil where the executor makes none.
  let loops: LoopFamily<any ScanLoop>?

  init(
    _ scan: Scan, _ operands: [ValueType], _ results: [ValueType], _ origin: Origin?,
    _ executor: any Executor
  ) throws {
    self.origin = origin
    guard case .counted(let trace, let trajectories) = scan.length else {
      throw IRError("a scan of fixed length as a counted one")
    }
    self.scan = scan
    self.trace = trace
    self.trajectories = trajectories
    parameterTypes = operands
    resultTypes = results
    loops = try executor.compileLoops(ScanLoopProblem(scan, trajectories: trajectories))
    body = try (loops == nil ? executor : executor.forRareUse).compile(scan.body)
  }

  func makeWorkspace(_ context: RunContext) -> any Workspace {
    CountedScanWorkspace(self, context)
  }
}

final class CountedScanWorkspace: Workspace {
  let program: CountedScanExecutable
  let scan: Scan
  let body: any Workspace
  let context: RunContext
  let store: ResultStore
  let inner: PointerTable
  /// Carries of the trajectories that take this turn, and of the next.
  @exclusivity(unchecked) var carries: [Buffer]
  @exclusivity(unchecked) var nextCarries: [Buffer]
  /// Slices and batched shared operands of these trajectories.
  let gathered: [Buffer]
  @exclusivity(unchecked) var active: [Int] = []
  @exclusivity(unchecked) var counts: [Int] = []
  @exclusivity(unchecked) var total = 1
  @exclusivity(unchecked) var extents = ExtentValues()
  /// What is shared with compiled loops, one for each width.
  @exclusivity(unchecked) var tables: [ScanTable] = []
  /// By the tables' values: bytes from one trajectory to the next.
  @exclusivity(unchecked) var strides: [Int]
  var results: UnsafePointer<UnsafeRawPointer> { store.pointers.pointer }
  var byteCount: Int {
    store.byteCount + body.byteCount + carries.byteCount + nextCarries.byteCount
      + gathered.byteCount
  }

  init(_ program: CountedScanExecutable, _ context: RunContext) {
    self.program = program
    self.context = context
    scan = program.scan
    body = program.body.makeWorkspace(context)
    store = ResultStore(program.resultTypes)
    inner = PointerTable(count: program.parameterTypes.count - 1)
    carries = (0..<scan.carries).map { _ in Buffer() }
    nextCarries = (0..<scan.carries).map { _ in Buffer() }
    gathered = (0..<program.parameterTypes.count).map { _ in Buffer() }
    let values = ScanLoopProblem(scan, trajectories: program.trajectories).valueCount
    strides = Array(repeating: 0, count: values)
  }

  private var hasTrajectories: Bool { program.trajectories != nil }

  /// Bytes of one trajectory's part of a value that the body sees as `type`.
  private func rowBytes(_ type: ValueType) -> Int {
    hasTrajectories && type.isBatched
      ? LaneRows.bytes(type, extents) : LaneRows.bytes(all: type, extents)
  }

  func run(
    _ inputs: UnsafePointer<UnsafeRawPointer>, _ extents: ExtentValues
  ) throws(ExecutionError) {
    self.extents = extents
    let steps = program.trace.map { extents.length(of: .steps(trace: $0)) } ?? .max
    total = program.trajectories.map(extents.length) ?? 1
    counts.removeAll(keepingCapacity: true)
    for i in 0..<total {
      counts.append(min(max(0, Int(inputs[0].load(fromByteOffset: 8 * i, as: Int64.self))), steps))
    }
    let turns = counts.max() ?? 0
    for i in 0..<scan.carries { store.copy(i, from: inputs[1 + i], extents) }
    for i in scan.carries..<store.types.count { store.prepare(i, extents, zero: true) }
    if turns > 0, let loop = program.loops?.loop(trajectories: total) {
      try run(loop, inputs, steps)
    } else {
      try run(turns: turns, inputs, steps)
    }
    if scan.evaluations > 0 {
      context.evaluations.add(
        program.origin, backward: counts.reduce(0, +) * scan.evaluations)
    }
  }

  /// Takes turn after turn, with all trajectories that have it.
  private func run(
    turns: Int, _ inputs: UnsafePointer<UnsafeRawPointer>, _ steps: Int
  ) throws(ExecutionError) {
    active.removeAll(keepingCapacity: true)
    for turn in 0..<turns {
      if let cancel = context.cancel, cancel.isSet { throw .cancelled }
      let place = scan.reverse ? turns - 1 - turn : turn
      // The sets are nested, so a set of the same size is the same set.
      if counts.count(where: { $0 > place }) != active.count { enter(place, inputs) }
      try run(place, inputs, steps)
    }
    leave()
  }

  /// Takes up the trajectories that have this turn.
  private func enter(_ place: Int, _ inputs: UnsafePointer<UnsafeRawPointer>) {
    leave()
    active.removeAll(keepingCapacity: true)
    for i in 0..<total where counts[i] > place { active.append(i) }
    let types = scan.body.types
    for i in 0..<scan.carries {
      let bytes = rowBytes(types[i])
      LaneRows.gather(
        active, store[i], carries[i].reserve(bytes * active.count), bytes)
      nextCarries[i].reserve(bytes * active.count)
    }
    let firstShared = scan.carries + scan.stacked
    for i in firstShared..<inner.count {
      inner[i] = inputs[i + 1]
      if hasTrajectories, scan.batched[i - firstShared], active.count < total {
        let bytes = rowBytes(types[i])
        let target = gathered[i].reserve(bytes * active.count)
        LaneRows.gather(active, inputs[i + 1], target, bytes)
        inner[i] = UnsafeRawPointer(target)
      }
    }
  }

  /// Puts the carries back among those of all trajectories.
  private func leave() {
    for i in 0..<scan.carries where !active.isEmpty {
      LaneRows.scatter(active, carries[i].pointer, store[i], rowBytes(scan.body.types[i]))
    }
  }

  private func run(
    _ place: Int, _ inputs: UnsafePointer<UnsafeRawPointer>, _ steps: Int
  ) throws(ExecutionError) {
    for i in 0..<scan.carries { inner[i] = UnsafeRawPointer(carries[i].pointer) }
    for i in scan.carries..<(scan.carries + scan.stacked) {
      let bytes = rowBytes(scan.body.types[i])
      let source = inputs[i + 1]
      if !hasTrajectories {
        inner[i] = source + place * bytes
        continue
      }
      let target = gathered[i].reserve(bytes * active.count)
      if active.count == total {
        LaneRows.copy(
          total, rows: bytes, from: source + place * bytes, stride: steps * bytes, to: target,
          stride: bytes)
      } else {
        for (row, lane) in active.enumerated() {
          (target + row * bytes).copyMemory(
            from: source + (lane * steps + place) * bytes, byteCount: bytes)
        }
      }
      inner[i] = UnsafeRawPointer(target)
    }
    let lanes = hasTrajectories ? active.count : extents.lanes
    try body.run(inner.pointer, ExtentValues(lanes: lanes, steps: extents.steps))
    let types = scan.body.resultTypes
    for i in 0..<scan.carries {
      nextCarries[i].pointer.copyMemory(
        from: body.results[i], byteCount: rowBytes(types[i]) * active.count)
    }
    swap(&carries, &nextCarries)
    for i in scan.carries..<types.count {
      let bytes = rowBytes(types[i])
      let isOutput = i < scan.carries + scan.outputs
      guard hasTrajectories, types[i].isBatched else {
        if isOutput {
          (store[i] + place * bytes).copyMemory(from: body.results[i], byteCount: bytes)
        } else {
          LaneRows.add(
            types[i].element, body.results[i], to: store[i],
            count: bytes / types[i].element.byteCount)
        }
        continue
      }
      for (row, lane) in active.enumerated() {
        let source = body.results[i] + row * bytes
        if isOutput {
          (store[i] + (lane * steps + place) * bytes).copyMemory(from: source, byteCount: bytes)
        } else {
          LaneRows.add(
            types[i].element, source, to: store[i] + lane * bytes,
            count: bytes / types[i].element.byteCount)
        }
      }
    }
  }
}
