import NodalDiagnostics
import NodalParsing
import NodalStandardLibrary
import NodalSyntax

/// A module of the standard library as the reference shows it: its documented declarations, under its own headings.
enum LibraryModule {
  static func chapters(of name: String) -> [ReferenceChapter] {
    guard let text = StandardLibrary.text(ofModule: name) else { return [] }
    let source = SourceFile(id: SourceID(0), path: name + ".node", text: text)
    var chapters: [ReferenceChapter] = []
    for statement in Parser.parse(source).tree.statements {
      guard let (name, documentation, span) = declaration(statement), let documentation else {
        continue
      }
      let entry = ReferenceEntry(
        name: name, usage: usage(span, in: source), text: documentation.text,
        source: source.text(in: span.start..<span.end))
      let title = heading(above: source.line(at: span.start), in: source)
      if let last = chapters.last, last.title == title {
        chapters[chapters.count - 1] = ReferenceChapter(
          title: title, entries: last.entries + [entry])
      } else {
        chapters.append(ReferenceChapter(title: title, entries: [entry]))
      }
    }
    return chapters
  }

  /// A declaration's name, what stands above it, and its place. Constants and what has no name of its own are nothing to look up.
  private static func declaration(
    _ statement: Statement
  ) -> (name: String, documentation: Documentation?, span: Span)? {
    switch statement {
    case .function(let node): (node.name.spelling, node.documentation, node.span)
    case .layer(let node): (node.name.spelling, node.documentation, node.span)
    case .ode(let node): (node.name.spelling, node.documentation, node.span)
    case .solver(let node): (node.name.spelling, node.documentation, node.span)
    case .loss(let node): (node.name.spelling, node.documentation, node.span)
    case .import, .precision, .seed, .const, .param, .data, .test, .bench, .let, .study, .explain,
      .check, .plot, .print, .transfer, .assert, .expression, .invalid:
      nil
    }
  }

  /// A declaration up to its body: `fn mse(a: Any, b: Any)`.
  private static func usage(_ span: Span, in source: SourceFile) -> String {
    var depth = 0
    var end = span.end
    for token in Lexer.tokens(of: source).tokens
    where token.span.start >= span.start && token.span.end <= span.end {
      guard let symbol = token.symbol else { continue }
      if symbol == .leftParenthesis || symbol == .leftBracket { depth += 1 }
      if symbol == .rightParenthesis || symbol == .rightBracket { depth -= 1 }
      if depth == 0, symbol == .assign || symbol == .leftBrace {
        end = token.span.start
        break
      }
    }
    return source.line(of: Span(source: source.id, start: span.start, end: end))
  }

  /// The nearest comment above that stands alone on its line, between empty ones: up to its first punctuation.
  private static func heading(above line: Int, in source: SourceFile) -> String {
    func text(_ line: Int) -> String { source.text(in: source.range(ofLine: line)) }
    for candidate in stride(from: line - 1, to: 1, by: -1) {
      let comment = text(candidate)
      guard comment.hasPrefix("// "), text(candidate - 1).isEmpty, text(candidate + 1).isEmpty
      else { continue }
      return String(comment.dropFirst(3).prefix { $0.isLetter || $0 == " " })
    }
    return ""
  }
}
