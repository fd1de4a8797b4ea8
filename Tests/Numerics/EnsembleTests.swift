import NodalExecution
import NodalIR
import NodalOperations
import NodalReferenceExecutor
import TestSupport
import Testing

/// A solve over a fixed number of trajectories is shared among threads.
struct EnsembleTests {
  private static let count = 100

  /// Lotka-Volterra systems with starts and, for the first rate, numbers of their own.
  private static func ensemble(_ settings: SolverSettings) throws -> Region {
    let n = Extent.fixed(count)
    let types = [
      ValueType.time, .time, ValueType(.f64, shape: [3]), ValueType(.f64, [n, .fixed(2)]),
      ValueType(.f64, [n, .fixed(4)]),
    ]
    var b = RegionBuilder(parameters: types)
    let solve = Solve(
      settings: settings, trajectories: n, batched: [false, false, false, true, true],
      rhs: try Problem.lotkaVolterra.rhs(lanes: true, ownParameters: true), isLowered: true,
      controlled: 2)
    let results = b.emit(.solve(solve), b.parameters)
    return try b.finish(results)
  }

  private static func inputs(_ noise: inout Noise) -> [Tensor] {
    var rates: [Double] = []
    var starts: [Double] = []
    for _ in 0..<count {
      rates += [1.5 + 0.3 * noise.next(), 1, 3, 1]
      starts += [1 + 0.5 * noise.next(), 1 + 0.5 * noise.next()]
    }
    return [
      Tensor(0), Tensor(5), Tensor([1, 2.5, 5]), Tensor(.f64, shape: [count, 2], starts),
      Tensor(.f64, shape: [count, 4], rates),
    ]
  }

  private static var executors: [any Executor] {
    [ReferenceExecutor() as any Executor] + [native.map { $0 as any Executor }].compactMap(\.self)
  }

  @Test func sameOnAnyNumberOfThreads() throws {
    var noise = Noise(3)
    let inputs = Self.inputs(&noise)
    for method in ["dopri5", "dop853"] {
      let region = try Self.ensemble(.adaptive(method, 1e-8))
      for executor in Self.executors {
        let runner = Runner(try executor.compile(region))
        let (alone, report) = try runner.run(inputs)
        for threads in 1...3 {
          let (shared, other) = try runner.run(inputs, RunOptions(threads: Threads(threads)))
          for (a, b) in zip(alone, shared) { #expect(a.numbers == b.numbers && a.shape == b.shape) }
          #expect(report.evaluations == other.evaluations)
        }
        // Each trajectory is as if it were alone.
        for i in [0, 41, Self.count - 1] {
          let single = try Problem.lotkaVolterra.solve(
            .adaptive(method, 1e-8), (0, 5), saves: [1, 2.5, 5],
            Array(inputs[3].numbers[(2 * i)..<(2 * i + 2)]),
            Array(inputs[4].numbers[(4 * i)..<(4 * i + 4)]))
          for j in 0..<2 { #expect(abs(alone[0][2 * i + j] - single.final[j]) < 1e-9) }
          for j in 0..<6 { #expect(abs(alone[1][6 * i + j] - single.saved[j]) < 1e-9) }
        }
      }
    }
  }

  /// The first by number is told, wherever it was.
  @Test func failuresKeepTheirNumber() throws {
    var noise = Noise(4)
    var inputs = Self.inputs(&noise)
    for i in [97, 63] { inputs[3][2 * i] = .infinity }
    let region = try Self.ensemble(.adaptive("tsit5", 1e-6))
    for executor in Self.executors {
      let runner = Runner(try executor.compile(region))
      do {
        _ = try runner.run(inputs, RunOptions(threads: Threads(2)))
        Issue.record("no failure")
      } catch .solve(let failure) {
        #expect(failure.trajectory == 63)
        #expect(failure.status == .nonFinite)
      }
      let kept = try runner.run(
        inputs, RunOptions(keepsFailures: true, threads: Threads(2))
      ).results
      #expect(kept[0][2 * 97].isNaN && !kept[0][2 * 96].isNaN)
    }
  }
}
