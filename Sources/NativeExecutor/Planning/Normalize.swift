import NodalIR
import NodalOperations

/// Rewrites a region into one that loops are easily made of. The values stay the same, but for rounding.
///
/// - A contraction of values laid side by side with a few constants (the weighted sums of a method's stages) becomes a chain
///   of products and sums, which fuses with what is around it.
/// - The operand of a contraction that vectors run along is turned so that they do, where enough rows use it; its last axes
///   are made one where the last alone is too short for a vector.
enum Normalize {
  /// Longest sums that are written out.
  private static let longestChain = 16

  static func run(_ region: Region) throws(IRError) -> Region {
    var builder = RegionBuilder(parameters: region.parameterTypes)
    var values = builder.parameters
    for node in region.nodes {
      builder.origin = node.origin
      let operands = node.operands.map { values[$0.index] }
      if case .contract(let contraction) = node.form {
        values.append(
          chain(contraction, operands, &builder) ?? merged(contraction, operands, &builder)
            ?? turned(contraction, operands, &builder))
      } else if case .interpolate(var interpolate) = node.form {
        interpolate.dense = try run(interpolate.dense)
        values.append(builder.value(.interpolate(interpolate), operands))
      } else if node.results.count == 1 {
        values.append(builder.value(node.form, operands))
      } else {
        values += builder.emit(node.form, operands)
      }
    }
    return try builder.finish(region.results.map { values[$0.index] })
  }

  /// Σ wᵢ xᵢ for a table of rows that were laid side by side, and constant weights.
  private static func chain(
    _ contraction: Contraction, _ operands: [Value], _ b: inout RegionBuilder
  ) -> Value? {
    guard contraction.batch.isEmpty, contraction.contracted.count == 1,
      let weights = b.constantValue(operands[1]), weights.type.rank == 1,
      case .fixed(let count) = weights.type.extents[0], count <= longestChain,
      let numbers = weights.numbers(count),
      let reshape = b.definition(of: operands[0]), case .layout(.reshape) = reshape.form,
      let joined = b.definition(of: reshape.operands[0]),
      case .layout(.concatenate(let axis)) = joined.form, joined.operands.count == count
    else { return nil }
    let table = b.type(operands[0])
    let parts = joined.operands
    let part = b.type(parts[0])
    // The rows are the parts: [.., count, n] of parts [.., n].
    guard contraction.contracted[0].a == axis, axis == part.rank - 1, table.rank == part.rank + 1,
      parts.allSatisfy({ b.type($0) == part }),
      table.extents == part.extents.dropLast() + [.fixed(count)] + part.extents.suffix(1)
    else { return nil }
    var total: Value?
    for (x, weight) in zip(parts, numbers) where weight != 0 {
      let product = b.mul(x, weight)
      total = total.map { b.add(product, $0) } ?? product
    }
    return total ?? b.constant(0, part)
  }

  /// The last columns, side by side in memory, as one loop.
  private static func merged(
    _ contraction: Contraction, _ operands: [Value], _ b: inout RegionBuilder
  ) -> Value? {
    let (typeA, typeB) = (b.type(operands[0]), b.type(operands[1]))
    let plan = ContractionPlan(contraction, typeA, typeB)
    guard case .columns = plan.vectorLoop, plan.rowCount >= 16,
      let last = plan.columns.last?.extent.fixedLength, last < shortLoop
    else { return nil }
    var first = typeB.rank
    var length = 1
    for column in plan.columns.reversed() {
      guard column.axisOfB == first - 1, let n = column.extent.fixedLength else { break }
      first -= 1
      length *= n
    }
    guard first < typeB.rank - 1 else { return nil }
    let joined = b.reshape(
      operands[1], to: Array(typeB.extents[..<first]) + [.fixed(length)])
    let product = b.value(.contract(contraction), [operands[0], joined])
    let extents = b.type(product).extents.dropLast() + typeB.extents[first...]
    return b.reshape(product, to: Array(extents))
  }

  /// Loops shorter than this don't fill the widest vectors.
  private static let shortLoop = 16

  private static func turned(
    _ contraction: Contraction, _ operands: [Value], _ b: inout RegionBuilder
  ) -> Value {
    let (typeA, typeB) = (b.type(operands[0]), b.type(operands[1]))
    let plan = ContractionPlan(contraction, typeA, typeB)
    // Which operand is turned, and by which of its axes.
    var turn: (isA: Bool, axis: Int)?
    switch plan.vectorLoop {
    case .columns where plan.rowCount >= ContractionPlan.few:
      turn = plan.columns.last?.axisOfB.map { (false, $0) }
    case .rows where plan.columnCount >= 2:
      turn = plan.rows.last?.axisOfA.map { (true, $0) }
    case .contracted where plan.rowCount >= ContractionPlan.few:
      turn = plan.contracted.last?.axisOfB.map { (false, $0) }
    case .columns, .rows, .contracted, .none: break
    }
    guard let turn, let order = moving(turn.axis, toEndOf: turn.isA ? typeA : typeB) else {
      return b.value(.contract(contraction), operands)
    }
    func moved(_ axis: Int) -> Int { order.firstIndex(of: axis) ?? axis }
    let turned = b.transpose(operands[turn.isA ? 0 : 1], order)
    return turn.isA
      ? b.value(.contract(contraction.mapAxes(moved, b: { $0 })), [turned, operands[1]])
      : b.value(.contract(contraction.mapAxes({ $0 }, b: moved)), [operands[0], turned])
  }

  /// The permutation that brings an axis to the end; nil where it is there, or where lanes, which lead, would move.
  private static func moving(_ axis: Int, toEndOf type: ValueType) -> [Int]? {
    guard axis != type.rank - 1 else { return nil }
    if case .lanes = type.extents[axis] { return nil }
    return type.extents.indices.filter { $0 != axis } + [axis]
  }
}

extension Contraction {
  /// The same contraction of operands whose axes lie elsewhere.
  fileprivate func mapAxes(_ a: (Int) -> Int, b: (Int) -> Int) -> Contraction {
    Contraction(
      batch: batch.map { Pair(a($0.a), b($0.b)) },
      contracted: contracted.map { Pair(a($0.a), b($0.b)) })
  }
}

extension Constant {
  /// Its numbers, `count` of them; nil where it has others.
  func numbers(_ count: Int) -> [Double]? {
    switch values {
    case .splat(let x): Array(repeating: x, count: count)
    case .array(let numbers): numbers.count == count ? numbers : nil
    }
  }
}
