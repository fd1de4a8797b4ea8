import NodalExecution
import Testing

/// Eigenvalues of matrices that are made of known ones.
struct EigenvaluesTests {
  /// P D P⁻¹ with a random P, as products of shears, which are inverted exactly.
  private static func sheared(_ blocks: [[Double]], n: Int, _ noise: inout Noise) -> [Double] {
    var a = blocks.flatMap { $0 }
    for _ in 0..<(2 * n) {
      let (i, j) = (noise.integer(below: n), noise.integer(below: n))
      guard i != j else { continue }
      let s = 0.7 * noise.next()
      for k in 0..<n { a[i * n + k] += s * a[j * n + k] }
      for k in 0..<n { a[k * n + j] -= s * a[k * n + i] }
    }
    return a
  }

  private func check(
    _ matrix: [Double], n: Int, _ expected: [(re: Double, im: Double)], _ tolerance: Double = 1e-8
  ) throws {
    let found = try #require(Eigenvalues(matrix, n: n)).values
    let sorted = expected.sorted { ($0.re, $0.im) > ($1.re, $1.im) }
    #expect(found.count == n)
    for (a, b) in zip(found, sorted) {
      #expect(
        abs(a.re - b.re) < tolerance && abs(a.im - b.im) < tolerance, "\(found), not \(sorted)")
    }
  }

  @Test(arguments: 1..<60)
  func knownOnes(seed: Int) throws {
    var noise = Noise(UInt64(seed))
    let n = 1 + seed % 12
    var rows = [[Double]](repeating: [Double](repeating: 0, count: n), count: n)
    var expected: [(re: Double, im: Double)] = []
    var k = 0
    while k < n {
      // Apart from one another, so that rounding hardly moves them.
      let re = Double(k) - 4 + 0.3 * noise.next()
      if k + 1 < n, noise.integer(below: 2) == 0 {
        let im = 0.5 + abs(noise.next())
        (rows[k][k], rows[k][k + 1], rows[k + 1][k], rows[k + 1][k + 1]) = (re, im, -im, re)
        expected += [(re, im), (re, -im)]
        k += 2
      } else {
        rows[k][k] = re
        expected.append((re, 0))
        k += 1
      }
    }
    try check(Self.sheared(rows, n: n, &noise), n: n, expected)
  }

  @Test func specialOnes() throws {
    try check([], n: 0, [])
    try check([0, 0, 0, 0], n: 2, [(0, 0), (0, 0)])
    // Scales far apart, as of rates in different units.
    try check(
      [1, 1e12, 1e-12, 2], n: 2, [(1.5 + 1.25.squareRoot(), 0), (1.5 - 1.25.squareRoot(), 0)])
    // A cycle: the roots of 1, between which the usual shift finds no way.
    try check(
      [0, 0, 0, 1, 1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0], n: 4, [(1, 0), (0, 1), (0, -1), (-1, 0)])
    // A Jordan block: errors are a root of rounding errors.
    try check([2, 1, 0, 0, 2, 1, 0, 0, 2], n: 3, [(2, 0), (2, 0), (2, 0)], 1e-4)
    #expect(Eigenvalues([1, .nan, 0, 1], n: 2)?.values.count == nil)
    #expect(Eigenvalues([1, 2, 3], n: 2)?.values.count == nil)
  }

  @Test func stability() throws {
    func words(_ matrix: [Double], _ n: Int = 2) throws -> String {
      try #require(Eigenvalues(matrix, n: n)).stability
    }
    #expect(try words([-1, 0, 0, -2]) == "stable node")
    #expect(try words([-1, 3, -3, -1]) == "stable focus")
    #expect(try words([1, 0, 0, 2]) == "unstable node")
    #expect(try words([1, 3, -3, 1]) == "unstable focus")
    #expect(try words([1, 0, 0, -2]) == "saddle")
    #expect(try words([0, 1, -4, 0]) == "centre of the linear part")
    #expect(try words([0, 0, 0, -1]) == "not decided by the linear part")
    #expect(
      try words([1, 0, 0, 0, -1, 0, 0, 0, -1], 3) == "saddle, 1 of 3 directions unstable")
  }
}
