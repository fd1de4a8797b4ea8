package import NodalDiagnostics
package import NodalSyntax

/// A place in a text of which it is asked what may stand there, and what the parser found out about it. A name stands there
/// that means nothing; what the parser looks for when it comes to it, may stand in its place.
package struct ParserProbe: Sendable {
  /// The index of the name's token; -1 where nothing is asked.
  var token = -1
  /// Words of clauses and keywords that may stand there.
  package var words: Set<String> = []
  /// Whether the name is the first of a statement.
  package var beginsStatement = false
  /// Whether a type is wanted there.
  package var isType = false
  /// The innermost statement that holds it: where it stands, and the offset of its beginning.
  package var statement: (site: StatementSite, start: Int)?
  /// What is called where it is an argument, or part of one, of the innermost call around: its name, and the labels of
  /// the other arguments.
  package var call: (callee: String, labels: Set<String>)?
}

extension Parser {
  /// Parses a text of which it is asked what may stand at an offset; a name stands there.
  ///
  /// - Parameter isPrompt: An entry at a prompt, where bare values may stand; else a file. Brackets may be open.
  package static func parse(
    _ source: SourceFile, probing offset: Int, isPrompt: Bool
  ) -> (tree: File, probe: ParserProbe) {
    let lexed = Lexer.tokens(of: source)
    var parser = Parser(source, Layout(lexed.tokens, of: source), lexed, isPrompt: isPrompt)
    parser.probe.token =
      parser.tokens.firstIndex { $0.span.start == offset && $0.isName } ?? -1
    let statements = parser.parseFile()
    return (File(source: source.id, statements: statements, span: source.span), parser.probe)
  }

  /// The token asked about is being taken, or passed over.
  mutating func noteStatement() {
    probe.statement = (statement.site, tokens[statement.start].span.start)
  }

  /// A call begins, with this bracket.
  mutating func noteCall(of callee: Expression, _ opener: Int) {
    guard probe.token > opener, probe.token < closers[opener] else { return }
    var name = ""
    if case .name(let own) = callee.kind { name = own.spelling }
    if case .field(_, let own) = callee.kind { name = own.spelling }
    var labels: Set<String> = []
    var index = opener + 1
    while index < closers[opener] {
      if index != probe.token, let label = tokens[index].word, tokens[index + 1].symbol == .colon {
        labels.insert(label)
      }
      index = max(index, closers[index]) + 1
    }
    probe.call = (name, labels)
  }
}
