import NodalIR

extension Operations {
  static let arithmeticRows: [OpRow] = [
    OpRow(
      "add", "x + y", .of(integer: Add.self), .x + .y, [.on(-3...3), .on(-3...3)],
      edges: [OpEdge(.infinity, -.infinity, gives: .nan), OpEdge(.infinity, 1, gives: .infinity)],
      series: .linear
    ) { b, v, _ in [b.one(like: v[0]), b.one(like: v[0])] },
    OpRow(
      "sub", "x - y", .of(integer: Subtract.self), .x - .y, [.on(-3...3), .on(-3...3)],
      series: .linear
    ) { b, v, _ in [b.one(like: v[0]), b.constant(-1, b.type(v[0]))]
    },
    OpRow(
      "mul", "x · y", .of(integer: Multiply.self), .x * .y, [.on(-3...3), .on(-3...3)],
      edges: [OpEdge(0, .infinity, gives: .nan)], series: .product
    ) { _, v, _ in [v[1], v[0]] },
    OpRow(
      "div", "x / y. Of integers the quotient rounded down, and 0 where y is 0.",
      .of(integer: Divide.self), .x / .y, [.on(-3...3), .on(-3 ... -0.3, 0.3...3)],
      edges: [OpEdge(1, 0, gives: .infinity), OpEdge(0, 0, gives: .nan)], series: .quotient
    ) { b, v, r in
      [b.reciprocal(v[1]), b.neg(b.div(r, v[1]))]
    },
    OpRow(
      "neg", "-x", .of(integer: Negate.self), .unary(.negate, .x), [.on(-3...3)], series: .linear
    ) { b, v, _ in
      [b.constant(-1, b.type(v[0]))]
    },
    OpRow(
      "abs", "|x|; its derivative is the sign, 0 at 0.", .of(integer: Absolute.self),
      .unary(.absolute, .x), [.on(-3 ... -0.1, 0.1...3)],
      edges: [OpEdge(-.infinity, gives: .infinity)]
    ) { b, v, _ in [b.apply("sign", v[0])] },
    .flat(
      "sign", "-1, 0 or 1; NaN of NaN", .of(integer: Sign.self),
      .select(.x > 0, 1, .select(.x < 0, -1, .x)), [.on(-3 ... -0.1, 0.1...3)],
      edges: [OpEdge(0, gives: 0), OpEdge(.nan, gives: .nan), OpEdge(-.infinity, gives: -1)]),
    OpRow(
      "min", "The lesser; NaN if either is. At a tie the derivative is shared.",
      .of(integer: Minimum.self),
      .select(.compare(.notEqual, .x, .x), .x, .select(.x < .y, .x, .y)),
      [.on(-3...0), .on(0.1...3)],
      edges: [
        OpEdge(1, 2, gives: 1), OpEdge(2, 1, gives: 1), OpEdge(.nan, 1, gives: .nan),
        OpEdge(1, .nan, gives: .nan),
      ]
    ) { b, v, _ in b.extremeShares(v[0], v[1], "lt") },
    OpRow(
      "max", "The greater; NaN if either is. At a tie the derivative is shared.",
      .of(integer: Maximum.self),
      .select(.compare(.notEqual, .x, .x), .x, .select(.x > .y, .x, .y)),
      [.on(-3...0), .on(0.1...3)],
      edges: [
        OpEdge(1, 2, gives: 2), OpEdge(2, 1, gives: 2), OpEdge(.nan, 1, gives: .nan),
        OpEdge(1, .nan, gives: .nan),
      ]
    ) { b, v, _ in b.extremeShares(v[0], v[1], "gt") },
    OpRow(
      "mod", "x modulo y with the sign of y (floored). Of integers 0 where y is 0.",
      .of(integer: Modulo.self), Modulo.scalar, [.on(0.1...0.9, -1.9 ... -1.1), .on(1...1.05)],
      edges: [
        OpEdge(-1, 3, gives: 2), OpEdge(1, -3, gives: -2), OpEdge(6, 3, gives: 0),
        OpEdge(1, 0, gives: .nan), OpEdge(.infinity, 3, gives: .nan),
      ]
    ) { b, v, _ in
      [b.one(like: v[0]), b.neg(b.apply("floor", b.div(v[0], v[1])))]
    },
  ]
}

enum Add: IntegerBinaryKernel {
  static func value<T: KernelReal>(_ x: T, _ y: T) -> T { x + y }
  static func integer(_ x: Int64, _ y: Int64) -> Int64 { x &+ y }
}
enum Subtract: IntegerBinaryKernel {
  static func value<T: KernelReal>(_ x: T, _ y: T) -> T { x - y }
  static func integer(_ x: Int64, _ y: Int64) -> Int64 { x &- y }
}
enum Multiply: IntegerBinaryKernel {
  static func value<T: KernelReal>(_ x: T, _ y: T) -> T { x * y }
  static func integer(_ x: Int64, _ y: Int64) -> Int64 { x &* y }
}
enum Divide: IntegerBinaryKernel {
  static func value<T: KernelReal>(_ x: T, _ y: T) -> T { x / y }
  static func integer(_ x: Int64, _ y: Int64) -> Int64 {
    if y == 0 { return 0 }
    // The least integer has no opposite: division by -1 would trap.
    if y == -1 { return 0 &- x }
    let quotient = x / y
    return x % y != 0 && (x < 0) != (y < 0) ? quotient - 1 : quotient
  }
}
enum Negate: IntegerUnaryKernel {
  static func value<T: KernelReal>(_ x: T) -> T { -x }
  static func integer(_ x: Int64) -> Int64 { 0 &- x }
}
enum Absolute: IntegerUnaryKernel {
  static func value<T: KernelReal>(_ x: T) -> T { x.magnitude }
  static func integer(_ x: Int64) -> Int64 { x < 0 ? 0 &- x : x }
}
enum Sign: IntegerUnaryKernel {
  static func value<T: KernelReal>(_ x: T) -> T { x > 0 ? 1 : x < 0 ? -1 : x }
  static func integer(_ x: Int64) -> Int64 { x.signum() }
}
enum Minimum: IntegerBinaryKernel {
  static func value<T: KernelReal>(_ x: T, _ y: T) -> T { x < y || x != x ? x : y }
  static func integer(_ x: Int64, _ y: Int64) -> Int64 { x < y ? x : y }
}
enum Maximum: IntegerBinaryKernel {
  static func value<T: KernelReal>(_ x: T, _ y: T) -> T { x > y || x != x ? x : y }
  static func integer(_ x: Int64, _ y: Int64) -> Int64 { x > y ? x : y }
}
enum Modulo: IntegerBinaryKernel {
  static func value<T: KernelReal>(_ x: T, _ y: T) -> T {
    let rest = x.truncatingRemainder(dividingBy: y)
    return rest != 0 && (rest < 0) != (y < 0) ? rest + y : rest
  }
  static func integer(_ x: Int64, _ y: Int64) -> Int64 {
    if y == 0 || y == -1 { return 0 }
    let rest = x % y
    return rest != 0 && (rest < 0) != (y < 0) ? rest + y : rest
  }
  static let scalar: ScalarExpression = {
    let rest = ScalarExpression.binary(.remainder, .x, .y)
    return .select(
      .or(.and(rest < 0, .y > 0), .and(rest > 0, .y < 0)), rest + .y, rest)
  }()
}
