package import NodalIR

/// Ops written as calls. Operands of one call have one type: scalars are spread with `splat` first.
/// A number is spread by itself.
extension RegionBuilder {
  /// An op of the table by name, simplified where that changes nothing (see `Peephole`).
  package mutating func apply(_ name: String, _ operands: Value...) -> Value {
    apply(name, operands)
  }

  package mutating func apply(_ name: String, _ operands: [Value]) -> Value {
    guard let row = Operations.row(named: name) else {
      fail("no op is named \(name)")
      return operands.first ?? constant(0, ValueType(.f64))
    }
    return apply(row, operands)
  }

  package mutating func apply(_ row: OpRow, _ operands: [Value]) -> Value {
    if let simpler = Peephole.simplify(row, operands, &self) { return simpler }
    return value(.elementwise(row.schema), operands)
  }

  package mutating func zero(like x: Value) -> Value { constant(0, type(x)) }
  package mutating func one(like x: Value) -> Value { constant(1, type(x)) }

  package mutating func add(_ a: Value, _ b: Value) -> Value { apply("add", a, b) }
  package mutating func sub(_ a: Value, _ b: Value) -> Value { apply("sub", a, b) }
  package mutating func mul(_ a: Value, _ b: Value) -> Value { apply("mul", a, b) }
  package mutating func div(_ a: Value, _ b: Value) -> Value { apply("div", a, b) }
  package mutating func pow(_ a: Value, _ b: Value) -> Value { apply("pow", a, b) }
  package mutating func min(_ a: Value, _ b: Value) -> Value { apply("min", a, b) }
  package mutating func max(_ a: Value, _ b: Value) -> Value { apply("max", a, b) }

  package mutating func add(_ a: Value, _ b: Double) -> Value { add(a, constant(b, type(a))) }
  package mutating func sub(_ a: Value, _ b: Double) -> Value { sub(a, constant(b, type(a))) }
  package mutating func mul(_ a: Value, _ b: Double) -> Value { mul(a, constant(b, type(a))) }
  package mutating func div(_ a: Value, _ b: Double) -> Value { div(a, constant(b, type(a))) }
  package mutating func pow(_ a: Value, _ b: Double) -> Value { pow(a, constant(b, type(a))) }

  package mutating func neg(_ x: Value) -> Value { apply("neg", x) }
  package mutating func exp(_ x: Value) -> Value { apply("exp", x) }
  package mutating func log(_ x: Value) -> Value { apply("log", x) }
  package mutating func sqrt(_ x: Value) -> Value { apply("sqrt", x) }
  package mutating func sin(_ x: Value) -> Value { apply("sin", x) }
  package mutating func cos(_ x: Value) -> Value { apply("cos", x) }
  package mutating func tanh(_ x: Value) -> Value { apply("tanh", x) }
  package mutating func abs(_ x: Value) -> Value { apply("abs", x) }
  package mutating func square(_ x: Value) -> Value { apply("square", x) }
  package mutating func reciprocal(_ x: Value) -> Value { apply("reciprocal", x) }

  /// An array times a number for each place of its leading axes, given as f64.
  package mutating func scaled(_ x: Value, by rate: Value) -> Value {
    let type = type(x)
    let axes = Array(0..<self.type(rate).rank)
    return mul(x, broadcast(convert(rate, to: type.element), to: type.extents, axes: axes))
  }

  package mutating func less(_ a: Value, _ b: Value) -> Value { apply("lt", a, b) }
  package mutating func lessOrEqual(_ a: Value, _ b: Value) -> Value { apply("le", a, b) }
  package mutating func greater(_ a: Value, _ b: Value) -> Value { apply("gt", a, b) }
  package mutating func equal(_ a: Value, _ b: Value) -> Value { apply("eq", a, b) }
  package mutating func and(_ a: Value, _ b: Value) -> Value { apply("and", a, b) }
  package mutating func or(_ a: Value, _ b: Value) -> Value { apply("or", a, b) }
  package mutating func not(_ a: Value) -> Value { apply("not", a) }

  /// Partial derivatives of `min` and `max`: 1 for the operand that wins (by `wins`), 0 for the
  /// other, ½ at a tie.
  mutating func extremeShares(_ x: Value, _ y: Value, _ wins: String) -> [Value?] {
    let half = constant(0.5, type(x))
    let tie = select(apply("eq", x, y), half, zero(like: x))
    let first = select(apply(wins, x, y), one(like: x), tie)
    return [first, sub(one(like: x), first)]
  }
}
