/// A point's value and gradient, in the free coordinates.
package struct Trial: Sendable {
  package var value: Double
  package var gradient: [Double]
  /// An approximation of the second derivatives, row by row, for rules that want it.
  package var curvature: [Double]?
  /// Which of the trials of this step it is, from 0.
  package var index: Int

  package init(value: Double, gradient: [Double], index: Int) {
    self.value = value
    self.gradient = gradient
    self.index = index
  }
}

/// Why an optimiser cannot go on.
package enum OptimizerStop: Sendable, Hashable {
  /// No component of the gradient is larger than the tolerance.
  case gradientBelowTolerance(largest: Double)
  /// A step changed the value by less than the tolerance, relative to it.
  case changeBelowTolerance(relative: Double)
  /// No acceptable point was found along a descent direction, steepest descent included. Where
  /// the value has converged as far as its rounding lets it, this is how the optimiser notices.
  /// By what it knows of slope and curvature the value should have fallen by `promised`: where that is
  /// much, the function is rougher than its gradient says, or the gradient is wrong.
  case noProgress(promised: Double)
}

extension OptimizerStop {
  /// Why there is nothing to do at a point, if there isn't.
  init?(at here: Trial, _ gradientTolerance: Double) {
    let largest = Vectors.largestMagnitude(here.gradient)
    guard largest <= gradientTolerance else { return nil }
    self = .gradientBelowTolerance(largest: largest)
  }

  /// Why a step that was made is the last one, if it is.
  init?(from here: Trial, to trial: Trial, gradientTolerance: Double, changeTolerance: Double) {
    if let stop = OptimizerStop(at: trial, gradientTolerance) {
      self = stop
      return
    }
    let size = max(here.value.magnitude, trial.value.magnitude)
    let relative = size > 0 ? (here.value - trial.value) / size : 0
    guard relative <= changeTolerance else { return nil }
    self = .changeBelowTolerance(relative: relative)
  }
}

/// What came of a step.
package struct OptimizerStep: Sendable {
  /// The trial (by its index) whose point was taken; nil where the new point wasn't evaluated.
  package var accepted: Int?
  /// Set where there is nothing more to do; the point may have moved all the same.
  package var stop: OptimizerStop?

  package static let moved = OptimizerStep()
  package static func stopped(_ reason: OptimizerStop) -> OptimizerStep {
    OptimizerStep(stop: reason)
  }
}

/// A rule that moves a point downhill. It sees free components only, all of them finite.
package protocol Optimizer: Sendable {
  /// Makes one step from `point`, where value and gradient are `here`.
  ///
  /// `evaluate` tries other points of the same function; it gives nil where there is no finite
  /// value, and throws when the run is to end (that must be passed on). First-order rules never
  /// call it.
  mutating func step(
    _ point: inout [Double], here: Trial, rate: Double,
    evaluate: (_ point: [Double]) throws -> Trial?
  ) throws -> OptimizerStep

  /// All that it remembers between steps, by name; setting what was once read continues to the
  /// same bits. Empty before the first step.
  var state: [String: [Double]] { get set }
}

/// Rules that need nothing but the gradient.
package protocol FirstOrderOptimizer: Optimizer {
  mutating func update(_ point: inout [Double], gradient: [Double], rate: Double)
}

extension FirstOrderOptimizer {
  package mutating func step(
    _ point: inout [Double], here: Trial, rate: Double,
    evaluate: (_ point: [Double]) throws -> Trial?
  ) throws -> OptimizerStep {
    update(&point, gradient: here.gradient, rate: rate)
    return .moved
  }
}
