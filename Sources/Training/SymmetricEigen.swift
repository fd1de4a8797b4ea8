/// Eigenvalues and vectors of a symmetric matrix by Jacobi's rotations: exact to rounding also for the smallest of a positive definite one, which say what
/// can't be told. For some hundreds of rows: 10 n³ operations.
package enum SymmetricEigen {
  /// The eigenvalues ascending, and for each its unit vector.
  package static func decompose(
    _ matrix: [Double], _ n: Int
  ) -> (values: [Double], vectors: [[Double]]) {
    var a = matrix
    var v = [Double](repeating: 0, count: n * n)
    for i in 0..<n { v[i * n + i] = 1 }
    for _ in 0..<60 {
      var rest = 0.0
      for i in 0..<n {
        for j in 0..<i {
          let size = (a[i * n + i] * a[j * n + j]).magnitude.squareRoot()
          rest = max(rest, a[i * n + j].magnitude / max(size, .leastNormalMagnitude))
          rotate(&a, &v, n, j, i)
        }
      }
      if rest < 1e-15 { break }
    }
    let order = (0..<n).sorted { a[$0 * n + $0] < a[$1 * n + $1] }
    return (
      order.map { a[$0 * n + $0] }, order.map { k in (0..<n).map { v[$0 * n + k] } }
    )
  }

  /// Makes the entry (p, q) zero.
  private static func rotate(
    _ a: inout [Double], _ v: inout [Double], _ n: Int, _ p: Int, _ q: Int
  ) {
    let off = a[p * n + q]
    if off == 0 { return }
    let theta = (a[q * n + q] - a[p * n + p]) / (2 * off)
    let t = (theta < 0 ? -1 : 1) / (theta.magnitude + (theta * theta + 1).squareRoot())
    let c = 1 / (t * t + 1).squareRoot()
    let s = t * c
    for k in 0..<n {
      let (x, y) = (a[k * n + p], a[k * n + q])
      a[k * n + p] = c * x - s * y
      a[k * n + q] = s * x + c * y
    }
    for k in 0..<n {
      let (x, y) = (a[p * n + k], a[q * n + k])
      a[p * n + k] = c * x - s * y
      a[q * n + k] = s * x + c * y
      let (z, w) = (v[k * n + p], v[k * n + q])
      v[k * n + p] = c * z - s * w
      v[k * n + q] = s * z + c * w
    }
    (a[p * n + q], a[q * n + p]) = (0, 0)
  }
}
