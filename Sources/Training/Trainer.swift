/// Runs stages to their end.
package enum Trainer {
  /// Trains `parameters` through `stages`, and tells `report` of every step.
  ///
  /// A cancelled run returns what is best so far; its last end is `.cancelled`. A run that can't go
  /// on throws, and the error carries the result so far. The same arguments give the same bits.
  package static func train(
    _ objective: any Objective, from parameters: ParameterVector, stages: [TrainingStage],
    validation: Look? = nil, clock: @escaping () -> Double = { 0 },
    isCancelled: @escaping () -> Bool = { false },
    report: (TrainingProgress) -> Void = { _ in }
  ) throws(TrainingFailure) -> TrainingResult {
    try train(
      objective, from: TrainingState(parameters), stages: stages, validation: validation,
      clock: clock, isCancelled: isCancelled
    ) { progress, _ in report(progress) }.result
  }

  /// The same from a state on; `report` is told how the run stands, too. Gives the last state.
  package static func train(
    _ objective: any Objective, from state: TrainingState, stages: [TrainingStage],
    validation: Look? = nil, test: Look? = nil, clock: @escaping () -> Double = { 0 },
    isCancelled: @escaping () -> Bool = { false },
    report: (TrainingProgress, TrainingState) -> Void = { _, _ in }
  ) throws(TrainingFailure) -> TrainingState {
    var run = TrainingRun(
      objective, from: state, stages: stages, validation: validation, test: test, clock: clock,
      isCancelled: isCancelled)
    while let progress = try run.advance() { report(progress, run.state) }
    return run.state
  }
}
