import NodalExecution

/// A loop of steps as machine code.
struct NativeLoop: StepLoop {
  let width: Int
  /// Kept as long as its function may be called.
  private let code: LoadedCode
  private let function: LoopCode.Function

  init(width: Int, code: LoadedCode) {
    self.width = width
    self.code = code
    function = unsafeBitCast(code.addresses[0], to: LoopCode.Function.self)
  }

  func run(_ table: LoopTable) {
    function(table.numbers, table.counts, table.blocks, table.log, table.lengths, table.rounds)
  }
}
