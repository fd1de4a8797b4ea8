/// A module of LLVM IR under construction: functions, and what they call.
final class ModuleWriter {
  private var declarations: Set<String> = []
  private var helperNames: Set<String> = []
  private var helpers: [String] = []
  private var functions: [String] = []
  private var metadata: [String] = []
  private var tables: [String] = []

  init() {}

  /// Adds what something outside the module, or an intrinsic, is declared as.
  func declare(_ text: String) { declarations.insert(text) }

  /// Adds a function of the module's own that others call, once: `make` is asked only the first time.
  func helper(_ name: String, _ make: () -> FunctionWriter) {
    guard helperNames.insert(name).inserted else { return }
    helpers.append(make().text)
  }

  func add(_ function: FunctionWriter) { functions.append(function.text) }

  /// Numbers in memory, each table once.
  func table(_ numbers: [Operand], _ type: LLVMType) -> Operand {
    let list = numbers.map(\.typed).joined(separator: ", ")
    let text = "private unnamed_addr constant [\(numbers.count) x \(type.text)] [\(list)], align 64"
    let place = tables.firstIndex(of: text) ?? tables.count
    if place == tables.count { tables.append(text) }
    return Operand("@table\(place)", .pointer)
  }

  /// What a conditional branch is marked with.
  func branchWeights(isLikely: Bool) -> String {
    let weights = isLikely ? "i32 2000, i32 1" : "i32 1, i32 2000"
    let node = "!{!\"branch_weights\", \(weights)}"
    if let known = metadata.firstIndex(of: node) { return "!\(known)" }
    metadata.append(node)
    return "!\(metadata.count - 1)"
  }

  /// Declarations in order, so that equal programs have equal texts.
  var text: String {
    let metadata = metadata.enumerated().map { "!\($0) = \($1)" }
    let tables = tables.enumerated().map { "@table\($0) = \($1)" }
    return (declarations.sorted() + tables + helpers + functions + metadata)
      .joined(separator: "\n") + "\n"
  }
}
