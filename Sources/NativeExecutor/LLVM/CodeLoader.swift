import CLLVM
import Synchronization

/// Puts machine code into this process. One for the process; LLVM's linker locks for itself.
final class CodeLoader: @unchecked Sendable {
  let library: LLVMLibrary
  private let linker: LLVMOrcLLJITRef
  private let complaints = Mutex<[String]>([])

  /// Why there is none is in `LLVMLibrary.status`.
  static let shared: Result<CodeLoader, NativeError> = {
    do throws(NativeError) {
      return .success(try CodeLoader())
    } catch {
      return .failure(error)
    }
  }()

  private init() throws(NativeError) {
    guard let library = LLVMLibrary.shared, let target = CodeTarget.host else {
      throw NativeError(LLVMLibrary.status)
    }
    self.library = library
    // The builder takes the machine over, and the linker the builder.
    let machine = library.api.LLVMOrcJITTargetMachineBuilderCreateFromTargetMachine(
      try CodeGenerator.machine(library, target))
    let builder = library.api.LLVMOrcCreateLLJITBuilder()
    library.api.LLVMOrcLLJITBuilderSetJITTargetMachineBuilder(builder, machine)
    var made: LLVMOrcLLJITRef?
    try library.check(library.api.LLVMOrcCreateLLJIT(&made, builder))
    guard let made else { throw NativeError("no linker") }
    linker = made
    // Without this, errors inside the linker go to standard error.
    library.api.LLVMOrcExecutionSessionSetErrorReporter(
      library.api.LLVMOrcLLJITGetExecutionSession(linker),
      { context, error in
        guard let context, let library = LLVMLibrary.shared else { return }
        let loader = Unmanaged<CodeLoader>.fromOpaque(context).takeUnretainedValue()
        do throws(NativeError) {
          try library.check(error)
        } catch {
          loader.complaints.withLock { $0.append(error.message) }
        }
      }, Unmanaged.passUnretained(self).toOpaque())
    for function in RuntimeFunction.all { try define(function) }
  }

  /// Makes a function of this process known to machine code, under its name.
  private func define(_ function: RuntimeFunction) throws(NativeError) {
    var pair = CLLVMSymbolPair(
      Name: library.api.LLVMOrcLLJITMangleAndIntern(linker, function.name),
      // Exported, callable.
      Symbol: CLLVMEvaluatedSymbol(
        Address: UInt64(UInt(bitPattern: function.address)),
        Flags: CLLVMSymbolFlags(GenericFlags: 1 | 4, TargetFlags: 0)))
    try library.check(
      library.api.LLVMOrcJITDylibDefine(
        library.api.LLVMOrcLLJITGetMainJITDylib(linker),
        library.api.LLVMOrcAbsoluteSymbols(&pair, 1)))
  }

  /// Links an object file. Its symbols must be unlike those of all code that is loaded.
  func load(_ object: [UInt8], symbols: [String]) throws(NativeError) -> LoadedCode {
    let api = library.api
    let buffer = object.withUnsafeBytes { bytes in
      api.LLVMCreateMemoryBufferWithMemoryRangeCopy(
        bytes.baseAddress?.assumingMemoryBound(to: CChar.self), bytes.count, "nodal")
    }
    let dylib = api.LLVMOrcLLJITGetMainJITDylib(linker)
    guard let tracker = api.LLVMOrcJITDylibCreateResourceTracker(dylib) else {
      throw NativeError("no resource tracker")
    }
    let code = LoadedCode(library: library, tracker: tracker)
    try library.check(api.LLVMOrcLLJITAddObjectFileWithRT(linker, tracker, buffer))
    for symbol in symbols {
      var address: UInt64 = 0
      do throws(NativeError) {
        try library.check(api.LLVMOrcLLJITLookup(linker, &address, symbol))
      } catch {
        let more = complaints.withLock { list in
          defer { list.removeAll() }
          return list.joined(separator: "; ")
        }
        throw NativeError(more.isEmpty ? error.message : "\(error.message): \(more)")
      }
      guard let pointer = UnsafeRawPointer(bitPattern: UInt(address)) else {
        throw NativeError("\(symbol) has no address")
      }
      code.addresses.append(pointer)
    }
    return code
  }
}

/// Machine code in this process, freed with this. What runs it keeps it.
///
/// Nothing changes once it is loaded.
final class LoadedCode: @unchecked Sendable {
  private let library: LLVMLibrary
  private let tracker: LLVMOrcResourceTrackerRef
  /// Where the symbols that were asked for lie, in that order.
  fileprivate(set) var addresses: [UnsafeRawPointer] = []

  fileprivate init(library: LLVMLibrary, tracker: LLVMOrcResourceTrackerRef) {
    self.library = library
    self.tracker = tracker
  }

  deinit {
    // An error here could only be told, and there is nobody to tell; the memory stays.
    try? library.check(library.api.LLVMOrcResourceTrackerRemove(tracker))
    library.api.LLVMOrcReleaseResourceTracker(tracker)
  }
}
