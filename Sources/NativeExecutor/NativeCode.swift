/// Whether there is native code on this machine.
package enum NativeCode {
  package static var isAvailable: Bool { LLVMLibrary.shared != nil }

  /// The version of LLVM, or why there is none.
  package static var status: String { LLVMLibrary.status }
}
