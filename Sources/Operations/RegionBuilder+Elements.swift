package import NodalIR

extension RegionBuilder {
  /// Elements of the last axis by their places; zero where there is none.
  package mutating func elements(_ x: Value, _ places: [Int?]) -> Value {
    let axis = type(x).rank - 1
    let length = type(x).extents[axis].fixedLength ?? 0
    let hasGaps = places.contains { $0 == nil }
    let padded = hasGaps ? pad(x, axis: axis, before: 0, after: 1) : x
    let indices = indices(places.map { $0 ?? length }, like: x)
    return value(.gather(Gather(batchAxes: axis)), [padded, indices])
  }

  /// The same for all leading axes of a value.
  package mutating func indices(_ places: [Int], like x: Value) -> Value {
    let row = constant(places.map(Double.init), ValueType(.i64, shape: [places.count]))
    let outer = type(x).extents.dropLast()
    return outer.isEmpty
      ? row : broadcast(row, to: outer + [.fixed(places.count)], axes: [outer.count])
  }
}
