import NodalIR

/// Products with vectors that are nothing but one 1, or nothing at all: a column, and zeros. The Jacobian of a network asks for
/// W eᵢ, for each i.
extension RegionBuilder {
  /// What a contraction is where one of its operands is such a vector, along the one axis of the sum; nil where none is.
  mutating func unitProduct(
    _ contraction: Contraction, _ operands: [Value], _ result: ValueType
  ) -> Value? {
    guard contraction.batch.isEmpty, contraction.contracted.count == 1 else { return nil }
    let axes = contraction.contracted[0]
    for (vector, other, axis) in [(1, 0, axes.a), (0, 1, axes.b)] {
      guard let constant = constantValue(operands[vector]), constant.type.rank == 1 else {
        continue
      }
      if constant.uniform == 0 { return self.constant(0, result) }
      guard let place = constant.onlyOne else { continue }
      let column = slice(operands[other], axis: axis, place..<(place + 1))
      return reshape(column, to: result.extents)
    }
    return nil
  }
}

extension Constant {
  /// The place of the 1, where all else is 0.
  fileprivate var onlyOne: Int? {
    guard case .array(let numbers) = values else { return nil }
    guard let place = numbers.firstIndex(where: { $0 != 0 }), numbers[place] == 1 else {
      return nil
    }
    return numbers[(place + 1)...].allSatisfy { $0 == 0 } ? place : nil
  }
}
