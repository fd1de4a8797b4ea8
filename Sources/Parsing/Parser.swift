package import NodalDiagnostics
package import NodalSyntax

/// Text → (tree, diagnostics). Never throws: what cannot be read becomes `.invalid`, with a diagnostic.
package struct Parser {
  /// Parses a whole file.
  package static func parse(_ source: SourceFile) -> (tree: File, diagnostics: [Diagnostic]) {
    (File(source: source.id, statements: [], span: source.span), [])
  }
}
