/// LU factors of square matrices by elimination with row exchanges, in row-major order: L below the diagonal (its own is 1), U on and
/// above it, and in one more column behind them, as numbers, the row that each was exchanged with.
///
/// Golub and Van Loan, Matrix Computations, 4th ed. (2013), 3.4, and in blocks 3.2.11: a panel of columns is eliminated, then what is right of it
/// and below in one go. A singular matrix gives infinities, which the solutions show.
/// Rows that have nothing in a panel are left alone, so that banded matrices cost n² operations, not n³.
enum LUFactors<Number: BinaryFloatingPoint & SIMDScalar> {
  typealias Numbers = UnsafePointer<Number>
  typealias Target = UnsafeMutablePointer<Number>

  /// How many columns are eliminated together: wide enough that the rest of the matrix is seldom gone through, narrow enough that a panel
  /// stays near the processor. Small matrices are one panel, one by one.
  private static func blocks(_ n: Int) -> (panel: Int, strip: Int) {
    n < 64 ? (max(n, 1), max(n, 1)) : (32, 8)
  }

  /// `factors` has n rows of n + 1. The bits are those of one column after the other, unless something isn't finite.
  static func factorize(_ matrix: Numbers, _ factors: Target, _ n: Int) {
    let width = n + 1
    for i in 0..<n {
      (factors + i * width).update(from: matrix + i * n, count: n)
    }
    let (panel, strip) = blocks(n)
    for first in stride(from: 0, to: n, by: panel) {
      let last = min(n, first + panel)
      eliminate(factors, first, last, strip: strip, n)
      reduce(factors, first, last, before: n, n)
    }
  }

  /// Eliminates unknowns within their own columns: those of the left half, which change the columns of the right half, then the others (Toledo
  /// 1997).
  private static func eliminate(
    _ factors: Target, _ first: Int, _ last: Int, strip: Int, _ n: Int
  ) {
    guard last - first > strip else {
      for k in first..<last { eliminate(factors, k, before: last, n) }
      return
    }
    let middle = first + (last - first) / 2
    eliminate(factors, first, middle, strip: strip, n)
    reduce(factors, first, middle, before: last, n)
    eliminate(factors, middle, last, strip: strip, n)
  }

  /// Eliminates unknown k from the rows behind it, in the columns before `last`.
  private static func eliminate(_ factors: Target, _ k: Int, before last: Int, _ n: Int) {
    let width = n + 1
    var (pivot, largest) = (k, factors[k * width + k].magnitude)
    for i in (k + 1)..<max(n, k + 1) {
      let size = factors[i * width + k].magnitude
      if size > largest { (pivot, largest) = (i, size) }
    }
    let row = factors + k * width
    row[n] = Number(pivot)
    if pivot != k {
      let other = factors + pivot * width
      for j in 0..<n { swap(&row[j], &other[j]) }
    }
    let diagonal = row[k]
    for i in (k + 1)..<max(n, k + 1) {
      let other = factors + i * width
      guard other[k] != 0 else { continue }
      let multiple = other[k] / diagonal
      other[k] = multiple
      for j in (k + 1)..<last { other[j] -= multiple * row[j] }
    }
  }

  /// What the unknowns from `first` to `last` take away from the columns behind them, those before `bound`. Rows without multiples are passed
  /// over.
  private static func reduce(
    _ factors: Target, _ first: Int, _ last: Int, before bound: Int, _ n: Int
  ) {
    let width = n + 1
    // Zeros at the end of the rows change nothing.
    var end = bound
    while end > last, (first..<last).allSatisfy({ factors[$0 * width + end - 1] == 0 }) {
      end -= 1
    }
    guard end > last else { return }
    for i in (first + 1)..<max(last, first + 1) {
      let row = factors + i * width
      for p in first..<i where row[p] != 0 {
        let (multiple, other) = (row[p], factors + p * width)
        for j in last..<end { row[j] -= multiple * other[j] }
      }
    }
    func hasMultiples(_ i: Int) -> Bool {
      let row = factors + i * width
      return (first..<last).contains { row[$0] != 0 }
    }
    var i = last
    while i < n {
      guard hasMultiples(i) else {
        i += 1
        continue
      }
      var next = i + 1
      while next < n, hasMultiples(next) { next += 1 }
      MatrixUpdate.subtract(
        factors + i * width + last, stride: width, factors + i * width + first, stride: width,
        factors + first * width + last, stride: width, rows: next - i, columns: end - last,
        terms: last - first)
      i = next
    }
  }

  /// Puts the solution in place of the right side.
  static func solve(_ factors: Numbers, _ x: Target, _ n: Int) {
    let width = n + 1
    for k in 0..<n { exchange(factors, x, k, width) }
    // Four rows at a time: each is a sum that waits for itself.
    for first in stride(from: 0, to: n, by: 4) {
      let last = min(n, first + 4)
      let own = x + first
      if last - first == 4 { takeProducts(own, factors + first * width, width, x, first) }
      for i in first..<last {
        let row = factors + i * width
        var sum = x[i]
        for j in (last - first == 4 ? first : 0)..<i { sum -= row[j] * x[j] }
        x[i] = sum
      }
    }
    for last in stride(from: n, to: 0, by: -4) {
      let first = max(0, last - 4)
      let isWhole = last - first == 4
      if isWhole {
        takeProducts(
          x + first, factors + first * width + last, width, UnsafePointer(x + last), n - last)
      }
      for i in (first..<last).reversed() {
        let row = factors + i * width
        var sum = x[i]
        for j in (i + 1)..<max(isWhole ? last : n, i + 1) { sum -= row[j] * x[j] }
        x[i] = sum / row[i]
      }
    }
  }

  /// Takes the products of four rows with some unknowns from what the rows are.
  private static func takeProducts(
    _ sums: Target, _ rows: Numbers, _ width: Int, _ x: Numbers, _ count: Int
  ) {
    var (s0, s1, s2, s3) = (sums[0], sums[1], sums[2], sums[3])
    let (r0, r1, r2, r3) = (rows, rows + width, rows + 2 * width, rows + 3 * width)
    for j in 0..<count {
      let unknown = x[j]
      s0 -= r0[j] * unknown
      s1 -= r1[j] * unknown
      s2 -= r2[j] * unknown
      s3 -= r3[j] * unknown
    }
    (sums[0], sums[1], sums[2], sums[3]) = (s0, s1, s2, s3)
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
