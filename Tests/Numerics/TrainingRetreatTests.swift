import NodalBasics
import NodalTraining
import Testing

/// Steps that lead where there is no value.
@Suite struct TrainingRetreatTests {
  private struct SolveFailed: Error {}

  /// A parabola behind a wall: beyond it nothing can be evaluated.
  private func walled(at wall: Double) -> ObjectiveFunction {
    ObjectiveFunction { x, _ in
      if x[0] > wall { throw SolveFailed() }
      return Evaluation(value: 0.5 * (x[0] - 2) * (x[0] - 2), gradient: [x[0] - 2])
    }
  }

  /// A rate that is too large for the wall behind the minimum: steps are made shorter, and the minimum is found.
  @Test(arguments: ["sgd", "adam", "adamw", "rmsprop"])
  func stepsThatLeadNowhereAreTakenBack(_ name: String) throws {
    let stage = try TrainingProblem.stage(name, ["lr": name == "sgd" ? 1.9 : 1], steps: 400)
    var failed = 0
    let result = try Trainer.train(
      walled(at: 2.2), from: TrainingProblem.parameters([-3]), stages: [stage],
      report: { failed += $0.failedTrials })
    #expect(result.retreats > 0 && result.retreats == failed && result.failedTrials == failed)
    #expect(result.ends == [.steps])
    #expect(abs(try #require(result.best["x"])[0] - 2) < 0.02, "\(name): \(result.best.values)")
  }

  /// What another stage's last update has led to is taken back, too, to where it came from.
  @Test func anUpdateBeforeAnotherStageIsTakenBack() throws {
    let stages = [
      try TrainingProblem.stage("sgd", ["lr": 1.9], steps: 1),
      try TrainingProblem.stage("lbfgs", steps: 20),
    ]
    let result = try Trainer.train(
      walled(at: 2.2), from: TrainingProblem.parameters([-3]), stages: stages)
    #expect(result.retreats == 1)
    #expect(abs(try #require(result.best["x"])[0] - 2) < 1e-6)
  }

  @Test func whereNothingCanBeEvaluatedARunFails() throws {
    let stage = try TrainingProblem.stage("sgd", ["lr": 1], steps: 3)
    do {
      _ = try Trainer.train(
        walled(at: -4), from: TrainingProblem.parameters([-3]), stages: [stage])
      Issue.record("it went on")
    } catch let failure as TrainingFailure {
      guard case .objective = failure.cause else {
        Issue.record("\(failure.cause)")
        return
      }
    }
  }

  /// Interrupted anywhere, among retreats too.
  @Test(arguments: 1...40)
  func aCancelledRunTakesBackTheSameSteps(_ evaluation: Int) throws {
    let start = TrainingState(try TrainingProblem.parameters([-3]))
    let stages = [try TrainingProblem.stage("adam", ["lr": 1], steps: 25)]
    var whole = TrainingRun(walled(at: 2.2), from: start, stages: stages)
    while try whole.advance() != nil {}
    var asked = 0
    var broken = TrainingRun(
      walled(at: 2.2), from: start, stages: stages,
      isCancelled: {
        asked += 1
        return asked >= evaluation
      })
    while try broken.advance() != nil {}
    let saved = try TrainingState(
      broken.state.arrays, parameters: start.parameters, stages: stages)
    var mended = TrainingRun(walled(at: 2.2), from: saved, stages: stages)
    while try mended.advance() != nil {}
    let (a, b) = (whole.state.result, mended.state.result)
    #expect(a.best == b.best && a.final == b.final && a.losses == b.losses)
    #expect(a.retreats == b.retreats && a.retreats > 0)
  }
}

/// Starts of several fits.
@Suite struct LatinHypercubeTests {
  /// Each n-th of each axis has one point, whatever the seed; axes are unlike each other.
  @Test(arguments: [1, 2, 7, 100])
  func eachShareHasOnePoint(_ count: Int) {
    let cube = LatinHypercube(count: count, key: RandomKey(seed: 3, place: "starts"))
    let axes = (0..<3).map { cube.coordinates(axis: $0) }
    for axis in axes {
      #expect(axis.map { Int($0 * Double(count)) }.sorted() == Array(0..<count))
      #expect(axis.allSatisfy { $0 > 0 && $0 < 1 })
    }
    if count > 2 { #expect(axes[0] != axes[1] && axes[1] != axes[2]) }
  }
}
