import NodalIR
import NodalOperations

/// The pieces that steps of implicit methods are made of.
extension StepArithmetic {
  /// M/(hγ) - J, with M = I where none is given.
  mutating func iterationMatrix(
    _ jacobian: Value, mass: Value?, h: Value, diagonal: Double
  ) -> Value {
    iterationMatrix(
      jacobian, mass: mass, factor: builder.reciprocal(builder.mul(h, diagonal)))
  }

  /// M c - J.
  mutating func iterationMatrix(_ jacobian: Value, mass: Value?, factor: Value) -> Value {
    let type = builder.type(jacobian)
    let identity = builder.identity(types.size, type.element)
    let axes = [type.rank - 2, type.rank - 1]
    let unit = mass ?? builder.broadcast(identity, to: type.extents, axes: axes)
    let spread = builder.broadcast(
      builder.convert(factor, to: type.element), to: type.extents,
      axes: Array(0..<builder.type(factor).rank))
    return builder.sub(builder.mul(unit, spread), jacobian)
  }

  /// A matrix times a state.
  mutating func product(_ matrix: Value, _ x: Value) -> Value {
    let lanes: [Contraction.Pair] = types.isBatched ? [.init(0, 0)] : []
    return builder.value(
      .contract(
        Contraction(batch: lanes, contracted: [.init(types.axis + 1, types.axis)])), [matrix, x])
  }
}
