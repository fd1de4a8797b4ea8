import NodalIR

/// What a region becomes: text of LLVM IR, and how its functions are called.
struct NativeCode {
  /// Step of a run.
  enum Step: Sendable {
    /// Calls a function of the module.
    case code(Int)
    /// Runs a child.
    case call(child: Int, operands: [Int], results: Range<Int>)
  }

  let region: Region
  let text: String
  let style: CodeGenerator.Style
  let symbols: [String]
  let steps: [Step]
  let children: [Node]
  let buffers: BufferPlan

  /// The functions' type: `(values, lengths)`.
  typealias Function =
    @convention(c) @Sendable (
      UnsafePointer<UnsafeMutableRawPointer>, UnsafePointer<Int>
    ) -> Void

  /// The time that a function takes to compile grows faster than its length.
  private static let callsOfAFunction = 64

  /// Says in names and in keys of caches how code is made; raised when the same IR becomes other code.
  static let revision = 6

  init(_ original: Region, target: CodeTarget, prefix: String) throws(IRError) {
    let region = try Normalize.run(original)
    self.region = region
    let module = ModuleWriter()
    if Unrolling.suits(region) {
      let name = prefix + "_0"
      module.add(Self.unrolled(region, name, module, target))
      symbols = [name]
      style = .registers
      steps = [.code(0)]
      children = []
      buffers = BufferPlan(resultsOf: region)
    } else {
      let schedule = Schedule(region)
      let functions = KernelFunctions(module, target: target, prefix: prefix)
      var steps: [Step] = []
      var symbols: [String] = []
      var open: [ProgramStep] = []
      func close() {
        guard !open.isEmpty else { return }
        let name = prefix + "_\(symbols.count)"
        module.add(Self.loops(open, name, module, functions))
        steps.append(.code(symbols.count))
        symbols.append(name)
        open = []
      }
      for step in schedule.steps {
        switch step {
        case .kernel, .contraction:
          open.append(step)
          if open.count == Self.callsOfAFunction { close() }
        case .call(let child, let operands, let results):
          close()
          steps.append(.call(child: child, operands: operands, results: results))
        }
      }
      close()
      self.steps = steps
      self.symbols = symbols
      style = .kernels
      children = schedule.children
      buffers = BufferPlan(schedule)
    }
    text = module.text
  }

  private static func begin(_ name: String, _ module: ModuleWriter) -> FunctionWriter {
    FunctionWriter(
      module,
      signature:
        "void @\(name)(ptr noalias nocapture readonly %values, ptr noalias nocapture readonly %lengths) nounwind"
    )
  }

  private static func loops(
    _ steps: [ProgramStep], _ name: String, _ module: ModuleWriter, _ functions: KernelFunctions
  ) -> FunctionWriter {
    let w = begin(name, module)
    let values = Operand("%values", .pointer)
    for step in steps {
      // Read just before they are used: pointers that are kept cost the compiler more than the reading costs.
      functions.call(step, from: w) {
        w.load(w.address(values, .integer($0), of: .pointer), .pointer)
      }
    }
    w.line("ret void")
    return w
  }

  private static func unrolled(
    _ region: Region, _ name: String, _ module: ModuleWriter, _ target: CodeTarget
  ) -> FunctionWriter {
    let w = begin(name, module)
    let emitter = KernelEmitter(
      w, target: target, values: Operand("%values", .pointer),
      lengths: Operand("%lengths", .pointer))
    let outputs = region.results.filter { $0.index >= region.parameterCount }.map(\.index)
    let isBatched = region.types.contains { $0.isBatched }
    let traces = TraceParameters(region)?.arrays ?? []
    let gathered = GatherTables(region).parameters
    emitter.prepare(
      values: Set(0..<region.parameterCount).union(outputs),
      lengths: TraceParameters.lengths(region).union(isBatched ? [.lanes] : []))
    let elements = region.types.map(\.element)
    let width = isBatched ? emitter.width(of: elements) : 1
    /// The addresses of an element in each of these lanes, or the one that serves all.
    func places(_ value: Int, _ i: Int, _ lanes: [Operand]) -> [Operand] {
      let type = region.types[value]
      let own = Unrolling.ownCount(type) ?? 0
      let indices =
        type.isBatched
        ? lanes.map { w.add(w.multiply($0, .integer(own)), .integer(i)) } : [.integer(i)]
      return indices.map { w.address(emitter.pointer(value), $0, of: type.element.memoryType) }
    }
    // Where the lanes' parts of arrays lie that aren't read element by element.
    let addressed = traces.union(gathered.filter { region.types[$0].isBatched })
    let tables = Dictionary(
      uniqueKeysWithValues: addressed.map { ($0, w.array(.i64, count: width)) })
    func load(_ value: Int, _ lanes: [Operand]) -> [Operand] {
      if let table = tables[value] {
        let type = region.types[value]
        let row = type.extents.dropFirst(type.isBatched ? 1 : 0).reduce(Measure(1)) {
          $0 * Measure($1)
        }
        for j in 0..<width {
          let first = type.isBatched ? w.multiply(lanes[j], emitter.operand(row)) : .integer(0)
          let place = w.address(emitter.pointer(value), first, of: type.element.memoryType)
          w.store(
            w.convert("ptrtoint", place, to: .i64), w.address(table, .integer(j), of: .i64))
        }
        return [table]
      }
      if gathered.contains(value) { return [emitter.pointer(value)] }
      return (0..<(Unrolling.ownCount(region.types[value]) ?? 0)).map { i in
        emitter.load(places(value, i, lanes), region.types[value].element)
      }
    }
    let shared = (0..<region.parameterCount).map { i in
      region.types[i].isBatched ? [] : load(i, [])
    }
    func turn(_ lanes: [Operand]) {
      var body = UnrolledEmitter(w, region, width: width) { emitter.operand(Measure(1, [$0])) }
      let parameters = shared.indices.map { i in
        region.types[i].isBatched ? load(i, lanes) : shared[i]
      }
      for (result, numbers) in zip(region.results, body.emit(parameters))
      where result.index >= region.parameterCount {
        let type = region[result]
        for (i, x) in numbers.enumerated() {
          let value =
            type.isBatched ? w.alike([x, .constant(0, x.type.with(width: width))])[0] : x
          emitter.store(value, places(result.index, i, lanes), type.element)
        }
      }
    }
    guard isBatched else {
      turn([])
      w.line("ret void")
      return w
    }
    // Behind the last lane the last stands in: its results are stored more than once, the same each time. So there is one
    // piece of code for all lanes, and a few left over take as long as a vector of them.
    let count = emitter.operand(Measure(1, [.lanes]))
    let last = w.subtract(count, .integer(1))
    w.loop(below: count, step: width) { first in
      turn(
        (0..<width).map { j in
          guard j > 0 else { return first }
          let lane = w.add(first, .integer(j))
          return w.select(w.compare("slt", lane, last), lane, last)
        })
    }
    w.line("ret void")
    return w
  }
}
