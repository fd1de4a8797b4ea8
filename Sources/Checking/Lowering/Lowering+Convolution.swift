import NodalIR
import NodalOperations

/// Windows over arrays, and what is made of them.
extension Lowering {
  /// [c, elements of a window…, windows…]
  mutating func windows(_ x: Value, _ axes: [WindowAxis]) -> Value {
    let places = axes.indices
    return scope.builder.transpose(
      interleaved(x, axes), [0] + places.map { 1 + 2 * $0 } + places.map { 2 + 2 * $0 })
  }

  /// A contraction of a kernel with the windows of an array, over channels and elements. That is all that the IR
  /// knows of convolutions: both are forms that every pass has a rule for.
  mutating func convolve(
    _ x: Value, kernel: Value, _ axes: [WindowAxis], groups: Int
  ) -> Value {
    var view = interleaved(x, axes)
    var weights = kernel
    var shift = 0
    var batch: [Contraction.Pair] = []
    if groups > 1 {
      shift = 1
      batch = [.init(0, 0)]
      view = split(view, groups)
      weights = split(weights, groups)
    }
    let summed =
      [Contraction.Pair(1 + shift, shift)]
      + axes.indices.map { Contraction.Pair(2 + shift + $0, 1 + shift + 2 * $0) }
    let product = scope.builder.value(
      .contract(Contraction(batch: batch, contracted: summed)), [weights, view])
    if groups == 1 { return product }
    let extents = scope.builder.type(product).extents
    let channels = extents.prefix(2).reduce(1) { $0 * ($1.fixedLength ?? 0) }
    return scope.builder.reshape(product, to: [.fixed(channels)] + extents.dropFirst(2))
  }

  /// [c, elements along the first axis, windows along it, elements along the second, …]: a formula for where each number
  /// comes from, which executors may follow instead of copying.
  private mutating func interleaved(_ x: Value, _ axes: [WindowAxis]) -> Value {
    var value = x
    // From the last on, so that the axes before keep their places.
    for (i, axis) in axes.enumerated().reversed() {
      value = scope.builder.pad(value, axis: 1 + i, before: axis.pad, after: axis.pad)
      value = scope.builder.window(
        value, axis: 1 + i, size: axis.size, stride: axis.stride, dilation: axis.dilation)
    }
    return value
  }

  /// The first axis as shares of it.
  private mutating func split(_ x: Value, _ groups: Int) -> Value {
    let extents = scope.builder.type(x).extents
    let share = (extents.first?.fixedLength ?? 0) / groups
    return scope.builder.reshape(x, to: [.fixed(groups), .fixed(share)] + extents.dropFirst())
  }
}
