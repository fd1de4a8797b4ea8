/// Arithmetic on elements of which many are known to be nothing: derivatives in one direction, Jacobians. What is multiplied with a
/// zero that was written as such is that zero, as in `Simplify`.
extension FunctionWriter {
  func sparseMultiply(_ a: Operand, _ b: Operand) -> Operand {
    if a.isZero || b.isOne { return a }
    if b.isZero || a.isOne { return b }
    return multiply(a, b)
  }

  func sparseAdd(_ a: Operand, _ b: Operand) -> Operand {
    if a.isZero { return b }
    return b.isZero ? a : add(a, b)
  }

  func sparseSubtract(_ a: Operand, _ b: Operand) -> Operand {
    if b.isZero { return a }
    return a.isZero ? negate(b) : subtract(a, b)
  }

  func sparseNegate(_ a: Operand) -> Operand { a.isZero ? a : negate(a) }

  func sparseFMA(_ a: Operand, _ b: Operand, _ c: Operand) -> Operand {
    if a.isZero || b.isZero { return c }
    if c.isZero { return sparseMultiply(a, b) }
    if a.isOne { return add(b, c) }
    return b.isOne ? add(a, c) : fma(a, b, c)
  }

  func sparseSelect(_ condition: Operand, _ a: Operand, _ b: Operand) -> Operand {
    a == b ? a : select(condition, a, b)
  }

  /// An op of the table.
  func sparseApply(_ op: String, _ parts: [Operand]) -> Operand {
    guard parts[0].type.isFloating else { return apply(op, parts) }
    switch op {
    case "mul": return sparseMultiply(parts[0], parts[1])
    case "add": return sparseAdd(parts[0], parts[1])
    case "sub": return sparseSubtract(parts[0], parts[1])
    case "neg": return sparseNegate(parts[0])
    default: return apply(op, parts)
    }
  }
}

extension Operand {
  /// Zero, written as a constant.
  var isZero: Bool { type.isFloating && text.isConstant(0x0) }
  var isOne: Bool { type.isFloating && text.isConstant(0x3FF0_0000_0000_0000) }
}

extension String {
  /// Whether it spells the floating-point number with these bits, or a vector of it.
  fileprivate func isConstant(_ bits: UInt64) -> Bool {
    guard !hasPrefix("%") else { return false }
    let digits = String(bits, radix: 16, uppercase: true)
    let number = "0x" + String(repeating: "0", count: 16 - digits.count) + digits
    return self == number || (hasPrefix("splat") && hasSuffix(" \(number))"))
  }
}
