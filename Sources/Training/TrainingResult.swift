/// A look at the value of a validation or a test.
package struct LookRecord: Sendable {
  /// After so many steps.
  package var step: Int
  /// Nil where there was none: it could not be evaluated, or wasn't finite.
  package var value: Double?
  package var failure: (any Error)?
}

/// Why a stage ended.
package enum StageEnd: Sendable, Hashable {
  /// All its steps are done.
  case steps
  case optimizer(OptimizerStop)
  /// No improvement for as long as the early stop's patience.
  case patience
  /// The early stop's target.
  case target
  case cancelled
  case failed
}

/// What came of a run.
package struct TrainingResult: Sendable {
  /// The parameters to keep: by validation, otherwise as each stage says.
  package var best: ParameterVector
  /// The parameters after the last step.
  package var final: ParameterVector
  /// The step after which the best ones stood; 0 is the beginning.
  package var bestStep: Int
  /// The loss of `best`, without penalties, where it was evaluated there on the sample of that
  /// step. With `Keeping.latest` it is that of the last step, one update before.
  package var bestLoss: Double?
  /// The validation value of `best`.
  package var bestValidation: Double?
  /// Of each step the loss (without penalties) and the value, before its update.
  package var losses: [Double]
  package var values: [Double]
  package var validations: [LookRecord]
  /// Of the parameters as they were on the way.
  package var tests: [LookRecord]
  /// One for each stage that has ended.
  package var ends: [StageEnd]
  /// Free blocks whose gradient has been exactly zero in every step.
  package var untouched: [String]
  /// Calls of the objective, those of line searches included.
  package var evaluations: Int
  /// Trials of line searches that gave no finite value.
  package var failedTrials: Int
  /// Updates that were taken back, as there was no value where they led.
  package var retreats: Int
  /// Evaluations of right-hand sides in all of them.
  package var forwardEvaluations: Int
  package var backwardEvaluations: Int
  /// Seconds.
  package var elapsed: Double

  package var isCancelled: Bool { ends.last == .cancelled }
  package var steps: Int { losses.count }
}
