/// All that a run remembers between steps: with the same stages and objective it goes on from here
/// to the same bits.
package struct TrainingState: Sendable {
  /// The best parameters so far, and what is known of them.
  package struct Best: Sendable {
    package var values: [Double]
    package var step: Int
    package var value: Double?
    package var loss: Double?
    package var validation: Double?
    /// It was the best of another objective: the next one replaces it.
    package var isOutdated: Bool
  }

  /// The early stop's memory.
  package struct Watch: Sendable {
    package var lowest = Double.infinity
    /// Looks since the lowest value.
    package var stale = 0
  }

  /// Where an update began, so that it can be taken back where it has led to no value.
  package struct Foothold: Sendable {
    package var values: [Double]
    /// As it was before the update; nil where another stage has begun since, so that there is nothing to make a shorter update with.
    package var optimizer: (any Optimizer)?
    /// Of the free components, as the optimiser saw it.
    package var gradient: [Double]
    package var value: Double
    package var rate: Double
  }

  /// The parameters with the flags that the run was given.
  package var parameters: ParameterVector
  package var stage = 0
  package var stepInStage = 0
  package var step = 0
  /// Nil between stages.
  package var optimizer: (any Optimizer)?
  /// The value at `parameters` on the sample that the next step will ask for.
  package var pending: Evaluation?
  package var best: Best
  /// Nil before the first update, and where optimisers try before they move.
  package var foothold: Foothold?
  /// The share of its rate that an update has: less than 1 for some steps after one was taken back.
  package var caution = 1.0
  /// Updates that were taken back.
  package var retreats = 0
  package var watch = Watch()
  package var losses: [Double] = []
  package var values: [Double] = []
  package var validations: [LookRecord] = []
  package var tests: [LookRecord] = []
  package var ends: [StageEnd] = []
  /// Paths that were free in some step, and those of them that had a gradient.
  package var tried: Set<String> = []
  package var touched: Set<String> = []
  package var evaluations = 0
  package var failedTrials = 0
  package var forwardEvaluations = 0
  package var backwardEvaluations = 0
  package var elapsed = 0.0
  package var isOver = false

  package init(_ parameters: ParameterVector) {
    self.parameters = parameters
    best = Best(
      values: parameters.values, step: 0, value: nil, loss: nil, validation: nil, isOutdated: true)
  }

  /// It has come to its end, and wasn't stopped.
  package var isComplete: Bool { isOver && ends.last != .cancelled }

  /// What has come of the run so far.
  package var result: TrainingResult {
    var kept = parameters
    kept.replaceValues(best.values)
    return TrainingResult(
      best: kept, final: parameters, bestStep: best.step, bestLoss: best.loss,
      bestValidation: best.validation, losses: losses, values: values, validations: validations,
      tests: tests, ends: ends,
      untouched: parameters.blocks.map(\.path).filter {
        tried.contains($0) && !touched.contains($0)
      },
      evaluations: evaluations, failedTrials: failedTrials, retreats: retreats,
      forwardEvaluations: forwardEvaluations,
      backwardEvaluations: backwardEvaluations, elapsed: elapsed)
  }
}
