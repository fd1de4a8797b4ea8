/// An array known when IR is made. Numbers are held as `Double` (exact for f32 and bool, and for integers
/// below 2⁵³, which all sizes and indices are).
package struct Constant: Sendable, Hashable {
  package enum Values: Sendable, Hashable {
    /// One number everywhere: the only form that an array with run-time extents can have.
    case splat(Double)
    case array([Double])
  }

  package var type: ValueType
  package var values: Values

  package init(_ type: ValueType, _ values: Values) {
    self.type = type
    self.values = values
  }

  /// The one number that all elements are, if they are.
  package var uniform: Double? {
    switch values {
    case .splat(let x): return x
    case .array(let xs):
      guard let first = xs.first, xs.allSatisfy({ $0 == first }) else { return nil }
      return first
    }
  }
}
