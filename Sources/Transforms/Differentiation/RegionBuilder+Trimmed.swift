import NodalIR

extension RegionBuilder {
  /// A slice, taken before what made the value where that then has less to do. The value should have no other use.
  mutating func trimmed(_ x: Value, axis: Int, _ range: Range<Int>) -> Value {
    guard let node = definition(of: x), type(x).extents[axis] != .fixed(range.count) else {
      return slice(x, axis: axis, range)
    }
    switch node.form {
    case .layout(.transpose(let order)):
      return transpose(trimmed(node.operands[0], axis: order[axis], range), order)
    case .layout(.window(let over, let size, let stride, let dilation))
    where stride == 1 && axis != over:
      let needed =
        axis == over + 1
        ? range.lowerBound..<(range.upperBound + (size - 1) * dilation) : range
      let inner = trimmed(node.operands[0], axis: axis > over ? axis - 1 : axis, needed)
      return window(inner, axis: over, size: size, dilation: dilation)
    case .layout(.pad(let over, let before, let after, let interior)) where over != axis:
      let inner = trimmed(node.operands[0], axis: axis, range)
      return value(
        .layout(.pad(axis: over, before: before, after: after, interior: interior)), [inner])
    case .layout(.pad(_, let before, _, interior: 0)):
      let n = type(node.operands[0]).extents[axis].fixedLength ?? 0
      let kept =
        Swift.max(
          0, range.lowerBound - before)..<Swift.max(0, Swift.min(n, range.upperBound - before))
      guard !kept.isEmpty else { return slice(x, axis: axis, range) }
      return pad(
        trimmed(node.operands[0], axis: axis, kept), axis: axis,
        before: Swift.max(0, before - range.lowerBound),
        after: Swift.max(0, range.upperBound - before - n))
    case .contract(let contraction):
      let (a, b) = (node.operands[0], node.operands[1])
      let freeA = contraction.freeAxes(ofA: type(a).rank)
      let freeB = contraction.freeAxes(ofB: type(b).rank)
      let firstOfB = contraction.batch.count + freeA.count
      guard axis >= contraction.batch.count else { return slice(x, axis: axis, range) }
      return axis < firstOfB
        ? value(
          node.form, [trimmed(a, axis: freeA[axis - contraction.batch.count], range), b])
        : value(node.form, [a, trimmed(b, axis: freeB[axis - firstOfB], range)])
    case .constant, .elementwise, .select, .convert, .reduce, .layout, .gather, .scatter,
      .factorize, .linearSolve, .random,
      .branch, .scan, .map, .derivative, .solve, .interpolate:
      return slice(x, axis: axis, range)
    }
  }
}
