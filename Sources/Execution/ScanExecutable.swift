import NodalIR

/// A loop of known length. Carries live in two sets of buffers that change places, so that a result
/// may be another carry's parameter.
struct ScanExecutable: Executable {
  let scan: Scan
  let length: Int
  let parameterTypes: [ValueType]
  let resultTypes: [ValueType]
  let body: any Executable
  /// The operands' axes of lanes; nil where they have none.
  let batchAxes: [Extent?]

  init(
    _ scan: Scan, length: Int, _ operands: [ValueType], _ results: [ValueType],
    _ executor: any Executor
  ) throws {
    self.scan = scan
    self.length = length
    parameterTypes = operands
    resultTypes = results
    batchAxes = operands.map { $0.isBatched ? $0.extents[0] : nil }
    body = try executor.compile(scan.body)
  }

  func makeWorkspace(_ context: RunContext) -> any Workspace { ScanWorkspace(self, context) }
}

private final class ScanWorkspace: Workspace {
  let program: ScanExecutable
  let body: any Workspace
  let store: ResultStore
  let inner: PointerTable
  @exclusivity(unchecked) var carries: [Buffer]
  @exclusivity(unchecked) var nextCarries: [Buffer]
  let slices: [Buffer]
  /// Of the body's parameters, and of its results.
  let sizes: (parameters: [ByteSize], results: [ByteSize])
  let context: RunContext
  @exclusivity(unchecked) var extents = ExtentValues()
  var results: UnsafePointer<UnsafeRawPointer> { store.pointers.pointer }
  var byteCount: Int {
    store.byteCount + body.byteCount + carries.byteCount + nextCarries.byteCount + slices.byteCount
  }

  init(_ program: ScanExecutable, _ context: RunContext) {
    self.program = program
    self.context = context
    let scan = program.scan
    body = program.body.makeWorkspace(context)
    store = ResultStore(program.resultTypes)
    inner = PointerTable(count: program.parameterTypes.count)
    carries = (0..<scan.carries).map { _ in Buffer() }
    nextCarries = (0..<scan.carries).map { _ in Buffer() }
    slices = (0..<scan.stacked).map { _ in Buffer() }
    sizes = (
      scan.body.parameterTypes.map { ByteSize($0) }, scan.body.resultTypes.map { ByteSize($0) }
    )
  }

  func run(
    _ inputs: UnsafePointer<UnsafeRawPointer>, _ extents: ExtentValues
  ) throws(ExecutionError) {
    self.extents = extents
    let scan = program.scan
    let types = program.parameterTypes
    let n = program.length
    for i in 0..<scan.carries {
      let bytes = sizes.parameters[i].count(extents)
      carries[i].reserve(bytes).copyMemory(from: inputs[i], byteCount: bytes)
      nextCarries[i].reserve(bytes)
    }
    for i in (scan.carries + scan.stacked)..<max(types.count, scan.carries + scan.stacked) {
      inner[i] = inputs[i]
    }
    for i in scan.carries..<store.types.count {
      store.prepare(i, extents, zero: i >= scan.carries + scan.outputs)
    }
    for turn in 0..<n {
      if let cancel = context.cancel, cancel.isSet { throw .cancelled }
      let place = scan.reverse ? n - 1 - turn : turn
      for i in 0..<scan.carries { inner[i] = UnsafeRawPointer(carries[i].pointer) }
      for i in 0..<scan.stacked { slice(i, inputs[scan.carries + i], place) }
      try body.run(inner.pointer, extents)
      for i in 0..<scan.carries {
        nextCarries[i].pointer.copyMemory(
          from: body.results[i],
          byteCount: sizes.parameters[i].count(extents))
      }
      swap(&carries, &nextCarries)
      for i in scan.carries..<(scan.carries + scan.outputs) { stack(i, place) }
      for i in (scan.carries + scan.outputs)..<store.types.count {
        let element = store.types[i].element
        LaneRows.add(
          element, body.results[i], to: store[i],
          count: sizes.results[i].count(extents)
            / element.byteCount)
      }
    }
    for i in 0..<scan.carries {
      store.copy(i, from: UnsafeRawPointer(carries[i].pointer), extents)
    }
  }

  /// One turn's part of a stacked operand; of a batched one it has to be collected.
  private func slice(_ i: Int, _ source: UnsafeRawPointer, _ place: Int) {
    let parameter = program.scan.carries + i
    let bytes = sizes.parameters[parameter].count(extents)
    guard let axis = program.batchAxes[parameter] else {
      inner[parameter] = source + place * bytes
      return
    }
    let lanes = extents.length(of: axis)
    guard lanes > 0 else { return }
    let row = bytes / lanes
    if lanes == 1 {
      inner[parameter] = source + place * row
      return
    }
    let target = slices[i].reserve(bytes)
    LaneRows.copy(
      lanes, rows: row, from: source + place * row, stride: program.length * row, to: target,
      stride: row)
    inner[parameter] = UnsafeRawPointer(target)
  }

  private func stack(_ i: Int, _ place: Int) {
    let type = program.scan.body.resultTypes[i]
    let bytes = LaneRows.bytes(all: type, extents)
    let source = body.results[i]
    guard type.isBatched else {
      (store[i] + place * bytes).copyMemory(from: source, byteCount: bytes)
      return
    }
    let lanes = extents.length(of: type.extents[0])
    guard lanes > 0 else { return }
    let row = bytes / lanes
    LaneRows.copy(
      lanes, rows: row, from: source, stride: row, to: store[i] + place * row,
      stride: program.length * row)
  }
}
