package import NodalDiagnostics
import NodalSyntax

/// `nodal fmt`: the canonical text of a program.
package enum Formatter {
  /// Why a text was not formatted.
  package struct Failure: Error, Sendable {
    /// What is wrong with it; at least one error.
    package let diagnostics: [Diagnostic]
  }

  /// Formats a text that parses. Formatting twice changes nothing, and the formatted text has the same tree,
  /// spans apart. An empty text stays empty.
  package static func format(_ source: SourceFile) throws(Failure) -> String {
    let diagnostics = Parser.parse(source).diagnostics
    if diagnostics.hasErrors { throw Failure(diagnostics: diagnostics) }
    return Printer.print(Lexer.tokens(of: source).tokens, of: source)
  }
}
