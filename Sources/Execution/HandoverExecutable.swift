import NodalIR
import NodalMethods

/// A solve that two methods take in turns: an explicit one, and one for stiff equations for the stretches in which stability would hold the first
/// one back. Each has its own engine, and trajectories are handed from one to the other, where each of them is by itself; results, statistics and
/// integrals are of one piece.
struct HandoverExecutable: Executable {
  let explicit: SolveExecutable
  let stiff: SolveExecutable
  var parameterTypes: [ValueType] { explicit.parameterTypes }
  var resultTypes: [ValueType] { explicit.resultTypes }

  /// nil where one method has it all.
  init?(
    _ solve: Solve, _ operands: [ValueType], _ origin: Origin?, _ executor: any Executor
  ) throws {
    guard solve.settings.partner != nil else { return nil }
    var first = solve
    first.settings.partner = nil
    (first.jacobian, first.pattern) = (nil, nil)
    explicit = try SolveExecutable(first, operands, origin, executor)
    stiff = try SolveExecutable(solve.byOneMethod, operands, origin, executor)
  }

  func makeWorkspace(_ context: RunContext) -> any Workspace { HandoverWorkspace(self, context) }
}

private final class HandoverWorkspace: Workspace {
  private let explicit: SteppingEngine
  private let stiff: SteppingEngine

  init(_ program: HandoverExecutable, _ context: RunContext) {
    let store = ResultStore(program.resultTypes)
    explicit = SteppingEngine(program.explicit, context, .explicit, store: store)
    stiff = SteppingEngine(program.stiff, context, .stiff(beside: explicit), store: store)
  }

  var results: UnsafePointer<UnsafeRawPointer> { explicit.results }
  var extents: ExtentValues { explicit.extents }
  var byteCount: Int { explicit.byteCount + stiff.byteCount - explicit.store.byteCount }

  func run(
    _ inputs: UnsafePointer<UnsafeRawPointer>, _ extents: ExtentValues
  ) throws(ExecutionError) {
    try explicit.begin(inputs, extents)
    var (engine, other) = (explicit, stiff)
    try engine.follow()
    while !engine.departed.isEmpty {
      try other.takeOver(from: engine)
      try other.follow()
      swap(&engine, &other)
    }
    try engine.end()
  }
}
