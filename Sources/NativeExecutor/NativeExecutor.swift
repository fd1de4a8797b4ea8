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

  package func compileLoops(_ problem: StepLoopProblem) throws -> LoopFamily<any StepLoop>? {
    try LoopCode(problem, target: target).map { code in
      try family(of: code, problem.trajectories) {
        NativeLoop(width: $0, tables: code.ownTables, code: $1)
      }
    }
  }

  package func compileLoops(_ problem: ScanLoopProblem) throws -> LoopFamily<any ScanLoop>? {
    try ScanCode(problem, target: target).map { code in
      try family(of: code, problem.trajectories) { NativeScanLoop(width: $0, code: $1) }
    }
  }

  private func family<Loop>(
    of code: some LaneLoopCode, _ trajectories: Extent?,
    _ loop: @escaping @Sendable (_ width: Int, LoadedCode) -> Loop
  ) throws -> LoopFamily<Loop> {
    let loops = LoopFamily<Loop>(few: code.few, fullWidth: code.fullWidth) { width in
      let symbol = CodeTable.prefix + type(of: code).symbol
      return loop(
        width,
        try load(code.text(width: width, symbol: symbol), code.style(width: width), symbol))
    }
    try makeExpected(loops, trajectories)
    return loops
  }

  /// Makes the loop for as many trajectories as are expected, if anybody knows.
  private func makeExpected<Loop>(_ loops: LoopFamily<Loop>, _ trajectories: Extent?) throws {
    let count: Int? =
      switch trajectories {
      case nil: 1
      case .fixed(let count): count
      // Who looks at modules sees the loop for many.
      case .lanes(let times): observe == nil ? expectedLanes.map { $0 * times } : .max
      case .steps: nil
      }
    if let count { try loops.make(trajectories: count) }
  }

  /// The machine code of a module with one function.
  private func load(
    _ text: String, _ style: CodeGenerator.Style, _ symbol: String
  ) throws(NativeError) -> LoadedCode {
    observe?(text, style)
    return try CodeTable.shared.code(text, style, symbols: [symbol], target, cache: cache)
  }

  /// A region with nothing but this node.
  private static func single(_ node: Node, _ operands: [ValueType]) throws(IRError) -> Region {
    var builder = RegionBuilder(parameters: operands)
    builder.origin = node.origin
    let results = builder.emit(node.form, builder.parameters)
    return try builder.finish(results)
  }
}
