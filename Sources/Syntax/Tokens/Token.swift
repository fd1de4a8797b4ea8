package import NodalDiagnostics

/// One word of a program, with its place. Blanks and comments are what lies between two tokens; a printer
/// finds them in the text.
package struct Token: Sendable {
  package enum Kind: Sendable {
    /// A word that is not reserved, or any word with primes: `x`, `θ''`, `ode`
    case name(String, primes: Int)
    case keyword(Keyword)
    case integer(Int)
    case real(Double)
    /// `"…"` with its escapes resolved
    case string(String)
    /// `<m/s^2>` right behind a numeral, `Real` or a string
    case unit(UnitExpression)
    /// `'` right behind `]`
    case primes(Int)
    case symbol(Symbol)
    /// The end of a line where that ends a statement
    case newline
    /// The end of the text
    case end
    /// A character that is no part of the language; a diagnostic has been given
    case invalid
  }

  package let kind: Kind
  package let span: Span
  /// Whether blanks, a line break or a comment stand before it.
  package let hasSpaceBefore: Bool
  /// Whether it is the first on its line.
  package let startsLine: Bool

  package init(_ kind: Kind, span: Span, hasSpaceBefore: Bool, startsLine: Bool) {
    self.kind = kind
    self.span = span
    self.hasSpaceBefore = hasSpaceBefore
    self.startsLine = startsLine
  }
}

extension Token {
  package var symbol: Symbol? {
    if case .symbol(let symbol) = kind { symbol } else { nil }
  }

  package var keyword: Keyword? {
    if case .keyword(let keyword) = kind { keyword } else { nil }
  }

  /// The text of an unprimed name, which may be a statement's word.
  package var word: String? {
    if case .name(let text, primes: 0) = kind { text } else { nil }
  }

  package var isName: Bool {
    if case .name = kind { true } else { false }
  }

  package var isNewline: Bool {
    if case .newline = kind { true } else { false }
  }

  package var isEnd: Bool {
    if case .end = kind { true } else { false }
  }

  /// Whether the line goes on when this is its last token.
  package var continuesLine: Bool {
    switch kind {
    case .symbol(let symbol): symbol.continuesLine
    case .keyword(let keyword): keyword == .then || keyword == .else
    case .name, .integer, .real, .string, .unit, .primes, .newline, .end, .invalid: false
    }
  }
}
