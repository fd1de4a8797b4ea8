import NodalExecution

/// A loop of steps as machine code.
struct NativeLoop: StepLoop {
  let width: Int
  let tables: Set<Int>
  /// Kept as long as its function may be called.
  private let code: LoadedCode
  private let function: LoopCode.Function

  init(width: Int, tables: Set<Int>, code: LoadedCode) {
    self.width = width
    self.tables = tables
    self.code = code
    function = unsafeBitCast(code.addresses[0], to: LoopCode.Function.self)
  }

  func run(_ table: LoopTable) {
    function(table.numbers, table.counts, table.blocks, table.log, table.lengths, table.rounds)
  }
}
