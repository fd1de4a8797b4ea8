package import NodalDiagnostics
package import NodalSyntax

/// Text → tokens, without the newline rules (`Layout` applies those). Every byte is consumed exactly once, so
/// the cost is linear; what is no part of the language is reported and stepped over.
package struct Lexer {
  let source: SourceFile
  let bytes: [UInt8]
  var offset = 0
  var tokens: [Token] = []
  var errors: [ParseError] = []
  /// Where something stands that may have been meant as a unit: `9.81<m s>`.
  var suspectUnits: [Span] = []
  private var sawSpace = false
  private var atLineStart = true

  private init(_ source: SourceFile) {
    self.source = source
    self.bytes = source.utf8
  }

  /// What a text consists of.
  package struct Output: Sendable {
    /// In order; the last is `.end`.
    package var tokens: [Token]
    var errors: [ParseError]
    var suspectUnits: [Span]

    /// Whether the text has lexical mistakes.
    package var hasErrors: Bool { !errors.isEmpty }
  }

  package static func tokens(of source: SourceFile) -> Output {
    var lexer = Lexer(source)
    lexer.run()
    return Output(
      tokens: lexer.tokens, errors: lexer.errors, suspectUnits: lexer.suspectUnits)
  }

  private mutating func run() {
    if bytes.starts(with: [0xEF, 0xBB, 0xBF]) { offset = 3 }
    while true {
      skipTrivia()
      guard offset < bytes.count else { break }
      lexToken()
    }
    append(.end, from: bytes.count)
  }

  private mutating func lexToken() {
    let start = offset
    let byte = bytes[offset]
    switch byte {
    case UInt8(ascii: "0")...UInt8(ascii: "9"):
      lexNumber()
    case UInt8(ascii: "\""):
      lexString()
    case UInt8(ascii: "'"):
      lexPrime()
    case UInt8(ascii: "."):
      if isNumberWithoutZero { lexNumberWithoutZero() } else { lexSymbol() }
    default:
      if let length = nameStart(at: offset) {
        lexName(startLength: length)
      } else if byte == UInt8(ascii: "#") {
        skipLine()
        errors.append(.foreignSyntax(.hashComment, span(from: start)))
      } else {
        lexSymbol()
      }
    }
    // Progress is the guarantee that the loop ends, whatever the cases above do.
    if offset == start { offset += 1 }
  }

  // MARK: Trivia

  /// Blanks, line breaks, comments.
  private mutating func skipTrivia() {
    while offset < bytes.count {
      let byte = bytes[offset]
      if byte == UInt8(ascii: "\n") {
        atLineStart = true
        sawSpace = true
        offset += 1
      } else if byte == UInt8(ascii: " ") || byte == UInt8(ascii: "\t")
        || byte == UInt8(ascii: "\r")
      {
        sawSpace = true
        offset += 1
      } else if starts(with: "//") {
        sawSpace = true
        skipLine()
      } else if starts(with: "/*") {
        sawSpace = true
        skipBlockComment()
      } else {
        return
      }
    }
  }

  mutating func skipLine() {
    while offset < bytes.count, bytes[offset] != UInt8(ascii: "\n") { offset += 1 }
  }

  private mutating func skipBlockComment() {
    let start = offset
    offset += 2
    while offset < bytes.count, !starts(with: "*/") { offset += 1 }
    offset = min(offset + 2, bytes.count)
    errors.append(
      .foreignSyntax(.blockComment, Span(source: source.id, start: start, end: start + 2)))
  }

  // MARK: Shared tools

  func span(from start: Int) -> Span { Span(source: source.id, start: start, end: offset) }

  func byte(at index: Int) -> UInt8? { index < bytes.count ? bytes[index] : nil }

  func starts(with text: StaticString, at index: Int? = nil) -> Bool {
    let index = index ?? offset
    let length = text.utf8CodeUnitCount
    guard index + length <= bytes.count else { return false }
    return text.withUTF8Buffer { buffer in
      for i in 0..<length where bytes[index + i] != buffer[i] { return false }
      return true
    }
  }

  func isDigit(at index: Int) -> Bool {
    index < bytes.count && bytes[index] >= UInt8(ascii: "0") && bytes[index] <= UInt8(ascii: "9")
  }

  /// Ends a token that began at `start` here.
  mutating func append(_ kind: Token.Kind, from start: Int) {
    tokens.append(
      Token(kind, span: span(from: start), hasSpaceBefore: sawSpace, startsLine: atLineStart))
    sawSpace = false
    atLineStart = false
  }

  /// The last token, if nothing stands between it and the next.
  var adjacentToken: Token? { sawSpace ? nil : tokens.last }
}
