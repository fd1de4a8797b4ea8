/// What there is to say about a code beyond one message: `nodal explain-error E0104`.
package struct CatalogueRow: Sendable {
  package let code: DiagnosticCode
  /// A few words: "a bracket is not closed".
  package let title: String
  /// A paragraph: what the tool found, why it matters, how to go on.
  package let explanation: String
  /// Nil where no program gets the code by itself: it comes from a key or the machine.
  package let example: Example?

  /// Programs. Files beside them stand below, as comments: `// obs.csv:` and then their lines.
  package struct Example: Sendable {
    /// A small program that gets the code.
    package let bad: String
    /// The same program without the mistake.
    package let mended: String
  }

  package init(
    _ code: DiagnosticCode, _ title: String, _ explanation: String, bad: String, mended: String
  ) {
    self.code = code
    self.title = title
    self.explanation = explanation
    example = Example(bad: bad, mended: mended)
  }

  /// A page without a program.
  package init(_ code: DiagnosticCode, _ title: String, _ explanation: String) {
    self.code = code
    self.title = title
    self.explanation = explanation
    example = nil
  }
}

/// The rows of all codes, one file a group.
package enum Catalogue {
  package static let rows: [CatalogueRow] =
    parsing + names + types + odes + commands + data + running + training

  /// The row of a code; `nil` where none has been written.
  package static func row(for code: DiagnosticCode) -> CatalogueRow? {
    rows.first { $0.code == code }
  }
}
