/// A run that could not go on. Nothing is lost: `partial` is the result so far.
package struct TrainingFailure: Error, Sendable {
  package enum Quantity: Sendable, Hashable {
    case loss, gradient, parameters
  }

  package enum Cause: Sendable {
    /// The objective could not be evaluated: a failed solve, carried along.
    case objective(any Error)
    /// A value that isn't finite. `paths` are the blocks where it was found (none for the loss),
    /// `terms` the terms of the objective that aren't finite either.
    case nonFinite(Quantity, value: Double, paths: [String], terms: [String])
    /// Not one validation of the run gave a finite value; the last error, if there was one.
    case validation((any Error)?)
    /// All blocks are frozen.
    case nothingToTrain
    case path(ParameterVector.PathError)
    /// The gradient has another length than the parameters: never the user's mistake.
    case gradientLength(expected: Int, found: Int)

    /// It may be otherwise at other parameters.
    package var isOfPoint: Bool {
      switch self {
      case .objective, .nonFinite: true
      case .validation, .nothingToTrain, .path, .gradientLength: false
      }
    }
  }

  package var cause: Cause
  /// Number of the stage, from 0, and of the step, from 1.
  package var stage: Int
  package var step: Int
  package var partial: TrainingResult
}
