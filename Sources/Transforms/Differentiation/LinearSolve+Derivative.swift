import NodalIR
import NodalOperations

/// Derivatives of x with A x = b: dx solves A dx = db - dA x, with the factors that are there already.
extension LinearSolve {
  /// A x, or Aᵀ x.
  func product(_ matrix: Value, _ x: Value, _ builder: inout RegionBuilder) -> Value {
    if let pattern { return pattern.product(matrix, x, isTransposed: isTransposed, &builder) }
    let rank = builder.type(matrix).rank
    return builder.value(
      .contract(
        Contraction(
          batch: (0..<(rank - 2)).map { .init($0, $0) },
          contracted: [.init(isTransposed ? rank - 2 : rank - 1, rank - 2)])),
      [matrix, x])
  }

  /// -λ xᵀ, or -x λᵀ, where λ is the cotangent of b.
  func cotangentOfMatrix(
    _ lambda: Value, _ x: Value, _ builder: inout RegionBuilder
  ) -> Value {
    if let pattern {
      let (rows, columns) = isTransposed ? (x, lambda) : (lambda, x)
      let left = builder.elements(rows, pattern.rows.map(Optional.some))
      let product = builder.mul(left, builder.elements(columns, pattern.columns))
      return builder.neg(pattern.shaped(product, &builder))
    }
    let leading = builder.type(x).rank - 1
    let outer = Form.contract(
      Contraction(batch: (0..<leading).map { .init($0, $0) }, contracted: []))
    return builder.neg(builder.value(outer, isTransposed ? [x, lambda] : [lambda, x]))
  }
}

extension MatrixPattern {
  /// A x, or Aᵀ x.
  fileprivate func product(
    _ matrix: Value, _ x: Value, isTransposed: Bool, _ builder: inout RegionBuilder
  ) -> Value {
    let outer = builder.type(x).extents.dropLast()
    let rows = rows.map(Optional.some)
    let factors = shaped(builder.elements(x, isTransposed ? rows : columns), &builder)
    let products = builder.mul(matrix, factors)
    if case .band(let band) = self, !isTransposed {
      // All of a row are side by side.
      let sums = builder.reduce(.sum, products, axes: [outer.count + 1])
      var places = [Int](repeating: 0, count: count)
      for (place, component) in band.order.enumerated() { places[component] = place }
      return builder.elements(sums, places.map(Optional.some))
    }
    let terms = builder.reshape(products, to: outer + [.fixed(shape.reduce(1, *))])
    let targets = isTransposed ? columns : rows
    let indices = builder.indices(targets.map { $0 ?? count }, like: terms)
    let sums = builder.value(
      .scatter(Scatter(batchAxes: outer.count, extent: .fixed(count + 1))), [terms, indices])
    return builder.slice(sums, axis: outer.count, 0..<count)
  }

  /// […, entries] → the form of a matrix.
  func shaped(_ x: Value, _ builder: inout RegionBuilder) -> Value {
    builder.reshape(x, to: builder.type(x).extents.dropLast() + shape.map(Extent.fixed))
  }
}
