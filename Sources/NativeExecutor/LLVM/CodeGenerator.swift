import CLLVM

/// Text of LLVM IR → machine code of a target. Belongs to one thread.
final class CodeGenerator {
  enum Output: Sendable {
    case assembly, object
  }

  /// What the passes may do beyond what is always done.
  enum Style: String, Sendable {
    /// Vector code stays as it is.
    case written
    /// Equal operations on single numbers, side by side, become vectors: pays in long code without vectors.
    case packed
  }

  private let library: LLVMLibrary
  private let machine: LLVMTargetMachineRef
  private let target: CodeTarget

  /// Passes for code that is vector code already. LLVM's own vectorisers are left out: what they would do depends on the
  /// loop around an operation, and costs most of the time of `default<O3>`.
  static func passes(_ style: Style) -> String {
    let packing =
      switch style {
      case .written: ""
      case .packed: ",slp-vectorizer,early-cse"
      }
    return "always-inline,function(sroa,early-cse<memssa>,simplifycfg,"
      + "instcombine<no-verify-fixpoint>,loop-mssa(licm),gvn,simplifycfg,"
      + "instcombine<no-verify-fixpoint>,dse\(packing)),globaldce"
  }

  init(_ target: CodeTarget) throws(NativeError) {
    guard let library = LLVMLibrary.shared else { throw NativeError(LLVMLibrary.status) }
    if let family = target.family { _ = cllvm_initialize_target(family) }
    self.library = library
    self.target = target
    machine = try Self.machine(library, target)
  }

  deinit { library.api.LLVMDisposeTargetMachine(machine) }

  /// A machine of its own, to be disposed of by the caller.
  static func machine(
    _ library: LLVMLibrary, _ target: CodeTarget
  ) throws(NativeError) -> LLVMTargetMachineRef {
    var reference: LLVMTargetRef?
    var message: UnsafeMutablePointer<CChar>?
    guard library.api.LLVMGetTargetFromTriple(target.triple, &reference, &message) == 0 else {
      throw NativeError(library.take(message))
    }
    // Level 2 (default; 3 costs more time than it saves), position-independent code, the default code model.
    guard
      let machine = library.api.LLVMCreateTargetMachine(
        reference, target.triple, target.cpu, target.features, 2, 2, 0)
    else { throw NativeError("no machine for \(target.triple)") }
    return machine
  }

  /// The optimised module as text.
  func optimized(_ text: String, _ style: Style) throws(NativeError) -> String {
    try withModule(text, style) { module in
      library.take(library.api.LLVMPrintModuleToString(module))
    }
  }

  /// Machine code, or its assembly.
  func emit(_ text: String, _ style: Style, _ output: Output) throws(NativeError) -> [UInt8] {
    try withModule(text, style) { (module) throws(NativeError) in
      var message: UnsafeMutablePointer<CChar>?
      var buffer: LLVMMemoryBufferRef?
      let failed = library.api.LLVMTargetMachineEmitToMemoryBuffer(
        machine, module, output == .object ? 1 : 0, &message, &buffer)
      guard failed == 0, let buffer else { throw NativeError(library.take(message)) }
      defer { library.api.LLVMDisposeMemoryBuffer(buffer) }
      let bytes = UnsafeRawBufferPointer(
        start: library.api.LLVMGetBufferStart(buffer),
        count: library.api.LLVMGetBufferSize(buffer))
      return Array(bytes)
    }
  }

  /// Reads, checks and optimises. LLVM ends the process on some mistakes that its verifier would have found: so that
  /// runs first.
  private func withModule<R>(
    _ text: String, _ style: Style, _ use: (LLVMModuleRef) throws(NativeError) -> R
  ) throws(NativeError) -> R {
    let api = library.api
    let context = api.LLVMContextCreate()
    defer { api.LLVMContextDispose(context) }
    var text = text
    let buffer = text.withUTF8 { bytes in
      bytes.withMemoryRebound(to: CChar.self) {
        api.LLVMCreateMemoryBufferWithMemoryRangeCopy($0.baseAddress, $0.count, "nodal")
      }
    }
    var parsed: LLVMModuleRef?
    var message: UnsafeMutablePointer<CChar>?
    // The buffer is taken over, whatever comes of it.
    guard api.LLVMParseIRInContext(context, buffer, &parsed, &message) == 0, let module = parsed
    else { throw NativeError(library.take(message)) }
    defer { api.LLVMDisposeModule(module) }
    let layout = api.LLVMCreateTargetDataLayout(machine)
    api.LLVMSetModuleDataLayout(module, layout)
    api.LLVMDisposeTargetData(layout)
    api.LLVMSetTarget(module, target.triple)
    // 2: give a status, and no message of its own.
    let isBroken = api.LLVMVerifyModule(module, 2, &message) != 0
    let complaint = library.take(message)
    if isBroken { throw NativeError(complaint) }
    let options = api.LLVMCreatePassBuilderOptions()
    defer { api.LLVMDisposePassBuilderOptions(options) }
    api.LLVMPassBuilderOptionsSetLoopVectorization(options, 0)
    api.LLVMPassBuilderOptionsSetSLPVectorization(options, style == .packed ? 1 : 0)
    try library.check(api.LLVMRunPasses(module, Self.passes(style), machine, options))
    return try use(module)
  }
}
