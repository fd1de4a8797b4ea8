/// A module of LLVM IR under construction: functions, and what they call.
final class ModuleWriter {
  private var declarations: Set<String> = []
  private var helperNames: Set<String> = []
  private var helpers: [String] = []
  private var functions: [String] = []

  init() {}

  /// Adds what something outside the module, or an intrinsic, is declared as.
  func declare(_ text: String) { declarations.insert(text) }

  /// Adds a function of the module's own that others call, once: `make` is asked only the first time.
  func helper(_ name: String, _ make: () -> FunctionWriter) {
    guard helperNames.insert(name).inserted else { return }
    helpers.append(make().text)
  }

  func add(_ function: FunctionWriter) { functions.append(function.text) }

  /// Declarations in order, so that equal programs have equal texts.
  var text: String {
    (declarations.sorted() + helpers + functions).joined(separator: "\n") + "\n"
  }
}
