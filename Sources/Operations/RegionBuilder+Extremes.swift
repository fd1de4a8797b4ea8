package import NodalIR

/// The derivative of reductions to an extreme.
extension RegionBuilder {
  /// A result of a reduction, repeated along the axes that were reduced away.
  package mutating func unreduced(_ y: Value, like x: Value, axes: [Int]) -> Value {
    let extents = type(x).extents
    return broadcast(y, to: extents, axes: extents.indices.filter { !axes.contains($0) })
  }

  /// The derivative of max or min: 1 at the extreme element, shared evenly where several are equal.
  package mutating func extremeShare(_ reduction: Reduction, _ x: Value, _ result: Value) -> Value {
    let extreme = unreduced(result, like: x, axes: reduction.axes)
    let mask = convert(apply("eq", x, extreme), to: type(x).element)
    let count = unreduced(reduce(.sum, mask, axes: reduction.axes), like: x, axes: reduction.axes)
    return div(mask, count)
  }
}
