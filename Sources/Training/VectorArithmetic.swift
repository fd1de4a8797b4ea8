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

  /// x of `A x = b` with a symmetric matrix, row by row, by Cholesky's factors; nil where it isn't positive definite.
  package static func solvePositive(_ matrix: [Double], _ b: [Double]) -> [Double]? {
    let n = b.count
    var lower = matrix
    for j in 0..<n {
      for i in j..<n {
        var sum = lower[i * n + j]
        for k in 0..<j { sum -= lower[i * n + k] * lower[j * n + k] }
        if i == j {
          guard sum > 0, sum.isFinite else { return nil }
          lower[j * n + j] = sum.squareRoot()
        } else {
          lower[i * n + j] = sum / lower[j * n + j]
        }
      }
    }
    var x = b
    for i in 0..<n {
      for k in 0..<i { x[i] -= lower[i * n + k] * x[k] }
      x[i] /= lower[i * n + i]
    }
    for i in (0..<n).reversed() {
      for k in (i + 1)..<n { x[i] -= lower[k * n + i] * x[k] }
      x[i] /= lower[i * n + i]
    }
    return x
  }

  /// `a + s b`, of the length of `a`, which `b` must have.
  package static func sum(_ a: [Double], plus s: Double, times b: [Double]) -> [Double] {
    var result = a
    for i in 0..<min(a.count, b.count) { result[i] += s * b[i] }
    return result
  }
}
