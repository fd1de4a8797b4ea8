import NodalExecution

/// A loop over steps or turns of some trajectories side by side, that becomes text for the width that is asked for.
protocol LaneLoopCode: Sendable {
  /// What its functions end in.
  static var symbol: String { get }
  /// Lanes for many trajectories.
  var fullWidth: Int { get }
  /// So many trajectories are sooner done one after the other than side by side.
  var few: Int { get }
  func style(width: Int) -> CodeGenerator.Style
  /// The function's parameters.
  var parameters: String { get }
  /// Writes the function's body for so many lanes side by side.
  func emit(_ w: FunctionWriter, width: Int)
}

extension LaneLoopCode {
  /// A module with the loop for so many lanes.
  func text(width: Int, symbol: String) -> String {
    let module = ModuleWriter()
    let w = FunctionWriter(module, signature: "void @\(symbol)(\(parameters)) nounwind")
    emit(w, width: width)
    module.add(w)
    return module.text
  }
}
