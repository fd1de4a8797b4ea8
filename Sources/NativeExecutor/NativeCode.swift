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
  let symbols: [String]
  let steps: [Step]
  let children: [Node]
  let buffers: BufferPlan

  /// The functions' type: `(values, lengths)`.
  typealias Function =
    @convention(c) @Sendable (
      UnsafePointer<UnsafeMutableRawPointer>, UnsafePointer<Int>
    ) -> Void

  /// Says in names and in keys of caches how code is made; raised when the same IR becomes other code.
  static let revision = 1

  init(_ original: Region, target: CodeTarget, prefix: String) throws(IRError) {
    let region = try Normalize.run(original)
    self.region = region
    let module = ModuleWriter()
    if Unrolling.suits(region) {
      let name = prefix + "_0"
      module.add(Self.unrolled(region, name, module, target))
      symbols = [name]
      steps = [.code(0)]
      children = []
      buffers = BufferPlan(resultsOf: region)
    } else {
      let schedule = Schedule(region)
      var steps: [Step] = []
      var symbols: [String] = []
      var open: [ProgramStep] = []
      func close() {
        guard !open.isEmpty else { return }
        let name = prefix + "_\(symbols.count)"
        module.add(Self.loops(open, name, module, target))
        steps.append(.code(symbols.count))
        symbols.append(name)
        open = []
      }
      for step in schedule.steps {
        switch step {
        case .kernel, .contraction:
          open.append(step)
        case .call(let child, let operands, let results):
          close()
          steps.append(.call(child: child, operands: operands, results: results))
        }
      }
      close()
      self.steps = steps
      self.symbols = symbols
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
    _ steps: [ProgramStep], _ name: String, _ module: ModuleWriter, _ target: CodeTarget
  ) -> FunctionWriter {
    let w = begin(name, module)
    let emitter = KernelEmitter(
      w, target: target, values: Operand("%values", .pointer),
      lengths: Operand("%lengths", .pointer))
    emitter.prepare(
      values: Set(steps.flatMap { ($0.reads + $0.writes).map(\.value) }),
      lengths: steps.reduce(into: []) { $0.formUnion($1.lengths) })
    for step in steps {
      switch step {
      case .kernel(let kernel):
        switch kernel.body {
        case .map(let stores): emitter.map(kernel, stores)
        case .reduce(let kind, let node, let element, let access, let lastAxisIsReduced):
          emitter.reduce(
            kernel, kind, node, element, access, lastAxisIsReduced: lastAxisIsReduced)
        }
      case .contraction(let kernel): emitter.contract(kernel)
      case .call: continue
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
    emitter.prepare(
      values: Set(0..<region.parameterCount).union(outputs), lengths: isBatched ? [.lanes] : [])
    func element(_ value: Int, _ i: Int, lane: Operand, width: Int) -> (Operand, Measure) {
      let type = region.types[value]
      let own = Unrolling.ownCount(type) ?? 0
      let index =
        type.isBatched
        ? w.add(w.multiply(lane, .integer(own)), .integer(i)) : Operand.integer(i)
      return (
        w.address(emitter.pointer(value), index, of: type.element.memoryType), Measure(own)
      )
    }
    func load(_ value: Int, lane: Operand, width: Int) -> [Operand] {
      let type = region.types[value]
      return (0..<(Unrolling.ownCount(type) ?? 0)).map { i in
        let (address, stride) = element(value, i, lane: lane, width: width)
        return emitter.load(
          address, type.element, stride: type.isBatched ? stride : Measure(0),
          width: type.isBatched ? width : 1)
      }
    }
    let shared = (0..<region.parameterCount).map { i in
      region.types[i].isBatched ? [] : load(i, lane: .integer(0), width: 1)
    }
    func turn(_ lane: Operand, _ width: Int) {
      var body = UnrolledEmitter(w, region)
      let parameters = shared.indices.map { i in
        region.types[i].isBatched ? load(i, lane: lane, width: width) : shared[i]
      }
      for (result, elements) in zip(region.results, body.emit(parameters))
      where result.index >= region.parameterCount {
        let type = region[result]
        for (i, x) in elements.enumerated() {
          let (address, stride) = element(result.index, i, lane: lane, width: width)
          emitter.store(
            type.isBatched ? w.alike([x, .constant(0, x.type.with(width: width))])[0] : x,
            address, type.element, stride: stride)
        }
      }
    }
    if isBatched {
      let elements = region.types.map(\.element)
      emitter.vectorLoop(Measure(1, [.lanes]), width: emitter.width(of: elements)) {
        turn($0, $1)
      }
    } else {
      turn(.integer(0), 1)
    }
    w.line("ret void")
    return w
  }
}
