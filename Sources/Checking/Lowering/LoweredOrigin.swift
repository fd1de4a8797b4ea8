package import NodalDiagnostics

/// Where a node of the IR came from: for run-time diagnostics in the user's own names.
package struct LoweredOrigin: Sendable, Hashable {
  package var span: Span
  /// The ode that a solve runs, or whose equation a node belongs to.
  package var ode: OdeID?
  /// Index of the state whose equation it is.
  package var state: Int?
  /// What is looked up there, where a place outside of the array means something of its own.
  package var lookup: Lookup?

  package enum Lookup: Sendable, Hashable {
    /// A class, by its label.
    case label
    /// Whether times of an input's samples increase, and whether they are equally spaced: the place is that of a sample that isn't so.
    case timesOfInput, stepsOfInput
    /// Why a question at a point of an ode has no answer: the place is a `PointFailure`.
    case point
  }
}
