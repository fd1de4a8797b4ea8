import NodalIR

extension Operations {
  static let roundingRows: [OpRow] = [
    .flat(
      "floor", "The greatest whole number that is not above x.", .of(Floor.self),
      .unary(.floor, .x), [.on(-1.9 ... -1.1, 0.1...0.9)],
      edges: [OpEdge(-0.5, gives: -1), OpEdge(.infinity, gives: .infinity)]),
    .flat(
      "ceil", "The least whole number that is not below x.", .of(Ceiling.self), .unary(.ceil, .x),
      [.on(-1.9 ... -1.1, 0.1...0.9)], edges: [OpEdge(0.5, gives: 1)]),
    .flat(
      "round", "The nearest whole number, away from zero at a tie.", .of(Round.self),
      .unary(.round, .x), [.on(-0.4...0.4, 0.6...1.4)],
      edges: [OpEdge(0.5, gives: 1), OpEdge(-2.5, gives: -3)]),
    OpRow(
      "fixed", "x, which differentiation takes for a constant.", .of(Fixed.self), .x, [.on(-3...3)],
      series: .none, isConstant: true
    ) { _, _, _ in [nil] },
  ]
}

enum Floor: UnaryKernel {
  static func value<T: KernelReal>(_ x: T) -> T { x.rounded(.down) }
}
enum Fixed: UnaryKernel {
  static func value<T: KernelReal>(_ x: T) -> T { x }
}
enum Ceiling: UnaryKernel {
  static func value<T: KernelReal>(_ x: T) -> T { x.rounded(.up) }
}
enum Round: UnaryKernel {
  static func value<T: KernelReal>(_ x: T) -> T { x.rounded(.toNearestOrAwayFromZero) }
}
