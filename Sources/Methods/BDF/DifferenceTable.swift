import NodalIR
import NodalOperations

/// What the backward differentiation formulas do with their table of differences, whose rows stand before the axis of components. The order
/// is a number of each lane, so that rows are chosen by factors of 0 and 1.
extension StepArithmetic {
  /// A step's length, for each lane.
  mutating func ownScalar(_ clock: Value) -> Value {
    builder.broadcast(clock, to: types.scalar.extents, axes: Array(0..<types.clock.rank))
  }

  /// Numbers first, first + 1, … beside a scalar of each lane: [lanes, count] of both.
  private mutating func beside(
    _ scalar: Value, from first: Int, count: Int
  ) -> (scalar: Value, numbers: Value) {
    let extents = types.scalar.extents + [.fixed(count)]
    let rank = types.scalar.rank
    let row = builder.constant(
      (first..<(first + count)).map(Double.init), ValueType(.f64, shape: [count]))
    return (
      builder.broadcast(scalar, to: extents, axes: Array(0..<rank)),
      builder.broadcast(row, to: extents, axes: [rank])
    )
  }

  /// 1 for the number that a scalar is, 0 for the others.
  mutating func chosen(_ scalar: Value, from first: Int, count: Int) -> Value {
    let (x, numbers) = beside(scalar, from: first, count: count)
    return builder.convert(builder.equal(x, numbers), to: .f64)
  }

  /// 1 for the numbers up to a scalar, 0 for the others.
  mutating func upTo(_ scalar: Value, from first: Int = 0, count: Int) -> Value {
    let (x, numbers) = beside(scalar, from: first, count: count)
    return builder.convert(builder.lessOrEqual(numbers, x), to: .f64)
  }

  /// The entry of a table that was chosen.
  mutating func picked(_ chosen: Value, _ table: [Double]) -> Value {
    let row = builder.constant(table, ValueType(.f64, shape: [table.count]))
    return builder.value(
      .contract(Contraction(contracted: [.init(types.scalar.rank, 0)])), [chosen, row])
  }

  /// Factors of rows, times constants.
  mutating func weighted(_ factors: Value, _ constants: [Double]) -> Value {
    let type = builder.type(factors)
    let row = builder.constant(constants, ValueType(.f64, shape: [constants.count]))
    return builder.mul(factors, builder.broadcast(row, to: type.extents, axes: [type.rank - 1]))
  }

  /// Σ wᵢ ∇ⁱ of all rows.
  mutating func combined(_ weights: Value, _ table: Value) -> Value {
    let lanes: [Contraction.Pair] = types.isBatched ? [.init(0, 0)] : []
    return builder.value(
      .contract(Contraction(batch: lanes, contracted: [.init(types.axis, types.axis)])),
      [builder.convert(weights, to: types.state.element), table])
  }

  /// The row of that number.
  mutating func picked(_ table: Value, row: Value) -> Value {
    combined(chosen(row, from: 0, count: BDFCoefficients.rows), table)
  }

  /// Factors of rows, in each component.
  mutating func spreadRows(_ factors: Value) -> Value {
    let type = builder.type(factors)
    return builder.broadcast(
      builder.convert(factors, to: types.state.element),
      to: type.extents + [.fixed(types.size)], axes: Array(0..<type.rank))
  }

  /// The differences for steps `ratio` times as long, up to the order; those above are left as they are.
  mutating func resized(_ table: Value, ratio: Value, order: Value) -> Value {
    let n = BDFCoefficients.highest + 1
    let (r, columns) = beside(ratio, from: 0, count: n)
    let steps = builder.mul(r, columns)
    let extents = builder.type(steps).extents
    let unit = builder.constant(BDFCoefficients.unit, ValueType(.f64, shape: [n, n]))
    let used = upTo(order, count: n)
    var row = builder.constant(1, builder.type(steps))
    var rows: [Value] = []
    for i in 0..<n {
      if i > 0 {
        let (constant, slope) = BDFCoefficients.factor(row: i)
        let factor = builder.add(
          builder.mul(steps, slope), builder.constant(constant, builder.type(steps)))
        row = builder.mul(row, factor)
      }
      let turned = builder.value(
        .contract(Contraction(contracted: [.init(extents.count - 1, 0)])), [row, unit])
      let isUsed = builder.slice(used, axis: extents.count - 1, i..<(i + 1))
      let factor = builder.broadcast(
        builder.reshape(isUsed, to: types.scalar.extents), to: extents,
        axes: Array(0..<types.scalar.rank))
      // A row above the order is itself, and goes into no other.
      let own = builder.constant(
        (0..<n).map { $0 == i ? 1 : 0 }, ValueType(.f64, shape: [n]))
      let kept = builder.mul(
        builder.broadcast(own, to: extents, axes: [extents.count - 1]),
        builder.sub(builder.constant(1, builder.type(steps)), used))
      let within = builder.mul(builder.mul(turned, factor), used)
      rows.append(builder.reshape(builder.add(within, kept), to: types.perLane([1, n])))
    }
    let matrix = builder.convert(
      builder.concatenate(rows, axis: types.axis), to: types.state.element)
    let lanes: [Contraction.Pair] = types.isBatched ? [.init(0, 0)] : []
    let low = builder.slice(table, axis: types.axis, 0..<n)
    let made = builder.value(
      .contract(Contraction(batch: lanes, contracted: [.init(types.axis, types.axis)])),
      [matrix, low])
    let high = builder.slice(table, axis: types.axis, n..<BDFCoefficients.rows)
    return builder.concatenate([made, high], axis: types.axis)
  }

  /// The differences at the end of a step of order k, whose end is `difference` away from what was predicted: that is its
  /// difference k + 1, and each below is the sum of itself and those above.
  mutating func advanced(
    _ table: Value, _ difference: Value, order: Value, upTo: Value
  ) -> Value {
    let n = BDFCoefficients.rows
    let used = builder.mul(table, spreadRows(upTo))
    let sums = builder.constant(
      (0..<(n * n)).map { $0 % n >= $0 / n ? 1 : 0 },
      ValueType(types.state.element, shape: [n, n]))
    let axis = types.axis
    // [rows, …] · [lanes, rows, components]: lanes come first again.
    let summed = builder.value(
      .contract(Contraction(contracted: [.init(axis, 1)])), [used, sums])
    let turned = builder.transpose(
      summed, Array(0..<axis) + [axis + 1, axis])
    let next = builder.add(order, 1)
    let after = builder.add(order, 2)
    let (first, second) = (chosen(next, from: 0, count: n), chosen(after, from: 0, count: n))
    let last = picked(table, row: next)
    func spread(_ x: Value) -> Value {
      builder.broadcast(
        x, to: types.perLane([n, types.size]), axes: Array(0..<axis) + [axis + 1])
    }
    let (added, low) = (spread(difference), spreadRows(upTo))
    let lower = builder.mul(builder.add(turned, added), low)
    let middle = builder.mul(added, spreadRows(first))
    let upper = builder.mul(
      spread(builder.sub(difference, last)), spreadRows(second))
    return builder.add(lower, builder.add(middle, upper))
  }

  /// (error²)^(-1/(2 k)): how much longer a step might be whose error grows as its k-th power.
  mutating func growth(_ squaredError: Value, power: Value) -> Value {
    let floor = builder.constant(StepController.smallestSquaredError, types.scalar)
    let logarithm = builder.log(builder.max(squaredError, floor))
    return builder.exp(builder.div(builder.mul(logarithm, -0.5), power))
  }
}
