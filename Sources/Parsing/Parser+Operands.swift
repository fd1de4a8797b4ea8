import NodalDiagnostics
import NodalSyntax

/// Operands: literals, names, brackets, and what may follow them.
extension Parser {
  /// An operand with its calls, indices, fields and primes.
  mutating func parsePostfix() throws(ParseError) -> Expression {
    try measured { parser throws(ParseError) in
      let start = parser.position
      var base = try parser.parsePrimary()
      while true {
        if parser.at(.dot) {
          parser.advance()
          base = try parser.parseField(of: base, from: start)
        } else if parser.at(.leftParenthesis), parser.mayCall(base) {
          base = try parser.parseCall(of: base, from: start)
        } else if parser.at(.leftBracket) {
          base = try parser.parseIndex(of: base, from: start)
        } else if case .primes(let order) = parser.current.kind {
          parser.advance()
          base = Expression(.derivative(of: base, order: order), span: parser.span(from: start))
        } else {
          return base
        }
        try parser.grow()
      }
    }
  }

  /// `2(x + 1)` is a forgotten `*`, not a call.
  private func mayCall(_ base: Expression) -> Bool {
    switch base.kind {
    case .number, .string, .column, .bool, .constant: false
    case .name, .tuple, .bracket, .record, .prefix, .binary, .range, .pipe, .call, .index, .field,
      .element, .derivative, .conditional, .block, .closure, .invalid:
      true
    }
  }

  private mutating func parseField(of base: Expression, from start: Int) throws(ParseError)
    -> Expression
  {
    if case .integer(let value) = current.kind {
      let index = TupleIndex(value: value, span: current.span)
      advance()
      return Expression(.element(base, index), span: span(from: start))
    }
    let name = try parseAnyWord(of: "a field")
    return Expression(.field(base, name), span: span(from: start))
  }

  private mutating func parseCall(of callee: Expression, from start: Int) throws(ParseError)
    -> Expression
  {
    let opener = position
    noteCall(of: callee, opener)
    let arguments = try parseArguments()
    let argumentsSpan = span(from: opener)
    var closure: Closure?
    if at(.leftBrace), opensClosure(brace: position) { closure = try parseBraceClosure() }
    return Expression(
      .call(
        Call(
          callee: callee, arguments: arguments, trailingClosure: closure,
          argumentsSpan: argumentsSpan)),
      span: span(from: start))
  }

  /// `(a, label: b)`, with a comma at the end if one likes.
  mutating func parseArguments() throws(ParseError) -> [Argument] {
    try expect(.leftParenthesis)
    var arguments: [Argument] = []
    while !at(.rightParenthesis) {
      let start = position
      var label: Name?
      if atLabel() {
        let name = try parseAnyWord(of: "an argument")
        guard name.primes == 0 else {
          throw .unexpected(
            found: "`\(name.spelling)`", expected: "a label without primes", name.span, help: nil)
        }
        label = name
        advance()
      }
      let value = try parseExpression()
      if label == nil, at(.assign), case .name(let name) = value.kind {
        throw unexpected("`,` or `)`", help: "a named argument is written `\(name.text): …`")
      }
      arguments.append(Argument(label: label, value: value, span: span(from: start)))
      guard take(.comma) else { break }
    }
    if !at(.rightParenthesis) { throw unexpected("`,` or `)`") }
    advance()
    return arguments
  }

  private mutating func parseIndex(of base: Expression, from start: Int) throws(ParseError)
    -> Expression
  {
    advance()
    var subscripts: [Subscript] = []
    while !at(.rightBracket) {
      if at(.colon) { throw .colonSlice(current.span) }
      if at(.range), peek().symbol == .comma || peek().symbol == .rightBracket {
        subscripts.append(.all(current.span))
        advance()
      } else {
        subscripts.append(.at(try parseExpression()))
      }
      if at(.colon) { throw .colonSlice(current.span) }
      guard take(.comma) else { break }
    }
    if !at(.rightBracket) { throw unexpected("`,` or `]`") }
    advance()
    guard !subscripts.isEmpty else {
      throw .expectedExpression(found: "`]`", after: "[", previous.span)
    }
    return Expression(.index(base, subscripts), span: span(from: start))
  }

  // MARK: Primary

  private mutating func parsePrimary() throws(ParseError) -> Expression {
    let start = position
    let token = current
    switch token.kind {
    case .integer(let value):
      advance()
      return number(.integer(value), from: start)
    case .real(let value):
      advance()
      return number(.real(value), from: start)
    case .string(let text):
      advance()
      guard case .unit(let unit) = current.kind else {
        return Expression(.string(text), span: token.span)
      }
      advance()
      return Expression(.column(ColumnLiteral(name: text, unit: unit)), span: span(from: start))
    case .name(let text, let primes):
      return try parseNameExpression(text, primes)
    case .keyword(let keyword):
      return try parseKeyword(keyword)
    case .symbol(.leftParenthesis):
      if atClosure {
        errors.append(.needsParentheses(what: "a closure", token.span))
        return try nested { parser throws(ParseError) in try parser.parseClosure() }
      }
      return try parseParentheses()
    case .symbol(.leftBracket):
      return try parseBracket()
    case .symbol(.leftBrace):
      return try parseBraces()
    case .symbol, .unit, .primes, .newline, .end, .invalid:
      throw missingExpression()
    }
  }

  private mutating func number(_ value: NumberLiteral.Value, from start: Int) -> Expression {
    var unit: UnitExpression?
    if case .unit(let expression) = current.kind {
      unit = expression
      advance()
    }
    let span = span(from: start)
    return Expression(.number(NumberLiteral(value: value, unit: unit, span: span)), span: span)
  }

  private mutating func parseNameExpression(_ text: String, _ primes: Int) throws(ParseError)
    -> Expression
  {
    let span = current.span
    if primes == 0 {
      if text == "lambda", peek().isName || peek().symbol == .colon {
        throw .foreignSyntax(.lambda, span)
      }
      if text == "not", peek().isName || peek().symbol == .leftParenthesis && peek().hasSpaceBefore
      {
        throw .foreignSyntax(.wordOperator(text), span)
      }
      if text == "self", peek().symbol == .dot { errors.append(.foreignSyntax(.self, span)) }
      if text == "True" || text == "False" || text == "None" {
        errors.append(.foreignConstant(text, span))
      }
    }
    advance()
    return Expression(.name(Name(text, primes: primes, span: span)), span: span)
  }

  private mutating func parseKeyword(_ keyword: Keyword) throws(ParseError) -> Expression {
    let span = current.span
    switch keyword {
    case .true, .false:
      advance()
      return Expression(.bool(keyword == .true), span: span)
    case .inf, .nan, .pi:
      advance()
      guard let constant = NamedConstant(rawValue: keyword.rawValue) else {
        return Expression(.invalid, span: span)
      }
      return Expression(.constant(constant), span: span)
    case .fold, .scan, .map:
      advance()
      return Expression(.name(Name(keyword.rawValue, span: span)), span: span)
    case .if:
      errors.append(.needsParentheses(what: "`if`", span))
      return try nested { parser throws(ParseError) in try parser.parseConditional() }
    case .let, .var, .for, .then, .else, .in, .sample:
      throw missingExpression()
    }
  }

  private func missingExpression() -> ParseError {
    if let unit = suspectUnits.first(where: {
      $0.start < current.span.start && current.span.start < $0.end
    }) {
      return .malformedUnit(source.text(of: unit), unit)
    }
    var after: String?
    if position > 0, !previous.isNewline, previous.symbol != nil || previous.keyword != nil {
      after = source.text(of: previous.span)
    }
    return .expectedExpression(
      found: describe(current), after: after, current.isNewline ? previous.span.after : current.span
    )
  }

  // MARK: Brackets

  private mutating func parseParentheses() throws(ParseError) -> Expression {
    let start = position
    advance()
    if at(.rightParenthesis) {
      throw .expectedExpression(found: "`)`", after: "(", current.span)
    }
    let first = try parseExpression()
    if take(.rightParenthesis) { return Expression(first.kind, span: span(from: start)) }
    var elements = [first]
    while take(.comma), !at(.rightParenthesis) || elements.count == 1 {
      elements.append(try parseExpression())
    }
    if !at(.rightParenthesis) { throw unexpected("`,` or `)`") }
    advance()
    return Expression(.tuple(elements), span: span(from: start))
  }

  private mutating func parseBracket() throws(ParseError) -> Expression {
    let start = position
    advance()
    var elements: [Expression] = []
    while !at(.rightBracket) {
      elements.append(try parseExpression())
      guard take(.comma) else { break }
    }
    if !at(.rightBracket) {
      throw unexpected(
        "`,` or `]`",
        help: at(.for)
          ? "`map(xs) { (x) -> … }` makes one element of each"
          : "elements are separated by commas, and a matrix is `[[1, 2], [3, 4]]`")
    }
    advance()
    return Expression(.bracket(elements), span: span(from: start))
  }

  /// After `{`: `name:` opens a record, `(…) ->` a closure, anything else a block.
  private mutating func parseBraces() throws(ParseError) -> Expression {
    let start = position
    if opensClosure(brace: position) {
      let closure = try parseBraceClosure()
      return Expression(.closure(closure), span: closure.span)
    }
    let first = firstSolid(from: position + 1)
    if atField(at: first - position) { return try parseRecord() }
    let block = try parseBlock(owner: "a block")
    return Expression(.block(block), span: span(from: start))
  }

  private mutating func parseRecord() throws(ParseError) -> Expression {
    let start = position
    advance()
    skipSeparators()
    var fields: [RecordField] = []
    while !at(.rightBrace) {
      let fieldStart = position
      let name = try parseFieldPath()
      try expect(.colon)
      let value = try parseExpression()
      fields.append(RecordField(name: name, value: value, span: span(from: fieldStart)))
      guard take(.comma) else { break }
      skipSeparators()
    }
    skipSeparators()
    if !at(.rightBrace) {
      throw unexpected("`,` or `}`", help: "the fields of a record are separated by commas")
    }
    advance()
    return Expression(.record(fields), span: span(from: start))
  }

  /// `x`, or `a.b.x`: a field named through the parts that it lies in.
  private mutating func parseFieldPath() throws(ParseError) -> Name {
    var name = try parseAnyWord(of: "a field")
    while name.primes == 0, take(.dot) {
      let inner = try parseAnyWord(of: "a field")
      name = Name(
        name.text + "." + inner.text, primes: inner.primes,
        span: Span(source: name.span.source, start: name.span.start, end: inner.span.end))
    }
    return name
  }
}
