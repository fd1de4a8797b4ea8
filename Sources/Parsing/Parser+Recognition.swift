package import NodalDiagnostics
package import NodalSyntax

extension Parser {
  /// The tokens that the parser sees, with `.newline` where a line's end ends a statement; `nil` where characters or
  /// brackets are wrong, so that there is no token sequence to speak of. For tools and tests that check
  /// the grammar by other means.
  package static func statementTokens(of source: SourceFile) -> [Token]? {
    let lexed = Lexer.tokens(of: source)
    let layout = Layout(lexed.tokens, of: source)
    return lexed.errors.isEmpty && layout.errors.isEmpty ? layout.tokens : nil
  }
}
