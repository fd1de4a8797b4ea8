import NodalExecution
import NodalIR
import NodalOperations
import NodalReferenceExecutor
import NodalTransforms
import Testing

/// Linear equations: what is found solves them, for every size, element, executor, over lanes or not, transposed or not.
struct LinearSystemTests {
  static let executors: [any Executor] = [ReferenceExecutor()] + (native.map { [$0] } ?? [])

  private static func region(
    _ n: Int, _ element: ElementType, lanes: Bool, transposed: Bool
  ) throws -> Region {
    let lead: [Extent] = lanes ? [.lane] : []
    let n = Extent.fixed(n)
    var b = RegionBuilder(parameters: [
      ValueType(element, lead + [n, n]), ValueType(element, lead + [n]),
    ])
    let factors = b.value(.factorize(nil), [b.parameters[0]])
    let solution = b.value(
      .linearSolve(LinearSolve(isTransposed: transposed)),
      [b.parameters[0], factors, b.parameters[1]])
    return try b.finish([solution])
  }

  /// Matrices of noise, some with zeros on the diagonal, so that rows must be exchanged.
  private static func matrices(_ n: Int, _ lanes: Int, _ element: ElementType) -> Tensor {
    var noise = Noise(UInt64(n * 31 + lanes))
    var a = noise.tensor(element, [lanes, n, n])
    for lane in 0..<lanes where lane % 2 == 0 {
      for i in 0..<n { a[lane * n * n + i * n + i] = 0 }
      // An anti-diagonal keeps it regular.
      for i in 0..<n { a[lane * n * n + i * n + (n - 1 - i)] += 3 }
    }
    return a
  }

  @Test(
    arguments: [1, 2, 3, 5, 8, 12, 13, 40, 70], [ElementType.f64, .f32])
  func residual(n: Int, element: ElementType) throws {
    for transposed in [false, true] {
      let lanes = 5
      let matrices = Self.matrices(n, lanes, element)
      var noise = Noise(3)
      let right = noise.tensor(element, [lanes, n])
      var found: [[Double]] = []
      for executor in Self.executors {
        let region = try Self.region(n, element, lanes: true, transposed: transposed)
        let x = try Runner(executor.compile(region)).run([matrices, right]).results[0]
        found.append(x.numbers)
        for lane in 0..<lanes {
          for i in 0..<n {
            var (sum, size) = (0.0, abs(right[lane * n + i]))
            for j in 0..<n {
              let a = matrices[lane * n * n + (transposed ? j * n + i : i * n + j)]
              sum += a * x[lane * n + j]
              size += abs(a * x[lane * n + j])
            }
            let rounding = element == .f64 ? 1e-13 : 3e-5
            #expect(abs(sum - right[lane * n + i]) <= rounding * size * Double(n))
          }
        }
        // A system alone gives what it gives among others.
        let alone = try Runner(
          executor.compile(Self.region(n, element, lanes: false, transposed: transposed)))
        let first = try alone.run([
          Tensor(element, shape: [n, n], Array(matrices.numbers[0..<(n * n)])),
          Tensor(element, shape: [n], Array(right.numbers[0..<n])),
        ]).results[0]
        for i in 0..<n {
          #expect(abs(first[i] - x[i]) <= (element == .f64 ? 1e-11 : 1e-2) * max(1, abs(x[i])))
        }
      }
    }
  }

  /// In a band a system has the solution that it has as a whole matrix, and so have its derivatives.
  @Test(
    arguments: [
      (n: 1, below: 0, above: 0), (7, 2, 1), (7, 0, 3), (7, 3, 0), (20, 4, 2), (50, 1, 1),
      (9, 8, 8),
    ], [ElementType.f64, .f32])
  func banded(_ shape: (n: Int, below: Int, above: Int), element: ElementType) throws {
    let n = shape.n
    // Any order will do.
    let band = Band(
      order: (0..<n).sorted { ($0 * 7 % 11, $0) < ($1 * 7 % 11, $1) }, below: shape.below,
      above: shape.above)
    let lanes = 3
    var noise = Noise(UInt64(n * 7 + shape.below))
    var entries = noise.tensor(element, [lanes, n, band.width])
    let columns = band.columns
    var whole = Tensor(
      element, shape: [lanes, n, n], [Double](repeating: 0, count: lanes * n * n))
    for lane in 0..<lanes {
      for (k, column) in columns.enumerated() {
        let place = lane * n * band.width + k
        // Small diagonals make rows exchange, with large ones beside them; of triangles they are all there is.
        if k % band.width == band.below {
          let isSmall = band.below > 0 && band.above > 0
          entries[place] = isSmall ? 0.01 * entries[place] : entries[place] + 3
        } else if k % band.width == band.below - 1 {
          entries[place] += 2
        }
        guard let column else {
          entries[place] = 0
          continue
        }
        whole[lane * n * n + band.rows[k] * n + column] = entries[place]
      }
    }
    let right = noise.tensor(element, [lanes, n])
    let weights = noise.tensor(element, [lanes, n])
    for transposed in [false, true] {
      for executor in Self.executors {
        let inBand = try Runner(
          executor.compile(Self.weighted(n, element, .band(band), transposed))
        )
        .run([entries, right, weights]).results
        let asWhole = try Runner(executor.compile(Self.weighted(n, element, nil, transposed)))
          .run([whole, right, weights]).results
        let tolerance = element == .f64 ? 1e-7 : 0.3
        func expectClose(_ a: Double, _ b: Double) {
          #expect(abs(a - b) <= tolerance * max(1, abs(b)), "\(a) \(b)")
        }
        for i in 0..<(lanes * n) {
          expectClose(inBand[0][i], asWhole[0][i])
          expectClose(inBand[2][i], asWhole[2][i])
        }
        for lane in 0..<lanes {
          for (k, column) in columns.enumerated() {
            guard let column else { continue }
            expectClose(
              inBand[1][lane * n * band.width + k],
              asWhole[1][lane * n * n + band.rows[k] * n + column])
          }
        }
      }
    }
  }

  /// (A, b, w) → x, and the derivatives of Σ w x by A and b.
  static func weighted(
    _ n: Int, _ element: ElementType, _ pattern: MatrixPattern?, _ transposed: Bool
  ) throws -> Region {
    let vector = ValueType(element, [.lane, .fixed(n)])
    var b = RegionBuilder(parameters: [
      ValueType(element, [.lane] + (pattern?.shape ?? [n, n]).map(Extent.fixed)), vector,
    ])
    let factors = b.value(.factorize(pattern), [b.parameters[0]])
    let x = b.value(
      .linearSolve(LinearSolve(isTransposed: transposed, pattern: pattern)),
      [b.parameters[0], factors, b.parameters[1]])
    return try ReverseMode.differentiate(b.finish([x]), wrt: [0, 1])
  }

  /// Elimination in blocks gives the bits of elimination column by column, at the borders of panels too.
  @Test(arguments: [63, 64, 65, 71, 95, 96, 97, 130], [ElementType.f64, .f32])
  func blocks(n: Int, element: ElementType) throws {
    var matrices = [Self.matrices(n, 2, element)]
    // Rows in another order, with zeros where a panel has nothing to do; one that is singular in a late column.
    var sparse = matrices[0]
    for i in 0..<n {
      for j in 0..<n where abs((i * 7) % n - j) > 40 { sparse[i * n + j] = 0 }
    }
    matrices.append(sparse)
    var singular = matrices[0]
    for i in 0..<n { singular[i * n + n - 2] = 0 }
    matrices.append(singular)
    var b = RegionBuilder(parameters: [ValueType(element, shape: [n, n])])
    let region = try b.finish([b.value(.factorize(nil), [b.parameters[0]])])
    for matrix in matrices {
      let numbers = Array(matrix.numbers[0..<(n * n)])
      let plain = Self.eliminated(numbers, n, element)
      for executor in Self.executors {
        let found = try Runner(executor.compile(region)).run([
          Tensor(element, shape: [n, n], numbers)
        ]).results[0]
        #expect(found.numbers == plain)
      }
    }
  }

  /// The factors, column by column.
  private static func eliminated(_ matrix: [Double], _ n: Int, _ element: ElementType) -> [Double] {
    func rounded(_ x: Double) -> Double { element == .f32 ? Double(Float(x)) : x }
    var rows = (0..<n).map { Array(matrix[($0 * n)..<($0 * n + n)]) + [0] }
    for k in 0..<n {
      var pivot = k
      for i in k..<n where abs(rows[i][k]) > abs(rows[pivot][k]) { pivot = i }
      for j in 0..<n where pivot != k {
        (rows[k][j], rows[pivot][j]) = (rows[pivot][j], rows[k][j])
      }
      rows[k][n] = Double(pivot)
      for i in (k + 1)..<max(n, k + 1) where rows[i][k] != 0 {
        rows[i][k] = rounded(rows[i][k] / rows[k][k])
        for j in (k + 1)..<n { rows[i][j] = rounded(rows[i][j] - rounded(rows[i][k] * rows[k][j])) }
      }
    }
    return rows.flatMap(\.self)
  }

  /// What isn't a number is seen in the solution.
  @Test(arguments: [20, 100]) func notNumbers(n: Int) throws {
    var matrix = Self.matrices(n, 1, .f64)
    matrix[n * n / 2] = .nan
    for transposed in [false, true] {
      let region = try Self.region(n, .f64, lanes: false, transposed: transposed)
      for executor in Self.executors {
        let x = try Runner(executor.compile(region)).run([
          Tensor(.f64, shape: [n, n], matrix.numbers),
          Tensor(.f64, shape: [n], Array(repeating: 1, count: n)),
        ]).results[0]
        #expect(x.numbers.contains { !$0.isFinite })
      }
    }
  }

  /// Nothing ends the process: a singular matrix gives what isn't a number.
  @Test func singular() throws {
    for executor in Self.executors {
      for n in [2, 20, 100] {
        let region = try Self.region(n, .f64, lanes: false, transposed: false)
        let x = try Runner(executor.compile(region)).run([
          Tensor(.f64, shape: [n, n], Array(repeating: 1, count: n * n)),
          Tensor(.f64, shape: [n], (0..<n).map(Double.init)),
        ]).results[0]
        #expect(x.numbers.contains { !$0.isFinite })
      }
    }
  }
}
