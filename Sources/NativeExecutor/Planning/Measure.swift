import NodalIR

/// A length, or a distance in memory, in elements: a number, times lengths that only a running program knows.
struct Measure: Hashable, Sendable {
  enum Length: Hashable, Sendable, Comparable {
    case lanes
    case steps(trace: Int)

    static func < (a: Length, b: Length) -> Bool {
      switch (a, b) {
      case (.lanes, .steps): true
      case (.steps(let i), .steps(let j)): i < j
      case (.lanes, .lanes), (.steps, .lanes): false
      }
    }
  }

  var factor: Int
  /// Ascending.
  var lengths: [Length]

  init(_ factor: Int, _ lengths: [Length] = []) {
    self.factor = factor
    self.lengths = factor == 0 ? [] : lengths.sorted()
  }

  init(_ extent: Extent) {
    switch extent {
    case .fixed(let n): self.init(n)
    case .lanes(let times): self.init(times, [.lanes])
    case .steps(let trace): self.init(1, [.steps(trace: trace)])
    }
  }

  /// The number, where it doesn't depend on a run.
  var fixed: Int? { lengths.isEmpty ? factor : nil }

  static func * (a: Measure, b: Measure) -> Measure {
    Measure(a.factor * b.factor, a.lengths + b.lengths)
  }
  static func * (a: Int, b: Measure) -> Measure { Measure(a * b.factor, b.lengths) }

  func value(_ extents: ExtentValues) -> Int {
    lengths.reduce(factor) { product, length in
      switch length {
      case .lanes: product * extents.lanes
      case .steps(let trace): product * extents.length(of: .steps(trace: trace))
      }
    }
  }
}

extension ValueType {
  /// Distances between neighbours along each axis, in elements, of an array in row-major order.
  var strides: [Measure] {
    var strides = [Measure](repeating: Measure(1), count: rank)
    for axis in extents.indices.dropLast().reversed() {
      strides[axis] = strides[axis + 1] * Measure(extents[axis + 1])
    }
    return strides
  }

  /// The number of elements.
  var measure: Measure { extents.reduce(Measure(1)) { $0 * Measure($1) } }
}
