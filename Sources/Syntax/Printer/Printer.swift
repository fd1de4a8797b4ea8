package import NodalDiagnostics

/// Tokens → canonical text: `nodal fmt`.
///
/// Lossless: every token and every comment is kept, and so are the author's line breaks and single empty
/// lines. What is made uniform is indentation (two spaces a bracket, two more for a line that goes on),
/// the blanks between tokens (`Spacing`), and the column of comments behind neighbouring lines. Around
/// `+ - * / @` the author's choice, tight or loose, is kept: it groups terms for the reader.
package struct Printer {
  private let source: SourceFile
  private var lines: [Line] = []
  private var line = Line()
  private var openers: [Opener] = []

  private struct Line {
    var indent = 0
    var code = ""
    var comment: String?
    var isBlank: Bool { code.isEmpty && comment == nil }
  }

  private struct Opener {
    let symbol: Symbol
    /// Whether blanks stand inside: a block's braces, not a record's.
    let isLoose: Bool
    /// The indentation of the line on which it stands.
    let indent: Int
  }

  /// - Parameter tokens: the raw tokens of `source`, without `.newline`, closed by `.end`.
  package static func print(_ tokens: [Token], of source: SourceFile) -> String {
    var printer = Printer(source: source)
    printer.run(tokens)
    return printer.text
  }

  private init(source: SourceFile) { self.source = source }

  private mutating func run(_ tokens: [Token]) {
    let spacing = Spacing(tokens)
    var end = 0
    for index in tokens.indices {
      let token = tokens[index]
      let previous = index > 0 ? tokens[index - 1] : nil
      let gap = Gap(source.text(in: end..<token.span.start))
      if gap.breaks > 0 || !gap.comments.isEmpty || previous == nil {
        breakLine(gap, previous: previous, next: token)
      } else if !token.isEnd, let previous,
        spacing.stands(between: index - 1, and: index, inLoose: isLoose(previous, token))
      {
        line.code += " "
      }
      write(token, previous: previous)
      end = token.span.end
    }
    finishLine()
  }

  private func isLoose(_ previous: Token, _ next: Token) -> Bool {
    guard previous.symbol == .leftBrace || next.symbol == .rightBrace else { return true }
    return openers.last?.isLoose ?? true
  }

  private mutating func write(_ token: Token, previous: Token?) {
    if token.isEnd { return }
    line.code += source.text(of: token.span)
    guard let symbol = token.symbol else { return }
    if symbol.closer != nil {
      openers.append(
        Opener(
          symbol: symbol, isLoose: previous.map(Spacing.endsOperand) ?? true, indent: line.indent))
    } else if symbol.isCloser, !openers.isEmpty {
      openers.removeLast()
    }
  }

  // MARK: Lines

  private mutating func breakLine(_ gap: Gap, previous: Token?, next: Token) {
    var comments = gap.comments[...]
    if let first = comments.first, !first.startsLine, previous != nil {
      line.comment = first.text
      comments = comments.dropFirst()
    }
    finishLine()
    let indent = indent(previous: previous, next: next)
    let commentIndent = next.symbol?.isCloser == true ? contentIndent : indent
    let opens = previous.map { $0.symbol?.closer != nil } ?? true
    var isFirst = opens
    for comment in comments {
      if comment.hasBlankBefore, !isFirst { lines.append(Line()) }
      lines.append(Line(indent: commentIndent, code: "", comment: comment.text))
      isFirst = false
    }
    let closes = next.symbol?.isCloser == true || next.isEnd
    if gap.endsWithBlank, !isFirst, !closes { lines.append(Line()) }
    line = Line(indent: indent)
  }

  private mutating func finishLine() {
    if !line.isBlank { lines.append(line) }
    line = Line()
  }

  private var contentIndent: Int { openers.last.map { $0.indent + 2 } ?? 0 }

  private func indent(previous: Token?, next: Token) -> Int {
    if next.symbol?.isCloser == true { return openers.last?.indent ?? 0 }
    let inLines = openers.last.map { $0.symbol == .leftBrace } ?? true
    let goesOn =
      previous?.continuesLine == true && !opensBody(previous)
      || next.symbol == .pipe || next.keyword == .else
    return contentIndent + (inLines && goesOn ? 2 : 0)
  }

  /// `{ (s, x) ->` at the end of a line: what follows is the body, not the rest of a statement.
  private func opensBody(_ token: Token?) -> Bool {
    token?.symbol == .arrow && openers.last?.symbol == .leftBrace
  }

  /// The lines with their comments, those of neighbours in one column.
  private var text: String {
    var result = ""
    var index = 0
    while index < lines.count {
      var end = index
      while end < lines.count, lines[end].comment != nil, !lines[end].code.isEmpty { end += 1 }
      if end == index {
        let line = lines[index]
        result += Self.joined(line, column: nil) + "\n"
        index += 1
      } else {
        let column = lines[index..<end].map { $0.indent + DisplayWidth.of($0.code) }.max() ?? 0
        for line in lines[index..<end] { result += Self.joined(line, column: column + 2) + "\n" }
        index = end
      }
    }
    return result
  }

  private static func joined(_ line: Line, column: Int?) -> String {
    if line.isBlank { return "" }
    var text = String(repeating: " ", count: line.indent) + line.code
    guard let comment = line.comment else { return text }
    if let column {
      text += String(
        repeating: " ", count: max(2, column - line.indent - DisplayWidth.of(line.code)))
    }
    return text + comment
  }
}

/// What lies between two tokens: line breaks and comments.
private struct Gap {
  struct Comment {
    let text: String
    let startsLine: Bool
    let hasBlankBefore: Bool
  }

  private(set) var comments: [Comment] = []
  /// Line breaks in the whole gap.
  private(set) var breaks = 0
  /// Whether an empty line stands before what follows.
  private(set) var endsWithBlank = false

  init(_ text: String) {
    var sinceComment = 0
    var rest = Substring(text)
    while let scalar = rest.unicodeScalars.first {
      if scalar == "\n" {
        breaks += 1
        sinceComment += 1
        rest.unicodeScalars.removeFirst()
      } else if rest.hasPrefix("//") {
        let end = rest.unicodeScalars.firstIndex(of: "\n") ?? rest.endIndex
        var comment = String(rest[..<end])
        while let last = comment.unicodeScalars.last, last == " " || last == "\t" || last == "\r" {
          comment.unicodeScalars.removeLast()
        }
        comments.append(
          Comment(
            text: comment, startsLine: breaks > 0,
            hasBlankBefore: sinceComment >= 2))
        sinceComment = 0
        rest = rest[end...]
      } else {
        rest.unicodeScalars.removeFirst()
      }
    }
    endsWithBlank = sinceComment >= 2
  }
}
