import NodalBasics
import NodalExecution
import NodalNativeExecutor
import NodalReferenceExecutor

/// What executes programs. Both give the same results, to rounding.
public enum Backend: String, Sendable, CaseIterable {
  /// Machine code where LLVM is installed, else the reference executor.
  case automatic = "auto"
  /// Machine code, made by LLVM and kept in the user's folder of caches (`NODAL_CACHE` names another; empty, nothing is kept).
  /// Without LLVM it is the reference executor; `nativeStatus` says why.
  case native
  /// An interpreter of instructions: it starts at once, and is what the other is checked against.
  case reference

  /// Whether machine code can be made here.
  public static var hasNative: Bool { NativeExecutor.isAvailable }
  /// The version of LLVM, or why there is none.
  public static var nativeStatus: String { NativeExecutor.status }

  func executor(_ host: Host) -> any Executor {
    let reference = ReferenceExecutor()
    switch self {
    case .reference: return reference
    case .automatic, .native:
      return NativeExecutor(fallback: reference, cache: CodeCache.standard(host)) ?? reference
    }
  }
}
