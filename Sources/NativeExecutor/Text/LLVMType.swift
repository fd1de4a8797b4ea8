import NodalIR

/// A first-class type of LLVM IR, as far as programs here need them: a number, a vector of numbers, or a
/// pointer.
struct LLVMType: Hashable, Sendable {
  enum Scalar: String, Hashable, Sendable {
    case f32 = "float"
    case f64 = "double"
    case i1, i8, i32, i64
    case pointer = "ptr"
  }

  var scalar: Scalar
  /// Elements of a vector; 1 is a plain number.
  var width: Int

  init(_ scalar: Scalar, width: Int = 1) {
    self.scalar = scalar
    self.width = width
  }

  static let f32 = LLVMType(.f32)
  static let f64 = LLVMType(.f64)
  static let i1 = LLVMType(.i1)
  static let i8 = LLVMType(.i8)
  static let i32 = LLVMType(.i32)
  static let i64 = LLVMType(.i64)
  static let pointer = LLVMType(.pointer)

  /// How it is spelt: `double`, `<4 x float>`.
  var text: String { width == 1 ? scalar.rawValue : "<\(width) x \(scalar.rawValue)>" }

  /// How names of overloaded intrinsics spell it: `f64`, `v4f32`.
  var mangled: String {
    let name =
      switch scalar {
      case .f32: "f32"
      case .f64: "f64"
      case .i1: "i1"
      case .i8: "i8"
      case .i32: "i32"
      case .i64: "i64"
      case .pointer: "p0"
      }
    return width == 1 ? name : "v\(width)\(name)"
  }

  var isFloating: Bool { scalar == .f32 || scalar == .f64 }

  /// Bits of one element.
  var bits: Int {
    switch scalar {
    case .f32, .i32: 32
    case .f64, .i64, .pointer: 64
    case .i1: 1
    case .i8: 8
    }
  }

  func with(_ scalar: Scalar) -> LLVMType { LLVMType(scalar, width: width) }
  func with(width: Int) -> LLVMType { LLVMType(scalar, width: width) }

  /// Integers as wide as this type's elements, for work on their bits.
  var bitPattern: LLVMType { with(bits == 32 ? .i32 : .i64) }
}

extension ElementType {
  /// What an element is in memory. A `bool` is a byte there, 0 or 1, and an `i1` in registers.
  var memoryType: LLVMType {
    switch self {
    case .f32: .f32
    case .f64: .f64
    case .i64: .i64
    case .bool: .i8
    }
  }

  var registerType: LLVMType { self == .bool ? .i1 : memoryType }
}
