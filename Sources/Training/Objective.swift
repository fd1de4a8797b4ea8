/// Which evaluation is asked for.
package struct ObjectiveRequest: Sendable, Hashable {
  /// Number of the stage, from 0.
  package var stage: Int
  /// The step of the run that it serves, from 1.
  package var step: Int
  /// Decides batch and random draws: equal samples of a stage must give equal values. It grows by
  /// one a step, but stands still through a stage whose optimiser wants one and the same function.
  package var sample: Int

  package init(stage: Int, step: Int, sample: Int) {
    self.stage = stage
    self.step = step
    self.sample = sample
  }
}

/// A part of the objective with a name: a term of the loss, a penalty, a prior.
package struct NamedValue: Sendable, Hashable {
  package var name: String
  package var value: Double
  package init(_ name: String, _ value: Double) {
    self.name = name
    self.value = value
  }
}

/// What an objective gives at one point.
package struct Evaluation: Sendable, Hashable {
  /// What is minimised, penalties included.
  package var value: Double
  /// The loss without penalties: what is reported.
  package var loss: Double
  /// The derivative of `value`, laid out like the parameters. Of frozen blocks it may be anything.
  package var gradient: [Double]
  package var terms: [NamedValue]
  /// Evaluations of right-hand sides, forward and in the gradient's solve.
  package var forwardEvaluations: Int
  package var backwardEvaluations: Int

  /// `loss` is `value` where it is not given.
  package init(
    value: Double, gradient: [Double], loss: Double? = nil, terms: [NamedValue] = [],
    forwardEvaluations: Int = 0, backwardEvaluations: Int = 0
  ) {
    self.value = value
    self.loss = loss ?? value
    self.gradient = gradient
    self.terms = terms
    self.forwardEvaluations = forwardEvaluations
    self.backwardEvaluations = backwardEvaluations
  }
}

/// A function of the parameters that is to be made small.
package protocol Objective {
  /// The value and its gradient at `parameters` (laid out like the `ParameterVector` of the run).
  /// Throws where there is no value: a solve that failed, a cancellation.
  func evaluate(_ parameters: [Double], _ request: ObjectiveRequest) throws -> Evaluation

  /// An approximation of the second derivatives by all parameters, row by row, that is never below zero along any direction.
  func curvature(_ parameters: [Double], _ request: ObjectiveRequest) throws -> [Double]
}

/// An objective made of a closure.
package struct ObjectiveFunction: Objective {
  package typealias Body = ([Double], ObjectiveRequest) throws -> Evaluation
  package typealias Curvature = ([Double], ObjectiveRequest) throws -> [Double]
  private let body: Body
  private let bend: Curvature

  /// - Parameter curvature: for optimisers that want it; nothing of it for others.
  package init(_ body: @escaping Body, curvature: @escaping Curvature = { _, _ in [] }) {
    self.body = body
    bend = curvature
  }

  package func curvature(
    _ parameters: [Double], _ request: ObjectiveRequest
  ) throws -> [Double] {
    try bend(parameters, request)
  }

  package func evaluate(
    _ parameters: [Double], _ request: ObjectiveRequest
  ) throws -> Evaluation {
    try body(parameters, request)
  }
}
