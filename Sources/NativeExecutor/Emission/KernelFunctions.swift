import NodalIR

/// Loops as functions of their own, each once for all kernels that differ only in where their values lie: the stages of a step
/// call the same code, and the compiler's time doesn't grow with their number, nor with the depth of a network.
final class KernelFunctions {
  private let module: ModuleWriter
  private let target: CodeTarget
  private let prefix: String
  private var known: [ProgramStep: String] = [:]

  init(_ module: ModuleWriter, target: CodeTarget, prefix: String) {
    self.module = module
    self.target = target
    self.prefix = prefix
  }

  /// Calls what the kernel became.
  func call(_ step: ProgramStep, from w: FunctionWriter, pointer: (Int) -> Operand) {
    let (shape, values) = step.localized
    let name = known[shape] ?? make(shape, count: values.count)
    known[shape] = name
    let operands = values.map { pointer($0).typed } + ["ptr %lengths"]
    w.line("call void @\(name)(\(operands.joined(separator: ", ")))")
  }

  private func make(_ step: ProgramStep, count: Int) -> String {
    let name = "\(prefix)_kernel_\(known.count)"
    let parameters =
      (0..<count).map { "ptr nocapture %p\($0)" } + ["ptr nocapture readonly %lengths"]
    let w = FunctionWriter(
      module,
      signature:
        "internal void @\(name)(\(parameters.joined(separator: ", "))) nounwind noinline")
    let emitter = KernelEmitter(
      w, target: target, pointers: (0..<count).map { Operand("%p\($0)", .pointer) },
      lengths: Operand("%lengths", .pointer))
    emitter.prepare(values: [], lengths: step.lengths)
    emitter.emit(step)
    w.line("ret void")
    module.add(w)
    return name
  }
}

extension KernelEmitter {
  func emit(_ step: ProgramStep) {
    switch step {
    case .kernel(let kernel):
      switch kernel.body {
      case .map(let stores): map(kernel, stores)
      case .reduce(let kind, let node, let element, let access, let lastAxisIsReduced):
        reduce(kernel, kind, node, element, access, lastAxisIsReduced: lastAxisIsReduced)
      }
    case .contraction(let kernel): contract(kernel)
    case .call: return
    }
  }
}

extension ProgramStep {
  /// The step with its values numbered in the order in which it names them, and what their numbers were.
  fileprivate var localized: (step: ProgramStep, values: [Int]) {
    var values: [Int] = []
    for access in reads + writes where !values.contains(access.value) {
      values.append(access.value)
    }
    let numbers = Dictionary(uniqueKeysWithValues: values.enumerated().map { ($1, $0) })
    func local(_ access: Access) -> Access {
      var access = access
      access.value = numbers[access.value] ?? 0
      return access
    }
    switch self {
    case .kernel(var kernel):
      kernel.graph.mapAccesses(local)
      switch kernel.body {
      case .map(let stores):
        kernel.body = .map(
          stores.map { Kernel.Store(access: local($0.access), node: $0.node, element: $0.element) })
      case .reduce(let kind, let node, let element, let target, let lastAxisIsReduced):
        kernel.body = .reduce(
          kind, node: node, element, target: local(target), lastAxisIsReduced: lastAxisIsReduced)
      }
      return (.kernel(kernel), values)
    case .contraction(var kernel):
      (kernel.a, kernel.b, kernel.target) = (local(kernel.a), local(kernel.b), local(kernel.target))
      return (.contraction(kernel), values)
    case .call: return (self, values)
    }
  }
}
