import NodalDiagnostics
import NodalSyntax

/// Looking at tokens and taking them.
extension Parser {
  var current: Token { tokens[position] }

  /// The token `count` further on; at the end, the end.
  func peek(_ count: Int = 1) -> Token { tokens[min(position + count, tokens.count - 1)] }

  var previous: Token { tokens[max(position - 1, 0)] }

  mutating func advance() {
    if position == probe.token { noteStatement() }
    if position < tokens.count - 1 { position += 1 }
  }

  func at(_ symbol: Symbol) -> Bool { current.symbol == symbol }
  func at(_ keyword: Keyword) -> Bool { current.keyword == keyword }
  func at(word: String) -> Bool { current.word == word }

  mutating func take(_ symbol: Symbol) -> Bool {
    guard at(symbol) else { return false }
    advance()
    return true
  }

  mutating func take(_ keyword: Keyword) -> Bool {
    if position == probe.token { probe.words.insert(keyword.rawValue) }
    guard at(keyword) else { return false }
    advance()
    return true
  }

  mutating func take(word: String) -> Bool {
    if position == probe.token { probe.words.insert(word) }
    guard at(word: word) else { return false }
    advance()
    return true
  }

  /// Takes a symbol and gives its place, or explains what stands there instead.
  @discardableResult
  mutating func expect(_ symbol: Symbol, help: String? = nil) throws(ParseError) -> Span {
    guard at(symbol) else { throw unexpected("`\(symbol.rawValue)`", help: help) }
    let span = current.span
    advance()
    return span
  }

  mutating func expect(word: String, help: String? = nil) throws(ParseError) {
    guard take(word: word) else { throw unexpected("`\(word)`", help: help) }
  }

  /// The span from a token to the last one taken.
  func span(from start: Int) -> Span {
    guard position > start else { return tokens[start].span.before }
    return tokens[start].span.joined(with: previous.span)
  }

  // MARK: Separators

  var atSeparator: Bool { current.isNewline || at(.semicolon) }

  mutating func skipSeparators() {
    while atSeparator { advance() }
  }

  /// Whether a statement may end here.
  var atStatementEnd: Bool { atSeparator || at(.rightBrace) || current.isEnd }

  // MARK: Names

  /// A name that is being declared.
  mutating func parseName(of role: String, primes: Bool = false) throws(ParseError) -> Name {
    switch current.kind {
    case .name(let text, let count) where count == 0 || primes:
      let span = current.span
      advance()
      return Name(text, primes: count, span: span)
    case .keyword(let keyword):
      throw .reservedWord(keyword.rawValue, current.span)
    case .name, .integer, .real, .string, .unit, .primes, .symbol, .newline, .end, .invalid:
      throw .expectedName(found: describe(current), of: role, current.span)
    }
  }

  /// A field, a label or a key: any word may be one.
  mutating func parseAnyWord(of role: String) throws(ParseError) -> Name {
    if let keyword = current.keyword {
      let span = current.span
      advance()
      return Name(keyword.rawValue, span: span)
    }
    return try parseName(of: role, primes: true)
  }

  /// Whether a label or key stands here: any word, then `:`.
  func atLabel(at offset: Int = 0) -> Bool {
    let token = peek(offset)
    return (token.isName || token.keyword != nil) && peek(offset + 1).symbol == .colon
  }

  /// Whether a field of a record stands here: a label, behind the names of parts or without them: `a.b.x:`.
  func atField(at offset: Int) -> Bool {
    var offset = offset
    while peek(offset).isName, peek(offset + 1).symbol == .dot { offset += 2 }
    return atLabel(at: offset)
  }

  /// The index of the first token at or after an index that is no newline and no `;`.
  func firstSolid(from index: Int) -> Int {
    var index = index
    while index < tokens.count - 1, tokens[index].isNewline || tokens[index].symbol == .semicolon {
      index += 1
    }
    return index
  }

  // MARK: Bounds

  /// Counts one level of nesting while `body` runs.
  mutating func nested<T>(_ body: (inout Parser) throws(ParseError) -> T) throws(ParseError) -> T {
    nesting += 1
    defer { nesting -= 1 }
    guard nesting <= SyntaxLimits.nesting else { throw .nestingTooDeep(current.span) }
    return try body(&self)
  }

  /// Measures the tree that `body` reads apart from what was read before it.
  mutating func measured<T>(_ body: (inout Parser) throws(ParseError) -> T) throws(ParseError) -> T
  {
    let before = height
    height = 0
    defer { height = max(before, height) }
    return try body(&self)
  }

  /// A node has been put on top of what was read.
  mutating func grow() throws(ParseError) {
    height += 1
    guard height <= SyntaxLimits.depth else { throw .nestingTooDeep(previous.span) }
  }
}
