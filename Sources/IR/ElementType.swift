/// What one number of an array is.
///
/// Time, step sizes and error norms are `f64` in every program; states and weights follow the
/// file's `precision`.
package enum ElementType: String, Sendable, Hashable, CaseIterable {
  case f32, f64, i64, bool

  package var isFloating: Bool { self == .f32 || self == .f64 }

  /// Bytes an element takes in a buffer. A `bool` is a byte, 0 or 1.
  package var byteCount: Int {
    switch self {
    case .f32: 4
    case .f64, .i64: 8
    case .bool: 1
    }
  }
}
