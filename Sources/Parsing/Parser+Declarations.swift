import NodalDiagnostics
import NodalSyntax

/// Declarations of a file.
extension Parser {
  mutating func parseConst() throws(ParseError) -> ConstDeclaration {
    let documentation = documentation()
    let start = position
    advance()
    let bindings = try parseBindings(of: "a constant")
    return ConstDeclaration(
      bindings: bindings, documentation: documentation, span: span(from: start))
  }

  mutating func parseParam() throws(ParseError) -> ParamDeclaration {
    let documentation = documentation()
    let start = position
    advance()
    let bindings = try parseParameterBindings(of: "a parameter")
    return ParamDeclaration(
      bindings: bindings, documentation: documentation, span: span(from: start))
  }

  /// `fn kinetic(m, v) -> Real = 0.5*m*v^2`
  mutating func parseFunction() throws(ParseError) -> FunctionDeclaration {
    let documentation = documentation()
    let start = position
    advance()
    let name = try parseName(of: "a function")
    let parameters = try parseParameters()
    let result = take(.arrow) ? try parseType() : nil
    let body = try parseBody(of: "function `\(name.text)`")
    return FunctionDeclaration(
      name: name, parameters: parameters, result: result, body: body,
      documentation: documentation, span: span(from: start))
  }

  /// `layer cell = gru(16)`, `layer net(y) = …`, `layer mlp(hidden: Int)(x) { … }`
  mutating func parseLayer() throws(ParseError) -> LayerDeclaration {
    let documentation = documentation()
    let start = position
    advance()
    let name = try parseName(of: "a layer")
    var lists: [[Parameter]] = []
    while at(.leftParenthesis), lists.count < 2 { lists.append(try parseParameters()) }
    let result = take(.arrow) ? try parseType() : nil
    let body = try parseBody(of: "layer `\(name.text)`")
    return LayerDeclaration(
      name: name, parameterLists: lists, result: result, body: body,
      documentation: documentation, span: span(from: start))
  }

  mutating func parseSolver() throws(ParseError) -> SolverDeclaration {
    let documentation = documentation()
    let start = position
    advance()
    let name = try parseName(of: "a solver")
    try expect(.assign)
    let value = try parseExpression()
    return SolverDeclaration(
      name: name, value: value, documentation: documentation, span: span(from: start))
  }

  mutating func parseData() throws(ParseError) -> DataDeclaration {
    let documentation = documentation()
    let start = position
    advance()
    let name = try parseName(of: "a data set")
    try expect(.assign)
    let value = try parseExpression()
    return DataDeclaration(
      name: name, value: value, documentation: documentation, span: span(from: start))
  }

  mutating func parseLoss() throws(ParseError) -> LossDeclaration {
    let documentation = documentation()
    let start = position
    advance()
    let name = try parseName(of: "a loss")
    let parameters = try parseParameters()
    let body = try parseBody(of: "loss `\(name.text)`", needsValue: false)
    if case .block(let block) = body, block.statements.isEmpty, block.value == nil {
      errors.append(.blockWithoutValue(previous.span, owner: "loss `\(name.text)`"))
    }
    return LossDeclaration(
      name: name, parameters: parameters, body: body, documentation: documentation,
      span: span(from: start))
  }

  /// `test "energy is conserved" { … }`
  mutating func parseTest() throws(ParseError) -> TestDeclaration {
    let documentation = documentation()
    let start = position
    advance()
    let (title, titleSpan) = try parseTitle()
    try expect(.leftBrace)
    let statements = try nested { parser throws(ParseError) in
      var statements: [Statement] = []
      parser.skipSeparators()
      while !parser.at(.rightBrace), !parser.current.isEnd {
        statements.append(
          parser.recovering(at: .test, else: { .invalid($0) }) { parser throws(ParseError) in
            if let command = try parser.parseCommand() { return command }
            if let error = parser.misplacedWord(in: "a `test`") { throw error }
            throw try parser.notAStatement()
          })
        parser.skipSeparators()
      }
      return statements
    }
    try expect(.rightBrace)
    return TestDeclaration(
      title: title, titleSpan: titleSpan, statements: statements, documentation: documentation,
      span: span(from: start))
  }

  mutating func parseTitle() throws(ParseError) -> (String, Span) {
    let span = current.span
    guard case .string(let title) = current.kind else {
      throw unexpected("the title, a string")
    }
    advance()
    return (title, span)
  }

  func misplacedWord(in place: String) -> ParseError? {
    current.word.flatMap { misplaced($0, "in \(place)") }
  }

  // MARK: Headings

  /// `import physics`, `import "lynx_hare.node"`
  mutating func parseImport() throws(ParseError) -> ImportStatement {
    let start = position
    advance()
    let moduleSpan: Span
    let module: ImportStatement.Module
    if case .string(let path) = current.kind {
      moduleSpan = current.span
      advance()
      module = .file(path)
    } else {
      let path = try parsePath(of: "a module")
      moduleSpan = path.span
      module = .library(path)
      if at(word: "as") { throw .foreignSyntax(.importAs(path.spelling), current.span) }
    }
    return ImportStatement(module: module, moduleSpan: moduleSpan, span: span(from: start))
  }

  mutating func parsePrecision() throws(ParseError) -> PrecisionStatement {
    let start = position
    advance()
    guard let word = current.word, let width = PrecisionStatement.Width(rawValue: word) else {
      throw .unknownPrecision(describe(current), current.span)
    }
    advance()
    return PrecisionStatement(width: width, span: span(from: start))
  }

  mutating func parseSeed() throws(ParseError) -> SeedStatement {
    let start = position
    advance()
    guard case .integer(let value) = current.kind, !atUnit(at: 1) else {
      throw .seedNotInteger(current.span)
    }
    advance()
    return SeedStatement(value: value, span: span(from: start))
  }

  private func atUnit(at offset: Int) -> Bool {
    if case .unit = peek(offset).kind { true } else { false }
  }
}
