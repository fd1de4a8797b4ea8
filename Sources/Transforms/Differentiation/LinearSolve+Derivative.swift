import NodalIR
import NodalOperations

/// Derivatives of x with A x = b: dx solves A dx = db - dA x, with the factors that are there already.
extension LinearSolve {
  /// A x, or Aᵀ x.
  func product(_ matrix: Value, _ x: Value, _ builder: inout RegionBuilder) -> Value {
    if let band { return band.product(matrix, x, isTransposed: isTransposed, &builder) }
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
    if let band {
      let (rows, columns) = isTransposed ? (x, lambda) : (lambda, x)
      let left = builder.elements(rows, band.rows.map(Optional.some))
      let product = builder.mul(left, builder.elements(columns, band.columns))
      return builder.neg(band.shaped(product, &builder))
    }
    let leading = builder.type(x).rank - 1
    let outer = Form.contract(
      Contraction(batch: (0..<leading).map { .init($0, $0) }, contracted: []))
    return builder.neg(builder.value(outer, isTransposed ? [x, lambda] : [lambda, x]))
  }
}

extension Band {
  /// A x, or Aᵀ x.
  fileprivate func product(
    _ matrix: Value, _ x: Value, isTransposed: Bool, _ builder: inout RegionBuilder
  ) -> Value {
    let outer = builder.type(x).extents.dropLast()
    if isTransposed {
      let spread = shaped(builder.elements(x, rows.map(Optional.some)), &builder)
      let terms = builder.reshape(
        builder.mul(matrix, spread), to: outer + [.fixed(count * width)])
      let indices = builder.indices(columns.map { $0 ?? count }, like: terms)
      let sums = builder.value(
        .scatter(Scatter(batchAxes: outer.count, extent: .fixed(count + 1))), [terms, indices])
      return builder.slice(sums, axis: outer.count, 0..<count)
    }
    let spread = shaped(builder.elements(x, columns), &builder)
    let sums = builder.reduce(.sum, builder.mul(matrix, spread), axes: [outer.count + 1])
    var places = [Int](repeating: 0, count: count)
    for (place, component) in order.enumerated() { places[component] = place }
    return builder.elements(sums, places.map(Optional.some))
  }

  /// […, n · width] → […, n, width].
  func shaped(_ x: Value, _ builder: inout RegionBuilder) -> Value {
    builder.reshape(
      x, to: builder.type(x).extents.dropLast() + [.fixed(count), .fixed(width)])
  }
}

extension RegionBuilder {
  /// Elements of the last axis by their places; zero where there is none.
  mutating func elements(_ x: Value, _ places: [Int?]) -> Value {
    let axis = type(x).rank - 1
    let length = type(x).extents[axis].fixedLength ?? 0
    let hasGaps = places.contains { $0 == nil }
    let padded = hasGaps ? pad(x, axis: axis, before: 0, after: 1) : x
    let indices = indices(places.map { $0 ?? length }, like: x)
    return value(.gather(Gather(batchAxes: axis)), [padded, indices])
  }

  /// The same for all leading axes of a value.
  mutating func indices(_ places: [Int], like x: Value) -> Value {
    let row = constant(places.map(Double.init), ValueType(.i64, shape: [places.count]))
    let outer = type(x).extents.dropLast()
    return outer.isEmpty
      ? row : broadcast(row, to: outer + [.fixed(places.count)], axes: [outer.count])
  }
}
