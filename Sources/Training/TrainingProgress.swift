/// A run as it stands after a step.
package struct TrainingProgress: Sendable {
  /// Number of the stage, from 0, and how many there are.
  package var stage: Int
  package var stages: Int
  /// Steps done, of the run and of the stage, and how many the run has at most.
  package var step: Int
  package var stepInStage: Int
  package var total: Int
  /// Loss without penalties, value with them, and its terms, before the step's update.
  package var loss: Double
  package var value: Double
  package var terms: [NamedValue]
  /// Nil before there is one.
  package var standing: Standing?
  /// Set where the step was followed by a validation.
  package var validation: LookRecord?
  /// Set where it was followed by a test.
  package var test: LookRecord?
  /// Of the free components, before clipping.
  package var gradientNorm: Double
  package var rate: Double
  /// Calls of the objective in this step, and evaluations of right-hand sides.
  package var evaluations: Int
  /// Those of them that gave no finite value: in a line search, which came back from them, or behind an update, which was taken back.
  package var failedTrials: Int
  /// Why the last of them failed.
  package var trialFailure: TrainingFailure.Cause?
  package var forwardEvaluations: Int
  package var backwardEvaluations: Int
  /// Seconds since the run began.
  package var elapsed: Double
  /// At the second step of each stage, or its only one: free blocks whose gradient has been exactly zero so far.
  package var untouched: [String]
  /// Set where the stage ended with this step.
  package var end: StageEnd?
}
