/// The type of a value of the IR: an array in row-major order; a scalar has no extents.
package struct ValueType: Sendable, Hashable {
  package var element: ElementType
  package var extents: [Extent]

  package init(_ element: ElementType, _ extents: [Extent] = []) {
    self.element = element
    self.extents = extents
  }

  package init(_ element: ElementType, shape: [Int]) {
    self.init(element, shape.map(Extent.fixed))
  }

  package static let time = ValueType(.f64)

  package var rank: Int { extents.count }
  package var isScalar: Bool { extents.isEmpty }

  /// The leading axis is the axis of lanes.
  package var isBatched: Bool {
    if case .lanes = extents.first { true } else { false }
  }

  /// Has an extent that is the steps of a trace.
  package var isOverSteps: Bool {
    extents.contains { if case .steps = $0 { true } else { false } }
  }

  /// The number of elements, where it doesn't depend on a run-time extent.
  package var fixedCount: Int? {
    var count = 1
    for extent in extents {
      guard let n = extent.fixedLength else { return nil }
      count *= n
    }
    return count
  }

  /// The same with another axis before all others.
  package func prepending(_ extent: Extent) -> ValueType { .init(element, [extent] + extents) }
  package func droppingFirst() -> ValueType { .init(element, Array(extents.dropFirst())) }
  package func with(_ element: ElementType) -> ValueType { .init(element, extents) }

  package func count(_ values: ExtentValues) -> Int {
    extents.reduce(1) { $0 * values.length(of: $1) }
  }
}
