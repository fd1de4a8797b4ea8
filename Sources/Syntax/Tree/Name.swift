package import NodalDiagnostics

/// An identifier, with the primes that are attached to it: `θ`, `θ'`, `y1''`.
package struct Name: Sendable {
  /// The identifier without primes: NFC, with look-alike signs folded.
  package let text: String
  /// How many `'` follow: the order of the time derivative.
  package let primes: Int
  package let span: Span

  package init(_ text: String, primes: Int = 0, span: Span) {
    self.text = text
    self.primes = primes
    self.span = span
  }

  /// As written: `θ''`.
  package var spelling: String { text + String(repeating: "'", count: primes) }

  /// `_`, which binds nothing.
  package var isWildcard: Bool { text == "_" && primes == 0 }
}

/// A dotted path of names: `pendulum`, `physics.pendulum`, `swing.θ'`.
package struct NamePath: Sendable {
  /// At least one.
  package let components: [Name]
  package let span: Span

  package init(components: [Name], span: Span) {
    self.components = components
    self.span = span
  }

  /// As written: `physics.pendulum`.
  package var spelling: String { components.map(\.spelling).joined(separator: ".") }
}
