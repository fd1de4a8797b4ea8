/// Eigenvalues of a real square matrix, by the QR method with double shifts on a balanced Hessenberg matrix (EISPACK: Smith et al.
/// 1976, routines `balanc`, `orthes` with Householder's reflections, and `hqr`). Their errors are some rounding errors of the balanced
/// matrix's norm; of eigenvalues that lie together, as in a Jordan block of size k, some k-th root of that.
package struct Eigenvalues: Sendable {
  /// The largest real part first; of a pair the one with the positive imaginary part. Those of real eigenvalues are exactly 0.
  package private(set) var values: [(re: Double, im: Double)]

  /// - Parameter matrix: n² numbers, row by row.
  /// - Returns: nil where an entry isn't finite, or where the iteration doesn't end.
  package init?(_ matrix: [Double], n: Int) {
    guard matrix.count == n * n, matrix.allSatisfy(\.isFinite) else { return nil }
    var work = Hessenberg(h: matrix, n: n)
    work.balance()
    work.reduce()
    guard let found = work.eigenvalues() else { return nil }
    values = found.sorted { ($0.re, $0.im) > ($1.re, $1.im) }
  }
}

private struct Hessenberg {
  var h: [Double]
  let n: Int

  private subscript(_ i: Int, _ j: Int) -> Double {
    get { h[i * n + j] }
    set { h[i * n + j] = newValue }
  }

  /// Rows and columns scaled by powers of two until they are alike in size: that rounds nothing.
  mutating func balance() {
    var isDone = false
    var rounds = 0
    while !isDone, rounds < 100 {
      isDone = true
      rounds += 1
      for i in 0..<n {
        var (row, column) = (0.0, 0.0)
        for j in 0..<n where j != i {
          row += abs(self[i, j])
          column += abs(self[j, i])
        }
        guard row > 0, column > 0, (row + column).isFinite else { continue }
        let before = row + column
        var factor = 1.0
        while column < row / 2 {
          column *= 4
          factor *= 2
        }
        while column >= row * 2 {
          column /= 4
          factor /= 2
        }
        // Half of the columns' growth is theirs, half the rows' loss.
        guard (column + row) / factor < 0.95 * before else { continue }
        isDone = false
        for j in 0..<n { self[i, j] /= factor }
        for j in 0..<n { self[j, i] *= factor }
      }
    }
  }

  /// To Hessenberg form, by reflections from both sides.
  mutating func reduce() {
    guard n > 2 else { return }
    for k in 0..<(n - 2) {
      var scale = 0.0
      for i in (k + 1)..<n { scale += abs(self[i, k]) }
      guard scale > 0 else { continue }
      var v = [Double](repeating: 0, count: n)
      var sum = 0.0
      for i in (k + 1)..<n {
        v[i] = self[i, k] / scale
        sum += v[i] * v[i]
      }
      let length = v[k + 1] > 0 ? -sum.squareRoot() : sum.squareRoot()
      let half = sum - v[k + 1] * length
      v[k + 1] -= length
      guard half > 0 else { continue }
      for j in 0..<n {
        var dot = 0.0
        for i in (k + 1)..<n { dot += v[i] * self[i, j] }
        for i in (k + 1)..<n { self[i, j] -= dot / half * v[i] }
      }
      for i in 0..<n {
        var dot = 0.0
        for j in (k + 1)..<n { dot += v[j] * self[i, j] }
        for j in (k + 1)..<n { self[i, j] -= dot / half * v[j] }
      }
      for i in (k + 2)..<n { self[i, k] = 0 }
    }
  }

  private static let mostIterations = 100

  mutating func eigenvalues() -> [(re: Double, im: Double)]? {
    var found: [(re: Double, im: Double)] = []
    let norm = h.reduce(0) { $0 + abs($1) }
    var last = n - 1
    var shift = 0.0
    while last >= 0 {
      var iterations = 0
      while true {
        let first = isolated(below: last, norm)
        let x = self[last, last]
        if first == last {
          found.append((x + shift, 0))
          last -= 1
          break
        }
        let y = self[last - 1, last - 1]
        let w = self[last, last - 1] * self[last - 1, last]
        if first == last - 1 {
          found += Self.pair(x, y, w, shift)
          last -= 2
          break
        }
        guard iterations < Self.mostIterations else { return nil }
        iterations += 1
        guard iterations % 10 == 0 else {
          sweep(first, last, x, y, w)
          continue
        }
        // A shift of another kind, where the usual one goes round in circles.
        shift += x
        for i in 0...last { self[i, i] -= x }
        let s = abs(self[last, last - 1]) + abs(self[last - 1, last - 2])
        sweep(first, last, 0.75 * s, 0.75 * s, -0.4375 * s * s)
      }
    }
    return found
  }

  /// Where the block that ends in a row begins: above it the entry beside the diagonal is next to nothing.
  private mutating func isolated(below last: Int, _ norm: Double) -> Int {
    var k = last
    while k > 0 {
      var s = abs(self[k - 1, k - 1]) + abs(self[k, k])
      if s == 0 { s = norm }
      if abs(self[k, k - 1]) <= Double.ulpOfOne * s {
        self[k, k - 1] = 0
        break
      }
      k -= 1
    }
    return k
  }

  /// Of a block of two.
  private static func pair(
    _ x: Double, _ y: Double, _ w: Double, _ shift: Double
  ) -> [(re: Double, im: Double)] {
    let p = 0.5 * (y - x)
    let q = p * p + w
    let root = abs(q).squareRoot()
    guard q >= 0 else { return [(x + shift + p, root), (x + shift + p, -root)] }
    let z = p + (p < 0 ? -root : root)
    let second = z == 0 ? x : x - w / z
    return [(x + shift + z, 0), (second + shift, 0)]
  }

  /// One step of the QR method for a pair of shifts, whose sum and product x, y and w are made of.
  private mutating func sweep(
    _ first: Int, _ last: Int, _ givenX: Double, _ givenY: Double, _ w: Double
  ) {
    var (x, y, z) = (givenX, givenY, 0.0)
    var (p, q, r) = (0.0, 0.0, 0.0)
    // Two small entries side by side begin the sweep, too.
    var m = last - 2
    while true {
      z = self[m, m]
      let (a, b) = (x - z, y - z)
      p = (a * b - w) / self[m + 1, m] + self[m, m + 1]
      q = self[m + 1, m + 1] - z - a - b
      r = self[m + 2, m + 1]
      let s = abs(p) + abs(q) + abs(r)
      (p, q, r) = (p / s, q / s, r / s)
      if m == first { break }
      let small = abs(self[m, m - 1]) * (abs(q) + abs(r))
      let large = abs(p) * (abs(self[m - 1, m - 1]) + abs(z) + abs(self[m + 1, m + 1]))
      if small <= Double.ulpOfOne * large { break }
      m -= 1
    }
    for i in (m + 2)...last {
      self[i, i - 2] = 0
      if i != m + 2 { self[i, i - 3] = 0 }
    }
    for k in m..<last {
      let isThree = k != last - 1
      if k != m {
        p = self[k, k - 1]
        q = self[k + 1, k - 1]
        r = isThree ? self[k + 2, k - 1] : 0
        x = abs(p) + abs(q) + abs(r)
        if x != 0 { (p, q, r) = (p / x, q / x, r / x) }
      }
      let length = (p * p + q * q + r * r).squareRoot()
      let s = p < 0 ? -length : length
      if s == 0 { continue }
      if k == m {
        if first != m { self[k, k - 1] = -self[k, k - 1] }
      } else {
        self[k, k - 1] = -s * x
      }
      p += s
      (x, y, z) = (p / s, q / s, r / s)
      (q, r) = (q / p, r / p)
      for j in k...last {
        var sum = self[k, j] + q * self[k + 1, j]
        if isThree {
          sum += r * self[k + 2, j]
          self[k + 2, j] -= sum * z
        }
        self[k + 1, j] -= sum * y
        self[k, j] -= sum * x
      }
      for i in first...min(last, k + 3) {
        var sum = x * self[i, k] + y * self[i, k + 1]
        if isThree {
          sum += z * self[i, k + 2]
          self[i, k + 2] -= sum * r
        }
        self[i, k + 1] -= sum * q
        self[i, k] -= sum
      }
    }
  }
}

extension Eigenvalues {
  /// What the linear part says of a point at rest: `stable node`, `saddle, 1 of 3 directions unstable`. A real part counts as zero below
  /// 1e-9 of the largest eigenvalue.
  package var stability: String {
    let size = values.map { ($0.re * $0.re + $0.im * $0.im).squareRoot() }.max() ?? 0
    let still = 1e-9 * size
    let unstable = values.count { $0.re > still }
    let neutral = values.filter { abs($0.re) <= still }
    let turns = values.contains { $0.im != 0 }
    if !neutral.isEmpty, unstable == 0 {
      let isCentre = values.count == 2 && neutral.count == 2 && turns
      return isCentre ? "centre of the linear part" : "not decided by the linear part"
    }
    if unstable == 0 { return turns ? "stable focus" : "stable node" }
    if unstable == values.count { return turns ? "unstable focus" : "unstable node" }
    let rest = neutral.isEmpty ? "" : ", \(neutral.count) undecided"
    return values.count == 2 && neutral.isEmpty
      ? "saddle" : "saddle, \(unstable) of \(values.count) directions unstable\(rest)"
  }
}
