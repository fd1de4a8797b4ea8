package import NodalDiagnostics

/// A term of an ode that a fit pays for: `1e-3 * strength(swing.drag)`, `minimal(swing.drag)`.
package struct Penalty: Sendable {
  package enum Weight: Sendable, Hashable {
    case fixed(Double)
    /// The largest whose fit still validates nearly as well as the one without.
    case largest
  }

  package var term: TermReference
  package var weight: Weight
  package var span: Span
}
