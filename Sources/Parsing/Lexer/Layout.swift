import NodalDiagnostics
import NodalSyntax

/// Tokens → tokens with `.newline` where a line's end ends a statement, and with brackets that match.
///
/// Inside `(` and `[` lines don't matter. A bracket that is never closed is reported at its opener and closed by
/// a synthetic token without width; a closer without opener is reported and dropped. So the parser sees only
/// balanced text, and knows (`damaged`) where it was mended.
struct Layout {
  private(set) var tokens: [Token] = []
  /// For each opener the index of its closer; for any other token -1.
  private(set) var closers: [Int] = []
  private(set) var errors: [ParseError] = []
  /// Indices of tokens at which text was mended, ascending.
  private(set) var damaged: [Int] = []
  /// Whether brackets were open at the end of the text, or its last line was to go on.
  private(set) var isIncomplete = false
  /// Whether a bracket was closed that was never opened: no further line mends that.
  private(set) var hasUnmatchedCloser = false
  private var openers: [Int] = []
  private let source: SourceFile

  init(_ raw: [Token], of source: SourceFile) {
    self.source = source
    tokens.reserveCapacity(raw.count + raw.count / 4)
    for index in raw.indices {
      take(raw[index], next: index + 1 < raw.count ? raw[index + 1] : nil)
    }
  }

  private mutating func take(_ token: Token, next: Token?) {
    if token.isEnd {
      isIncomplete = !openers.isEmpty || tokens.last?.continuesLine == true
      closeAll(before: token, downTo: 0, at: nil)
      append(token)
      return
    }
    if token.startsLine, let previous = tokens.last {
      recover(before: token, next: next)
      let inLines = openers.last.map { tokens[$0].symbol == .leftBrace } ?? true
      let goesOn =
        (tokens.last ?? previous).continuesLine || token.symbol == .pipe || token.keyword == .else
      if inLines, !goesOn, !previous.isNewline {
        append(
          Token(
            .newline, span: (tokens.last ?? previous).span.after, hasSpaceBefore: false,
            startsLine: false))
      }
    }
    guard let symbol = token.symbol else { return append(token) }
    if symbol.closer != nil {
      openers.append(tokens.count)
      if openers.count == SyntaxLimits.nesting + 1 {
        errors.append(.nestingTooDeep(token.span))
        damaged.append(tokens.count)
      }
      append(token)
    } else if symbol.isCloser {
      close(with: token, symbol)
    } else {
      append(token)
    }
  }

  private mutating func close(with token: Token, _ symbol: Symbol) {
    guard let depth = openers.lastIndex(where: { tokens[$0].symbol?.closer == symbol }) else {
      errors.append(.unmatchedCloser(symbol, token.span))
      hasUnmatchedCloser = true
      damaged.append(tokens.count)
      return
    }
    closeAll(before: token, downTo: depth + 1, at: token.span)
    let opener = openers.removeLast()
    closers[opener] = tokens.count
    append(token)
  }

  /// Closes the open brackets above a depth, and reports them.
  private mutating func closeAll(before token: Token, downTo depth: Int, at end: Span?) {
    while openers.count > depth {
      let opener = openers.removeLast()
      guard let symbol = tokens[opener].symbol, let closer = symbol.closer else { continue }
      errors.append(.unclosedBracket(symbol, opener: tokens[opener].span, end: end))
      damaged.append(opener)
      damaged.append(tokens.count)
      closers[opener] = tokens.count
      append(
        Token(.symbol(closer), span: token.span.before, hasSpaceBefore: false, startsLine: false))
    }
  }

  private mutating func append(_ token: Token) {
    tokens.append(token)
    closers.append(-1)
  }

  // MARK: Recovery

  /// Words that begin a statement and, before a name or a string, nothing else: no such pair is grammatical
  /// inside parentheses, so where one begins a line at the margin, a closer has been forgotten.
  private static let marginWords: Set<String> = [
    "const", "param", "fn", "layer", "ode", "solver", "data", "loss", "import", "test", "bench",
    "state", "known", "learned", "output", "event", "train", "infer", "plot", "print", "save",
    "write", "load", "explain", "check", "assert", "precision",
  ]
  /// Those of them that stand in no block whatever.
  private static let fileWords: Set<String> = [
    "fn", "ode", "solver", "data", "loss", "import", "test", "bench",
  ]

  private mutating func recover(before token: Token, next: Token?) {
    guard !openers.isEmpty, let word = token.word ?? token.keyword?.rawValue, let next,
      !next.startsLine
    else { return }
    var followed = next.isName
    if case .string = next.kind { followed = true }
    guard followed else { return }
    let inBraces = openers.last.map { tokens[$0].symbol == .leftBrace } ?? false
    let atMargin =
      token.span.start == source.range(ofLine: source.line(at: token.span.start)).lowerBound
    if atMargin, Self.fileWords.contains(word) {
      closeAll(before: token, downTo: 0, at: token.span)
    } else if !inBraces, Self.marginWords.contains(word) || word == "let" || word == "var" {
      // Back to the nearest brace: the statement may belong to its block.
      let brace = openers.lastIndex { tokens[$0].symbol == .leftBrace }
      closeAll(before: token, downTo: brace.map { $0 + 1 } ?? 0, at: token.span)
    }
  }
}
