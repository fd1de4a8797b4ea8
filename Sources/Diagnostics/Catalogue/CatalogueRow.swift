/// What there is to say about a code beyond one message: `nodal explain-error E0104`.
package struct CatalogueRow: Sendable {
  package let code: DiagnosticCode
  /// A few words: "a bracket is not closed".
  package let title: String
  /// A paragraph: what the tool found, why it matters, how to go on.
  package let explanation: String
  /// A small program that gets the code.
  package let bad: String
  /// The same program without the mistake.
  package let mended: String

  package init(
    _ code: DiagnosticCode, _ title: String, _ explanation: String, bad: String, mended: String
  ) {
    self.code = code
    self.title = title
    self.explanation = explanation
    self.bad = bad
    self.mended = mended
  }

  /// The page that `nodal explain-error` shows.
  package var page: String {
    let indented = { (program: String) in
      program.split(separator: "\n", omittingEmptySubsequences: false).map { "    \($0)" }
        .joined(separator: "\n")
    }
    return """
      \(code.rawValue): \(title)

      \(explanation)

      Wrong:

      \(indented(bad))

      Right:

      \(indented(mended))

      """
  }
}

/// The rows of all codes, one file a group.
package enum Catalogue {
  package static let rows: [CatalogueRow] = parsing + names + types + odes + commands

  /// The row of a code; `nil` where none has been written.
  package static func row(for code: DiagnosticCode) -> CatalogueRow? {
    rows.first { $0.code == code }
  }
}
