import NodalDiagnostics
import NodalSyntax

/// Closures, blocks and the statements in them.
extension Parser {
  // MARK: Closures

  /// Whether `(…) ->` stands here.
  var atClosure: Bool { opensClosure(parenthesis: position) }

  private func opensClosure(parenthesis index: Int) -> Bool {
    guard tokens[index].symbol == .leftParenthesis, closers[index] > index else { return false }
    return tokens[min(closers[index] + 1, tokens.count - 1)].symbol == .arrow
  }

  /// Whether `{ (…) ->` stands at a brace.
  func opensClosure(brace index: Int) -> Bool {
    opensClosure(parenthesis: firstSolid(from: index + 1))
  }

  /// `(x) -> x^2`
  mutating func parseClosure() throws(ParseError) -> Expression {
    let start = position
    let parameters = try parseParameters()
    try expect(.arrow)
    let body = try parseExpression()
    let span = span(from: start)
    return Expression(
      .closure(Closure(parameters: parameters, body: .expression(body), span: span)), span: span)
  }

  /// `{ (s, x) -> … }`
  mutating func parseBraceClosure() throws(ParseError) -> Closure {
    let start = position
    advance()
    skipSeparators()
    let parameters = try parseParameters()
    try expect(.arrow)
    let block = try parseStatements(from: start, owner: "a closure", needsValue: true)
    return Closure(parameters: parameters, body: .block(block), span: span(from: start))
  }

  /// `(x, y: Real[2], k = 3)`
  mutating func parseParameters() throws(ParseError) -> [Parameter] {
    try expect(.leftParenthesis)
    var parameters: [Parameter] = []
    while !at(.rightParenthesis) {
      let start = position
      let name = try parseName(of: "a parameter")
      let type = try parseTypeAnnotation()
      let value = take(.assign) ? try parseExpression() : nil
      parameters.append(
        Parameter(name: name, type: type, defaultValue: value, span: span(from: start)))
      guard take(.comma) else { break }
    }
    if !at(.rightParenthesis) { throw unexpected("`,` or `)`") }
    advance()
    return parameters
  }

  // MARK: Bodies

  /// `= expression` or `{ … }`.
  mutating func parseBody(of owner: String, needsValue: Bool = true) throws(ParseError) -> Body {
    if take(.assign) { return .expression(try parseExpression()) }
    if at(.leftBrace) { return .block(try parseBlock(owner: owner, needsValue: needsValue)) }
    if at(.colon) { throw .foreignSyntax(.colonBlock, current.span) }
    if atStatementEnd { throw .missingBody(of: owner, previous.span.after) }
    throw unexpected("`=` or `{`")
  }

  mutating func parseBlock(owner: String, needsValue: Bool = true) throws(ParseError) -> Block {
    let start = position
    try expect(.leftBrace)
    return try parseStatements(from: start, owner: owner, needsValue: needsValue)
  }

  /// The statements up to `}`; the last expression is the value.
  private mutating func parseStatements(
    from start: Int, owner: String, needsValue: Bool
  ) throws(ParseError) -> Block {
    var statements: [LocalStatement] = []
    var value: Expression?
    try nested { parser throws(ParseError) in
      parser.skipSeparators()
      while !parser.at(.rightBrace), !parser.current.isEnd {
        if let earlier = value {
          parser.errors.append(parser.unused(earlier))
          value = nil
        }
        let line = parser.recovering(at: .block, else: { LocalLine.statement(.invalid($0)) }) {
          parser throws(ParseError) in try parser.parseLocalLine()
        }
        switch line {
        case .statement(let statement): statements.append(statement)
        case .value(let expression): value = expression
        }
        parser.skipSeparators()
      }
    }
    let closer = current.span
    try expect(.rightBrace)
    if needsValue, value == nil {
      if case .invalid = statements.last {
      } else {
        errors.append(.blockWithoutValue(closer, owner: owner))
      }
    }
    return Block(statements: statements, value: value, span: span(from: start))
  }

  func unused(_ expression: Expression) -> ParseError {
    let text = source.text(of: expression.span)
    let sign = ["-", "+"].first { text.hasPrefix($0) }
    return .unusedValue(expression.span, sign.map { .beginsWithSign($0) } ?? .statement)
  }

  // MARK: Statements of a block

  enum LocalLine {
    case statement(LocalStatement)
    case value(Expression)
  }

  private mutating func parseLocalLine() throws(ParseError) -> LocalLine {
    if take(.let) { return .statement(.let(try parseBindings(of: "a value"))) }
    if take(.var) { return .statement(.var(try parseBindings(of: "a variable"))) }
    if at(.for) { return .statement(.for(try parseLocalLoop())) }
    if let word = current.word, peek().isName || peek().keyword != nil {
      if word == "const" {
        advance()
        return .statement(.const(try parseBindings(of: "a constant")))
      }
      if word == "param" {
        advance()
        return .statement(.param(try parseParameterBindings(of: "a parameter")))
      }
      if let error = misplaced(word, "in a block") { throw error }
    }
    return try parseValueLine()
  }

  /// An assignment, a `~` term or a value.
  private mutating func parseValueLine() throws(ParseError) -> LocalLine {
    let start = position
    let left = try parseExpression()
    if at(.assign) {
      guard case .name(let name) = left.kind, name.primes == 0, start == position - 1 else {
        throw unexpected(
          "the end of the statement",
          help: "only a `var` can be given a new value; write `==` to compare")
      }
      // `fold`, `scan` and `map` are values, and no names.
      if let keyword = tokens[start].keyword { throw .reservedWord(keyword.rawValue, left.span) }
      advance()
      let value = try parseExpression()
      return .statement(.assign(Assignment(target: name, value: value, span: span(from: start))))
    }
    if at(.addAssign) {
      throw .additionOutsideOde(name: source.text(of: left.span), current.span)
    }
    if take(.tilde) {
      let distribution = try parseExpression()
      return .statement(
        .observe(Observation(value: left, distribution: distribution, span: span(from: start))))
    }
    return .value(left)
  }

  private mutating func parseLocalLoop() throws(ParseError) -> ForLoop<LocalStatement> {
    let start = position
    let (variable, range) = try parseLoopHead()
    let block = try parseBlock(owner: "a loop", needsValue: false)
    if let value = block.value { errors.append(unused(value)) }
    return ForLoop(
      variable: variable, range: range, body: block.statements, span: span(from: start))
  }

  /// `for i in 0..<n`
  mutating func parseLoopHead() throws(ParseError) -> (Name, Expression) {
    advance()
    let variable = try parseName(of: "a loop's variable")
    guard take(.in) else { throw unexpected("`in`") }
    return (variable, try parseExpression())
  }

  // MARK: Bindings

  /// `a = 1, b: Real = 2`
  mutating func parseBindings(of role: String) throws(ParseError) -> [Binding] {
    var bindings: [Binding] = []
    repeat {
      let start = position
      let name = try parseName(of: role)
      let type = try parseTypeAnnotation()
      try expect(.assign)
      let value = try parseExpression()
      bindings.append(Binding(name: name, type: type, value: value, span: span(from: start)))
    } while take(.comma)
    return bindings
  }

  /// `ka per subject: Real = 1.5 in (0, inf) ~ prior, …`
  mutating func parseParameterBindings(of role: String) throws(ParseError) -> [ParameterBinding] {
    var bindings: [ParameterBinding] = []
    repeat {
      let start = position
      let name = try parseName(of: role)
      let group = take(word: "per") ? try parseName(of: "a group") : nil
      let type = try parseTypeAnnotation()
      try expect(.assign, help: "a `param` has an initial value: `param k = 1`")
      let value = try parseExpression()
      bindings.append(try parseDomainAndPrior(name, group, type, value, from: start))
    } while take(.comma)
    return bindings
  }

  /// `θ: Real<rad> = 1.2 in (-pi, pi) ~ prior, θ' = 0`
  mutating func parseStateBindings() throws(ParseError) -> [ParameterBinding] {
    var bindings: [ParameterBinding] = []
    repeat {
      let start = position
      let name = try parseName(of: "a state", primes: true)
      let type = try parseTypeAnnotation()
      let value = take(.assign) ? try parseExpression() : nil
      bindings.append(try parseDomainAndPrior(name, nil, type, value, from: start))
    } while take(.comma)
    return bindings
  }

  private mutating func parseDomainAndPrior(
    _ name: Name, _ group: Name?, _ type: TypeExpression?, _ value: Expression?, from start: Int
  ) throws(ParseError) -> ParameterBinding {
    let domain = take(.in) ? try parseExpression() : nil
    let prior = take(.tilde) ? try parseExpression() : nil
    return ParameterBinding(
      name: name, group: group, type: type, value: value, domain: domain, prior: prior,
      span: span(from: start))
  }
}
