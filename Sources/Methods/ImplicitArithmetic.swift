import NodalIR
import NodalOperations

/// The pieces that steps of implicit methods are made of.
extension StepArithmetic {
  /// M/(hγ) - J, with M = I where none is given.
  mutating func iterationMatrix(
    _ jacobian: Value, pattern: MatrixPattern?, mass: Value?, h: Value, diagonal: Double
  ) -> Value {
    iterationMatrix(
      jacobian, pattern: pattern, mass: mass, factor: builder.reciprocal(builder.mul(h, diagonal)))
  }

  /// M c - J.
  mutating func iterationMatrix(
    _ jacobian: Value, pattern: MatrixPattern?, mass: Value?, factor: Value
  ) -> Value {
    let type = builder.type(jacobian)
    let unit = mass ?? self.unit(type, pattern)
    let spread = builder.broadcast(
      builder.convert(factor, to: type.element), to: type.extents,
      axes: Array(0..<builder.type(factor).rank))
    return builder.sub(builder.mul(unit, spread), jacobian)
  }

  /// The unit matrix as a value of a type.
  mutating func unit(_ type: ValueType, _ pattern: MatrixPattern?) -> Value {
    let one: Value
    let axes: [Int]
    switch pattern {
    case nil:
      one = builder.identity(types.size, type.element)
      axes = [type.rank - 2, type.rank - 1]
    case .band(let band):
      one = builder.constant(
        (0..<band.width).map { $0 == band.below ? 1 : 0 },
        ValueType(type.element, shape: [band.width]))
      axes = [type.rank - 1]
    case .sparse(let sparse):
      one = builder.constant(
        zip(sparse.rows, sparse.columns).map { $0 == $1 ? 1 : 0 },
        ValueType(type.element, shape: [sparse.columns.count]))
      axes = [type.rank - 1]
    }
    return builder.broadcast(one, to: type.extents, axes: axes)
  }

  /// A matrix times a state.
  mutating func product(_ matrix: Value, _ x: Value) -> Value {
    let lanes: [Contraction.Pair] = types.isBatched ? [.init(0, 0)] : []
    return builder.value(
      .contract(
        Contraction(batch: lanes, contracted: [.init(types.axis + 1, types.axis)])), [matrix, x])
  }

  /// Whether a sequence of corrections has come to its end, by the last two: what is left is about the last times their ratio. Where
  /// corrections are only rounding that doesn't fall, and the last must do.
  mutating func converged(_ squares: [Value], tolerance: Double) -> Value {
    let (before, last) = (squares[squares.count - 2], squares[squares.count - 1])
    let floor = builder.constant(Double.leastNormalMagnitude, types.scalar)
    let ratio = builder.div(last, builder.max(before, floor))
    let one = builder.constant(1, types.scalar)
    let rest = builder.mul(last, builder.min(ratio, one))
    let isSmall = builder.lessOrEqual(
      rest, builder.constant(tolerance * tolerance, types.scalar))
    let falls = builder.lessOrEqual(ratio, builder.constant(4, types.scalar))
    let isNoise = builder.lessOrEqual(
      last, builder.constant(1e-2 * tolerance * tolerance, types.scalar))
    return builder.and(isSmall, builder.or(falls, isNoise))
  }
}
