/// What layouts do to types.
extension Layout {
  var name: String {
    switch self {
    case .broadcast: "broadcast"
    case .transpose: "transpose"
    case .reshape: "reshape"
    case .slice: "slice"
    case .pad: "pad"
    case .concatenate: "concatenate"
    case .reverse: "reverse"
    case .window: "window"
    }
  }

  func resultType(_ operands: [ValueType]) throws(IRError) -> ValueType {
    guard let x = operands.first else { throw IRError("\(name) without operand") }
    if case .concatenate = self {
    } else {
      try expect(operands.count == 1, "\(name) takes 1 operand")
    }
    switch self {
    case .broadcast(let extents, let axes):
      try expect(
        axes.count == x.rank && zip(axes, axes.dropFirst()).allSatisfy(<)
          && axes.allSatisfy(extents.indices.contains)
          && zip(axes, x.extents).allSatisfy { extents[$0] == $1 },
        "broadcast \(x) to \(extents) along \(axes)")
      return ValueType(x.element, extents)
    case .transpose(let permutation):
      try expect(
        permutation.sorted() == Array(x.extents.indices), "transpose \(x) by \(permutation)")
      return ValueType(x.element, permutation.map { x.extents[$0] })
    case .reshape(let extents):
      try expect(
        ValueSize(x.extents) == ValueSize(extents), "reshape \(x) to \(extents)")
      return ValueType(x.element, extents)
    case .slice(let axis, let start, let limit, let stride):
      let n = try length(of: axis, x)
      try expect(
        0 <= start && start <= limit && limit <= n && stride > 0,
        "slice \(start)..<\(limit) by \(stride) of axis \(axis) of \(x)")
      return replacing(axis, of: x, by: (limit - start + stride - 1) / stride)
    case .pad(let axis, let before, let after, let interior):
      let n = try length(of: axis, x)
      try expect(before >= 0 && after >= 0 && interior >= 0, "negative padding")
      return replacing(axis, of: x, by: before + n + max(0, n - 1) * interior + after)
    case .concatenate(let axis):
      var total = 0
      for operand in operands {
        total += try length(of: axis, operand)
        try expect(
          operand.element == x.element
            && replacing(axis, of: operand, by: 0) == replacing(axis, of: x, by: 0),
          "concatenate \(operands) along \(axis)")
      }
      return replacing(axis, of: x, by: total)
    case .reverse(let axis):
      _ = try length(of: axis, x)
      return x
    case .window(let axis, let size, let stride, let dilation):
      let n = try length(of: axis, x)
      try expect(
        size > 0 && stride > 0 && dilation > 0 && Layout.reach(of: size, dilation) <= n,
        "windows of \(size) by \(stride), \(dilation) apart, along axis \(axis) of \(x)")
      var extents = x.extents
      extents[axis] = .fixed((n - Layout.reach(of: size, dilation)) / stride + 1)
      extents.insert(.fixed(size), at: axis)
      return ValueType(x.element, extents)
    }
  }

  /// How many elements a window stretches over, from its first to its last. Saturates.
  package static func reach(of size: Int, _ dilation: Int) -> Int {
    let (gaps, overflows) = (size - 1).multipliedReportingOverflow(by: dilation)
    return overflows || gaps == .max ? .max : gaps + 1
  }

  private func length(of axis: Int, _ x: ValueType) throws(IRError) -> Int {
    guard x.extents.indices.contains(axis), let n = x.extents[axis].fixedLength else {
      throw IRError("\(name) along axis \(axis) of \(x)")
    }
    return n
  }

  private func replacing(_ axis: Int, of x: ValueType, by n: Int) -> ValueType {
    var type = x
    type.extents[axis] = .fixed(n)
    return type
  }
}
