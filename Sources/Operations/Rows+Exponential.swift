import NodalIR

extension Operations {
  static let exponentialRows: [OpRow] = [
    OpRow(
      "exp", "e to the power x", .of(Exponential.self), .unary(.exp, .x), [.on(-3...3)],
      edges: [
        OpEdge(0, gives: 1), OpEdge(-.infinity, gives: 0), OpEdge(.infinity, gives: .infinity),
        OpEdge(1000, gives: .infinity),
      ]
    ) { _, _, r in [r] },
    OpRow(
      "log", "The natural logarithm; NaN of negative numbers.", .of(Logarithm.self),
      .unary(.log, .x), [.on(0.1...5)],
      edges: [
        OpEdge(0, gives: -.infinity), OpEdge(-1, gives: .nan),
        OpEdge(.infinity, gives: .infinity),
      ]
    ) { b, v, _ in [b.reciprocal(v[0])] },
    OpRow(
      "log1p", "log(1 + x), exact for small x.", .of(Log1p.self), .unary(.log1p, .x),
      [.on(-0.8...5)], edges: [OpEdge(-1, gives: -.infinity), OpEdge(1e-300, gives: 1e-300)]
    ) { b, v, _ in [b.reciprocal(b.add(v[0], 1))] },
    OpRow(
      "expm1", "exp(x) - 1, exact for small x.", .of(Expm1.self), .unary(.expm1, .x), [.on(-3...3)],
      edges: [OpEdge(-.infinity, gives: -1), OpEdge(1e-300, gives: 1e-300)]
    ) { b, _, r in [b.add(r, 1)] },
    OpRow(
      "logistic", "1 / (1 + exp(-x)), without overflow.", .of(Logistic.self), Logistic.scalar,
      [.on(-5...5)],
      edges: [
        OpEdge(-.infinity, gives: 0), OpEdge(.infinity, gives: 1), OpEdge(-1000, gives: 0),
        OpEdge(0, gives: 0.5),
      ]
    ) { b, v, r in [b.mul(r, b.sub(b.one(like: r), r))] },
    OpRow(
      "softplus", "log(1 + exp(x)), without overflow.", .of(Softplus.self), Softplus.scalar,
      [.on(-5 ... -0.1, 0.1...5)],
      edges: [
        OpEdge(-.infinity, gives: 0), OpEdge(.infinity, gives: .infinity),
        OpEdge(1000, gives: 1000),
      ]
    ) { b, v, _ in [b.apply("logistic", v[0])] },
  ]
}

enum Exponential: UnaryKernel {
  static func value<T: KernelReal>(_ x: T) -> T { T.exp(x) }
}
enum Logarithm: UnaryKernel {
  static func value<T: KernelReal>(_ x: T) -> T { T.log(x) }
}
enum Log1p: UnaryKernel {
  static func value<T: KernelReal>(_ x: T) -> T { T.log1p(x) }
}
enum Expm1: UnaryKernel {
  static func value<T: KernelReal>(_ x: T) -> T { T.expm1(x) }
}
/// exp of minus the size can't overflow; the other side follows from σ(-x) = σ(x) exp(-x).
enum Logistic: UnaryKernel {
  static func value<T: KernelReal>(_ x: T) -> T {
    let e = T.exp(-x.magnitude)
    return (x < 0 ? e : 1) / (1 + e)
  }
  static let scalar: ScalarExpression = {
    let e = ScalarExpression.unary(.exp, .unary(.negate, .unary(.absolute, .x)))
    return .select(.x < 0, e, 1) / (1 + e)
  }()
}
enum Softplus: UnaryKernel {
  static func value<T: KernelReal>(_ x: T) -> T {
    (x < 0 ? 0 : x) + T.log1p(T.exp(-x.magnitude))
  }
  static let scalar: ScalarExpression =
    .select(.x < 0, 0, .x)
    + .unary(.log1p, .unary(.exp, .unary(.negate, .unary(.absolute, .x))))
}
