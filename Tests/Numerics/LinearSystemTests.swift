import NodalExecution
import NodalIR
import NodalOperations
import NodalReferenceExecutor
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
    arguments: [1, 2, 3, 5, 8, 12, 13, 40], [ElementType.f64, .f32])
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

  /// Nothing ends the process: a singular matrix gives what isn't a number.
  @Test func singular() throws {
    for executor in Self.executors {
      for n in [2, 20] {
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
