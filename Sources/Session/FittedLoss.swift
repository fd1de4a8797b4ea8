import NodalChecking
import NodalData
import NodalDiagnostics
import NodalTraining

/// A loss as a run has left it: at the parameters that were kept, on what it was trained on, without windows and penalties.
struct FittedLoss {
  let evaluator: LossEvaluator
  let data: Dataset?
  let best: ParameterVector

  init(_ evaluator: LossEvaluator, of run: RunValue, on data: Dataset?) {
    self.evaluator = evaluator
    self.data = data
    best = evaluator.best(of: run)
  }
}

extension Session {
  /// What the run of a name was trained to.
  func fitted(_ run: String, _ training: TrainCommand, at span: Span) throws -> FittedLoss {
    guard case .run(let value)? = values[run] else {
      throw SessionFailure(.resultUndefined, "`\(run)` has no value yet", at: span)
    }
    let plan = try TrainingPlan(training, self)
    let evaluator = try LossEvaluator(self, training.loss, type: plan.type)
    return FittedLoss(evaluator, of: value, on: plan.data)
  }
}

extension LossEvaluator {
  /// The numbers of all `param`s, with their places in the vector: `lotka.α`, `σ[0]`.
  var components: [(name: String, weight: Weight, place: Int)] {
    zip(trained, parameters.blocks).filter { $0.0.kind == .parameter }.flatMap { weight, block in
      block.range.enumerated().map { k, place in
        (block.count == 1 ? weight.path : "\(weight.path)[\(k)]", weight, place)
      }
    }
  }
}
