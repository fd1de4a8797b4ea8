/// Where a blank stands between two tokens of a line.
struct Spacing {
  private let tokens: [Token]

  init(_ tokens: [Token]) { self.tokens = tokens }

  /// Words behind which a bracket begins an expression of its own, and is no call or index. They are names,
  /// too: so a blank that the author wrote behind one is kept.
  private static let words: Set<String> = [
    "print", "plot", "write", "save", "load", "assert", "against", "on", "of", "along", "to",
    "from",
    "as", "log", "where", "noise", "override", "explain",
  ]

  /// - Parameter inLoose: whether a brace next to the gap is a block's.
  func stands(between left: Int, and right: Int, inLoose: Bool) -> Bool {
    let (a, b) = (tokens[left], tokens[right])
    if a.symbol == .leftBrace, b.symbol == .rightBrace { return false }
    if a.symbol == .leftBrace || b.symbol == .rightBrace { return inLoose }
    if b.symbol == .dot { return isInteger(a) }
    switch b.kind {
    case .unit, .primes: return false
    case .symbol(.rightParenthesis), .symbol(.rightBracket), .symbol(.comma), .symbol(.semicolon),
      .symbol(.colon):
      return false
    case .symbol(.leftParenthesis), .symbol(.leftBracket):
      if case .name(let word, primes: 0) = a.kind {
        return Self.words.contains(word) && b.hasSpaceBefore
      }
      if Self.endsOperand(a) { return false }
    case .name, .keyword, .integer, .real, .string, .symbol, .newline, .end, .invalid: break
    }
    if let symbol = a.symbol { return standsBehind(symbol, at: left) ?? standsBefore(b, at: right) }
    return standsBefore(b, at: right)
  }

  /// `nil` where what follows decides.
  private func standsBehind(_ symbol: Symbol, at index: Int) -> Bool? {
    switch symbol {
    case .leftParenthesis, .leftBracket, .dot, .not, .caret, .range, .halfOpenRange: false
    case .comma, .semicolon, .colon, .assign, .addAssign, .equal, .notEqual, .less, .lessOrEqual,
      .greater, .greaterOrEqual, .pipe, .or, .and, .tilde, .arrow:
      true
    case .plus, .minus, .star, .slash, .at: isBinary(index) ? isLoose(index) : false
    case .rightParenthesis, .rightBracket, .rightBrace, .leftBrace: nil
    }
  }

  private func standsBefore(_ token: Token, at index: Int) -> Bool {
    guard let symbol = token.symbol else { return true }
    switch symbol {
    case .caret, .range, .halfOpenRange:
      // Behind a word that needs it (`for i in ..`) nothing of this is grammatical.
      return false
    case .plus, .minus, .star, .slash, .at: return isBinary(index) ? isLoose(index) : true
    case .leftParenthesis, .leftBracket, .leftBrace, .not, .assign, .addAssign, .equal, .notEqual,
      .less, .lessOrEqual, .greater, .greaterOrEqual, .pipe, .or, .and, .tilde, .arrow,
      .rightParenthesis, .rightBracket, .rightBrace, .comma, .semicolon, .colon, .dot:
      return true
    }
  }

  /// Whether the author set blanks at an arithmetic operator, on either side.
  private func isLoose(_ index: Int) -> Bool {
    tokens[index].hasSpaceBefore || (index + 1 < tokens.count && tokens[index + 1].hasSpaceBefore)
  }

  /// Whether an operator stands behind an operand; a command's word is none: `print -x`.
  private func isBinary(_ index: Int) -> Bool {
    guard index > 0 else { return false }
    let previous = tokens[index - 1]
    if case .name(let word, primes: 0) = previous.kind, Self.words.contains(word),
      tokens[index].hasSpaceBefore, index + 1 < tokens.count, !tokens[index + 1].hasSpaceBefore
    {
      return false
    }
    return Self.endsOperand(previous)
  }

  private func isInteger(_ token: Token) -> Bool {
    if case .integer = token.kind { true } else { false }
  }

  /// Whether a token can end an operand, so that a bracket behind it is a call or an index.
  static func endsOperand(_ token: Token) -> Bool {
    switch token.kind {
    case .name, .integer, .real, .string, .unit, .primes: true
    case .symbol(let symbol): symbol.isCloser
    case .keyword(let keyword):
      switch keyword {
      case .fold, .scan, .map, .true, .false, .inf, .nan, .pi: true
      case .let, .var, .if, .then, .else, .for, .in, .sample: false
      }
    case .newline, .end, .invalid: false
    }
  }
}
