import Foundation
package import NodalExecution
package import NodalIR

/// Runs regions as machine code, made by LLVM. What has no code of its own is run by the executor that stands behind.
package struct NativeExecutor: Executor {
  /// Runs single nodes: whole-number arithmetic, gathers, random draws.
  let fallback: any Executor
  let target: CodeTarget
  /// Where machine code is kept from run to run.
  let cache: CodeCache?
  /// How many lanes programs will run with, as a rule; nil where nobody said.
  private var expectedLanes: Int?
  /// Sees the text of each module that is compiled.
  var observe: (@Sendable (_ text: String, _ style: CodeGenerator.Style) -> Void)?

  /// nil where there is no LLVM for this machine; `status` says why.
  package init?(fallback: any Executor, cache: CodeCache? = nil) {
    guard let target = CodeTarget.host, case .success = CodeLoader.shared else { return nil }
    self.fallback = fallback
    self.target = target
    self.cache = cache
  }

  package static var isAvailable: Bool { LLVMLibrary.shared != nil }
  /// The version of LLVM, or why there is none.
  package static var status: String { LLVMLibrary.status }

  package func compile(_ region: Region) throws -> any Executable {
    let made = try NativeCode(region, target: target, prefix: CodeTable.prefix)
    observe?(made.text, made.style)
    let code = try CodeTable.shared.code(
      made.text, made.style, symbols: made.symbols, target, cache: cache)
    let children = try compilers.map(made.children.count) { i in
      let node = made.children[i]
      let operands = node.operands.map { made.region[$0] }
      return try FormExecutable.make(
        node.form, operands: operands, origin: node.origin, self)
        ?? fallback.compile(Self.single(node, operands))
    }
    return NativeProgram(made, code: code, children: children, original: region)
  }

  package func compile(_ regions: [Region]) throws -> [any Executable] {
    try compilers.map(regions.count) { try compile(regions[$0]) }
  }

  /// Modules are compiled side by side, unless somebody looks at them in their order. More threads find little to do.
  private var compilers: Threads {
    Threads(observe == nil ? min(4, ProcessInfo.processInfo.activeProcessorCount) : 1)
  }

  package var forRareUse: any Executor { fallback }

  package func expecting(lanes: Int) -> any Executor {
    var executor = self
    executor.expectedLanes = lanes
    return executor
  }

  package func compileLoops(_ problem: StepLoopProblem) throws -> (any StepLoops)? {
    guard let code = try LoopCode(problem, target: target) else { return nil }
    let loops = NativeLoops(code, self)
    // Who looks at modules sees the loop for many.
    if observe != nil {
      try loops.make(width: code.fullWidth)
    } else if let count = problem.trajectoryCount(lanes: expectedLanes) {
      try loops.make(width: loops.width(trajectories: count))
    }
    return loops
  }

  /// The machine code of a loop with so many lanes side by side.
  func compile(_ code: LoopCode, width: Int) throws(NativeError) -> NativeLoop {
    let symbol = CodeTable.prefix + "_loop"
    let (text, style) = (code.text(width: width, symbol: symbol), code.style(width: width))
    observe?(text, style)
    return NativeLoop(
      width: width,
      code: try CodeTable.shared.code(text, style, symbols: [symbol], target, cache: cache))
  }

  /// A region with nothing but this node.
  private static func single(_ node: Node, _ operands: [ValueType]) throws(IRError) -> Region {
    var builder = RegionBuilder(parameters: operands)
    builder.origin = node.origin
    let results = builder.emit(node.form, builder.parameters)
    return try builder.finish(results)
  }
}
