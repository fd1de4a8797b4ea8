import NodalExecution
import NodalIR

/// The memory of one thread running a native program.
final class NativeFrame: Workspace {
  private let program: NativeProgram
  private let context: RunContext
  /// The first byte of each value.
  private let pointers: UnsafeMutablePointer<UnsafeMutableRawPointer>
  /// That of lanes, then those of traces: what the code reads.
  private let lengths: UnsafeMutablePointer<Int>
  private let children: FrameChildren
  private let slots: [Buffer]
  private let constants: [(value: Int, constant: Constant, buffer: Buffer)]
  /// Elements of each constant that are written.
  @exclusivity(unchecked) private var filled: [Int]
  /// Values in the memory of others, those before them first.
  private let aliases: [(value: Int, root: Int)]
  /// Traces whose lengths solves of this program find out.
  private let traces: [Int]
  private let resultTable: PointerTable
  @exclusivity(unchecked) private(set) var extents = ExtentValues()
  @exclusivity(unchecked) private var isResolved = false
  private let traceCount: Int
  /// Lengths that all values have room for.
  @exclusivity(unchecked) private var reserved = ExtentValues()
  private let parameterCount: Int
  /// By result.
  private let resultValues: UnsafeMutablePointer<Int>
  private let resultCount: Int
  /// All of the program, where no child is called.
  private let functions: UnsafeMutablePointer<NativeCode.Function>
  private let functionCount: Int

  init(_ program: NativeProgram, _ context: RunContext) {
    self.program = program
    self.context = context
    let region = program.region
    let count = max(1, region.types.count)
    pointers = .allocate(capacity: count)
    pointers.initialize(
      repeating: UnsafeMutableRawPointer(bitPattern: 64).unsafelyUnwrapped, count: count)
    var highest = -1
    for type in region.types {
      for extent in type.extents {
        if case .steps(let trace) = extent { highest = max(highest, trace) }
      }
    }
    traceCount = highest + 1
    lengths = .allocate(capacity: 1 + traceCount)
    lengths.initialize(repeating: 0, count: 1 + traceCount)
    children = FrameChildren(program.children, context)
    slots = program.buffers.slots.map { _ in Buffer() }
    var constants: [(Int, Constant, Buffer)] = []
    var aliases: [(Int, Int)] = []
    for (value, place) in program.buffers.places.enumerated() {
      switch place {
      case .constant(let constant): constants.append((value, constant, Buffer()))
      case .alias(let root): aliases.append((value, root))
      case .parameter, .slot, .child, .nothing: continue
      }
    }
    self.constants = constants
    self.aliases = aliases
    filled = constants.map { _ in 0 }
    traces = region.tracesMade
    resultTable = PointerTable(count: region.results.count)
    parameterCount = region.parameterCount
    resultCount = region.results.count
    resultValues = .allocate(capacity: max(1, resultCount))
    resultValues.initialize(repeating: 0, count: max(1, resultCount))
    for (i, result) in region.results.enumerated() { resultValues[i] = result.index }
    let codes = program.steps.compactMap { step -> NativeCode.Function? in
      if case .code(let i) = step { program.functions[i] } else { nil }
    }
    functionCount = codes.count == program.steps.count ? codes.count : 0
    functions = .allocate(capacity: max(1, codes.count))
    for (i, code) in codes.enumerated() { (functions + i).initialize(to: code) }
  }

  deinit {
    pointers.deallocate()
    lengths.deallocate()
    resultValues.deallocate()
    functions.deallocate()
  }

  var results: UnsafePointer<UnsafeRawPointer> { resultTable.pointer }

  var byteCount: Int {
    slots.byteCount + constants.reduce(0) { $0 + $1.buffer.capacity }
      + children.byteCount
  }

  func run(
    _ inputs: UnsafePointer<UnsafeRawPointer>, _ extents: ExtentValues
  ) throws(ExecutionError) {
    if traces.isEmpty {
      resolve(extents)
    } else {
      // Traces that this program records keep their last length, which is often the next one's.
      var wanted = extents
      for trace in traces {
        wanted.setSteps(self.extents.length(of: .steps(trace: trace)), trace: trace)
      }
      resolve(wanted)
    }
    for i in 0..<parameterCount {
      pointers[i] = UnsafeMutableRawPointer(mutating: inputs[i])
    }
    for alias in aliases { pointers[alias.value] = pointers[alias.root] }
    let cancel = context.cancel
    if functionCount > 0 {
      for i in 0..<functionCount {
        if let cancel, cancel.isSet { throw .cancelled }
        functions[i](pointers, lengths)
      }
    } else {
      for step in program.steps {
        if let cancel, cancel.isSet { throw .cancelled }
        switch step {
        case .code(let i): program.functions[i](pointers, lengths)
        case .call(let child, let operands, let results): try call(child, operands, results)
        }
      }
    }
    context.instructions += program.steps.count
    for i in 0..<resultCount { resultTable[i] = UnsafeRawPointer(pointers[resultValues[i]]) }
  }

  /// Takes over lengths: room for the values, and constants filled.
  private func resolve(_ wanted: ExtentValues) {
    if isResolved, wanted.lanes == extents.lanes, wanted.steps == extents.steps { return }
    extents = wanted
    lengths[0] = wanted.lanes
    for trace in 0..<traceCount { lengths[1 + trace] = wanted.length(of: .steps(trace: trace)) }
    if isResolved, wanted.fits(reserved) { return }
    isResolved = true
    reserved = wanted
    let buffers = program.buffers
    for (i, bytes) in buffers.slots.enumerated() { slots[i].reserve(bytes.value(wanted)) }
    for (i, place) in buffers.places.enumerated() {
      if case .slot(let slot) = place { pointers[i] = slots[slot].pointer }
    }
    for (i, entry) in constants.enumerated() {
      let count = entry.constant.type.count(wanted)
      if count > filled[i] {
        entry.buffer.fill(entry.constant, count)
        filled[i] = count
      }
      pointers[entry.value] = entry.buffer.pointer
    }
  }

  /// Runs a child, and takes its results where they lie.
  private func call(_ child: Int, _ operands: [Int], _ results: Range<Int>) throws(ExecutionError) {
    try children.call(child, operands, results, pointers, extents) { resolve($0) }
    // Aliases of a child's results are known when it has run.
    for alias in aliases { pointers[alias.value] = pointers[alias.root] }
  }
}

extension ExtentValues {
  /// No length is greater than there.
  fileprivate func fits(_ other: ExtentValues) -> Bool {
    lanes <= other.lanes && steps.count <= other.steps.count
      && steps.indices.allSatisfy { steps[$0] <= other.steps[$0] }
  }
}
