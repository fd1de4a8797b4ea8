import NodalDiagnostics
import NodalSyntax

/// What happens at a mistake.
extension Parser {
  /// Reads one statement, and what must follow it. At a mistake the statement is skipped: its brackets match,
  /// so the next separator outside of them is its end.
  mutating func recovering<T>(
    at site: StatementSite, else invalid: (Span) -> T,
    _ body: (inout Parser) throws(ParseError) -> T
  ) -> T {
    let start = position
    let level = nesting
    let around = statement
    statement = (site, start)
    defer { statement = around }
    if start == probe.token { probe.beginsStatement = true }
    do throws(ParseError) {
      let result = try body(&self)
      if !atStatementEnd {
        throw unexpected("the end of the statement", help: helpForRest(ofStatementAt: start))
      }
      return result
    } catch {
      nesting = level
      position = start
      skipStatement()
      report(error, from: start)
      return invalid(span(from: start))
    }
  }

  /// What was perhaps meant by a word behind a statement that is complete.
  private func helpForRest(ofStatementAt start: Int) -> String? {
    guard let word = current.word, position > start else { return nil }
    let command = tokens[start].word
    if command == "plot", word == "vs" { return "write `against`: `plot s.x against t`" }
    if command == "train", word == "with" || word == "using" {
      return "options stand in braces: `train fit on obs { optimize: adam(), steps: 100 }`"
    }
    if isNumber(previous) {
      let number = source.text(of: previous.span)
      return "a unit stands in angle brackets, `\(number)<m/s^2>`; a product needs its `*`"
    }
    let isValue = ["let", "const", "param", "known", "output"].contains(command ?? "")
    let holdsValue = isValue || tokens[start..<position].contains { $0.symbol == .assign }
    guard holdsValue, previous.isName else { return nil }
    return "a product needs its `*`: `\(source.text(of: previous.span))*\(word)`"
  }

  private mutating func skipStatement() {
    while !atStatementEnd {
      if closers[position] > position { position = closers[position] }
      advance()
    }
  }

  /// Reports a mistake of the statement that began at a token, unless it follows from one that has been
  /// reported: a bracket that was mended, a character or string that could not be read.
  private mutating func report(_ error: ParseError, from start: Int) {
    let range = tokens[start].span.joined(with: current.span)
    if damaged.contains(where: { $0 >= start && $0 <= position }) { return }
    let unreadable = errors.contains { earlier in
      guard let place = earlier.spoiledSpan else { return false }
      return place.start >= range.start && place.end <= range.end
    }
    if unreadable { return }
    errors.append(error)
  }

  // MARK: Words for what stands here

  func describe(_ token: Token) -> String {
    switch token.kind {
    case .name, .keyword, .symbol, .unit, .primes, .integer, .real:
      let text = source.text(of: token.span)
      return text.isEmpty ? "the end of a bracket" : "`\(text)`"
    case .string: return "a string"
    case .newline: return "the end of the line"
    case .end: return "the end of the text"
    case .invalid: return "a character that is no part of the language"
    }
  }

  /// The mistake at the current token, where `expected` should stand: a known habit if it looks like one.
  func unexpected(_ expected: String, help: String? = nil) -> ParseError {
    let token = current
    if let unit = suspectUnits.first(where: {
      $0.start <= token.span.start && token.span.start < $0.end
    }) {
      return .malformedUnit(source.text(of: unit), unit)
    }
    if let habit = habit(at: token) { return habit }
    return .unexpected(found: describe(token), expected: expected, token.span, help: help)
  }

  private func habit(at token: Token) -> ParseError? {
    switch token.kind {
    case .name(let text, _):
      if ["and", "or", "is", "not", "mod", "div"].contains(text) {
        return .foreignSyntax(.wordOperator(text), token.span)
      }
      if position > 0, !token.startsLine, let left = endOfOperand(previous) {
        if previous.word == "lambda" { return .foreignSyntax(.lambda, previous.span) }
        if !token.hasSpaceBefore {
          return .implicitProduct(
            left: left, right: source.text(of: token.span), previous.span.joined(with: token.span))
        }
      }
      return nil
    case .symbol(.leftParenthesis):
      if position > 0, !token.hasSpaceBefore, isNumber(previous) {
        return .implicitProduct(
          left: source.text(of: previous.span), right: "(", previous.span.joined(with: token.span))
      }
      return nil
    case .symbol(.colon):
      return peek().isNewline || peek().isEnd ? .foreignSyntax(.colonBlock, token.span) : nil
    case .symbol(.addAssign):
      guard let name = previous.word else { return nil }
      return .additionOutsideOde(name: name, token.span)
    case .keyword, .integer, .real, .string, .unit, .primes, .symbol, .newline, .end, .invalid:
      return nil
    }
  }

  private func isNumber(_ token: Token) -> Bool {
    switch token.kind {
    case .integer, .real: true
    case .name, .keyword, .string, .unit, .primes, .symbol, .newline, .end, .invalid: false
    }
  }

  /// The text of a numeral or a closing parenthesis, behind which a name means a product.
  private func endOfOperand(_ token: Token) -> String? {
    switch token.kind {
    case .integer, .real: source.text(of: token.span)
    case .symbol(.rightParenthesis): ")"
    case .name, .keyword, .string, .unit, .primes, .symbol, .newline, .end, .invalid: nil
    }
  }
}

extension ParseError {
  /// For a mistake of the lexer that leaves a hole in the tokens: where.
  var spoiledSpan: Span? {
    switch self {
    case .unexpectedCharacter(_, let span), .unclosedString(let span), .strayPrime(_, let span),
      .foreignOperator(_, _, let span), .malformedNumber(_, _, let span):
      span
    case .foreignSyntax(let habit, let span):
      switch habit {
      case .hashComment, .blockComment, .tripleQuotes, .singleQuotes: span
      case .def, .lambda, .importAs, .fromImport, .elif, .return, .while, .class, .self,
        .function, .ifBlock, .colonBlock, .wordOperator:
        nil
      }
    case .numberOutOfRange, .malformedUnit, .detachedUnit, .unknownEscape, .unclosedBracket,
      .unmatchedCloser,
      .nestingTooDeep, .unexpected, .expectedExpression, .expectedName, .reservedWord,
      .unusedValue, .blockWithoutValue, .benchWithoutWork, .benchWorkNotLast, .chainedComparison,
      .foreignConstant, .colonSlice,
      .fractionDerivative, .misplacedStatement, .additionOutsideOde, .implicitProduct,
      .continuationAtPrompt, .pipelineStage, .unknownPrecision, .missingElse, .clauseOrder,
      .missingBody, .needsParentheses, .seedNotInteger, .misplacedHeading, .detachedDocumentation:
      nil
    }
  }

  /// Whether a bracket is open only because a string on its line swallowed the closer.
  func follows(from lexical: [ParseError], in source: SourceFile) -> Bool {
    guard case .unclosedBracket(_, let opener, _) = self else { return false }
    return lexical.contains { error in
      guard case .unclosedString(let string) = error else { return false }
      return string.start > opener.start
        && source.line(at: string.start) == source.line(at: opener.start)
    }
  }

  /// Whether another error says what is wrong with this value better: that nothing uses it follows.
  func repeats(_ errors: [ParseError]) -> Bool {
    guard case .unusedValue(let unused, _) = self else { return false }
    return errors.contains { error in
      guard case .foreignConstant(_, let span) = error else { return false }
      return span == unused
    }
  }
}
