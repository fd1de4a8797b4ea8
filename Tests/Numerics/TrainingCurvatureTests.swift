import Foundation
import NodalBasics
import NodalTraining
import Testing

/// Levenberg and Marquardt's method, and what it and intervals are computed with.
@Suite struct TrainingCurvatureTests {
  /// `Σ r²` of residuals with their derivatives, and the curvature 2 JᵀJ.
  private static func squares(
    _ residuals: @escaping ([Double]) -> [(r: Double, slopes: [Double])]
  ) -> ObjectiveFunction {
    ObjectiveFunction(
      { x, _ in
        var value = 0.0
        var gradient = x.map { _ in 0.0 }
        for (r, slopes) in residuals(x) {
          value += r * r
          for i in x.indices { gradient[i] += 2 * r * slopes[i] }
        }
        return Evaluation(value: value, gradient: gradient)
      },
      curvature: { x, _ in
        var matrix = [Double](repeating: 0, count: x.count * x.count)
        for (_, slopes) in residuals(x) {
          for i in x.indices {
            for j in x.indices { matrix[i * x.count + j] += 2 * slopes[i] * slopes[j] }
          }
        }
        return matrix
      })
  }

  private static var rosenbrock: ObjectiveFunction {
    squares { x in
      [(10 * (x[1] - x[0] * x[0]), [-20 * x[0], 10]), (1 - x[0], [-1, 0])]
    }
  }

  /// A decay of two exponentials, whose valley is long and narrow; data without noise.
  private static var decays: ObjectiveFunction {
    squares { x in
      (0..<30).map { k in
        let t = 0.2 * Double(k)
        let (a, b) = (exp(-x[1] * t), exp(-x[3] * t))
        let truth = 2 * exp(-1.5 * t) + exp(-0.4 * t)
        return (x[0] * a + x[2] * b - truth, [a, -t * x[0] * a, b, -t * x[2] * b])
      }
    }
  }

  private static func fit(
    _ objective: ObjectiveFunction, _ start: [Double], _ optimizer: String = "lm"
  ) throws -> TrainingResult {
    try Trainer.train(
      objective, from: TrainingProblem.parameters(start),
      stages: [TrainingProblem.stage(optimizer, steps: 300)])
  }

  @Test func squaresAreSolvedInFewSteps() throws {
    let valley = try Self.fit(Self.rosenbrock, [-1.2, 1])
    #expect(try #require(valley.bestLoss) < 1e-20)
    #expect(valley.evaluations < 60)
    let decays = try Self.fit(Self.decays, [1, 3, 0.5, 0.1])
    for (found, wanted) in zip(decays.best.values, [2, 1.5, 1, 0.4]) {
      #expect(abs(found - wanted) < 1e-6, "\(decays.best.values)")
    }
    #expect(decays.evaluations < 60)
    #expect(try Self.fit(Self.decays, [1, 3, 0.5, 0.1], "lbfgs").evaluations > decays.evaluations)
  }

  /// A parameter that nothing depends on stays, and the others are found.
  @Test func whatIsNotFeltStays() throws {
    let result = try Self.fit(Self.squares { x in [(x[0] - 3, [1, 0])] }, [0, 7])
    #expect(abs(result.best.values[0] - 3) < 1e-6)
    #expect(result.best.values[1] == 7)
  }

  /// From its state as arrays a run goes on to the same bits.
  @Test func aRunGoesOn() throws {
    let stages = [try TrainingProblem.stage("lm", steps: 12)]
    let start = try TrainingProblem.parameters([1, 3, 0.5, 0.1])
    var states: [TrainingState] = []
    let whole = try Trainer.train(
      Self.decays, from: TrainingState(start), stages: stages, report: { states.append($1) })
    let half = try TrainingState(states[4].arrays, parameters: start, stages: stages)
    let rest = try Trainer.train(Self.decays, from: half, stages: stages, report: { _, _ in })
    #expect(rest.parameters.values == whole.parameters.values)
    #expect(rest.losses == whole.losses)
  }

  @Test func symmetricMatricesAreTakenApart() throws {
    let key = RandomKey(seed: 3, place: "eigen")
    for n in [1, 2, 3, 8, 25] {
      // Q diag(λ) Qᵀ with eigenvalues over twelve powers of ten, by random reflections.
      let wanted = (0..<n).map { pow(10, 12 * Double($0) / Double(max(1, n - 1)) - 12) }
      var a = [Double](repeating: 0, count: n * n)
      for i in 0..<n { a[i * n + i] = wanted[i] }
      let (same, _) = SymmetricEigen.decompose(a, n)
      #expect(zip(same, wanted).allSatisfy { abs($0 - $1) <= 1e-14 * $1 })
      let u = (0..<n).map { key.normal(n * 100 + $0) }
      let length = u.reduce(0) { $0 + $1 * $1 }
      func reflect(_ x: [Double]) -> [Double] {
        let share = 2 * zip(x, u).reduce(0) { $0 + $1.0 * $1.1 } / length
        return zip(x, u).map { $0 - share * $1 }
      }
      let columns = (0..<n).map { j in reflect((0..<n).map { a[$0 * n + j] }) }
      let b = (0..<n).flatMap { i in reflect((0..<n).map { columns[$0][i] }) }
      let (values, vectors) = SymmetricEigen.decompose(b, n)
      for (value, vector) in zip(values, vectors) {
        let image = (0..<n).map { i in (0..<n).reduce(0) { $0 + b[i * n + $1] * vector[$1] } }
        #expect(zip(image, vector).allSatisfy { abs($0 - value * $1) < 1e-13 })
      }
      #expect(abs((values.last ?? 0) - 1) < 1e-12 || n == 1)
    }
  }

  @Test func positiveSystemsAreSolved() {
    let matrix = [4.0, 2, 0.6, 2, 5, 1, 0.6, 1, 3]
    let x = [1.0, -2, 0.5]
    let b = (0..<3).map { i in (0..<3).reduce(0) { $0 + matrix[3 * i + $1] * x[$1] } }
    let found = Vectors.solvePositive(matrix, b) ?? []
    #expect(zip(found, x).allSatisfy { abs($0 - $1) < 1e-14 })
    #expect(Vectors.solvePositive([1, 2, 2, 1], [1, 1]) == nil)
    #expect(Vectors.solvePositive([.nan], [1]) == nil)
  }

  /// Against tables of Student's distribution.
  @Test(arguments: [
    (0.975, 1, 12.7062047), (0.975, 2, 4.30265273), (0.975, 5, 2.57058184),
    (0.975, 10, 2.22813885), (0.95, 30, 1.69726089), (0.995, 100, 2.62589052),
  ])
  func quantilesOfStudent(_ p: Double, _ freedom: Int, _ wanted: Double) {
    #expect(abs(StudentT.quantile(p, freedom: freedom) - wanted) < 1e-7)
    #expect(abs(StudentT.quantile(1 - p, freedom: freedom) + wanted) < 1e-7)
    #expect(abs(StudentT.quantile(p, freedom: nil) - NormalDistribution.quantile(p)) < 1e-15)
  }
}
