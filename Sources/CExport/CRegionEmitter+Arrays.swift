import NodalIR

/// Sums, products, layouts, and places that are looked up.
extension CRegionEmitter {
  func reduce(
    _ reduction: Reduction, _ x: CView, _ shape: [Int]
  ) throws(CExportError) -> CView {
    let axes = reduction.axes
    let kept = x.shape.indices.filter { !axes.contains($0) }
    func place(_ outer: [String], _ inner: [String]) -> [String] {
      var place = x.shape.map { _ in "0" }
      for (axis, index) in zip(kept, outer) { place[axis] = index }
      for (axis, index) in zip(axes, inner) { place[axis] = index }
      return place
    }
    switch reduction.kind {
    case .sum, .max, .min:
      let result = fresh(shape, x.element)
      try loops(shape) { (outer) throws(CExportError) in
        let total = file.fresh("s")
        file.line("\(x.element.cName) \(total) = \(reduction.kind.identity(x.element));")
        try loops(axes.map { x.shape[$0] }) { inner in
          file.line(reduction.kind.step(total, x.at(place(outer, inner)), x.element))
        }
        file.line("\(result.at(outer)) = \(total);")
      }
      return result
    case .argmax, .argmin:
      let result = fresh(shape, .i64)
      try loops(shape) { (outer) throws(CExportError) in
        let (best, value) = (file.fresh("k"), file.fresh("s"))
        file.line("long long \(best) = 0;")
        file.line("\(x.element.cName) \(value) = \(x.at(place(outer, ["0"])));")
        try loops([x.shape[axes[0]]]) { inner in
          let candidate = x.at(place(outer, inner))
          let sign = reduction.kind == .argmax ? ">" : "<"
          // The first NaN counts as an extreme, and stays one.
          file.line(
            "if (\(value) == \(value) && (\(candidate) \(sign) \(value) || \(candidate) != \(candidate))) { \(best) = \(inner[0]); \(value) = \(candidate); }"
          )
        }
        file.line("\(result.at(outer)) = \(best);")
      }
      return result
    }
  }

  func contract(
    _ contraction: Contraction, _ a: CView, _ b: CView, _ shape: [Int]
  ) throws(CExportError) -> CView {
    let freeA = contraction.freeAxes(ofA: a.shape.count)
    let freeB = contraction.freeAxes(ofB: b.shape.count)
    let batch = contraction.batch
    let result = fresh(shape, a.element)
    try loops(shape) { (outer) throws(CExportError) in
      var placeA = a.shape.map { _ in "0" }
      var placeB = b.shape.map { _ in "0" }
      for (pair, index) in zip(batch, outer) { (placeA[pair.a], placeB[pair.b]) = (index, index) }
      for (axis, index) in zip(freeA, outer.dropFirst(batch.count)) { placeA[axis] = index }
      for (axis, index) in zip(freeB, outer.dropFirst(batch.count + freeA.count)) {
        placeB[axis] = index
      }
      let total = file.fresh("s")
      file.line("double \(total) = 0.0;")
      try loops(contraction.contracted.map { a.shape[$0.a] }) { inner in
        var (here, there) = (placeA, placeB)
        for (pair, index) in zip(contraction.contracted, inner) {
          (here[pair.a], there[pair.b]) = (index, index)
        }
        file.line("\(total) += \(a.at(here)) * \(b.at(there));")
      }
      file.line("\(result.at(outer)) = \(total);")
    }
    return result
  }

  func layout(
    _ layout: Layout, _ operands: [CView], _ shape: [Int]
  ) throws(CExportError) -> CView {
    let x = operands[0]
    switch layout {
    case .broadcast(_, let axes): return x.broadcast(to: shape, axes: axes)
    case .transpose(let permutation): return x.transposed(permutation)
    case .slice(let axis, let start, let limit, let stride):
      return x.sliced(axis: axis, start: start, limit: limit, stride: stride)
    case .reverse(let axis): return x.reversed(axis: axis)
    case .window(let axis, let size, let stride, let dilation):
      return x.windows(axis: axis, size: size, stride: stride, dilation: dilation)
    case .reshape:
      if let view = x.reshaped(shape) { return view }
      let own = fresh(x.shape, x.element)
      try copy(x, to: own)
      return own.reshaped(shape) ?? own
    case .pad(let axis, let before, _, let interior):
      let result = fresh(shape, x.element, zero: true)
      try copy(
        x,
        to: result.sliced(
          axis: axis, start: before,
          limit: before + max(0, (x.shape[axis] - 1) * (interior + 1) + 1), stride: interior + 1))
      return result
    case .concatenate(let axis):
      let result = fresh(shape, x.element)
      var start = 0
      for operand in operands {
        let next = start + operand.shape[axis]
        try copy(operand, to: result.sliced(axis: axis, start: start, limit: next, stride: 1))
        start = next
      }
      return result
    }
  }

  /// What lies outside of the array is NaN.
  func gather(
    _ gather: Gather, _ x: CView, _ places: CView
  ) throws(CExportError) -> CView {
    let batch = gather.batchAxes
    let rest = Array(x.shape.dropFirst(batch + 1))
    let length = x.shape[batch]
    let missing = x.element.isFloating ? "NAN" : "0"
    return try filled(places.shape + rest, x.element) { indices in
      let place = file.fresh("k")
      file.line(
        "const long long \(place) = \(places.at(Array(indices.prefix(places.shape.count))));")
      let element = x.at(
        indices.prefix(batch) + [place] + indices.dropFirst(places.shape.count))
      return "\(place) >= 0 && \(place) < \(length) ? \(element) : \(missing)"
    }
  }

  func scatter(
    _ scatter: Scatter, _ updates: CView, _ places: CView, _ shape: [Int]
  ) throws(CExportError) -> CView {
    let batch = scatter.batchAxes
    let result = fresh(shape, updates.element, zero: true)
    try loops(updates.shape) { indices in
      let place = file.fresh("k")
      file.line(
        "const long long \(place) = \(places.at(Array(indices.prefix(places.shape.count))));")
      let target = result.at(
        indices.prefix(batch) + [place] + indices.dropFirst(places.shape.count))
      file.line(
        "if (\(place) >= 0 && \(place) < \(shape[batch])) \(target) += \(updates.at(indices));")
    }
    return result
  }
}

extension Reduction.Kind {
  fileprivate func identity(_ element: ElementType) -> String {
    switch (self, element) {
    case (.sum, .f32), (.sum, .f64): "0.0"
    case (.sum, .i64), (.sum, .bool), (.max, .bool): "0"
    case (.max, .f32), (.max, .f64): "-INFINITY"
    case (.max, .i64): "LLONG_MIN"
    case (.min, .f32), (.min, .f64), (.argmax, .f32), (.argmax, .f64), (.argmin, .f32),
      (.argmin, .f64):
      "INFINITY"
    case (.min, .i64), (.argmax, .i64), (.argmin, .i64): "LLONG_MAX"
    case (.min, .bool), (.argmax, .bool), (.argmin, .bool): "1"
    }
  }

  /// NaN wins, as everywhere.
  fileprivate func step(_ total: String, _ x: String, _ element: ElementType) -> String {
    switch self {
    case .sum: return element == .bool ? "\(total) |= \(x);" : "\(total) += \(x);"
    case .max, .min, .argmax, .argmin:
      let sign = self == .max ? ">" : "<"
      return "\(total) = \(total) \(sign) \(x) || \(total) != \(total) ? \(total) : \(x);"
    }
  }
}
