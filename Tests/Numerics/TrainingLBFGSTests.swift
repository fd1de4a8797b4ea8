import Foundation
import NodalTraining
import Testing

@Suite struct TrainingLBFGSTests {
  private func fit(
    _ objective: any Objective, from x: [Double], steps: Int = 200,
    _ hyperparameters: [String: Double] = [:]
  ) throws -> TrainingResult {
    try Trainer.train(
      objective, from: TrainingProblem.parameters(x),
      stages: [TrainingProblem.stage("lbfgs", hyperparameters, steps: steps)])
  }

  @Test(arguments: [2, 10, 50])
  func rosenbrockIsSolved(_ count: Int) throws {
    let start = (0..<count).map { $0 % 2 == 0 ? -1.2 : 1.0 }
    let result = try fit(TrainingProblem.rosenbrock, from: start, steps: 500)
    #expect(try #require(result.bestLoss) < 1e-18)
    #expect(result.evaluations < 8 * count + 100)
    guard case .optimizer = result.ends.last else {
      Issue.record("ended with \(result.ends)")
      return
    }
  }

  @Test func quadraticsAreSolvedInAFewSteps() throws {
    let a = (0..<8).map { pow(10, Double($0) / 2) }
    let b = (0..<8).map { cos(Double($0)) }
    let result = try fit(
      TrainingProblem.quadratic(a, b), from: [Double](repeating: 0, count: 8))
    for (found, wanted) in zip(result.best.values, b) { #expect(abs(found - wanted) < 1e-8) }
    #expect(result.steps < 100)
    guard case .optimizer(.gradientBelowTolerance(let largest)) = result.ends.last else {
      Issue.record("ended with \(result.ends)")
      return
    }
    #expect(largest <= 1e-9)
  }

  @Test func everyStepLowersTheValue() throws {
    let result = try fit(TrainingProblem.rosenbrock, from: [-1.2, 1])
    #expect(zip(result.values, result.values.dropFirst()).allSatisfy { $0 > $1 })
  }

  /// `x - log x`, that is not defined left of zero, from a point where the first trial lands there.
  @Test(arguments: [true, false])
  func aTrialWithoutAValueIsComeBackFrom(_ throwing: Bool) throws {
    struct Outside: Error {}
    let barrier = ObjectiveFunction { x, _ in
      if x[0] <= 0, throwing { throw Outside() }
      return Evaluation(value: 1e3 * (x[0] - log(x[0])), gradient: [1e3 * (1 - 1 / x[0])])
    }
    var failures: [TrainingFailure.Cause] = []
    let result = try Trainer.train(
      barrier, from: TrainingProblem.parameters([40]),
      stages: [TrainingProblem.stage("lbfgs", ["lr": 100], steps: 200)],
      report: { if let failure = $0.trialFailure { failures.append(failure) } })
    switch try #require(failures.first) {
    case .objective(let error): #expect(throwing && error is Outside)
    case .nonFinite: #expect(!throwing)
    case .validation, .nothingToTrain, .path, .gradientLength: Issue.record("another failure")
    }
    #expect(abs(result.best.values[0] - 1) < 1e-7)
    #expect(result.failedTrials > 0)
  }

  @Test func withoutProgressItSaysSo() throws {
    // The gradient lies: along it the value rises.
    let liar = ObjectiveFunction { x, _ in Evaluation(value: x[0] * x[0], gradient: [-1]) }
    let result = try fit(liar, from: [1])
    #expect(result.ends == [.optimizer(.noProgress(promised: 0))])
    #expect(result.best.values == [1])
  }

  @Test func atTheMinimumItStaysThere() throws {
    let result = try fit(TrainingProblem.quadratic([2], [3]), from: [3])
    #expect(result.ends == [.optimizer(.gradientBelowTolerance(largest: 0))])
    #expect(result.steps == 1 && result.evaluations == 1)
  }

  @Test func acceptedTrialsAreNotEvaluatedTwice() throws {
    var points: [[Double]] = []
    let counting = ObjectiveFunction { x, request in
      points.append(x)
      return try TrainingProblem.rosenbrock.evaluate(x, request)
    }
    let result = try fit(counting, from: [-1.2, 1])
    #expect(points.count == result.evaluations)
    #expect(Set(points).count == points.count)
  }

  @Test func allStepsOfAStageSeeOneSample() throws {
    var samples: [Int] = []
    let noting = ObjectiveFunction { x, request in
      samples.append(request.sample)
      return try TrainingProblem.rosenbrock.evaluate(x, request)
    }
    _ = try Trainer.train(
      noting, from: TrainingProblem.parameters([-1.2, 1]),
      stages: [
        TrainingProblem.stage("adam", steps: 4), TrainingProblem.stage("lbfgs", steps: 3),
      ])
    #expect(Array(samples.prefix(4)) == [0, 1, 2, 3])
    #expect(Set(samples.dropFirst(4)) == [4])
  }
}
