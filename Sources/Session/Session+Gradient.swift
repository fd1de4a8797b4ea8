package import NodalChecking
import NodalData
import NodalDiagnostics
import NodalExecution
package import NodalIR
import NodalTraining
import NodalTransforms
import NodalTypes

/// A loss and its derivative, at the weights as they are.
package struct LossGradient: Sendable {
  /// The mean over the examples; of a loss with `~` the negative log-posterior.
  package var value: Double
  /// By each weight that the loss reads, in the weight's own unit and shape.
  package var gradient: [(path: String, shape: [Int], values: [Double])]
}

extension Session {
  /// - Parameters: as `check gradients of` has them, checked.
  package func gradient(of loss: LossInstance, on data: TypedExpression?) throws -> LossGradient {
    let (dataset, type) = try self.dataset(data, else: "a loss is differentiated on a data set")
    let evaluator = try LossEvaluator(self, loss, type: type)
    let vector = evaluator.parameters.values
    let found = try evaluator.evaluate(
      vector, on: dataset, total: dataset?.exampleCount ?? 1, step: 0)
    var gradient: [(path: String, shape: [Int], values: [Double])] = []
    for (weight, block) in zip(evaluator.trained, evaluator.parameters.blocks) {
      let values = block.range.map { k in
        found.gradient[k] / weight.domain.slope(at: vector[k])
      }
      gradient.append((weight.path, weights[weight.path]?.shape ?? [], values))
    }
    return LossGradient(value: found.value, gradient: gradient)
  }

  /// The region of a loss, and of the gradient by its weights, after each pass by name: the sum over the examples of a batch.
  package func observePasses(
    of loss: LossInstance, on data: TypedExpression?, _ observe: (String, Region) -> Void
  ) throws {
    let (dataset, type) = try self.dataset(data, else: "a loss is differentiated on a data set")
    let evaluator = try LossEvaluator(self, loss, type: type)
    try evaluator.observePasses(dataset, observe)
  }

  /// The region of an expression after each pass by name.
  package func observePasses(
    of expression: TypedExpression, _ observe: (String, Region) -> Void
  ) throws {
    let lowered = try Lowering.lower(
      expression, of: program, lengths: try lengths(in: expression))
    _ = try Pipeline.evaluation.run(lowered.region, observe: observe)
  }
}

extension Domain {
  /// The derivative of `constrained`.
  fileprivate func slope(at u: Double) -> Double {
    let x = constrained(u)
    return switch (lower.isFinite, upper.isFinite) {
    case (false, false): 1
    case (true, false): x - lower
    case (false, true): x - upper
    case (true, true): (x - lower) * (upper - x) / (upper - lower)
    }
  }
}
