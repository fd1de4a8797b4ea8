/// A value of LLVM IR while text is being made: how it is spelt, and its type.
struct Operand: Hashable, Sendable {
  var text: String
  var type: LLVMType

  init(_ text: String, _ type: LLVMType) {
    self.text = text
    self.type = type
  }

  /// With its type before it, as most instructions want their first operand.
  var typed: String { "\(type.text) \(text)" }

  /// A number everywhere in a value of this type. Floating-point constants are spelt by their bits: of the `double`,
  /// for `float` too, as LLVM has it.
  static func constant(_ number: Double, _ type: LLVMType) -> Operand {
    let one: String
    switch type.scalar {
    case .f32, .f64:
      let rounded = type.scalar == .f32 ? Double(Float(number)) : number
      let digits = String(rounded.bitPattern, radix: 16, uppercase: true)
      one = "0x" + String(repeating: "0", count: 16 - digits.count) + digits
    case .i1:
      one = number != 0 ? "true" : "false"
    case .i8, .i32, .i64, .pointer:
      one = String(Int64(exactly: number) ?? 0)
    }
    return splat(one, type)
  }

  static func integer(_ number: Int, _ type: LLVMType = .i64) -> Operand {
    splat(type.scalar == .i1 ? (number != 0 ? "true" : "false") : String(number), type)
  }

  private static func splat(_ one: String, _ type: LLVMType) -> Operand {
    guard type.width > 1 else { return Operand(one, type) }
    return Operand("splat (\(type.scalar.rawValue) \(one))", type)
  }

  /// The number that an integer constant is.
  var staticInteger: Int? { type.width == 1 ? Int(text) : nil }
}
