/// How much a diagnostic matters. An `error` stops what follows; a `note` never stands alone.
package enum Severity: String, Hashable, Sendable, CaseIterable {
  case error, warning, note
}

/// A span with what is to be said about it: "this is a length".
package struct Label: Hashable, Sendable {
  package let span: Span
  /// May be empty: the span is then only underlined.
  package let text: String

  package init(_ span: Span, _ text: String = "") {
    self.span = span
    self.text = text
  }
}

/// An edit that mends the mistake: put `replacement` in the place of `span`.
package struct FixIt: Hashable, Sendable {
  package let span: Span
  package let replacement: String
  /// What the edit does: "write `^`".
  package let title: String

  package init(_ span: Span, replacement: String, title: String) {
    self.span = span
    self.replacement = replacement
    self.title = title
  }
}

/// What is wrong, where, why, and what to try: a finished message, ready for a renderer.
///
/// Phases don't write these by hand where the mistake is found: each has its own error enum whose
/// cases carry data (`DiagnosableError`), and words are put to them last.
package struct Diagnostic: Hashable, Sendable {
  package let code: DiagnosticCode
  package let severity: Severity
  /// One sentence without a final stop, in the user's own names.
  package let message: String
  /// Where. `nil` for a mistake that has no place in a source (a missing file, a bad flag).
  package let primary: Label?
  /// Other places that explain the mistake: the opener of a bracket, the first definition.
  package let secondary: [Label]
  /// What to try, one sentence each.
  package let help: [String]
  package let fixIts: [FixIt]

  package init(
    _ code: DiagnosticCode, severity: Severity? = nil, _ message: String, at primary: Label?,
    also secondary: [Label] = [], help: [String] = [], fixIts: [FixIt] = []
  ) {
    self.code = code
    self.severity = severity ?? code.severity
    self.message = message
    self.primary = primary
    self.secondary = secondary
    self.help = help
    self.fixIts = fixIts
  }
}

extension Diagnostic {
  package var isError: Bool { severity == .error }

  /// The same with a place, where it has none.
  package func placed(at span: Span) -> Diagnostic {
    guard primary == nil else { return self }
    return Diagnostic(
      code, severity: severity, message, at: Label(span), also: secondary, help: help,
      fixIts: fixIts)
  }
}

extension Sequence<Diagnostic> {
  /// Whether any of them is an error.
  package var hasErrors: Bool { contains { $0.isError } }
}
