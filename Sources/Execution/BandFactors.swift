import NodalIR

/// LU factors of banded matrices, with row exchanges inside of the band (Golub and Van Loan, Matrix Computations, 4th ed. (2013), 4.3). Of a row
/// of factors the first `width + below` numbers are U from the diagonal on, then L's multipliers below it, and the exchange.
///
/// Cost: 2 n · below · (below + above) operations to factorize, 2 n (2 below + above) to solve.
enum BandFactors<Number: BinaryFloatingPoint & SIMDScalar> {
  typealias Numbers = UnsafePointer<Number>
  typealias Target = UnsafeMutablePointer<Number>

  static func factorize(_ matrix: Numbers, _ factors: Target, _ band: Band) {
    let (n, below, width, stride) = (band.count, band.below, band.width, band.factorWidth)
    // How far U reaches behind the diagonal.
    let reach = below + band.above
    // Rows from their first column in the band on: those of U begin at the diagonal when it is their turn.
    for p in 0..<n {
      let (row, source) = (factors + p * stride, matrix + p * width)
      let skipped = max(0, below - p)
      for k in 0..<(width - skipped) { row[k] = source[k + skipped] }
      for k in (width - skipped)..<stride { row[k] = 0 }
    }
    for k in 0..<n {
      let last = min(n - 1, k + below)
      var (pivot, largest) = (k, factors[k * stride].magnitude)
      for i in (k + 1)..<max(last + 1, k + 1) where factors[i * stride].magnitude > largest {
        (pivot, largest) = (i, factors[i * stride].magnitude)
      }
      let row = factors + k * stride
      if pivot != k {
        let other = factors + pivot * stride
        for j in 0...reach { swap(&row[j], &other[j]) }
      }
      row[stride - 1] = Number(pivot - k)
      let diagonal = row[0]
      for i in (k + 1)..<max(last + 1, k + 1) {
        let other = factors + i * stride
        let multiple = other[0] == 0 ? 0 : other[0] / diagonal
        // The row moves up by a column: its next is its diagonal, or comes nearer to it.
        for j in 0..<reach { other[j] = other[j + 1] - multiple * row[j + 1] }
        other[reach] = 0
        row[reach + (i - k)] = multiple
      }
    }
  }

  /// `x` has the right side in the order of places, and then the solution.
  static func solve(_ factors: Numbers, _ x: Target, _ band: Band) {
    let (n, stride, reach) = (band.count, band.factorWidth, band.below + band.above)
    for k in 0..<n {
      let row = factors + k * stride
      let pivot = k + Int(row[stride - 1])
      if pivot != k { swap(&x[k], &x[pivot]) }
      for i in (k + 1)..<max(min(n, k + band.below + 1), k + 1) {
        x[i] -= row[reach + (i - k)] * x[k]
      }
    }
    for k in (0..<n).reversed() {
      let row = factors + k * stride
      var sum = x[k]
      for j in 1..<max(min(n - k, reach + 1), 1) { sum -= row[j] * x[k + j] }
      x[k] = sum / row[0]
    }
  }

  /// The same for the transposed matrix.
  static func solveTransposed(_ factors: Numbers, _ x: Target, _ band: Band) {
    let (n, stride, reach) = (band.count, band.factorWidth, band.below + band.above)
    for k in 0..<n {
      let row = factors + k * stride
      x[k] /= row[0]
      for j in 1..<max(min(n - k, reach + 1), 1) { x[k + j] -= row[j] * x[k] }
    }
    for k in (0..<n).reversed() {
      let row = factors + k * stride
      for i in (k + 1)..<max(min(n, k + band.below + 1), k + 1) {
        x[k] -= row[reach + (i - k)] * x[i]
      }
      let pivot = k + Int(row[stride - 1])
      if pivot != k { swap(&x[k], &x[pivot]) }
    }
  }
}
