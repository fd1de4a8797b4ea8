import NodalIR

extension Operations {
  static let trigonometricRows: [OpRow] = [
    OpRow(
      "sin", "Sine", .of(Sine.self), .unary(.sin, .x), [.on(-6...6)],
      edges: [OpEdge(0, gives: 0), OpEdge(.infinity, gives: .nan)]
    ) { b, v, _ in [b.cos(v[0])] },
    OpRow(
      "cos", "Cosine", .of(Cosine.self), .unary(.cos, .x), [.on(-6...6)],
      edges: [OpEdge(0, gives: 1), OpEdge(.infinity, gives: .nan)]
    ) { b, v, _ in [b.neg(b.sin(v[0]))] },
    OpRow("tan", "Tangent", .of(Tangent.self), .unary(.tan, .x), [.on(-1.2...1.2)]) { b, _, r in
      [b.add(b.square(r), 1)]
    },
    OpRow(
      "asin", "Inverse sine; NaN outside -1 to 1.", .of(Arcsine.self), .unary(.asin, .x),
      [.on(-0.9...0.9)], edges: [OpEdge(1, gives: .pi / 2), OpEdge(2, gives: .nan)]
    ) { b, v, _ in
      [b.reciprocal(b.sqrt(b.sub(b.one(like: v[0]), b.square(v[0]))))]
    },
    OpRow(
      "acos", "Inverse cosine; NaN outside -1 to 1.", .of(Arccosine.self), .unary(.acos, .x),
      [.on(-0.9...0.9)], edges: [OpEdge(1, gives: 0), OpEdge(2, gives: .nan)]
    ) { b, v, _ in
      [b.neg(b.reciprocal(b.sqrt(b.sub(b.one(like: v[0]), b.square(v[0])))))]
    },
    OpRow(
      "atan", "Inverse tangent", .of(Arctangent.self), .unary(.atan, .x), [.on(-4...4)],
      edges: [OpEdge(.infinity, gives: .pi / 2)]
    ) { b, v, _ in [b.reciprocal(b.add(b.square(v[0]), 1))] },
    OpRow(
      "atan2", "The angle of the point (second, first) from the first axis, -π to π.",
      .of(Arctangent2.self), .binary(.atan2, .x, .y), [.on(-3 ... -0.2, 0.2...3), .on(-3...3)],
      edges: [OpEdge(0, 1, gives: 0), OpEdge(0, -1, gives: .pi), OpEdge(1, 0, gives: .pi / 2)]
    ) { b, v, _ in
      let size = b.add(b.square(v[0]), b.square(v[1]))
      return [b.div(v[1], size), b.neg(b.div(v[0], size))]
    },
    OpRow("sinh", "Hyperbolic sine", .of(HyperbolicSine.self), .unary(.sinh, .x), [.on(-3...3)]) {
      b, v, _ in [b.apply("cosh", v[0])]
    },
    OpRow(
      "cosh", "Hyperbolic cosine", .of(HyperbolicCosine.self), .unary(.cosh, .x), [.on(-3...3)]
    ) { b, v, _ in [b.apply("sinh", v[0])] },
    OpRow(
      "tanh", "Hyperbolic tangent", .of(HyperbolicTangent.self), .unary(.tanh, .x), [.on(-3...3)],
      edges: [
        OpEdge(0, gives: 0), OpEdge(.infinity, gives: 1), OpEdge(-.infinity, gives: -1),
      ]
    ) { b, _, r in [b.sub(b.one(like: r), b.square(r))] },
  ]
}

enum Sine: UnaryKernel {
  static func value<T: KernelReal>(_ x: T) -> T { T.sin(x) }
}
enum Cosine: UnaryKernel {
  static func value<T: KernelReal>(_ x: T) -> T { T.cos(x) }
}
enum Tangent: UnaryKernel {
  static func value<T: KernelReal>(_ x: T) -> T { T.tan(x) }
}
enum Arcsine: UnaryKernel {
  static func value<T: KernelReal>(_ x: T) -> T { T.asin(x) }
}
enum Arccosine: UnaryKernel {
  static func value<T: KernelReal>(_ x: T) -> T { T.acos(x) }
}
enum Arctangent: UnaryKernel {
  static func value<T: KernelReal>(_ x: T) -> T { T.atan(x) }
}
enum Arctangent2: BinaryKernel {
  static func value<T: KernelReal>(_ x: T, _ y: T) -> T { T.atan2(x, y) }
}
enum HyperbolicSine: UnaryKernel {
  static func value<T: KernelReal>(_ x: T) -> T { T.sinh(x) }
}
enum HyperbolicCosine: UnaryKernel {
  static func value<T: KernelReal>(_ x: T) -> T { T.cosh(x) }
}
enum HyperbolicTangent: UnaryKernel {
  static func value<T: KernelReal>(_ x: T) -> T { T.tanh(x) }
}
