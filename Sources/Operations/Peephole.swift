import NodalIR

/// Simplifications that the builder does as it goes; they keep derivatives small.
///
/// All keep the value exactly but for two: `x · 0` is 0 also where x is infinite or NaN (a
/// derivative that is zero stays zero), and a sum with 0 may lose the sign of a zero.
enum Peephole {
  static func simplify(_ row: OpRow, _ operands: [Value], _ b: inout RegionBuilder) -> Value? {
    guard operands.count == row.schema.arity, let x = operands.first else { return nil }
    let type = b.type(x)
    guard operands.allSatisfy({ b.type($0) == type }) else { return nil }
    let constants = operands.map { b.constantValue($0)?.uniform }
    if let folded = fold(row, constants, type) {
      return b.constant(folded, row.schema.typing == .comparison ? type.with(.bool) : type)
    }
    let left = constants[0]
    if operands.count == 1 {
      if row.name == "neg" || row.name == "not", let inner = operand(of: x, row.name, b) {
        return inner
      }
      return nil
    }
    guard operands.count == 2 else { return nil }
    let y = operands[1]
    let right = constants[1]
    switch row.name {
    case "add":
      if left == 0 { return y }
      if right == 0 { return x }
      if let negated = operand(of: y, "neg", b) { return b.sub(x, negated) }
      if let negated = operand(of: x, "neg", b) { return b.sub(y, negated) }
    case "sub":
      if right == 0 { return x }
      if left == 0 { return b.neg(y) }
      if let negated = operand(of: y, "neg", b) { return b.add(x, negated) }
    case "mul":
      if left == 0 || right == 1 { return x }
      if right == 0 || left == 1 { return y }
      if left == -1 { return b.neg(y) }
      if right == -1 { return b.neg(x) }
      if x == y { return b.square(x) }
      guard type.element.isFloating else { return nil }
      // Signs go outside, so that what one equation takes away is the value that another one adds.
      if let negated = operand(of: x, "neg", b) { return b.neg(b.mul(negated, y)) }
      if let negated = operand(of: y, "neg", b) { return b.neg(b.mul(x, negated)) }
      if let left, left < 0 { return b.neg(b.mul(b.constant(-left, type), y)) }
      if let right, right < 0 { return b.neg(b.mul(x, b.constant(-right, type))) }
    case "div":
      if right == 1 { return x }
      if right == -1 { return b.neg(x) }
      if left == 1, type.element.isFloating { return b.reciprocal(y) }
    case "pow":
      if let right { return power(x, right, type, &b) }
    case "and":
      if left == 1 || right == 0 { return y }
      if right == 1 || left == 0 { return x }
    case "or":
      if left == 0 || right == 1 { return y }
      if right == 0 || left == 1 { return x }
    default:
      break
    }
    return nil
  }

  /// Small whole powers are products: exact signs for negative bases, and many times faster.
  private static func power(
    _ x: Value, _ exponent: Double, _ type: ValueType, _ b: inout RegionBuilder
  ) -> Value? {
    if exponent == 0 { return b.constant(1, type) }
    if exponent == 1 { return x }
    if exponent == 2 { return b.square(x) }
    if exponent == 3 { return b.mul(b.square(x), x) }
    if exponent == 4 { return b.square(b.square(x)) }
    guard type.element.isFloating else { return nil }
    if exponent == -1 { return b.reciprocal(x) }
    if exponent == -2 { return b.reciprocal(b.square(x)) }
    return nil
  }

  /// All operands are known.
  private static func fold(_ row: OpRow, _ constants: [Double?], _ type: ValueType) -> Double? {
    var numbers: [Double] = []
    for constant in constants {
      guard let constant else { return nil }
      numbers.append(constant)
    }
    return row.kernels.evaluate(type.element, numbers)
  }

  private static func operand(of x: Value, _ name: String, _ b: RegionBuilder) -> Value? {
    guard let node = b.definition(of: x), case .elementwise(let schema) = node.form,
      schema.name == name
    else { return nil }
    return node.operands[0]
  }
}
