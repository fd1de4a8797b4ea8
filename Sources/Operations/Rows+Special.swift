import NodalIR

extension Operations {
  static let specialRows: [OpRow] = [
    OpRow(
      "erf", "The error function", .of(ErrorFunction.self), .unary(.erf, .x), [.on(-2...2)],
      edges: [OpEdge(.infinity, gives: 1), OpEdge(0, gives: 0)]
    ) { b, v, _ in [b.mul(b.exp(b.neg(b.square(v[0]))), twoOverRootPi)] },
    OpRow(
      "erfc", "1 - erf(x), exact for large x.", .of(ComplementaryErrorFunction.self),
      .unary(.erfc, .x), [.on(-2...2)],
      edges: [OpEdge(.infinity, gives: 0), OpEdge(-.infinity, gives: 2)]
    ) { b, v, _ in [b.mul(b.exp(b.neg(b.square(v[0]))), -twoOverRootPi)] },
    OpRow(
      "lgamma", "The logarithm of the size of Γ(x); infinite at 0, -1, -2 …", .of(LogGamma.self),
      .unary(.lgamma, .x), [.on(0.3...6, -1.8 ... -1.2)],
      edges: [OpEdge(1, gives: 0), OpEdge(2, gives: 0), OpEdge(0, gives: .infinity)],
      series: .none
    ) { b, v, _ in [b.apply("digamma", v[0])] },
    OpRow(
      "digamma", "The derivative of lgamma; NaN at 0, -1, -2 …", .of(Digamma.self),
      .unary(.digamma, .x), [.on(0.3...20, -1.8 ... -1.2)],
      edges: [
        OpEdge(1, gives: -0.577_215_664_901_532_9), OpEdge(.infinity, gives: .infinity),
        OpEdge(0, gives: .nan),
      ], series: .none
    ) { b, v, _ in [b.apply("polygamma", b.one(like: v[0]), v[0])] },
    OpRow(
      "polygamma",
      "The derivative of digamma of order 0 to 20, the first operand: polygamma(1, x) is trigamma. NaN at 0, -1, -2 …",
      .of(PolygammaKernel.self), .binary(.polygamma, .x, .y),
      [.integers(1...3), .on(0.3...20, -1.8 ... -1.2)],
      edges: [
        OpEdge(1, 1, gives: .pi * .pi / 6), OpEdge(2, 1, gives: -2.404_113_806_319_188_6),
        OpEdge(1, .infinity, gives: 0), OpEdge(1, 0, gives: .nan), OpEdge(0.5, 1, gives: .nan),
      ], series: .none
    ) { b, v, _ in [nil, b.apply("polygamma", b.add(v[0], 1), v[1])] },
  ]

  private static let twoOverRootPi = 2 / Double.pi.squareRoot()
}

enum ErrorFunction: UnaryKernel {
  static func value<T: KernelReal>(_ x: T) -> T { T.erf(x) }
}
enum ComplementaryErrorFunction: UnaryKernel {
  static func value<T: KernelReal>(_ x: T) -> T { T.erfc(x) }
}
enum LogGamma: UnaryKernel {
  static func value<T: KernelReal>(_ x: T) -> T { T.lgamma(x) }
}
enum Digamma: UnaryKernel {
  static func value<T: KernelReal>(_ x: T) -> T { T(Polygamma.digamma(Double(x))) }
}
enum PolygammaKernel: BinaryKernel {
  static func value<T: KernelReal>(_ x: T, _ y: T) -> T {
    T(Polygamma.value(order: Double(x), Double(y)))
  }
}
