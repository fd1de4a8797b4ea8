import CLLVM

/// The LLVM library, found when it is first asked for.
///
/// The table of its functions doesn't change once it is there.
struct LLVMLibrary: @unchecked Sendable {
  let api: CLLVMTable
  /// What keys of compiled code carry.
  let version: String

  private init?() {
    guard let table = cllvm_load() else { return nil }
    api = table.pointee
    version = String(cString: cllvm_status())
  }

  /// nil where none is installed; see `status`.
  static let shared = LLVMLibrary()

  /// The library's version, or why there is none.
  static var status: String {
    _ = shared
    return String(cString: cllvm_status())
  }

  /// A message that the library made; it is freed.
  func take(_ message: UnsafeMutablePointer<CChar>?) -> String {
    guard let message else { return "" }
    defer { api.LLVMDisposeMessage(message) }
    return String(cString: message)
  }

  /// Throws what an error says; it is freed.
  func check(_ error: LLVMErrorRef?) throws(NativeError) {
    guard let error else { return }
    let message = api.LLVMGetErrorMessage(error)
    defer { api.LLVMDisposeErrorMessage(message) }
    throw NativeError(message.map { String(cString: $0) } ?? "unknown")
  }
}

/// What went wrong between IR and machine code. Never the user's mistake: text that LLVM refuses was made wrongly here.
struct NativeError: Error, CustomStringConvertible {
  var message: String
  init(_ message: String) { self.message = message }
  var description: String { "native code: " + message }
}
