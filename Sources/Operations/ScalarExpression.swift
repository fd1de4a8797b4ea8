/// What an elementwise op computes for one element: a tiny closed language that a native back end
/// prints instruction by instruction. It names no op row, and rows name no back end.
///
/// Arithmetic nodes have the element type of the operands, tests have truth values.
package indirect enum ScalarExpression: Sendable, Hashable {
  case operand(Int)
  /// Rounded to the element type where it is used.
  case constant(Double)
  case unary(Unary, ScalarExpression)
  case binary(Binary, ScalarExpression, ScalarExpression)
  case compare(Comparison, ScalarExpression, ScalarExpression)
  case not(ScalarExpression)
  case and(ScalarExpression, ScalarExpression)
  case or(ScalarExpression, ScalarExpression)
  /// (condition, where it holds, where not)
  case select(ScalarExpression, ScalarExpression, ScalarExpression)
  /// (two words of a key, component, time)
  case chance(
    ChanceFunction, ScalarExpression, ScalarExpression, ScalarExpression, ScalarExpression)

  package enum Unary: String, Sendable, Hashable, CaseIterable {
    // Machine instructions.
    case negate, absolute, squareRoot, floor, ceil
    /// Ties go away from zero.
    case round
    // Intrinsics: calls, or expansions of a back end's own.
    case exp, log, log1p, expm1, cbrt, sin, cos, tan, asin, acos, atan, sinh, cosh, tanh, erf, erfc
    case lgamma, digamma
  }

  package enum Binary: String, Sendable, Hashable, CaseIterable {
    case add, subtract, multiply, divide
    /// Truncated: the sign of the first operand, exact.
    case remainder
    case copySign
    // Intrinsics.
    case pow, atan2
    /// (order, x)
    case polygamma
  }

  /// IEEE 754: all but `notEqual` are false where an operand is NaN.
  package enum Comparison: String, Sendable, Hashable, CaseIterable {
    case less, lessOrEqual, greater, greaterOrEqual, equal, notEqual
  }

  package static let x = ScalarExpression.operand(0)
  package static let y = ScalarExpression.operand(1)
}

extension ScalarExpression: ExpressibleByFloatLiteral, ExpressibleByIntegerLiteral {
  package init(floatLiteral value: Double) { self = .constant(value) }
  package init(integerLiteral value: Int) { self = .constant(Double(value)) }

  static func + (a: Self, b: Self) -> Self { .binary(.add, a, b) }
  static func - (a: Self, b: Self) -> Self { .binary(.subtract, a, b) }
  static func * (a: Self, b: Self) -> Self { .binary(.multiply, a, b) }
  static func / (a: Self, b: Self) -> Self { .binary(.divide, a, b) }
  static func < (a: Self, b: Self) -> Self { .compare(.less, a, b) }
  static func > (a: Self, b: Self) -> Self { .compare(.greater, a, b) }
}

extension ScalarExpression {
  /// A slow interpreter, the oracle of printed code. Numbers are rounded to `T` after every node;
  /// truth values are 0 and 1.
  package func evaluate<T: KernelReal>(_ operands: [T]) -> T {
    func truth(_ condition: Bool) -> T { condition ? 1 : 0 }
    switch self {
    case .operand(let i): return operands.indices.contains(i) ? operands[i] : .nan
    case .constant(let c): return T(c)
    case .unary(let op, let a): return op.apply(a.evaluate(operands))
    case .binary(let op, let a, let b):
      return op.apply(a.evaluate(operands), b.evaluate(operands))
    case .compare(let op, let a, let b):
      return truth(op.apply(a.evaluate(operands), b.evaluate(operands)))
    case .not(let a): return truth(a.evaluate(operands) == 0)
    case .and(let a, let b): return truth(a.evaluate(operands) != 0 && b.evaluate(operands) != 0)
    case .or(let a, let b): return truth(a.evaluate(operands) != 0 || b.evaluate(operands) != 0)
    case .select(let c, let a, let b):
      return c.evaluate(operands) != 0 ? a.evaluate(operands) : b.evaluate(operands)
    case .chance(let function, let a, let b, let c, let d):
      let x = [a, b, c, d].map { Double($0.evaluate(operands)) }
      return T(function.value(x[0], x[1], x[2], x[3]))
    }
  }
}

extension ScalarExpression.Unary {
  package func apply<T: KernelReal>(_ x: T) -> T {
    switch self {
    case .negate: -x
    case .absolute: Swift.abs(x)
    case .squareRoot: x.squareRoot()
    case .floor: x.rounded(.down)
    case .ceil: x.rounded(.up)
    case .round: x.rounded(.toNearestOrAwayFromZero)
    case .exp: T.exp(x)
    case .log: T.log(x)
    case .log1p: T.log1p(x)
    case .expm1: T.expm1(x)
    case .cbrt: T.cbrt(x)
    case .sin: T.sin(x)
    case .cos: T.cos(x)
    case .tan: T.tan(x)
    case .asin: T.asin(x)
    case .acos: T.acos(x)
    case .atan: T.atan(x)
    case .sinh: T.sinh(x)
    case .cosh: T.cosh(x)
    case .tanh: T.tanh(x)
    case .erf: T.erf(x)
    case .erfc: T.erfc(x)
    case .lgamma: T.lgamma(x)
    case .digamma: T(Polygamma.digamma(Double(x)))
    }
  }
}

extension ScalarExpression.Binary {
  package func apply<T: KernelReal>(_ a: T, _ b: T) -> T {
    switch self {
    case .add: a + b
    case .subtract: a - b
    case .multiply: a * b
    case .divide: a / b
    case .remainder: a.truncatingRemainder(dividingBy: b)
    case .copySign: T(signOf: b, magnitudeOf: a)
    case .pow: T.pow(a, b)
    case .atan2: T.atan2(a, b)
    case .polygamma: T(Polygamma.value(order: Double(a), Double(b)))
    }
  }
}

extension ScalarExpression.Comparison {
  package func apply<T: Comparable>(_ a: T, _ b: T) -> Bool {
    switch self {
    case .less: a < b
    case .lessOrEqual: a <= b
    case .greater: a > b
    case .greaterOrEqual: a >= b
    case .equal: a == b
    case .notEqual: a != b
    }
  }
}
