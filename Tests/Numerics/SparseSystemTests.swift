import NodalExecution
import NodalIR
import NodalOperations
import NodalReferenceExecutor
import NodalTransforms
import TestSupport
import Testing

/// Sparse linear equations: whatever the pattern, they have the solutions and derivatives that whole matrices have.
struct SparseSystemTests {
  /// Patterns of all kinds: scattered entries, few or many, on one side of the diagonal or both; grids; arrows; blocks; nothing but a diagonal.
  static func rows(_ seed: Int) -> [[Int]] {
    var noise = Noise(UInt64(500 + seed))
    let n = 1 + noise.integer(below: 40)
    func scattered(_ each: Int) -> [[Int]] {
      (0..<n).map { _ in (0..<noise.integer(below: each + 1)).map { _ in noise.integer(below: n) } }
    }
    switch seed % 7 {
    case 0: return scattered(2)
    case 1: return scattered(6)
    case 2: return scattered(1).enumerated().map { row, entries in entries.filter { $0 <= row } }
    case 3: return grid(3 + noise.integer(below: 6), components: 1 + noise.integer(below: 2))
    case 4: return (0..<n).map { $0 == n / 2 ? Array(0..<n) : [n / 2] }
    case 5: return (0..<n).map { row in (0..<n).filter { $0 / 3 == row / 3 } }
    default: return Array(repeating: [], count: n)
    }
  }

  static func grid(_ n: Int, components: Int) -> [[Int]] {
    (0..<(components * n * n)).map { place in
      let (i, j) = (place / n % n, place % n)
      return (0..<components).map { $0 * n * n + i * n + j }
        + [(-1, 0), (1, 0), (0, -1), (0, 1)].compactMap { step in
          let (k, l) = (i + step.0, j + step.1)
          return (0..<n).contains(k) && (0..<n).contains(l)
            ? place / (n * n) * n * n + k * n + l : nil
        }
    }
  }

  @Test(arguments: 0..<Effort.count(28, long: 70))
  func asWhole(seed: Int) throws {
    let pattern = SparsePattern(rows: Self.rows(seed))
    let (n, count) = (pattern.count, pattern.columns.count)
    let rows = pattern.rows
    let element: ElementType = seed % 3 == 0 ? .f32 : .f64
    let lanes = 3
    var noise = Noise(UInt64(seed))
    var entries = noise.tensor(element, [lanes, count])
    var whole = Tensor(
      element, shape: [lanes, n, n], [Double](repeating: 0, count: lanes * n * n))
    for lane in 0..<lanes {
      for k in 0..<count {
        let isDiagonal = rows[k] == pattern.columns[k]
        // What outweighs the others of its row, as it does with short steps.
        if isDiagonal { entries[lane * count + k] += lane == 1 ? -12 : 12 }
        whole[(lane * n + rows[k]) * n + pattern.columns[k]] = entries[lane * count + k]
      }
    }
    let right = noise.tensor(element, [lanes, n])
    let weights = noise.tensor(element, [lanes, n])
    let tolerance = element == .f64 ? 1e-11 : 1e-3
    func expectClose(_ a: Double, _ b: Double) {
      #expect(abs(a - b) <= tolerance * max(1, abs(b)), "\(a) \(b)")
    }
    for transposed in [false, true] {
      for executor in LinearSystemTests.executors {
        let sparse = try LinearSystemTests.weighted(n, element, .sparse(pattern), transposed)
        let found = try Runner(executor.compile(sparse)).run([entries, right, weights]).results
        let dense = try LinearSystemTests.weighted(n, element, nil, transposed)
        let known = try Runner(executor.compile(dense)).run([whole, right, weights]).results
        for i in 0..<(lanes * n) {
          expectClose(found[0][i], known[0][i])
          expectClose(found[2][i], known[2][i])
        }
        for lane in 0..<lanes {
          for k in 0..<count {
            expectClose(
              found[1][lane * count + k],
              known[1][(lane * n + rows[k]) * n + pattern.columns[k]])
          }
        }
      }
    }
  }

  /// Derivatives forwards: dx by dA and db.
  @Test(arguments: [false, true]) func forwards(transposed: Bool) throws {
    let pattern = SparsePattern(rows: Self.grid(5, components: 2))
    let (n, count) = (pattern.count, pattern.columns.count)
    var b = RegionBuilder(parameters: [
      ValueType(.f64, shape: [count]), ValueType(.f64, shape: [n]),
    ])
    let factors = b.value(.factorize(.sparse(pattern)), [b.parameters[0]])
    let solve = LinearSolve(isTransposed: transposed, pattern: .sparse(pattern))
    let x = b.value(.linearSolve(solve), [b.parameters[0], factors, b.parameters[1]])
    let region = try b.finish([x])
    let tangent = try ForwardMode.differentiate(region, wrt: [0, 1])
    var noise = Noise(17)
    var matrix = noise.tensor(.f64, [count])
    for (k, row) in pattern.rows.enumerated() where pattern.columns[k] == row { matrix[k] += 9 }
    let (side, change) = (noise.tensor(.f64, [n]), noise.tensor(.f64, [count]))
    let moved = noise.tensor(.f64, [n])
    func solution(_ step: Double) throws -> [Double] {
      var (matrix, side) = (matrix, side)
      for k in 0..<count { matrix[k] += step * change[k] }
      for i in 0..<n { side[i] += step * moved[i] }
      return try Runner(ReferenceExecutor().compile(region)).run([matrix, side]).results[0].numbers
    }
    let found = try Runner(ReferenceExecutor().compile(tangent)).run([matrix, side, change, moved])
      .results[1]
    let (up, down) = (try solution(1e-5), try solution(-1e-5))
    for i in 0..<n { #expect(abs(found[i] - (up[i] - down[i]) / 2e-5) < 1e-7) }
  }

  /// Places are all different, parents come behind their children, and what a child leaves has a place in its parent.
  @Test(arguments: 0..<40) func trees(seed: Int) {
    let pattern = SparsePattern(rows: Self.rows(seed))
    let tree = pattern.factors
    #expect(tree.order.sorted() == Array(0..<pattern.count))
    #expect(Set(tree.entries).count == tree.entries.count)
    #expect(tree.entries.allSatisfy { (0..<tree.count).contains($0) })
    var parents = [Int](repeating: 0, count: tree.fronts.count)
    for (k, front) in tree.fronts.enumerated() {
      let own = Array(front.first..<(front.first + front.pivots)) + Array(tree.rows[front.rows])
      for c in tree.children[front.children] {
        #expect(c < k)
        parents[c] += 1
        let child = tree.fronts[c]
        for j in child.rows { #expect(own[tree.parentRows[j]] == tree.rows[j]) }
      }
    }
    for (front, parents) in zip(tree.fronts, parents) {
      #expect(front.rows.isEmpty ? parents == 0 : parents == 1)
    }
  }

  /// A grid fills far less than its band.
  @Test func littleFill() {
    let tree = SparsePattern(rows: Self.grid(40, components: 1)).factors
    #expect(tree.count < 1600 * 50)
    #expect(tree.largestFront < 100)
  }

  /// A pivot that is nothing makes what isn't a number, wherever it is; so does what isn't a number itself.
  @Test(arguments: [0, 1e-12, Double.nan]) func refused(pivot: Double) throws {
    let pattern = SparsePattern(rows: Self.grid(4, components: 1))
    let count = pattern.columns.count
    var b = RegionBuilder(parameters: [
      ValueType(.f64, shape: [count]), ValueType(.f64, shape: [16]),
    ])
    let factors = b.value(.factorize(.sparse(pattern)), [b.parameters[0]])
    let region = try b.finish([
      b.value(
        .linearSolve(LinearSolve(pattern: .sparse(pattern))),
        [b.parameters[0], factors, b.parameters[1]])
    ])
    let first = pattern.factors.order[0]
    var matrix = Tensor(.f64, shape: [count], [Double](repeating: -1, count: count))
    for (k, row) in pattern.rows.enumerated() where pattern.columns[k] == row {
      matrix[k] = row == first ? pivot : 5
    }
    for executor in LinearSystemTests.executors {
      let x = try Runner(executor.compile(region)).run([
        matrix, Tensor(.f64, shape: [16], Array(repeating: 1, count: 16)),
      ]).results[0]
      #expect(x.numbers.contains { !$0.isFinite })
    }
  }
}
