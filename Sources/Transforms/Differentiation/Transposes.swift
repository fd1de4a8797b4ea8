import NodalIR
import NodalOperations

/// Transposes of the linear forms.
extension Contraction {
  /// Cotangent of a, from that of the product: contract it with b over b's free axes.
  func cotangentOfA(_ cot: Value, _ operands: [Value], _ builder: inout RegionBuilder) -> Value {
    let rankA = builder.type(operands[0]).rank
    let rankB = builder.type(operands[1]).rank
    let (freeA, freeB) = (freeAxes(ofA: rankA), freeAxes(ofB: rankB))
    // What remains of b is its contracted axes, in b's order.
    let rest = contracted.sorted { $0.b < $1.b }.map(\.a)
    // The product's axes: batch…, free of a…, free of b…
    if builder.type(operands[1]).isBatched, !builder.type(cot).isBatched {
      // A sum over lanes: what has them goes first, so that they lead.
      let swapped = Contraction(
        batch: batch.enumerated().map { Pair($1.b, $0) },
        contracted: freeB.enumerated().map { Pair($1, batch.count + freeA.count + $0) })
      let raw = builder.value(.contract(swapped), [operands[1], cot])
      return builder.transpose(raw, Contraction.inverse(batch.map(\.a) + rest + freeA))
    }
    let product = Contraction(
      batch: batch.enumerated().map { Pair($0, $1.b) },
      contracted: freeB.enumerated().map { Pair(batch.count + freeA.count + $0, $1) })
    let raw = builder.value(.contract(product), [cot, operands[1]])
    return builder.transpose(raw, Contraction.inverse(batch.map(\.a) + freeA + rest))
  }

  func cotangentOfB(_ cot: Value, _ operands: [Value], _ builder: inout RegionBuilder) -> Value {
    let rankA = builder.type(operands[0]).rank
    let rankB = builder.type(operands[1]).rank
    let (freeA, freeB) = (freeAxes(ofA: rankA), freeAxes(ofB: rankB))
    let product = Contraction(
      batch: batch.enumerated().map { Pair($1.a, $0) },
      contracted: freeA.enumerated().map { Pair($1, batch.count + $0) })
    let raw = builder.value(.contract(product), [operands[0], cot])
    // batch…, contracted axes in a's order…, free of b…
    let rest = contracted.sorted { $0.a < $1.a }.map(\.b)
    return builder.transpose(raw, Contraction.inverse(batch.map(\.b) + rest + freeB))
  }

  /// `order[i]` is where axis i of a value came from; the permutation that puts them back.
  private static func inverse(_ order: [Int]) -> [Int] {
    order.indices.map { order.firstIndex(of: $0) ?? $0 }
  }
}

extension Layout {
  /// Cotangents of the operands.
  func transposed(_ cot: Value, _ operands: [Value], _ builder: inout RegionBuilder) -> [Value] {
    let x = builder.type(operands[0])
    switch self {
    case .broadcast(let extents, let axes):
      return [
        builder.reduce(.sum, cot, axes: extents.indices.filter { !axes.contains($0) })
      ]
    case .transpose(let permutation):
      return [
        builder.transpose(
          cot, permutation.indices.map { permutation.firstIndex(of: $0) ?? $0 })
      ]
    case .reshape:
      return [builder.reshape(cot, to: x.extents)]
    case .slice(let axis, let start, let limit, let stride):
      let n = x.extents[axis].fixedLength ?? 0
      let count = (limit - start + stride - 1) / stride
      if count == 0 { return [builder.zeros(like: operands[0])] }
      let used = (count - 1) * stride + 1
      return [
        builder.value(
          .layout(
            .pad(
              axis: axis, before: start, after: n - start - used, interior: stride - 1)), [cot])
      ]
    case .pad(let axis, let before, _, let interior):
      let n = x.extents[axis].fixedLength ?? 0
      if n == 0 { return [builder.zeros(like: operands[0])] }
      if interior == 0 { return [builder.trimmed(cot, axis: axis, before..<(before + n))] }
      let limit = before + (n - 1) * (interior + 1) + 1
      return [builder.slice(cot, axis: axis, before..<limit, stride: interior + 1)]
    case .concatenate(let axis):
      var start = 0
      return operands.map { operand in
        let n = builder.type(operand).extents[axis].fixedLength ?? 0
        defer { start += n }
        return builder.slice(cot, axis: axis, start..<(start + n))
      }
    case .reverse:
      return [builder.value(.layout(self), [cot])]
    case .window(let axis, let size, let stride, let dilation):
      // Windows overlap: an element's cotangent is the sum of those of its copies. All first elements of windows lie apart,
      // and so do all second ones.
      let n = x.extents[axis].fixedLength ?? 0
      let product = WindowTranspose(size: size, stride: stride, dilation: dilation, length: n)
      if let elements = product.elements(cot, place: axis, window: axis + 1, &builder) {
        return [elements]
      }
      let places = builder.type(cot).extents[axis + 1].fixedLength ?? 0
      let used = (places - 1) * stride + 1
      let terms = (0..<size).map { k in
        let part = builder.slice(cot, axis: axis, k..<(k + 1))
        var extents = builder.type(cot).extents
        extents.remove(at: axis)
        let before = k * dilation
        return builder.value(
          .layout(
            .pad(
              axis: axis, before: before, after: n - before - used, interior: stride - 1)),
          [builder.reshape(part, to: extents)])
      }
      return [builder.sum(terms)]
    }
  }
}
