package import NodalDiagnostics
package import NodalSyntax

/// Tokens → syntax tree, by recursive descent over `grammar/node.ebnf`.
///
/// Inside, a mistake is thrown as a `ParseError` and caught at the nearest statement, which becomes `.invalid`;
/// so there is one diagnostic a statement, and the statements after it are read as usual. Nothing is thrown
/// to the caller. Recursion and the height of trees are bounded by `SyntaxLimits`.
package struct Parser {
  let source: SourceFile
  let tokens: [Token]
  /// For each opener the index of its closer.
  let closers: [Int]
  /// Where brackets were mended: mistakes of the grammar there are consequences, and not reported.
  let damaged: [Int]
  let suspectUnits: [Span]
  /// Whether a bare value is a statement.
  let isPrompt: Bool
  var position = 0
  var errors: [ParseError] = []
  /// Lines of `///` that have been read as documentation.
  var documentedLines: Set<Int> = []
  /// How many brackets, prefix operators and the like are being read right now.
  var nesting = 0
  /// The statement that is being read, the innermost one: where it stands, and its first token.
  var statement: (site: StatementSite, start: Int) = (.file, 0)
  /// A place of which it is asked what may stand there.
  var probe = ParserProbe()
  /// The height of the highest tree read since it was last set to 0.
  var height = 0

  init(_ source: SourceFile, _ layout: Layout, _ lexed: Lexer.Output, isPrompt: Bool) {
    self.source = source
    self.tokens = layout.tokens
    self.closers = layout.closers
    self.damaged = layout.damaged
    self.suspectUnits = lexed.suspectUnits
    self.isPrompt = isPrompt
    self.errors =
      lexed.errors + layout.errors.filter { !$0.follows(from: lexed.errors, in: source) }
  }

  /// Parses a whole file. Always gives a tree; what could not be read is `.invalid` in it, and every
  /// such place has its diagnostic. Diagnostics come in source order. Cost: linear in the text.
  package static func parse(_ source: SourceFile) -> (tree: File, diagnostics: [Diagnostic]) {
    let lexed = Lexer.tokens(of: source)
    var parser = Parser(source, Layout(lexed.tokens, of: source), lexed, isPrompt: false)
    let statements = parser.parseFile()
    parser.reportDetachedDocumentation()
    return (
      File(source: source.id, statements: statements, span: source.span), parser.diagnostics
    )
  }

  /// What was typed at a prompt so far.
  package enum Entry: Sendable {
    /// A bracket or a block is open, or the line is to go on: read another line.
    case incomplete
    case complete(statements: [Statement], diagnostics: [Diagnostic])
  }

  /// Parses what was typed at a prompt: one statement or several, bare values among them.
  package static func parseEntry(_ source: SourceFile) -> Entry {
    let lexed = Lexer.tokens(of: source)
    let layout = Layout(lexed.tokens, of: source)
    if lexed.errors.isEmpty, layout.isIncomplete, !layout.hasUnmatchedCloser { return .incomplete }
    var parser = Parser(source, layout, lexed, isPrompt: true)
    let first = layout.tokens[0]
    if first.symbol == .pipe || first.keyword == .else {
      let error = ParseError.continuationAtPrompt(source.text(of: first.span), first.span)
      return .complete(statements: [.invalid(source.span)], diagnostics: [error.diagnostic])
    }
    let statements = parser.parseFile()
    return .complete(statements: statements, diagnostics: parser.diagnostics)
  }

  /// The diagnostics, in source order. A place where everything goes wrong is cut short: nobody reads the
  /// hundredth message.
  private var diagnostics: [Diagnostic] {
    let all = errors.filter { !$0.repeats(errors) }.map(\.diagnostic)
    let sorted = all.enumerated().sorted { a, b in
      let (x, y) = (a.element.primary?.span.start ?? 0, b.element.primary?.span.start ?? 0)
      return x == y ? a.offset < b.offset : x < y
    }
    return sorted.prefix(100).map(\.element)
  }
}
