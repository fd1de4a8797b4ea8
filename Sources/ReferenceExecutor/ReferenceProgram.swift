import NodalExecution
import NodalIR
import NodalOperations

/// One step of a program: reads and writes the values of a frame.
enum Instruction: Sendable {
  typealias Loop = @Sendable (Frame) -> Void
  case loop(Loop)
  /// Runs what a form with regions became.
  case call(child: Int, operands: [Int], results: Range<Int>)
}

/// A region as a flat list of instructions, with a place for every value.
struct ReferenceProgram: Executable {
  let region: Region
  let storage: StoragePlan
  let instructions: [Instruction]
  /// What the forms with regions became.
  let children: [any Executable]
  /// Number of loop plans that instructions keep in a frame.
  let plans: Int

  var parameterTypes: [ValueType] { region.parameterTypes }
  var resultTypes: [ValueType] { region.resultTypes }

  init(_ region: Region, _ executor: any Executor) throws {
    self.region = region
    let storage = StoragePlan(region)
    self.storage = storage
    var compiler = InstructionCompiler(region, storage, executor)
    for (node, live) in zip(region.nodes, storage.isLive) where live { try compiler.add(node) }
    instructions = compiler.instructions
    children = compiler.children
    plans = compiler.plans
  }

  func makeWorkspace(_ context: RunContext) -> any Workspace { Frame(self, context) }
}
