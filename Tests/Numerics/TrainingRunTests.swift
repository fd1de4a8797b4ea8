import NodalTraining
import Testing

@Suite struct TrainingRunTests {
  private struct SolveFailed: Error {}

  private func twoBlocks() throws -> ParameterVector {
    try ParameterVector([("net.a", [0, 0]), ("net.b", [5]), ("k", [1])])
  }

  /// Pulls every component to 1, but knows nothing of `net.b`.
  private var blindToB: ObjectiveFunction {
    ObjectiveFunction { x, _ in
      var gradient = x.map { $0 - 1 }
      gradient[2] = 0
      let value = gradient.reduce(0) { $0 + 0.5 * $1 * $1 }
      return Evaluation(
        value: value + 10, gradient: gradient, loss: value, terms: [NamedValue("fit", value)],
        forwardEvaluations: 3, backwardEvaluations: 5)
    }
  }

  // MARK: The vector

  @Test func pathsFindTheirBlocks() throws {
    var vector = try twoBlocks()
    #expect(vector["net.b"] == [5] && vector["net"] == nil)
    try vector.freeze("net")
    #expect(vector.freeCount == 1)
    try vector.free("net.b")
    #expect(vector.gatherFree(vector.values) == [5, 1])
    #expect(vector.scatterFree([7, 8]) == [0, 0, 7, 8])
    #expect(throws: ParameterVector.PathError.unknown(path: "ne")) { try vector.freeze("ne") }
    #expect(throws: ParameterVector.PathError.duplicate(path: "a")) {
      try ParameterVector([("a", [1]), ("a", [2])])
    }
    vector["k"] = [1, 2]
    #expect(vector["k"] == [1])
    #expect(vector.normsByPath([1, 1, 3, -4]).map(\.norm) == [3, 4])
  }

  @Test func normsNeitherOverflowNorVanish() {
    #expect(abs(Vectors.norm([3e200, 4e200]) - 5e200) < 1e186)
    #expect(abs(Vectors.norm([3e-200, 4e-200]) - 5e-200) < 1e-214)
    #expect(Vectors.norm([1, .nan]).isNaN && Vectors.norm([Double]()) == 0)
  }

  // MARK: Frozen, untouched

  @Test(arguments: OptimizerRow.all.map(\.name))
  func frozenBlocksKeepTheirBits(_ name: String) throws {
    var parameters = try twoBlocks()
    try parameters.freeze("k")
    var stage = try TrainingProblem.stage(
      name, name == "adamw" ? ["weight_decay": 1] : [:], steps: 5)
    stage.freeze = ["net.b"]
    let result = try Trainer.train(
      TrainingProblem.quadratic([1, 2, 3, 4], [9, 9, 9, 9]), from: parameters, stages: [stage])
    #expect(result.final["net.b"] == [5] && result.final["k"] == [1])
    #expect(result.final["net.a"] != [0, 0])
  }

  @Test func whatGetsNoGradientIsNamed() throws {
    var seen: [[String]] = []
    let stage = try TrainingProblem.stage("sgd", ["lr": 0.1], steps: 3)
    let result = try Trainer.train(
      blindToB, from: twoBlocks(), stages: [stage], report: { seen.append($0.untouched) })
    // `k` stands where its gradient is zero.
    // Told at the second step: the first may begin where a derivative happens to be zero.
    #expect(seen == [[], ["net.b", "k"], []])
    #expect(result.untouched == ["net.b", "k"])
  }

  // MARK: What a run tells

  @Test func progressCountsAndNames() throws {
    var seen: [TrainingProgress] = []
    var now = 100.0
    let stages = [
      try TrainingProblem.stage("sgd", ["lr": 0.1], steps: 2),
      try TrainingProblem.stage("adam", steps: 0),
      try TrainingProblem.stage("lbfgs", steps: 30),
    ]
    let result = try Trainer.train(
      blindToB, from: twoBlocks(), stages: stages,
      clock: {
        now += 1
        return now
      },
      report: { seen.append($0) })
    #expect(seen.map(\.step) == Array(1...seen.count))
    #expect(seen.allSatisfy { $0.total == 32 && $0.stages == 3 })
    #expect(seen.map(\.stage).prefix(3) == [0, 0, 2])
    #expect(seen[0].loss == 1 && seen[0].value == 11 && seen[0].terms == [NamedValue("fit", 1)])
    #expect(abs(seen[0].gradientNorm - 2.0.squareRoot()) < 1e-15)
    #expect(seen[0].forwardEvaluations == 3 && seen[0].backwardEvaluations == 5)
    #expect(zip(seen, seen.dropFirst()).allSatisfy { $0.elapsed < $1.elapsed })
    #expect(result.forwardEvaluations == 3 * result.evaluations)
    #expect(result.ends.prefix(2) == [.steps, .steps] && result.ends.count == 3)
    #expect(result.losses == seen.map(\.loss))
    #expect(result.bestLoss == 0 && result.best["net.a"] == [1, 1])
  }

  @Test func clippingShortensAndKeepsTheDirection() throws {
    var stage = try TrainingProblem.stage("sgd", ["lr": 1], steps: 1)
    stage.clip = 1
    let objective = TrainingProblem.quadratic([1, 1], [30, 40])
    let start = try TrainingProblem.parameters([0, 0])
    let clipped = try Trainer.train(objective, from: start, stages: [stage])
    #expect(clipped.final.values.map { ($0 * 1e12).rounded() } == [0.6e12, 0.8e12])
    stage.clip = 100
    #expect(try Trainer.train(objective, from: start, stages: [stage]).final.values == [30, 40])
  }

  // MARK: The best

  /// The value of sample `n` is `levels[n]`, and every step adds 1 to the parameter.
  private func staircase(_ levels: [Double]) -> ObjectiveFunction {
    ObjectiveFunction { _, request in
      Evaluation(value: levels[min(request.sample, levels.count - 1)], gradient: [-1])
    }
  }

  @Test func theLowestIsKeptWithTheParametersItWasEvaluatedAt() throws {
    let start = try TrainingProblem.parameters([0])
    var stage = try TrainingProblem.stage("sgd", ["lr": 1], steps: 4)
    let lowest = try Trainer.train(staircase([5, 3, 1, 4, 2]), from: start, stages: [stage])
    #expect(lowest.best.values == [2] && lowest.bestStep == 2 && lowest.bestLoss == 1)
    #expect(lowest.final.values == [4] && lowest.losses == [5, 3, 1, 4])
    // The parameters after the last step are looked at too.
    let last = try Trainer.train(staircase([5, 3, 2, 4, 1]), from: start, stages: [stage])
    #expect(last.best.values == [4] && last.bestLoss == 1)
    stage.keeping = .latest
    let latest = try Trainer.train(staircase([5, 3, 1, 4]), from: start, stages: [stage])
    #expect(latest.best.values == [4] && latest.bestLoss == 4)
  }

  @Test func whatTheStepsComeTo() throws {
    func standings(_ stage: TrainingStage, _ validation: Look? = nil) throws -> [Standing?] {
      var found: [Standing?] = []
      _ = try Trainer.train(
        staircase([5, 3, 1, 4]), from: TrainingProblem.parameters([0]), stages: [stage],
        validation: validation, report: { found.append($0.standing) })
      return found
    }
    var stage = try TrainingProblem.stage("sgd", ["lr": 1], steps: 4)
    #expect(try standings(stage) == [.lowest(5), .lowest(3), .lowest(1), .lowest(1)])
    stage.keeping = .latest
    #expect(try standings(stage) == [.mean(5), .mean(4), .mean(3), .mean(3.25)])
    let validation = Look(every: 2) { 10 - $0[0] }
    #expect(
      try standings(stage, validation)
        == [.validation(10), .validation(8), .validation(8), .validation(6)])
  }

  @Test func aNewObjectiveIsNotComparedWithTheOld() throws {
    var second = try TrainingProblem.stage("sgd", ["lr": 1], steps: 2)
    second.isNewObjective = true
    let stages = [try TrainingProblem.stage("sgd", ["lr": 1], steps: 2), second]
    let result = try Trainer.train(
      staircase([1, 1, 9, 8, 8.5]), from: TrainingProblem.parameters([0]), stages: stages)
    #expect(result.bestLoss == 8 && result.best.values == [3])
  }

  @Test func validationDecidesWhereThereIsOne() throws {
    var looked: [Double] = []
    let validation = Look(every: 2) { x in
      looked.append(x[0])
      if x[0] == 2 { throw SolveFailed() }
      return x[0] == 6 ? .nan : (x[0] - 4) * (x[0] - 4)
    }
    let result = try Trainer.train(
      staircase([0]), from: TrainingProblem.parameters([0]),
      stages: [TrainingProblem.stage("sgd", ["lr": 1], steps: 7)], validation: validation)
    #expect(looked == [0, 2, 4, 6, 7])
    #expect(result.best.values == [4] && result.bestStep == 4 && result.bestValidation == 0)
    #expect(result.validations.map(\.value) == [16, nil, 0, nil, 9])
    #expect(result.validations[1].failure is SolveFailed)
  }

  @Test func validationThatNeverSucceedsIsAFailure() throws {
    do {
      _ = try Trainer.train(
        staircase([0]), from: TrainingProblem.parameters([0]),
        stages: [TrainingProblem.stage("sgd", steps: 2)],
        validation: Look(every: 1) { _ in throw SolveFailed() })
      Issue.record("it should fail")
    } catch let failure as TrainingFailure {
      guard case .validation(let error) = failure.cause else {
        Issue.record("failed with \(failure.cause)")
        return
      }
      #expect(error is SolveFailed)
    }
  }

  @Test func patienceAndTargetEndAStage() throws {
    var stage = try TrainingProblem.stage("sgd", ["lr": 1], steps: 100)
    stage.earlyStop = EarlyStop(patience: 3)
    let start = try TrainingProblem.parameters([0])
    let patient = try Trainer.train(
      staircase([9, 8, 7, 7, 7, 7, 1]), from: start, stages: [stage])
    #expect(patient.ends == [.patience] && patient.steps == 6)
    stage.earlyStop = EarlyStop(target: 7.5)
    let aimed = try Trainer.train(staircase([9, 8, 7, 6]), from: start, stages: [stage])
    #expect(aimed.ends == [.target] && aimed.steps == 3)
  }

  // MARK: Failures

  private func cause(
    _ objective: ObjectiveFunction, stages: [TrainingStage]? = nil
  ) throws -> TrainingFailure {
    do {
      _ = try Trainer.train(
        objective, from: twoBlocks(),
        stages: stages ?? [TrainingProblem.stage("adam", ["lr": 0.1], steps: 9)])
    } catch let failure as TrainingFailure {
      return failure
    }
    throw SolveFailed()
  }

  /// `blindToB` until step 4, whose evaluation `spoil` changes.
  private func spoiled(
    _ spoil: @escaping (inout Evaluation) throws -> Void
  ) -> ObjectiveFunction {
    let sound = blindToB
    return ObjectiveFunction { x, request in
      var found = try sound.evaluate(x, request)
      if request.step == 4 { try spoil(&found) }
      return found
    }
  }

  @Test func aLossThatIsNotFiniteNamesStepAndTerm() throws {
    let failure = try cause(
      spoiled {
        $0.value = .nan
        $0.terms.append(NamedValue("penalty", .nan))
      })
    #expect(failure.step == 4 && failure.stage == 0)
    #expect(failure.partial.steps == 3 && failure.partial.ends == [.failed])
    guard case .nonFinite(.loss, let value, _, let terms) = failure.cause else {
      Issue.record("failed with \(failure.cause)")
      return
    }
    #expect(value.isNaN && terms == ["penalty"])
  }

  @Test func aGradientThatIsNotFiniteNamesItsBlocks() throws {
    let failure = try cause(
      spoiled {
        $0.gradient[1] = .infinity
        $0.gradient[3] = .nan
      })
    guard case .nonFinite(.gradient, _, let paths, _) = failure.cause else {
      Issue.record("failed with \(failure.cause)")
      return
    }
    #expect(paths == ["net.a", "k"] && failure.step == 4)
  }

  @Test func whatAFrozenBlocksGradientIsDoesNotMatter() throws {
    var stage = try TrainingProblem.stage("adam", steps: 6)
    stage.freeze = ["k"]
    let result = try Trainer.train(
      spoiled { $0.gradient[3] = .nan }, from: twoBlocks(), stages: [stage])
    #expect(result.steps == 6)
  }

  @Test func aFailedSolveIsCarriedAlong() throws {
    let failure = try cause(spoiled { _ in throw SolveFailed() })
    guard case .objective(let error) = failure.cause else {
      Issue.record("failed with \(failure.cause)")
      return
    }
    #expect(error is SolveFailed && failure.step == 4 && failure.partial.steps == 3)
  }

  @Test func anUpdateThatOverflowsIsNamed() throws {
    let failure = try cause(
      TrainingProblem.quadratic([1, 1, 1, 1e5], [0, 0, 0, 0]),
      stages: [TrainingProblem.stage("sgd", ["lr": 1e300], steps: 1000)])
    guard case .nonFinite = failure.cause else {
      Issue.record("failed with \(failure.cause)")
      return
    }
  }

  @Test func mistakesOfTheCallerAreErrorsToo() throws {
    var stage = try TrainingProblem.stage("sgd", steps: 1)
    stage.freeze = ["net", "k"]
    guard case .nothingToTrain = try cause(blindToB, stages: [stage]).cause else {
      Issue.record("all is frozen")
      return
    }
    stage.freeze = ["nett"]
    guard case .path(.unknown("nett")) = try cause(blindToB, stages: [stage]).cause else {
      Issue.record("no such path")
      return
    }
    guard case .gradientLength(4, 5) = try cause(spoiled { $0.gradient.append(0) }).cause else {
      Issue.record("a component too many")
      return
    }
  }

  // MARK: Cancelling, resuming

  private func stages() throws -> [TrainingStage] {
    [
      try TrainingProblem.stage("adam", ["lr": 0.02], steps: 12),
      try TrainingProblem.stage("lbfgs", steps: 12),
    ]
  }

  @Test func aRunIsCancelledWithItsBest() throws {
    var steps = 0
    let result = try Trainer.train(
      TrainingProblem.rosenbrock, from: TrainingProblem.parameters([-1.2, 1]), stages: stages(),
      isCancelled: { steps == 15 }, report: { _ in steps += 1 })
    #expect(result.isCancelled && result.steps == 15)
    #expect(result.ends == [.steps, .cancelled])
    #expect(try #require(result.bestLoss) <= result.losses.min() ?? 0)
  }

  /// Interrupted before any of its evaluations, a run resumes to the bits of an unbroken one.
  @Test(arguments: [1, 4, 12, 13, 16, 25, 31])
  func aCancelledRunGoesOnToTheSameBits(_ evaluation: Int) throws {
    let start = TrainingState(try TrainingProblem.parameters([-1.2, 1]))
    let validation = Look(every: 3) { abs($0[0] - 0.3) }
    var whole = TrainingRun(
      TrainingProblem.rosenbrock, from: start, stages: try stages(), validation: validation)
    while try whole.advance() != nil {}

    var asked = 0
    var broken = TrainingRun(
      TrainingProblem.rosenbrock, from: start, stages: try stages(), validation: validation,
      isCancelled: {
        asked += 1
        return asked >= evaluation
      })
    while try broken.advance() != nil {}
    #expect(broken.state.result.isCancelled)
    let saved = try TrainingState(
      broken.state.arrays, parameters: start.parameters, stages: stages())
    var mended = TrainingRun(
      TrainingProblem.rosenbrock, from: saved, stages: try stages(), validation: validation)
    while try mended.advance() != nil {}
    let (a, b) = (whole.state.result, mended.state.result)
    #expect(a.best == b.best && a.final == b.final && a.losses == b.losses && a.ends == b.ends)
    #expect(a.validations.map(\.value) == b.validations.map(\.value))
    #expect(a.bestStep == b.bestStep && a.evaluations == b.evaluations)
    #expect(a.untouched == b.untouched)
  }

  /// Whatever is done to the arrays of a saved state: an error or a state, never a trap.
  @Test func spoiledArraysAreRefused() throws {
    let start = try TrainingProblem.parameters([-1.2, 1])
    var run = TrainingRun(
      TrainingProblem.rosenbrock, from: TrainingState(start), stages: try stages(),
      validation: Look(every: 3) { $0[0] })
    for _ in 0..<16 { _ = try run.advance() }
    let sound = run.state.arrays
    let stages = try stages()
    for name in sound.keys.sorted() {
      var arrays = sound
      arrays[name]?.append(0.5)
      _ = try? TrainingState(arrays, parameters: start, stages: stages)
      for number in [-1, 0.5, 1e300, .nan, -.infinity] {
        arrays[name] = sound[name]?.map { _ in number }
        guard let state = try? TrainingState(arrays, parameters: start, stages: stages) else {
          continue
        }
        var spoiled = TrainingRun(TrainingProblem.rosenbrock, from: state, stages: stages)
        _ = try? spoiled.advance()
      }
      arrays[name] = nil
      if !name.hasPrefix("optimizer"), !name.hasPrefix("pending") {
        #expect(throws: TrainingStateError.missing(name: name)) {
          try TrainingState(arrays, parameters: start, stages: stages)
        }
      }
    }
  }

  // MARK: The largest penalty

  @Test(arguments: [1e-4, 0.037, 1, 250])
  func theLargestPenaltyIsFoundFromBelow(_ edge: Double) throws {
    // The loss is flat, and leaves the limit at the edge.
    let found = try LargestPenalty<Double>.search(fits: 14) { w in (w <= edge ? 2.1 : 2.3, w) }
    #expect(
      found.unpenalised == 2.1 && found.bound == .rangeExhausted || found.chosen.weight <= edge)
    let tight = try LargestPenalty<Double>.search(fits: 14) { w in
      (2 + 0.2 * w / edge, w)
    }
    #expect(tight.bound == .bracketed)
    #expect(tight.chosen.weight <= edge && tight.chosen.weight > edge / 1.6)
    #expect(tight.chosen.fit == tight.chosen.weight && tight.trials.count <= 14)
  }

  @Test func thePenaltySearchSaysWhenItMeetsTheEndOfItsRange() throws {
    let free = try LargestPenalty<Void>.search { _ in (1, ()) }
    #expect(free.bound == .rangeExhausted && free.chosen.weight == 1e4)
    let none = try LargestPenalty<Void>.search { w in (w == 0 ? 1 : .nan, ()) }
    #expect(none.bound == .nothingFits && none.chosen.weight == 0)
    let negative = try LargestPenalty<Void>.search { w in (-100 + w, ()) }
    #expect(
      abs(negative.limit + 90) < 1e-9 && negative.chosen.weight <= 10.001
        && negative.chosen.weight > 6)
    let few = try LargestPenalty<Void>.search(fits: 3) { _ in (1, ()) }
    #expect(few.trials.count == 3)
  }
}
