/// Sums over flat vectors, always from the first component to the last: the same bits every time.
package enum Vectors {
  /// `Σ aᵢ bᵢ` over the shorter length.
  package static func dot(_ a: [Double], _ b: [Double]) -> Double {
    var sum = 0.0
    for i in 0..<min(a.count, b.count) { sum += a[i] * b[i] }
    return sum
  }

  /// The Euclidean norm. Scaled by the largest component, so that squares neither overflow nor
  /// vanish; NaN or infinite where a component is.
  package static func norm(_ a: some Sequence<Double>) -> Double {
    let largest = largestMagnitude(a)
    if largest == 0 || !largest.isFinite { return largest }
    var sum = 0.0
    for x in a { sum += (x / largest) * (x / largest) }
    return largest * sum.squareRoot()
  }

  /// `max |aᵢ|`, 0 of an empty vector; NaN where a component is.
  package static func largestMagnitude(_ a: some Sequence<Double>) -> Double {
    var largest = 0.0
    for x in a {
      if x.isNaN { return .nan }
      largest = max(largest, x.magnitude)
    }
    return largest
  }

  /// `a + s b`, of the length of `a`, which `b` must have.
  package static func sum(_ a: [Double], plus s: Double, times b: [Double]) -> [Double] {
    var result = a
    for i in 0..<min(a.count, b.count) { result[i] += s * b[i] }
    return result
  }
}
