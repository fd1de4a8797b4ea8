import NodalChecking
import NodalData
import NodalExecution
import NodalTraining

/// What `validate:` and `test:` look at, as functions of the parameters: made once for all fits of a training.
struct Looks {
  let validation, test: Look?
  /// Without `every:` only what comes out is tested.
  let testOnTheWay: Look?

  init(_ plan: TrainingPlan, _ evaluator: LossEvaluator, _ session: Session) throws {
    validation = try session.look(plan.validation, usually: 10, evaluator)
    test = try session.look(plan.test, usually: 1, evaluator)
    testOnTheWay = plan.test?.every == nil ? nil : test
  }
}

extension Session {
  fileprivate func look(
    _ plan: TrainingPlan.LookPlan?, usually every: Int, _ evaluator: LossEvaluator
  ) throws -> Look? {
    guard let plan else { return nil }
    let every = plan.every ?? every
    switch plan.measure {
    case .slice(let slice):
      return Look(every: every) { vector in
        try evaluator.evaluate(
          vector, on: slice, total: slice.exampleCount, step: 0, wantsGradient: false
        ).loss
      }
    case .perExample(let loss, let data, let type):
      let own = try LossEvaluator(self, loss, type: type)
      return Look(every: every) { vector in
        try own.evaluate(
          own.vector(vector, of: evaluator), on: data, total: data.exampleCount, step: 0,
          wantsGradient: false
        ).loss
      }
    case .expression(let expression):
      return Look(every: every) { vector in
        self.keep(vector, evaluator)
        return try self.evaluate(expression).tensor?.scalar ?? .nan
      }
    }
  }
}
