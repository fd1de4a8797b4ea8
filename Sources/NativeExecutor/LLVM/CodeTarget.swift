import CLLVM

/// The machine that code is made for.
package struct CodeTarget: Sendable, Hashable {
  /// Architecture, vendor and system: `x86_64-unknown-linux-gnu`.
  package let triple: String
  package let cpu: String
  package let features: String
  /// Bits of the widest vectors that pay.
  let vectorBits: Int

  package init(triple: String, cpu: String, features: String = "") {
    self.triple = triple
    self.cpu = cpu
    self.features = features
    vectorBits = Self.vectorBits(triple, features)
  }

  /// This machine; nil without LLVM.
  package static let host: CodeTarget? = {
    guard let library = LLVMLibrary.shared else { return nil }
    return CodeTarget(
      triple: library.take(library.api.LLVMGetDefaultTargetTriple()),
      cpu: library.take(library.api.LLVMGetHostCPUName()),
      features: library.take(library.api.LLVMGetHostCPUFeatures()))
  }()

  private static func vectorBits(_ triple: String, _ features: String) -> Int {
    guard triple.hasPrefix("x86_64") else { return 128 }
    let enabled = Set(features.split(separator: ","))
    if enabled.contains("+avx512f") { return 512 }
    return enabled.contains("+avx2") || enabled.contains("+avx") ? 256 : 128
  }

  /// The number of vector registers.
  var vectorRegisters: Int {
    triple.hasPrefix("x86_64") && vectorBits < 512 ? 16 : 32
  }

  /// The family's name in the names of LLVM's initialisers.
  var family: String? {
    if triple.hasPrefix("x86_64") { return "X86" }
    if triple.hasPrefix("aarch64") || triple.hasPrefix("arm64") { return "AArch64" }
    return nil
  }
}
