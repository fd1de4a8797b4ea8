import Foundation
import NodalTraining
import Testing

/// Trajectories against the published formulas, worked out here a second time and in scalars.
@Suite struct TrainingOptimizerTests {
  /// A path of `x` under `rule`, a scalar rule with a memory of two numbers, on `½ a (x - b)²`.
  private func path(
    _ steps: Int, a: Double, b: Double, from x: Double,
    rule: (_ x: Double, _ g: Double, _ step: Int, _ memory: inout (Double, Double)) -> Double
  ) -> Double {
    var x = x
    var memory = (0.0, 0.0)
    for step in 1...steps { x = rule(x, a * (x - b), step, &memory) }
    return x
  }

  private func trained(
    _ name: String, _ hyperparameters: [String: Double], steps: Int = 25
  ) throws -> [Double] {
    try Trainer.train(
      TrainingProblem.quadratic([3, 0.2], [1, -2]),
      from: TrainingProblem.parameters([-0.5, 4]),
      stages: [TrainingProblem.stage(name, hyperparameters, steps: steps)]
    ).final.values
  }

  private func expect(
    _ found: [Double],
    rule: (_ x: Double, _ g: Double, _ step: Int, _ memory: inout (Double, Double)) -> Double
  ) {
    let wanted = [
      path(25, a: 3, b: 1, from: -0.5, rule: rule), path(25, a: 0.2, b: -2, from: 4, rule: rule),
    ]
    for (f, w) in zip(found, wanted) { #expect(abs(f - w) < 1e-12 * max(1, abs(w))) }
  }

  @Test func sgdFollowsItsFormula() throws {
    expect(try trained("sgd", ["lr": 0.1])) { x, g, _, _ in x - 0.1 * g }
  }

  @Test func momentumFollowsItsFormula() throws {
    expect(try trained("sgd", ["lr": 0.1, "momentum": 0.9, "weight_decay": 0.01])) {
      x, g, step, memory in
      let decayed = g + 0.01 * x
      memory.0 = step == 1 ? decayed : 0.9 * memory.0 + decayed
      return x - 0.1 * memory.0
    }
  }

  @Test func nesterovFollowsItsFormula() throws {
    expect(try trained("sgd", ["lr": 0.1, "momentum": 0.5, "nesterov": 1])) { x, g, step, memory in
      memory.0 = step == 1 ? g : 0.5 * memory.0 + g
      return x - 0.1 * (g + 0.5 * memory.0)
    }
  }

  @Test func rmspropFollowsItsFormula() throws {
    expect(try trained("rmsprop", [:])) { x, g, _, memory in
      memory.0 = 0.99 * memory.0 + 0.01 * g * g
      return x - 0.01 * g / (sqrt(memory.0) + 1e-8)
    }
  }

  @Test func rmspropWithMomentumFollowsItsFormula() throws {
    expect(try trained("rmsprop", ["alpha": 0.9, "momentum": 0.8, "eps": 1e-3])) {
      x, g, _, memory in
      memory.0 = 0.9 * memory.0 + 0.1 * g * g
      memory.1 = 0.8 * memory.1 + g / (sqrt(memory.0) + 1e-3)
      return x - 0.01 * memory.1
    }
  }

  @Test func adamFollowsItsFormula() throws {
    expect(try trained("adam", ["lr": 0.05])) { x, g, step, memory in
      memory.0 = 0.9 * memory.0 + 0.1 * g
      memory.1 = 0.999 * memory.1 + 0.001 * g * g
      let mean = memory.0 / (1 - pow(0.9, Double(step)))
      let square = memory.1 / (1 - pow(0.999, Double(step)))
      return x - 0.05 * mean / (sqrt(square) + 1e-8)
    }
  }

  @Test func adamwShrinksTheWeightsThemselves() throws {
    expect(try trained("adamw", ["lr": 0.05, "weight_decay": 0.1])) { x, g, step, memory in
      memory.0 = 0.9 * memory.0 + 0.1 * g
      memory.1 = 0.999 * memory.1 + 0.001 * g * g
      let mean = memory.0 / (1 - pow(0.9, Double(step)))
      let square = memory.1 / (1 - pow(0.999, Double(step)))
      return x * (1 - 0.05 * 0.1) - 0.05 * mean / (sqrt(square) + 1e-8)
    }
  }

  @Test func theFirstStepOfAdamIsTheRateWhateverTheScale() throws {
    for scale in [1e-6, 1, 1e6] {
      let result = try Trainer.train(
        TrainingProblem.quadratic([scale], [3]), from: TrainingProblem.parameters([0]),
        stages: [TrainingProblem.stage("adam", ["lr": 0.1, "eps": 0], steps: 1)])
      #expect(abs(result.final.values[0] - 0.1) < 1e-12)
    }
  }

  @Test(arguments: OptimizerRow.all.map(\.name))
  func everyOptimizerGoesDownhillAndDocumentsItself(_ name: String) throws {
    let row = try #require(OptimizerRow.named(name))
    #expect(!row.summary.isEmpty && !row.source.isEmpty)
    #expect(row.hyperparameters.contains { $0.name == "lr" })
    #expect(row.hyperparameters.allSatisfy { !$0.summary.isEmpty && $0.fallback != nil })
    let result = try Trainer.train(
      TrainingProblem.quadratic([1, 10], [1, 1]), from: TrainingProblem.parameters([0, 0]),
      stages: [TrainingProblem.stage(name, steps: 50)])
    #expect(try #require(result.bestLoss) < result.losses[0])
  }

  @Test(arguments: OptimizerRow.all.map(\.name))
  func aSavedStateGoesOnToTheSameBits(_ name: String) throws {
    var whole = try #require(OptimizerRow.named(name)).make().optimizer
    var part = whole
    let objective = TrainingProblem.rosenbrock
    let request = ObjectiveRequest(stage: 0, step: 1, sample: 0)
    func trial(_ x: [Double]) throws -> Trial {
      let found = try objective.evaluate(x, request)
      return Trial(value: found.value, gradient: found.gradient, index: 0)
    }
    func advance(_ optimizer: inout any Optimizer, _ x: inout [Double]) throws {
      _ = try optimizer.step(&x, here: trial(x), rate: 1e-3, evaluate: trial)
    }
    var a = [-1.2, 1, 0.5]
    for _ in 0..<7 { try advance(&whole, &a) }
    part.state = whole.state
    var b = a
    for _ in 0..<7 {
      try advance(&whole, &a)
      try advance(&part, &b)
    }
    #expect(a == b)
  }

  @Test func hyperparametersAreChecked() throws {
    #expect(
      throws: HyperparameterError.unknown(
        name: "beta", known: OptimizerRow.adam.hyperparameters.map(\.name))
    ) { try OptimizerRow.adam.make(["beta": 0.9]) }
    for (name, value) in [("lr", 0), ("lr", -1), ("beta1", 1), ("lr", .nan), ("lr", .infinity)] {
      #expect(throws: HyperparameterError.self) { try OptimizerRow.adam.make([name: value]) }
    }
    #expect(throws: HyperparameterError.self) { try OptimizerRow.lbfgs.make(["history": 2.5]) }
  }

  // MARK: Rates

  private func rate(_ name: String, _ arguments: [String: [Double]]) throws -> LearningRate {
    try #require(RateRow.named(name)).make(arguments)
  }

  @Test func ratesFollowTheirFormulas() throws {
    let steps = try rate("steps", ["lr": [0.1], "at": [60, 100, 140]])
    for (at, wanted) in [(0, 0.1), (59, 0.1), (60, 0.01), (100, 0.001), (159, 0.0001)] {
      #expect(abs(steps.at(Double(at)) - wanted) < 1e-15)
    }
    let cosine = try rate("cosine", ["lr": [1], "over": [100], "to": [0.2]])
    for (at, wanted) in [(0, 1.0), (50, 0.6), (100, 0.2), (1000, 0.2)] {
      #expect(abs(cosine.at(Double(at)) - wanted) < 1e-15)
    }
    let warm = try rate("warmup", ["lr": [1], "over": [4]])
    #expect([0, 1, 2, 3, 9].map(warm.at) == [0.25, 0.5, 0.75, 1, 1])
    let falling = try rate("exponential", ["lr": [1], "factor": [0.5]])
    #expect([0, 1, 3].map(falling.at) == [1, 0.5, 0.125])
    #expect(throws: HyperparameterError.missing(name: "at")) { try rate("steps", ["lr": [1]]) }
    #expect(throws: HyperparameterError.self) { try rate("steps", ["lr": [1], "at": [3, 2]]) }
  }

  @Test func aRateCountedInEpochsDropsAtThem() throws {
    let row = try #require(OptimizerRow.named("sgd"))
    let drops = try rate("steps", ["lr": [1], "at": [2], "factor": [0.5]])
    var seen: [Double] = []
    _ = try Trainer.train(
      TrainingProblem.quadratic([1e-3], [1]), from: TrainingProblem.parameters([0]),
      stages: [TrainingStage(try row.make(), steps: 12, rate: drops, stepsPerUnit: 5)],
      report: { seen.append($0.rate) })
    #expect(seen == [Double](repeating: 1, count: 10) + [0.5, 0.5])
  }
}
