package import NodalDiagnostics

/// Where a node of the IR came from: for run-time diagnostics in the user's own names.
package struct LoweredOrigin: Sendable, Hashable {
  package var span: Span
  /// The ode that a solve runs, or whose equation a node belongs to.
  package var ode: OdeID?
  /// Index of the state whose equation it is.
  package var state: Int?
  /// Whether it looks a class up by its label.
  package var isLabel = false
  /// Whether it looks at the times of an input's samples.
  package var isInput = false
  /// Whether it looks at why a question at a point of an ode has no answer.
  package var isPoint = false
}
