import NodalExecution
import NodalIR
import NodalMethods
import NodalNativeExecutor
import NodalTransforms
import TestSupport
import Testing

/// Few trajectories run in loops of single numbers, many in loops of vectors: a trajectory's bits are the same.
@Suite(.enabled(if: native != nil, "no LLVM is installed"))
struct CompanyTests {
  private static let counts = [1, 2, 3, 17]

  /// As it comes, and with what was expected to be too few and too many.
  private static func executors() throws -> [any Executor] {
    let executor = try #require(native)
    return [executor, executor.expecting(lanes: 1), executor.expecting(lanes: 17)]
  }

  /// The lanes of a tensor that leads with them.
  private static func lanes(_ tensor: Tensor, _ range: Range<Int>) -> Tensor {
    let row = tensor.count / tensor.shape[0]
    return Tensor(
      tensor.element, shape: [range.count] + tensor.shape.dropFirst(),
      Array(tensor.numbers[(range.lowerBound * row)..<(range.upperBound * row)]))
  }

  private static func starts(_ element: ElementType, _ noise: inout Noise) -> (Tensor, Tensor) {
    let count = counts.max() ?? 0
    return (
      Tensor(element, shape: [count, 2], (0..<(2 * count)).map { _ in 1.5 + noise.next() }),
      Tensor(
        element, shape: [count, 4],
        (0..<count).flatMap { _ in [1.5, 1, 3, 1].map { $0 * (1 + 0.3 * noise.next()) } })
    )
  }

  /// States, save times and statistics, of steps that are chosen and of given ones.
  @Test(arguments: ["dopri5", "dop853", "rk4"], [ElementType.f64, .f32])
  func states(_ method: String, _ element: ElementType) throws {
    var problem = Problem.lotkaVolterra
    problem.element = element
    var noise = Noise(21)
    let (y0, p) = Self.starts(element, &noise)
    let count = y0.shape[0]
    let ends = Tensor((0..<count).map { _ in 5 + 4.9 * noise.next() })
    let inputs = [
      Tensor([Double](repeating: 0, count: count)), ends, Tensor([0, 0.05, 0.1]), y0, p,
    ]
    let isAdaptive = try #require(Method.named(method)).isAdaptive
    for settings in [
      isAdaptive ? .adaptive(method, element == .f64 ? 1e-8 : 1e-4) : nil,
      SolverSettings(method: method, stepping: .step(0.07)),
      SolverSettings(method: method, stepping: .count(40)),
    ].compactMap({ $0 }) {
      let region = try problem.region(
        settings, saves: 3, lanes: true, ownParameters: true, ownTimes: true)
      for executor in try Self.executors() {
        let runner = Runner(try executor.compile(region))
        func run(_ range: Range<Int>) throws -> [Tensor] {
          try runner.run(
            inputs.enumerated().map { $0 == 2 ? $1 : Self.lanes($1, range) }
          ).results
        }
        let alone = try (0..<count).map { try run($0..<($0 + 1)) }
        for n in Self.counts {
          for threads in [nil, Threads(2)] {
            let found = try runner.run(
              inputs.enumerated().map { $0 == 2 ? $1 : Self.lanes($1, 0..<n) },
              RunOptions(threads: threads)
            ).results
            for (k, result) in found.enumerated() {
              for i in 0..<n {
                #expect(
                  Self.lanes(result, i..<(i + 1)).numbers.map(\.bitPattern)
                    == alone[i][k].numbers.map(\.bitPattern),
                  "\(method), \(settings.stepping), result \(k) of \(i) among \(n)")
              }
            }
          }
        }
      }
    }
  }

  /// Behind the loss and that of each trajectory.
  private static let (byStart, byRates) = (2, 3)

  /// Gradients: those of a trajectory's own numbers through recorded steps to the bit, all to rounding.
  @Test(arguments: SolveGradients.modes, [false, true])
  func gradients(_ mode: GradientMode, ownRates: Bool) throws {
    let one = try TransformsSolveLawTests.loss(
      mode, .adaptive(rtol: 1e-8, atol: [1e-8]), saves: 3, method: "dopri5")
    let region = try Pipeline.training(wrt: [0, 1]).run(
      TransformsBatchingLawTests.total(one, [true, ownRates, false, true, false]))
    var noise = Noise(22)
    let (y0, p) = Self.starts(.f64, &noise)
    let rates = ownRates ? p : Tensor([1.5, 1, 3, 1])
    let count = y0.shape[0]
    let ends = Tensor((0..<count).map { _ in 3 + noise.next() })
    for executor in try Self.executors() {
      let runner = Runner(try executor.compile(region))
      func run(_ range: Range<Int>) throws -> [Tensor] {
        try runner.run([
          Self.lanes(y0, range), ownRates ? Self.lanes(rates, range) : rates, Tensor(0.2),
          Self.lanes(ends, range), Tensor([0.5, 1.1, 2]),
        ]).results
      }
      let alone = try (0..<count).map { try run($0..<($0 + 1)) }
      for n in Self.counts {
        let found = try run(0..<n)
        for i in 0..<n {
          let own = Self.lanes(found[Self.byStart], i..<(i + 1)).numbers
          #expect(
            mode == .direct
              ? own == alone[i][Self.byStart].numbers
              : zip(own, alone[i][Self.byStart].numbers).allSatisfy {
                abs($0 - $1) <= 1e-9 * (1 + abs($1))
              },
            "\(mode): start \(i) among \(n)")
        }
        let sum =
          ownRates
          ? alone[0..<n].flatMap { $0[Self.byRates].numbers }
          : (0..<4).map { k in alone[0..<n].reduce(0) { $0 + $1[Self.byRates][k] } }
        for (a, b) in zip(found[Self.byRates].numbers, sum) {
          #expect(abs(a - b) <= 1e-9 * (1 + abs(b)), "\(mode): rates among \(n)")
        }
        let total = alone[0..<n].reduce(0) { $0 + $1[0].scalar }
        #expect(abs(found[0].scalar - total) <= 1e-11 * (1 + abs(total)))
      }
    }
  }
}
