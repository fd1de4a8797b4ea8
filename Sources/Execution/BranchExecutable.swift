import NodalIR

/// One of two regions; over lanes each side runs with those that take it.
struct BranchExecutable: Executable {
  let branch: Branch
  let parameterTypes: [ValueType]
  let resultTypes: [ValueType]
  let whenTrue: any Executable
  let whenFalse: any Executable

  init(_ branch: Branch, _ operands: [ValueType], _ results: [ValueType], _ executor: any Executor)
    throws
  {
    guard branch.lanes == nil || branch.isLowered else {
      throw IRError("a branch over lanes that isn't lowered reached an executor")
    }
    self.branch = branch
    parameterTypes = operands
    resultTypes = results
    whenTrue = try executor.compile(branch.whenTrue)
    whenFalse = try executor.compile(branch.whenFalse)
  }

  func makeWorkspace(_ context: RunContext) -> any Workspace { BranchWorkspace(self, context) }
}

private final class BranchWorkspace: Workspace {
  let program: BranchExecutable
  let sides: [any Workspace]
  let store: ResultStore
  let inner: PointerTable
  /// Gathered operands of the side that runs.
  let gathered: [Buffer]
  @exclusivity(unchecked) var lanes: [Int] = []
  @exclusivity(unchecked) var extents = ExtentValues()
  var results: UnsafePointer<UnsafeRawPointer> { store.pointers.pointer }
  var byteCount: Int {
    store.byteCount + gathered.byteCount + sides.reduce(0) { $0 + $1.byteCount }
  }

  init(_ program: BranchExecutable, _ context: RunContext) {
    self.program = program
    sides = [program.whenTrue.makeWorkspace(context), program.whenFalse.makeWorkspace(context)]
    store = ResultStore(program.resultTypes)
    let operands = program.parameterTypes.count - 1
    inner = PointerTable(count: operands)
    gathered = (0..<operands).map { _ in Buffer() }
  }

  func run(
    _ inputs: UnsafePointer<UnsafeRawPointer>, _ extents: ExtentValues
  ) throws(ExecutionError) {
    self.extents = extents
    guard let axis = program.branch.lanes else {
      try run(whole: inputs[0].load(as: UInt8.self) != 0 ? 0 : 1, inputs, extents)
      return
    }
    let total = extents.length(of: axis)
    let condition = inputs[0].assumingMemoryBound(to: UInt8.self)
    let first = total > 0 && condition[0] != 0
    if total > 0, (1..<total).allSatisfy({ (condition[$0] != 0) == first }) {
      try run(
        whole: first ? 0 : 1, inputs, ExtentValues(lanes: total, steps: extents.steps))
      return
    }
    for i in program.resultTypes.indices { store.prepare(i, extents, zero: true) }
    for (number, side) in sides.enumerated() {
      let taken: UInt8 = number == 0 ? 1 : 0
      lanes.removeAll(keepingCapacity: true)
      for i in 0..<total where (condition[i] != 0 ? 1 : 0) == taken { lanes.append(i) }
      if !lanes.isEmpty { try run(side, inputs, total) }
    }
  }

  /// All of it is on one side, whose results are taken where they lie.
  private func run(
    whole number: Int, _ inputs: UnsafePointer<UnsafeRawPointer>, _ extents: ExtentValues
  ) throws(ExecutionError) {
    let side = sides[number]
    try side.run(inputs + 1, extents)
    for i in program.resultTypes.indices { store.pointers[i] = side.results[i] }
  }

  private func run(
    _ side: any Workspace, _ inputs: UnsafePointer<UnsafeRawPointer>, _ total: Int
  ) throws(ExecutionError) {
    let all = lanes.count == total
    for i in 0..<inner.count {
      inner[i] = inputs[i + 1]
      if program.branch.batched[i], !all {
        let bytes = LaneRows.bytes(program.parameterTypes[i + 1], extents)
        let target = gathered[i].reserve(bytes * lanes.count)
        LaneRows.gather(lanes, inputs[i + 1], target, bytes)
        inner[i] = UnsafeRawPointer(target)
      }
    }
    try side.run(inner.pointer, ExtentValues(lanes: lanes.count, steps: extents.steps))
    for i in program.resultTypes.indices {
      let type = program.resultTypes[i]
      if program.branch.whenTrue.resultTypes[i].isBatched {
        LaneRows.scatter(lanes, side.results[i], store[i], LaneRows.bytes(type, extents))
      } else {
        LaneRows.add(
          type.element, side.results[i], to: store[i], count: type.count(extents))
      }
    }
  }
}
