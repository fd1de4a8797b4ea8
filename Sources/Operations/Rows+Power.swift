import NodalIR

extension Operations {
  static let powerRows: [OpRow] = [
    OpRow(
      "pow", "x to the power y; of a negative x only for whole y.", .of(integer: Power.self),
      .binary(.pow, .x, .y), [.on(0.2...3), .on(-2...2)],
      edges: [
        OpEdge(0, 0, gives: 1), OpEdge(-2, 3, gives: -8), OpEdge(-2, 0.5, gives: .nan),
        OpEdge(0, -1, gives: .infinity), OpEdge(.nan, 0, gives: 1),
        OpEdge(2, .infinity, gives: .infinity),
      ], series: .power
    ) { b, v, r in Power.partials(&b, v[0], v[1], r) },
    OpRow(
      "square", "x²", .of(integer: Square.self), .x * .x, [.on(-3...3)],
      edges: [OpEdge(-.infinity, gives: .infinity)], series: .square
    ) { b, v, _ in [b.mul(v[0], 2)] },
    OpRow(
      "reciprocal", "1 / x", .of(Reciprocal.self), 1 / .x, [.on(-3 ... -0.3, 0.3...3)],
      edges: [OpEdge(0, gives: .infinity), OpEdge(.infinity, gives: 0)], series: .reciprocal
    ) { b, _, r in [b.neg(b.square(r))] },
    OpRow(
      "sqrt", "The square root; NaN of negative numbers. The derivative at 0 is infinite.",
      .of(SquareRoot.self), .unary(.squareRoot, .x), [.on(0.1...4)],
      edges: [
        OpEdge(0, gives: 0), OpEdge(-1, gives: .nan), OpEdge(.infinity, gives: .infinity),
      ], series: .squareRoot
    ) { b, _, r in [b.mul(b.reciprocal(r), 0.5)] },
    OpRow(
      "cbrt", "The real cube root, of negative numbers too.", .of(CubeRoot.self),
      .unary(.cbrt, .x), [.on(-4 ... -0.1, 0.1...4)], edges: [OpEdge(-8, gives: -2)]
    ) { b, _, r in [b.reciprocal(b.mul(b.square(r), 3))] },
  ]
}

enum Power: IntegerBinaryKernel {
  static func value<T: KernelReal>(_ x: T, _ y: T) -> T { T.pow(x, y) }
  /// By squaring. Negative powers are rounded towards zero, and 0 where x is 0.
  static func integer(_ x: Int64, _ y: Int64) -> Int64 {
    if y < 0 { return x == 1 ? 1 : x == -1 ? (y & 1 == 0 ? 1 : -1) : 0 }
    var (base, rest, result) = (x, y, Int64(1))
    while rest > 0 {
      if rest & 1 == 1 { result = result &* base }
      base = base &* base
      rest >>= 1
    }
    return result
  }

  /// y x^(y-1) and x^y log x. Hazards: at y = 0 the first is 0 · x^-1, NaN at x = 0, where the
  /// derivative is 0; the second exists only right of 0, and the logarithm must not leak a NaN from
  /// the other side, in derivatives of this derivative neither.
  static func partials(
    _ b: inout RegionBuilder, _ x: Value, _ y: Value, _ result: Value
  ) -> [Value?] {
    if let exponent = b.constantValue(y)?.uniform {
      // `apply` has peepholes for small powers.
      let byBase =
        exponent == 0
        ? b.zero(like: x) : b.mul(b.pow(x, b.constant(exponent - 1, b.type(y))), exponent)
      return [byBase, nil]
    }
    let zero = b.zero(like: x)
    let one = b.one(like: x)
    let isZero = b.apply("eq", y, zero)
    let lowered = b.select(isZero, one, b.sub(y, one))
    let byBase = b.select(isZero, zero, b.mul(y, b.pow(x, lowered)))
    let isPositive = b.apply("gt", x, zero)
    let safe = b.select(isPositive, x, one)
    let byExponent = b.select(isPositive, b.mul(b.pow(safe, y), b.log(safe)), zero)
    return [byBase, byExponent]
  }
}
enum Square: IntegerUnaryKernel {
  static func value<T: KernelReal>(_ x: T) -> T { x * x }
  static func integer(_ x: Int64) -> Int64 { x &* x }
}
enum Reciprocal: UnaryKernel {
  static func value<T: KernelReal>(_ x: T) -> T { 1 / x }
}
enum SquareRoot: UnaryKernel {
  static func value<T: KernelReal>(_ x: T) -> T { x.squareRoot() }
}
enum CubeRoot: UnaryKernel {
  static func value<T: KernelReal>(_ x: T) -> T { T.cbrt(x) }
}
