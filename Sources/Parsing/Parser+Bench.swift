import NodalDiagnostics
import NodalSyntax

/// `bench "lorenz", repeats: 50 { … }`.
extension Parser {
  mutating func parseBench() throws(ParseError) -> BenchDeclaration {
    let documentation = documentation()
    let start = position
    advance()
    let (title, titleSpan) = try parseTitle()
    var options: [Option] = []
    while take(.comma) {
      let optionStart = position
      let key = try parseOptionKey()
      let value = try parseExpression()
      options.append(
        Option(key: key, value: value, subOptions: [], span: span(from: optionStart)))
    }
    try expect(.leftBrace)
    let lines = try nested { parser throws(ParseError) in
      var lines: [BenchLine] = []
      parser.skipSeparators()
      while !parser.at(.rightBrace), !parser.current.isEnd {
        lines.append(
          parser.recovering(at: .bench, else: { .statement(.invalid($0)) }) {
            parser throws(ParseError) in
            try parser.parseBenchLine()
          })
        parser.skipSeparators()
      }
      return lines
    }
    let closing = current.span
    try expect(.rightBrace)
    let (statements, work) = parted(lines, closing)
    return BenchDeclaration(
      title: title, titleSpan: titleSpan, options: options, statements: statements, work: work,
      documentation: documentation, span: span(from: start))
  }

  private enum BenchLine {
    case statement(Statement)
    case expression(Expression, start: Int)
    case gradient(GradientOf)
  }

  private mutating func parseBenchLine() throws(ParseError) -> BenchLine {
    if let command = try parseCommand() { return .statement(command) }
    if at(word: "gradient"), peek().word == "of" { return .gradient(try parseGradientOf()) }
    if let error = misplacedWord(in: "a `bench`") { throw error }
    if let error = noStatementBegins() { throw error }
    let start = position
    let value = try parseExpression()
    // The line before the last is known for one later; what can follow no value is told here.
    if !atStatementEnd { throw notAStatement(value, from: start) }
    return .expression(value, start: start)
  }

  /// `gradient of fit on obs { … }`
  private mutating func parseGradientOf() throws(ParseError) -> GradientOf {
    let start = position
    advance()
    try expect(word: "of")
    let loss = try parsePathExpression(of: "a loss")
    let data = take(word: "on") ? try parsePostfix() : nil
    let options = try parseOptions()
    return GradientOf(loss: loss, data: data, options: options, span: span(from: start))
  }

  /// What is done before, and the last line.
  private mutating func parted(
    _ lines: [BenchLine], _ closing: Span
  ) -> ([Statement], BenchDeclaration.Work) {
    var statements: [Statement] = []
    for line in lines.dropLast() {
      switch line {
      case .statement(let statement): statements.append(statement)
      case .expression(let value, let start): errors.append(notAStatement(value, from: start))
      case .gradient(let gradient): errors.append(.benchWorkNotLast(gradient.span))
      }
    }
    switch lines.last {
    case .expression(let value, _): return (statements, .expression(value))
    case .gradient(let gradient): return (statements, .gradient(gradient))
    case .statement(.study(let study)): return (statements, .study(study))
    case .statement(.invalid(let span)): return (statements, .invalid(span))
    case .statement(let statement):
      errors.append(.benchWithoutWork(statement.span))
      return (statements + [statement], .invalid(statement.span))
    case nil:
      errors.append(.benchWithoutWork(closing))
      return (statements, .invalid(closing))
    }
  }
}
