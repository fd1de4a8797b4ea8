import NodalDiagnostics
import NodalSyntax

/// Expressions, loosest first: conditional and closure, `|>`, binary operators, prefixes, `^`.
extension Parser {
  mutating func parseExpression() throws(ParseError) -> Expression {
    try nested { parser throws(ParseError) in
      try parser.measured { parser throws(ParseError) in
        let expression =
          parser.at(.if)
          ? try parser.parseConditional()
          : parser.atClosure ? try parser.parseClosure() : try parser.parsePipeline()
        try parser.grow()
        return expression
      }
    }
  }

  mutating func parseConditional() throws(ParseError) -> Expression {
    let start = position
    advance()
    let condition = try parseExpression()
    if at(.leftBrace) || at(.colon) { throw .foreignSyntax(.ifBlock, tokens[start].span) }
    guard take(.then) else {
      throw unexpected(
        "`then`",
        help: at(.assign)
          ? "write `==` to compare" : "write `if c then a else b`, `then` on the line of `if`")
    }
    let consequence = try parseExpression()
    guard take(.else) else {
      if at(word: "elif") { throw .foreignSyntax(.elif, current.span) }
      if atStatementEnd || at(.comma) || at(.rightParenthesis) || at(.rightBracket) {
        throw .missingElse(condition: tokens[start].span, previous.span.after)
      }
      throw unexpected("`else`")
    }
    let alternative = try parseExpression()
    return Expression(
      .conditional(
        Conditional(condition: condition, consequence: consequence, alternative: alternative)),
      span: span(from: start))
  }

  private mutating func parsePipeline() throws(ParseError) -> Expression {
    let start = position
    var value = try parseBinary(.or)
    while at(.pipe) {
      let pipe = current.span
      advance()
      if at(.if) || atClosure {
        throw .pipelineStage(found: describe(current), pipe: pipe, current.span)
      }
      let stage = try parsePostfix()
      try grow()
      value = Expression(.pipe(value, into: stage), span: span(from: start))
      if Level.operators(of: current) != nil || at(.caret) {
        throw .pipelineStage(found: describe(current), pipe: pipe, current.span)
      }
    }
    return value
  }

  // MARK: Binary operators

  /// The levels of binary operators, loosest first.
  enum Level: Int, Comparable {
    case or, and, comparison, range, sum, product

    static func < (a: Level, b: Level) -> Bool { a.rawValue < b.rawValue }

    var next: Level? { Level(rawValue: rawValue + 1) }

    /// The level of a binary operator; `nil` for what is none, and for `^`.
    static func operators(of token: Token) -> (level: Level, kind: BinaryOperator.Kind?)? {
      guard let symbol = token.symbol else { return nil }
      switch symbol {
      case .or: return (.or, .or)
      case .and: return (.and, .and)
      case .equal: return (.comparison, .equal)
      case .notEqual: return (.comparison, .notEqual)
      case .less: return (.comparison, .less)
      case .lessOrEqual: return (.comparison, .lessOrEqual)
      case .greater: return (.comparison, .greater)
      case .greaterOrEqual: return (.comparison, .greaterOrEqual)
      case .range, .halfOpenRange: return (.range, nil)
      case .plus: return (.sum, .add)
      case .minus: return (.sum, .subtract)
      case .star: return (.product, .multiply)
      case .slash: return (.product, .divide)
      case .at: return (.product, .matrixProduct)
      case .caret, .pipe, .not, .tilde, .arrow, .assign, .addAssign, .leftParenthesis,
        .rightParenthesis, .leftBracket, .rightBracket, .leftBrace, .rightBrace, .comma,
        .semicolon, .colon, .dot:
        return nil
      }
    }
  }

  /// Operators of a level and tighter.
  mutating func parseBinary(_ level: Level) throws(ParseError) -> Expression {
    try measured { parser throws(ParseError) in
      let start = parser.position
      var left = try parser.parsePrefix()
      // The tightest level that may still follow: comparisons and ranges don't chain.
      var tightest = Level.product
      var firstComparison: Span?
      while let (found, kind) = Level.operators(of: parser.current), found >= level {
        if found > tightest { break }
        let operatorSpan = parser.current.span
        let isClosed = parser.at(.range)
        if found == .comparison, let first = firstComparison {
          throw parser.detachedUnit(first, operatorSpan) ?? parser.chained(first, operatorSpan)
        }
        parser.advance()
        let right: Expression
        if let next = found.next {
          right = try parser.parseBinary(next)
        } else {
          right = try parser.parsePrefix()
        }
        try parser.grow()
        let span = parser.span(from: start)
        if let kind {
          left = Expression(
            .binary(BinaryOperator(kind: kind, span: operatorSpan), left, right), span: span)
        } else {
          left = Expression(
            .range(
              RangeExpression(
                lower: left, upper: right, isClosed: isClosed, operatorSpan: operatorSpan)),
            span: span)
        }
        switch found {
        case .comparison:
          firstComparison = operatorSpan
          tightest = .comparison
        case .range: tightest = .comparison
        case .or, .and:
          firstComparison = nil
          tightest = found
        case .sum, .product: tightest = found
        }
      }
      return left
    }
  }

  /// `9.81 <m/s^2>` reads as two comparisons, and was meant as a number with its unit.
  private func detachedUnit(_ first: Span, _ second: Span) -> ParseError? {
    guard let open = tokens.firstIndex(where: { $0.span == first }), open > 0 else { return nil }
    let owner = tokens[open - 1]
    switch owner.kind {
    case .integer, .real, .string: break
    case .name, .keyword, .unit, .primes, .symbol, .newline, .end, .invalid: return nil
    }
    let span = first.joined(with: second)
    let unit = source.text(of: span)
    guard Lexer.readsAsUnit(unit) else { return nil }
    let blank = Span(source: source.id, start: owner.span.end, end: first.start)
    return .detachedUnit(unit, of: source.text(of: owner.span), blank: blank, span)
  }

  private func chained(_ first: Span, _ second: Span) -> ParseError {
    if let unit = suspectUnits.first(where: { $0.start == first.start }) {
      return .malformedUnit(source.text(of: unit), unit)
    }
    return .chainedComparison(first: first, second: second, texts: nil)
  }

  // MARK: Prefixes and powers

  private mutating func parsePrefix() throws(ParseError) -> Expression {
    let kind: PrefixOperator.Kind
    if at(.minus) {
      kind = .negate
    } else if at(.not) {
      kind = .not
    } else if at(.sample) {
      kind = .sample
    } else {
      return try parsePower()
    }
    let start = position
    advance()
    let prefix = PrefixOperator(kind: kind, span: tokens[start].span)
    return try nested { parser throws(ParseError) in
      let operand = try parser.parsePrefix()
      try parser.grow()
      return Expression(.prefix(prefix, operand), span: parser.span(from: start))
    }
  }

  /// `a^b`, to the right; the exponent may begin with `-`.
  private mutating func parsePower() throws(ParseError) -> Expression {
    let start = position
    let base = try parsePostfix()
    guard at(.caret) else { return base }
    let operatorSpan = current.span
    advance()
    return try nested { parser throws(ParseError) in
      let minus = parser.at(.minus) ? parser.position : nil
      if minus != nil { parser.advance() }
      var exponent = try parser.measured { parser throws(ParseError) in try parser.parsePower() }
      if let minus {
        try parser.grow()
        exponent = Expression(
          .prefix(PrefixOperator(kind: .negate, span: parser.tokens[minus].span), exponent),
          span: parser.span(from: minus))
      }
      try parser.grow()
      return Expression(
        .binary(BinaryOperator(kind: .power, span: operatorSpan), base, exponent),
        span: parser.span(from: start))
    }
  }
}
