import NodalExecution

/// A loop over the turns of a counted scan as machine code.
struct NativeScanLoop: ScanLoop {
  let width: Int
  /// Kept as long as its function may be called.
  private let code: LoadedCode
  private let function: ScanCode.Function

  init(width: Int, code: LoadedCode) {
    self.width = width
    self.code = code
    function = unsafeBitCast(code.addresses[0], to: ScanCode.Function.self)
  }

  func run(_ table: ScanTable, from place: Int, turns: Int) {
    function(table.rows, table.counts, place, turns)
  }
}
