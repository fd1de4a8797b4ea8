/// Punctuation and operators.
package enum Symbol: String, Sendable, Hashable, CaseIterable {
  case leftParenthesis = "("
  case rightParenthesis = ")"
  case leftBracket = "["
  case rightBracket = "]"
  case leftBrace = "{"
  case rightBrace = "}"
  case comma = ","
  case semicolon = ";"
  case colon = ":"
  case dot = "."
  case range = ".."
  case halfOpenRange = "..<"
  case assign = "="
  case addAssign = "+="
  case equal = "=="
  case notEqual = "!="
  case less = "<"
  case lessOrEqual = "<="
  case greater = ">"
  case greaterOrEqual = ">="
  case plus = "+"
  case minus = "-"
  case star = "*"
  case slash = "/"
  case at = "@"
  case caret = "^"
  case pipe = "|>"
  case or = "||"
  case and = "&&"
  case not = "!"
  case tilde = "~"
  case arrow = "->"
}

extension Symbol {
  /// The bracket that closes this one; `nil` where this does not open.
  package var closer: Symbol? {
    switch self {
    case .leftParenthesis: .rightParenthesis
    case .leftBracket: .rightBracket
    case .leftBrace: .rightBrace
    case .rightParenthesis, .rightBracket, .rightBrace, .comma, .semicolon, .colon, .dot, .range,
      .halfOpenRange, .assign, .addAssign, .equal, .notEqual, .less, .lessOrEqual, .greater,
      .greaterOrEqual, .plus, .minus, .star, .slash, .at, .caret, .pipe, .or, .and, .not, .tilde,
      .arrow:
      nil
    }
  }

  package var isCloser: Bool {
    self == .rightParenthesis || self == .rightBracket || self == .rightBrace
  }

  /// Whether a line that ends with it goes on: the binary operators, `=`, `+=`, `~`, `,` and `->`.
  package var continuesLine: Bool {
    switch self {
    case .comma, .range, .halfOpenRange, .assign, .addAssign, .equal, .notEqual, .less,
      .lessOrEqual, .greater, .greaterOrEqual, .plus, .minus, .star, .slash, .at, .caret, .pipe,
      .or, .and, .tilde, .arrow:
      true
    case .leftParenthesis, .rightParenthesis, .leftBracket, .rightBracket, .leftBrace,
      .rightBrace, .semicolon, .colon, .dot, .not:
      false
    }
  }
}
