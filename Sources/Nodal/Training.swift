import NodalBasics
import NodalReporting
import NodalSession
import NodalTraining

/// A step of a training run.
public struct TrainingStep: Sendable {
  /// The optimiser, or the stage's name.
  public let stage: String
  /// Steps done, from 1.
  public let step: Int
  /// Steps that the run has at most.
  public let total: Int
  /// The loss before this step's update, without penalties.
  public let loss: Double
  /// The lowest validation value so far; without validation the lowest loss. Nil before the first validation, and for steps that see
  /// a minibatch each without validation, where the lowest loss is that of the easiest batch.
  public let best: Double?
  /// For such steps: the mean loss of the last 50 of them.
  public let mean: Double?
  /// Set where this step was followed by a validation that gave a number.
  public let validation: Double?
  /// Evaluations of right-hand sides in this step.
  public let evaluations: Int
  /// Seconds since the run began.
  public let elapsed: Double

  init(_ progress: TrainingProgress, stage: String) {
    self.stage = stage
    step = progress.step
    total = progress.total
    loss = progress.loss
    switch progress.standing {
    case .validation(let value), .lowest(let value): (best, mean) = (value, nil)
    case .mean(let value): (best, mean) = (nil, value)
    case nil: (best, mean) = (nil, nil)
    }
    validation = progress.validation?.value
    evaluations = progress.forwardEvaluations + progress.backwardEvaluations
    elapsed = progress.elapsed
  }

  /// `adam  120/500  loss 0.01234  best 0.0119  8_400 evals  61.2 steps/s  6.2 s left`, cut to a width:
  /// what is least needed goes first.
  /// - Parameter total: evaluations of right-hand sides since the run began.
  public func line(evaluations total: Int? = nil, width: Int? = nil) -> String {
    Progress(
      step: step, total: self.total, loss: loss, best: best, mean: mean, evaluations: total,
      elapsed: elapsed, stage: stage
    ).line(width: width)
  }

  var jsonValue: JSONValue {
    var members: [JSONValue.Member] = [
      .init("kind", .string("step")), .init("stage", .string(stage)), .init("step", .integer(step)),
      .init("total", .integer(total)), .init("loss", .number(loss)),
      .init("evaluations", .integer(evaluations)), .init("elapsed", .number(elapsed)),
    ]
    if let best { members.append(.init("best", .number(best))) }
    if let mean { members.append(.init("mean", .number(mean))) }
    if let validation { members.append(.init("validation", .number(validation))) }
    return .object(members)
  }
}

/// What came of a training run. The parameters that it kept are in the interpreter's weights.
public struct TrainingRun: Sendable {
  /// The loss that was trained.
  public let name: String
  /// The loss of the parameters that were kept, without penalties: on all the data, or after a cancellation as the step saw it at which
  /// they stood (NaN where none was done).
  public let loss: Double
  /// Their validation value, where there is a validation.
  public let validation: Double?
  /// The loss at each step, before its update.
  public let losses: [Double]
  /// Evaluations of right-hand sides in all.
  public let evaluations: Int
  /// Numbers that were learned.
  public let parameterCount: Int
  /// Seconds.
  public let elapsed: Double
  /// A `Cancellation` ended it early; the best parameters up to there were kept.
  public let wasCancelled: Bool

  init(_ run: RunValue, wasCancelled: Bool) {
    name = run.name
    loss = run.loss
    validation = run.validation
    losses = run.result.losses
    evaluations = run.result.forwardEvaluations + run.result.backwardEvaluations
    parameterCount = run.parameterCount
    elapsed = run.result.elapsed
    self.wasCancelled = wasCancelled
  }

  var jsonValue: JSONValue {
    .object([
      .init("loss", .number(loss)), .init("validation", validation.map { .number($0) } ?? .null),
      .init("steps", .integer(losses.count)), .init("evaluations", .integer(evaluations)),
      .init("parameters", .integer(parameterCount)), .init("seconds", .number(elapsed)),
    ])
  }
}
