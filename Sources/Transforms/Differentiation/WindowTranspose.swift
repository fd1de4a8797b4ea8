import NodalIR
import NodalOperations

/// The transpose of windows over a product, made as a product over windows.
///
/// An element's cotangent is the sum of those of its copies in windows. Where these are a product one of whose operands has the
/// place in the window, the other the window, as the cotangent of what a convolution reads, that sum is a convolution itself: of the one, between zeros, with
/// the other back to front. The copies, of which there are as many as a window has places, are never written. Windows `stride` apart are as
/// many convolutions, each with the places of one remainder, whose results lie between each other (Dumoulin and Visin 2016, 4.6).
struct WindowTranspose {
  let size: Int
  let stride: Int
  let dilation: Int
  /// Of the axis that the windows run over.
  let length: Int

  /// From the copies' cotangents those of the elements: the axis `place` is gone, and `window` is that of the elements. nil where the copies
  /// are no such product.
  func elements(_ cot: Value, place: Int, window: Int, _ b: inout RegionBuilder) -> Value? {
    guard let node = b.definition(of: cot) else { return nil }
    func behind(_ axis: Int, _ removed: Int) -> Int { axis > removed ? axis - 1 : axis }
    switch node.form {
    case .contract(let contraction):
      return product(contraction, node.operands, place: place, window: window, &b)
    case .layout(.transpose(let order)):
      guard
        let inner = elements(node.operands[0], place: order[place], window: order[window], &b)
      else { return nil }
      var rest = order
      rest.remove(at: place)
      return b.transpose(inner, rest.map { behind($0, order[place]) })
    case .layout(.slice(let axis, let start, let limit, let stride))
    where axis != place && axis != window:
      guard let inner = elements(node.operands[0], place: place, window: window, &b) else {
        return nil
      }
      return b.slice(inner, axis: behind(axis, place), start..<limit, stride: stride)
    case .layout(.pad(let axis, let before, let after, let interior))
    where axis != place && axis != window:
      guard let inner = elements(node.operands[0], place: place, window: window, &b) else {
        return nil
      }
      return b.value(
        .layout(
          .pad(axis: behind(axis, place), before: before, after: after, interior: interior)),
        [inner])
    case .elementwise(let schema):
      guard Operations.row(named: schema.name)?.scalar == .binary(.add, .x, .y),
        let first = elements(node.operands[0], place: place, window: window, &b),
        let second = elements(node.operands[1], place: place, window: window, &b)
      else { return nil }
      return b.add(first, second)
    case .constant, .select, .convert, .reduce, .layout, .gather, .scatter, .factorize,
      .linearSolve, .random, .branch,
      .scan, .map, .derivative, .solve, .interpolate:
      return nil
    }
  }

  private func product(
    _ contraction: Contraction, _ operands: [Value], place: Int, window: Int,
    _ b: inout RegionBuilder
  ) -> Value? {
    // A remainder's places lie side by side only where they are no further apart.
    guard stride == 1 || dilation == 1 else { return nil }
    let freeA = contraction.freeAxes(ofA: b.type(operands[0]).rank)
    let freeB = contraction.freeAxes(ofB: b.type(operands[1]).rank)
    let firstOfA = contraction.batch.count
    let firstOfB = firstOfA + freeA.count
    func isOfA(_ axis: Int) -> Bool { (firstOfA..<firstOfB).contains(axis) }
    guard min(place, window) >= firstOfA, isOfA(place) != isOfA(window) else { return nil }
    func axis(_ axis: Int) -> Int {
      isOfA(axis) ? freeA[axis - firstOfA] : freeB[axis - firstOfB]
    }
    let (placeAxis, windowAxis) = (axis(place), axis(window))
    let windowIsOfA = isOfA(window)
    let (kernel, image) = (operands[windowIsOfA ? 1 : 0], operands[windowIsOfA ? 0 : 1])
    // The axes of the image behind its windows' are one further, as are the windows.
    func moved(_ axis: Int) -> Int { axis >= windowAxis ? axis + 1 : axis }
    func pair(_ p: Contraction.Pair) -> Contraction.Pair {
      windowIsOfA ? .init(moved(p.a), p.b) : .init(p.a, moved(p.b))
    }
    let over = Contraction(
      batch: contraction.batch.map(pair),
      contracted: contraction.contracted.map(pair)
        + [windowIsOfA ? .init(windowAxis, placeAxis) : .init(placeAxis, windowAxis)])
    let rest = window > place ? window - 1 : window
    var total: Value?
    for remainder in 0..<min(stride, size) {
      let part = b.slice(kernel, axis: placeAxis, remainder..<size, stride: stride)
      let taps = b.type(part).extents[placeAxis].fixedLength ?? 0
      let margin = (taps - 1) * dilation
      let padded = b.pad(image, axis: windowAxis, before: margin, after: margin)
      let windows = b.window(padded, axis: windowAxis, size: taps, dilation: dilation)
      let reversed = taps == 1 ? part : b.value(.layout(.reverse(axis: placeAxis)), [part])
      let sums = b.value(
        .contract(over), windowIsOfA ? [windows, reversed] : [reversed, windows])
      let count = b.type(sums).extents[rest].fixedLength ?? 0
      let after = length - remainder - ((count - 1) * stride + 1)
      let spread =
        stride == 1 && after == 0
        ? sums
        : b.value(
          .layout(.pad(axis: rest, before: remainder, after: after, interior: stride - 1)), [sums])
      total = total.map { b.add($0, spread) } ?? spread
    }
    return total
  }
}
