import NodalTraining
import Testing

/// Functions that the training tests minimise.
enum TrainingProblem {
  /// `½ Σ aᵢ (xᵢ - bᵢ)²`
  static func quadratic(_ a: [Double], _ b: [Double]) -> ObjectiveFunction {
    ObjectiveFunction(
      { x, _ in
        var value = 0.0
        var gradient = [Double](repeating: 0, count: x.count)
        for i in x.indices {
          gradient[i] = a[i] * (x[i] - b[i])
          value += 0.5 * gradient[i] * (x[i] - b[i])
        }
        return Evaluation(
          value: value, gradient: gradient, forwardEvaluations: 3, backwardEvaluations: 5)
      },
      curvature: { x, _ in
        x.indices.flatMap { i in x.indices.map { $0 == i ? a[i] : 0 } }
      })
  }

  /// `Σ 100 (x_{i+1} - xᵢ²)² + (1 - xᵢ)²`, lowest at (1, …, 1).
  static var rosenbrock: ObjectiveFunction {
    ObjectiveFunction { x, _ in
      var value = 0.0
      var gradient = [Double](repeating: 0, count: x.count)
      for i in 0..<(x.count - 1) {
        let valley = x[i + 1] - x[i] * x[i]
        value += 100 * valley * valley + (1 - x[i]) * (1 - x[i])
        gradient[i] += -400 * x[i] * valley - 2 * (1 - x[i])
        gradient[i + 1] += 200 * valley
      }
      return Evaluation(value: value, gradient: gradient)
    }
  }

  static func parameters(_ values: [Double]) throws -> ParameterVector {
    try ParameterVector([("x", values)])
  }

  static func stage(
    _ name: String, _ hyperparameters: [String: Double] = [:], steps: Int
  ) throws -> TrainingStage {
    let row = try #require(OptimizerRow.named(name))
    return TrainingStage(try row.make(hyperparameters), steps: steps)
  }
}
