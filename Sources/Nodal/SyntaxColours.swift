import NodalDiagnostics
import NodalParsing
import NodalSyntax

/// A stretch of a program of one kind, for those who show programs in colour.
public struct ColouredText: Sendable, Hashable {
  /// What a stretch is.
  public enum Kind: String, Sendable, Hashable, CaseIterable {
    /// `//` to the end of the line.
    case comment
    /// A reserved word, or one that begins a statement.
    case word
    /// A number, or `true`.
    case number
    /// `<m/s^2>`
    case unit
    /// `"text"`
    case string
    /// A name, a sign or a blank.
    case plain
  }

  /// What it is.
  public let kind: Kind
  /// Its text.
  public let text: String
}

extension Program {
  /// The text in stretches that make it up whole, whether or not it parses.
  public var colouredText: [ColouredText] {
    let source = SourceFile(id: SourceID(0), path: path, text: text)
    var stretches: [ColouredText] = []
    var place = 0
    /// Between two tokens there are blanks and comments; what follows `//` is one up to the end of its line.
    func passBlanks(to end: Int) {
      for (number, line) in source.text(in: place..<end)
        .split(separator: "\n", omittingEmptySubsequences: false).enumerated()
      {
        let text = (number == 0 ? "" : "\n") + line
        stretches.append(
          ColouredText(kind: text.contains("//") ? .comment : .plain, text: text))
      }
      place = end
    }
    var previous: Token?
    for token in Lexer.tokens(of: source).tokens where token.span.end > place {
      passBlanks(to: token.span.start)
      stretches.append(
        ColouredText(
          kind: Self.kind(token, behind: previous),
          text: source.text(in: token.span.start..<token.span.end)))
      place = token.span.end
      previous = token
    }
    passBlanks(to: source.utf8.count)
    return stretches.filter { !$0.text.isEmpty }
  }

  private static func kind(_ token: Token, behind previous: Token?) -> ColouredText.Kind {
    switch token.kind {
    case .keyword(let word):
      switch word {
      case .true, .false, .inf, .nan, .pi: .number
      case .let, .var, .if, .then, .else, .for, .in, .fold, .scan, .map, .sample: .word
      }
    case .integer, .real: .number
    case .string: .string
    case .unit: .unit
    case .name:
      if let word = token.word, isWord(word, token, behind: previous) { .word } else { .plain }
    case .primes, .symbol, .newline, .end, .invalid: .plain
    }
  }

  /// Words that begin statements are words there alone: any name may be called like them.
  private static func isWord(_ word: String, _ token: Token, behind previous: Token?) -> Bool {
    if joiningWords.contains(word) {
      return previous?.isName == true || previous?.symbol?.isCloser == true
    }
    guard openingWords.contains(word) else { return false }
    let opener = previous?.symbol
    return token.startsLine || opener == .leftBrace || opener == .semicolon || opener == .assign
  }

  private static let openingWords = Set(StatementWord.all.map(\.word))

  private static let joiningWords = Set(StatementWord.clauses)
}
