import NodalExecution
import NodalIR

/// The memory of one thread running a program.
final class Frame: Workspace {
  private let program: ReferenceProgram
  let context: RunContext
  /// The first byte of each value.
  let pointers: UnsafeMutablePointer<UnsafeMutableRawPointer>
  /// The number of elements of each value.
  let counts: UnsafeMutablePointer<Int>
  private let children: FrameChildren
  private let slots: [Buffer]
  private let constants: [Buffer]
  /// Elements of each constant that are written: a longer one begins like a shorter one.
  @exclusivity(unchecked) private var filled: [Int]
  private let resultTable: PointerTable
  @exclusivity(unchecked) var plans: [LoopPlan]
  let scratch = Buffer()
  /// Rises when lengths change: plans made before are out of date.
  @exclusivity(unchecked) private(set) var version = 0
  @exclusivity(unchecked) private(set) var extents = ExtentValues()
  /// What `counts` and the slots are made for.
  @exclusivity(unchecked) private var isResolved = false

  init(_ program: ReferenceProgram, _ context: RunContext) {
    self.program = program
    self.context = context
    let count = max(1, program.region.types.count)
    pointers = .allocate(capacity: count)
    pointers.initialize(
      repeating: UnsafeMutableRawPointer(bitPattern: 64).unsafelyUnwrapped, count: count)
    counts = .allocate(capacity: count)
    counts.initialize(repeating: 0, count: count)
    children = FrameChildren(program.children, context)
    slots = program.storage.slots.map { _ in Buffer() }
    constants = program.storage.constants.map { _ in Buffer() }
    filled = program.storage.constants.map { _ in 0 }
    resultTable = PointerTable(count: program.region.results.count)
    plans = Array(repeating: LoopPlan(), count: program.plans)
  }

  deinit {
    pointers.deallocate()
    counts.deallocate()
  }

  var results: UnsafePointer<UnsafeRawPointer> { resultTable.pointer }

  func run(
    _ inputs: UnsafePointer<UnsafeRawPointer>, _ extents: ExtentValues
  ) throws(ExecutionError) {
    // Traces that this program records keep their last length, which is often the next one's.
    var wanted = extents
    for trace in program.storage.traces {
      wanted.setSteps(self.extents.length(of: .steps(trace: trace)), trace: trace)
    }
    resolve(wanted)
    for i in 0..<program.region.parameterCount {
      pointers[i] = UnsafeMutableRawPointer(mutating: inputs[i])
    }
    for alias in program.storage.aliases {
      pointers[alias.value] = pointers[alias.root] + alias.offset
    }
    let cancel = context.cancel
    for instruction in program.instructions {
      if let cancel, cancel.isSet { throw .cancelled }
      switch instruction {
      case .loop(let loop): loop(self)
      case .call(let child, let operands, let results): try call(child, operands, results)
      }
    }
    context.instructions += program.instructions.count
    for (i, result) in program.region.results.enumerated() {
      resultTable[i] = UnsafeRawPointer(pointers[result.index])
    }
  }

  /// Takes over lengths: how many elements each value has, and room for them.
  private func resolve(_ wanted: ExtentValues) {
    if isResolved, wanted.lanes == extents.lanes, wanted.steps == extents.steps { return }
    isResolved = true
    extents = wanted
    version += 1
    let storage = program.storage
    for (i, size) in storage.counts.enumerated() { counts[i] = size.count(extents) }
    for (i, slot) in storage.slots.enumerated() { slots[i].reserve(slot.count(extents)) }
    for (i, place) in storage.places.enumerated() {
      if case .slot(let slot) = place { pointers[i] = slots[slot].pointer }
    }
    for (i, (value, constant)) in storage.constants.enumerated() where counts[value] > filled[i] {
      constants[i].fill(constant, counts[value])
      filled[i] = counts[value]
      pointers[value] = constants[i].pointer
    }
  }

  var byteCount: Int {
    slots.reduce(0) { $0 + $1.capacity } + constants.reduce(0) { $0 + $1.capacity }
      + scratch.capacity + children.byteCount
  }

  /// Runs a child, and takes its results where they lie.
  private func call(_ child: Int, _ operands: [Int], _ results: Range<Int>) throws(ExecutionError) {
    try children.call(child, operands, results, pointers, extents) { resolve($0) }
    relink(results)
  }

  /// Aliases of a child's results are known when it has run.
  private func relink(_ results: Range<Int>) {
    for alias in program.storage.aliases where alias.value >= results.upperBound {
      pointers[alias.value] = pointers[alias.root] + alias.offset
    }
  }

  func f32(_ value: Int) -> UnsafeMutablePointer<Float> {
    pointers[value].assumingMemoryBound(to: Float.self)
  }
  func f64(_ value: Int) -> UnsafeMutablePointer<Double> {
    pointers[value].assumingMemoryBound(to: Double.self)
  }
  func i64(_ value: Int) -> UnsafeMutablePointer<Int64> {
    pointers[value].assumingMemoryBound(to: Int64.self)
  }
  func bool(_ value: Int) -> UnsafeMutablePointer<Bool> {
    pointers[value].assumingMemoryBound(to: Bool.self)
  }
  func bytes(_ value: Int) -> UnsafeMutablePointer<UInt8> {
    pointers[value].assumingMemoryBound(to: UInt8.self)
  }

  /// The lengths of a type's axes.
  func shape(_ type: ValueType) -> [Int] { type.extents.map(extents.length) }

  /// The loop plan of an instruction, made again when lengths have changed.
  func plan(_ index: Int, _ make: (Frame) -> LoopPlan) -> LoopPlan {
    if plans[index].version != version {
      plans[index] = make(self)
      plans[index].version = version
    }
    return plans[index]
  }
}
