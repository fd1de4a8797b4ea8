/// A floating-point number in each lane of an operand, with the function that it is made in: formulas read as formulas.
///
/// An operator is one instruction, rounded once. Products and sums are fused only by `times(_:plus:)`.
struct Lanes {
  let w: FunctionWriter
  let operand: Operand

  init(_ w: FunctionWriter, _ operand: Operand) {
    self.w = w
    self.operand = operand
  }

  var type: LLVMType { operand.type }
  var format: FloatFormat { type.scalar == .f32 ? .f32 : .f64 }

  /// What differs between the two formats.
  func pick<T>(f32: T, f64: T) -> T { type.scalar == .f32 ? f32 : f64 }

  func constant(_ number: Double) -> Lanes { Lanes(w, .constant(number, type)) }
}

/// What stands beside `Lanes` in a formula: such, or a number that is the same in every lane.
protocol LaneNumber {
  func operand(_ type: LLVMType) -> Operand
}

extension Lanes: LaneNumber {
  func operand(_ type: LLVMType) -> Operand { operand }
}

extension Double: LaneNumber {
  func operand(_ type: LLVMType) -> Operand { .constant(self, type) }
}

// MARK: Arithmetic

extension Lanes {
  private static func apply(
    _ like: Lanes, _ a: some LaneNumber, _ b: some LaneNumber,
    _ instruction: (FunctionWriter) -> (Operand, Operand) -> Operand
  ) -> Lanes {
    Lanes(like.w, instruction(like.w)(a.operand(like.type), b.operand(like.type)))
  }

  static func + (a: Lanes, b: Lanes) -> Lanes { apply(a, a, b, FunctionWriter.add) }
  static func + (a: Lanes, b: Double) -> Lanes { apply(a, a, b, FunctionWriter.add) }
  static func + (a: Double, b: Lanes) -> Lanes { apply(b, a, b, FunctionWriter.add) }
  static func - (a: Lanes, b: Lanes) -> Lanes { apply(a, a, b, FunctionWriter.subtract) }
  static func - (a: Lanes, b: Double) -> Lanes { apply(a, a, b, FunctionWriter.subtract) }
  static func - (a: Double, b: Lanes) -> Lanes { apply(b, a, b, FunctionWriter.subtract) }
  static func * (a: Lanes, b: Lanes) -> Lanes { apply(a, a, b, FunctionWriter.multiply) }
  static func * (a: Lanes, b: Double) -> Lanes { apply(a, a, b, FunctionWriter.multiply) }
  static func * (a: Double, b: Lanes) -> Lanes { apply(b, a, b, FunctionWriter.multiply) }
  static func / (a: Lanes, b: Lanes) -> Lanes { apply(a, a, b, FunctionWriter.divide) }
  static func / (a: Double, b: Lanes) -> Lanes { apply(b, a, b, FunctionWriter.divide) }
  static prefix func - (a: Lanes) -> Lanes { Lanes(a.w, a.w.negate(a.operand)) }

  /// self · b + c, rounded once.
  func times(_ b: some LaneNumber, plus c: some LaneNumber) -> Lanes {
    Lanes(w, w.fma(operand, b.operand(type), c.operand(type)))
  }

  /// c - self · b, rounded once.
  func times(_ b: some LaneNumber, from c: some LaneNumber) -> Lanes { (-self).times(b, plus: c) }

  private func intrinsic(_ name: String) -> Lanes { Lanes(w, w.intrinsic(name, [operand])) }
  var magnitude: Lanes { intrinsic("fabs") }
  var squareRoot: Lanes { intrinsic("sqrt") }
  var floor: Lanes { intrinsic("floor") }
  func withSign(of other: Lanes) -> Lanes {
    Lanes(w, w.intrinsic("copysign", [operand, other.operand]))
  }

  /// The lesser; NaN where this is.
  func clamped(below bound: Double) -> Lanes { (constant(bound) < self).then(bound, else: self) }
  /// The greater; NaN where this is.
  func clamped(above bound: Double) -> Lanes { (constant(bound) > self).then(bound, else: self) }

  /// c₀ + c₁ x + c₂ x² + …, by Horner's rule in even and odd powers apart: a chain half as long for one multiplication
  /// more (Estrin 1960, stopped at short chains).
  func polynomial(_ coefficients: [Double]) -> Lanes {
    guard coefficients.count > 4 else {
      var sum = constant(coefficients.last ?? 0)
      for c in coefficients.dropLast().reversed() { sum = sum.times(self, plus: c) }
      return sum
    }
    let even = stride(from: 0, to: coefficients.count, by: 2).map { coefficients[$0] }
    let odd = stride(from: 1, to: coefficients.count, by: 2).map { coefficients[$0] }
    let square = self * self
    return times(square.polynomial(odd), plus: square.polynomial(even))
  }

  /// The same number in the other format.
  func converted(to scalar: LLVMType.Scalar) -> Lanes {
    guard scalar != type.scalar else { return self }
    let instruction = scalar == .f64 ? "fpext" : "fptrunc"
    return Lanes(w, w.convert(instruction, operand, to: type.with(scalar)))
  }
}

// MARK: Truth

/// A truth value in each lane: what a comparison of numbers gave.
struct LaneTruth {
  let w: FunctionWriter
  let operand: Operand
  /// Of the numbers that were compared, and of those that are chosen.
  let numbers: LLVMType

  func then(_ a: some LaneNumber, else b: some LaneNumber) -> Lanes {
    Lanes(w, w.select(operand, a.operand(numbers), b.operand(numbers)))
  }

  private func with(_ operand: Operand) -> LaneTruth {
    LaneTruth(w: w, operand: operand, numbers: numbers)
  }
  func and(_ other: LaneTruth) -> LaneTruth { with(w.and(operand, other.operand)) }
  func or(_ other: LaneTruth) -> LaneTruth { with(w.or(operand, other.operand)) }
  func xor(_ other: LaneTruth) -> LaneTruth { with(w.xor(operand, other.operand)) }
  var negated: LaneTruth { with(w.not(operand)) }

  /// Whether it holds in any lane: one truth value.
  var any: Operand {
    guard operand.type.width > 1 else { return operand }
    let function = "llvm.vector.reduce.or.\(operand.type.mangled)"
    w.module.declare("declare i1 @\(function)(\(operand.type.text))")
    return w.call(function, [operand], .i1)
  }
}

extension Lanes {
  private func compare(_ predicate: String, _ b: some LaneNumber) -> LaneTruth {
    LaneTruth(w: w, operand: w.compare(predicate, operand, b.operand(type)), numbers: type)
  }

  // All are false where either is NaN.
  static func < (a: Lanes, b: Lanes) -> LaneTruth { a.compare("olt", b) }
  static func < (a: Lanes, b: Double) -> LaneTruth { a.compare("olt", b) }
  static func > (a: Lanes, b: Lanes) -> LaneTruth { a.compare("ogt", b) }
  static func > (a: Lanes, b: Double) -> LaneTruth { a.compare("ogt", b) }
  func equals(_ b: some LaneNumber) -> LaneTruth { compare("oeq", b) }
  func differs(from b: some LaneNumber) -> LaneTruth { compare("one", b) }
  /// Whether either is NaN.
  func isUnordered(with b: Lanes) -> LaneTruth { compare("uno", b) }
}

// MARK: Bits

/// The bits of a number in each lane, as an integer that wraps around.
struct LaneBits {
  let w: FunctionWriter
  let operand: Operand
  let numbers: LLVMType

  var number: Lanes { Lanes(w, w.convert("bitcast", operand, to: numbers)) }

  private func with(_ operand: Operand) -> LaneBits {
    LaneBits(w: w, operand: operand, numbers: numbers)
  }
  private func integer(_ number: Int) -> Operand { .integer(number, operand.type) }

  static func + (a: LaneBits, b: Int) -> LaneBits { a.with(a.w.add(a.operand, a.integer(b))) }
  static func - (a: LaneBits, b: LaneBits) -> LaneBits {
    a.with(a.w.subtract(a.operand, b.operand))
  }
  static func - (a: Int, b: LaneBits) -> LaneBits {
    b.with(b.w.subtract(b.integer(a), b.operand))
  }
  static func & (a: LaneBits, b: Int) -> LaneBits { a.with(a.w.and(a.operand, a.integer(b))) }
  static func | (a: LaneBits, b: Int) -> LaneBits { a.with(a.w.or(a.operand, a.integer(b))) }
  static func ^ (a: LaneBits, b: LaneBits) -> LaneBits { a.with(a.w.xor(a.operand, b.operand)) }
  static func << (a: LaneBits, b: Int) -> LaneBits {
    a.with(a.w.binary("shl", a.operand, a.integer(b)))
  }
  /// Zeros come in from the left.
  static func >> (a: LaneBits, b: Int) -> LaneBits {
    a.with(a.w.binary("lshr", a.operand, a.integer(b)))
  }

  /// Whether bit i, from the right, is set. The sign is asked for itself, and others as the bit that a truncation leaves:
  /// vector code can choose by both without a comparison.
  func hasBit(_ i: Int) -> LaneTruth {
    let last = operand.type.bits - 1
    let truth =
      i == last
      ? w.compare("slt", operand, integer(0))
      : w.convert("trunc", i == 0 ? operand : (self >> i).operand, to: operand.type.with(.i1))
    return LaneTruth(w: w, operand: truth, numbers: numbers)
  }

  /// Bit i as the sign of a number, all else zero.
  func signFromBit(_ i: Int) -> LaneBits {
    (self << (operand.type.bits - 1 - i)) & (Int.min >> (64 - operand.type.bits))
  }
}

extension Lanes {
  var bits: LaneBits {
    LaneBits(w: w, operand: w.convert("bitcast", operand, to: type.bitPattern), numbers: type)
  }

  /// All zero but the sign.
  var signBit: LaneBits { bits.signFromBit(type.bits - 1) }

  /// The number with its sign changed where that bit is set in `sign`, of which no other bit may be.
  func signChanged(by sign: LaneBits) -> Lanes { (bits ^ sign).number }
}

// MARK: Format

/// Binary32 or binary64.
struct FloatFormat {
  /// Of the fraction.
  let mantissaBits: Int
  let bias: Int
  /// The bits of √½.
  let rootHalfBits: Int

  static let f32 = FloatFormat(
    mantissaBits: 23, bias: 127, rootHalfBits: Int(Float(0.5).squareRoot().bitPattern))
  static let f64 = FloatFormat(
    mantissaBits: 52, bias: 1023, rootHalfBits: Int(0.5.squareRoot().bitPattern))

  var mantissaMask: Int { (1 << mantissaBits) - 1 }
  var oneBits: Int { bias << mantissaBits }
  /// A sum of this and a number not above 2^(mantissaBits - 2) in size is rounded to a whole number, which the last bits
  /// of the sum show, negative ones as their complement.
  var rounder: Double { 1.5 * Double(1 << mantissaBits) }
  /// The least number with all its digits.
  var leastNormal: Double { mantissaBits == 23 ? 0x1p-126 : 0x1p-1022 }
}
