/// LU factors of square matrices by elimination with row exchanges, in row-major order: L below the diagonal (its own is 1), U on and
/// above it, and in one more column behind them, as numbers, the row that each was exchanged with.
///
/// Golub and Van Loan, Matrix Computations, 4th ed. (2013), 3.4. A singular matrix gives infinities, which the solutions show.
/// Rows that have nothing in a column are left alone, so that banded matrices cost n² operations, not n³.
enum LUFactors<Number: BinaryFloatingPoint & SIMDScalar> {
  typealias Numbers = UnsafePointer<Number>
  typealias Target = UnsafeMutablePointer<Number>

  /// `factors` has n rows of n + 1.
  static func factorize(_ matrix: Numbers, _ factors: Target, _ n: Int) {
    let width = n + 1
    for i in 0..<n {
      (factors + i * width).update(from: matrix + i * n, count: n)
    }
    for k in 0..<n {
      var (pivot, largest) = (k, factors[k * width + k].magnitude)
      for i in (k + 1)..<max(n, k + 1) {
        let size = factors[i * width + k].magnitude
        if size > largest { (pivot, largest) = (i, size) }
      }
      factors[k * width + n] = Number(pivot)
      if pivot != k {
        for j in 0..<n { swap(&factors[k * width + j], &factors[pivot * width + j]) }
      }
      let row = factors + k * width
      let diagonal = row[k]
      // Zeros at the end of the row change nothing.
      var end = n
      while end > k + 1, row[end - 1] == 0 { end -= 1 }
      for i in (k + 1)..<max(n, k + 1) {
        let other = factors + i * width
        guard other[k] != 0 else { continue }
        let multiple = other[k] / diagonal
        other[k] = multiple
        for j in (k + 1)..<max(end, k + 1) { other[j] -= multiple * row[j] }
      }
    }
  }

  /// Puts the solution in place of the right side.
  static func solve(_ factors: Numbers, _ x: Target, _ n: Int) {
    let width = n + 1
    for k in 0..<n { exchange(factors, x, k, width) }
    for i in 0..<n {
      let row = factors + i * width
      var sum = x[i]
      for j in 0..<i { sum -= row[j] * x[j] }
      x[i] = sum
    }
    for i in (0..<n).reversed() {
      let row = factors + i * width
      var sum = x[i]
      for j in (i + 1)..<max(n, i + 1) { sum -= row[j] * x[j] }
      x[i] = sum / row[i]
    }
  }

  /// The same for the transposed matrix.
  static func solveTransposed(_ factors: Numbers, _ x: Target, _ n: Int) {
    let width = n + 1
    for k in 0..<n {
      let row = factors + k * width
      x[k] /= row[k]
      for j in (k + 1)..<max(n, k + 1) { x[j] -= row[j] * x[k] }
    }
    for k in (0..<n).reversed() {
      let row = factors + k * width
      for j in 0..<k { x[j] -= row[j] * x[k] }
    }
    for k in (0..<n).reversed() { exchange(factors, x, k, width) }
  }

  private static func exchange(_ factors: Numbers, _ x: Target, _ k: Int, _ width: Int) {
    let pivot = Int(factors[k * width + width - 1])
    if pivot != k { swap(&x[k], &x[pivot]) }
  }
}
