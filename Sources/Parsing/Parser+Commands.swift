import NodalDiagnostics
import NodalSyntax

/// Commands: what runs in order.
extension Parser {
  /// A `let` or a command, if one begins here.
  mutating func parseCommand() throws(ParseError) -> Statement? {
    if at(.let) { return .let(try parseLet()) }
    guard let word = current.word, wordBegins(word) else { return nil }
    switch word {
    case "train", "infer", "uncertainty", "residuals": return try parseStudy().map { .study($0) }
    case "explain": return .explain(try parseExplain())
    case "check": return .check(try parseCheck())
    case "plot": return .plot(try parsePlot())
    case "print": return .print(try parsePrint())
    case "write": return .transfer(try parseTransfer(.write))
    case "save": return .transfer(try parseTransfer(.save))
    case "load": return .transfer(try parseTransfer(.load))
    case "assert": return .assert(try parseAssert())
    default: return nil
    }
  }

  /// `let a = 1, run = train fit on obs { … }`
  private mutating func parseLet() throws(ParseError) -> LetStatement {
    let documentation = documentation()
    let start = position
    advance()
    var bindings: [LetBinding] = []
    repeat {
      let bindingStart = position
      let name = try parseName(of: "a value")
      let type = try parseTypeAnnotation()
      try expect(.assign)
      let value: LetBinding.Value
      if let study = try parseStudy() {
        value = .study(study)
      } else {
        value = .expression(try parseExpression())
      }
      bindings.append(
        LetBinding(name: name, type: type, value: value, span: span(from: bindingStart)))
    } while take(.comma)
    return LetStatement(
      bindings: bindings, documentation: documentation, span: span(from: start))
  }

  // MARK: Studies

  /// `train fit on obs { … }`, `infer …`, `uncertainty of run { … }`, `residuals of run`, if one stands here.
  private mutating func parseStudy() throws(ParseError) -> Study? {
    if position == probe.token { probe.words.formUnion(StatementWord.studies) }
    guard let word = current.word, peek().isName else { return nil }
    let start = position
    let kind: Study.Kind
    switch word {
    case "train", "infer":
      advance()
      let loss = try parsePathExpression(of: "a loss")
      let data = take(word: "on") ? try parsePostfix() : nil
      kind = word == "train" ? .train(loss: loss, data: data) : .infer(loss: loss, data: data)
    case "uncertainty", "residuals":
      advance()
      try expect(word: "of")
      let run = try parsePostfix()
      kind = word == "uncertainty" ? .uncertainty(of: run) : .residuals(of: run)
    default: return nil
    }
    let optionsStart = position
    let hasOptions = at(.leftBrace)
    let options = try parseOptions()
    return Study(
      kind: kind, options: options, optionsSpan: hasOptions ? span(from: optionsStart) : nil,
      span: span(from: start))
  }

  /// `fit`, `swing.fit`
  mutating func parsePathExpression(of role: String) throws(ParseError) -> Expression {
    let path = try parsePath(of: role)
    var expression = Expression(.name(path.components[0]), span: path.components[0].span)
    for name in path.components.dropFirst() {
      expression = Expression(
        .field(expression, name), span: expression.span.joined(with: name.span))
    }
    return expression
  }

  /// `{ batch: all; optimize: adam(), steps: 500 }`, or nothing.
  mutating func parseOptions() throws(ParseError) -> [Option] {
    guard take(.leftBrace) else { return [] }
    var options: [Option] = []
    skipSeparators()
    while !at(.rightBrace), !current.isEnd {
      let start = position
      let option = recovering(at: .option, else: { _ in Option?.none }) {
        parser throws(ParseError) in
        try parser.parseOption(from: start)
      }
      if let option { options.append(option) }
      skipSeparators()
    }
    try expect(.rightBrace)
    return options
  }

  private mutating func parseOption(from start: Int) throws(ParseError) -> Option {
    let key = try parseOptionKey()
    let value = try parseExpression()
    let data = take(word: "on") ? try parsePostfix() : nil
    var subOptions: [SubOption] = []
    while take(.comma) {
      let subStart = position
      let subKey = try parseOptionKey()
      let subValue = try parseExpression()
      subOptions.append(SubOption(key: subKey, value: subValue, span: span(from: subStart)))
    }
    return Option(
      key: key, value: value, data: data, subOptions: subOptions, span: span(from: start))
  }

  mutating func parseOptionKey() throws(ParseError) -> Name {
    let key = try parseAnyWord(of: "an option")
    guard key.primes == 0 else {
      throw .unexpected(
        found: "`\(key.spelling)`", expected: "a key without primes", key.span, help: nil)
    }
    try expect(.colon, help: "an option is written `\(key.text): …`")
    return key
  }

  // MARK: The others

  private mutating func parseExplain() throws(ParseError) -> ExplainCommand {
    let start = position
    advance()
    let model = try parsePathExpression(of: "an ode")
    try expect(word: "along", help: "write `explain swing along s`")
    let trajectory = try parseExpression()
    let destination = take(word: "to") ? try parseExpression() : nil
    return ExplainCommand(
      model: model, trajectory: trajectory, destination: destination, span: span(from: start))
  }

  private mutating func parseCheck() throws(ParseError) -> CheckCommand {
    let start = position
    advance()
    try expect(word: "gradients", help: "write `check gradients of fit on obs`")
    try expect(word: "of")
    let loss = try parsePathExpression(of: "a loss")
    let data = take(word: "on") ? try parsePostfix() : nil
    let options = try parseOptions()
    return CheckCommand(loss: loss, data: data, options: options, span: span(from: start))
  }

  private mutating func parsePlot() throws(ParseError) -> PlotCommand {
    let start = position
    advance()
    var series = [try parseExpression()]
    while take(.comma) { series.append(try parseExpression()) }
    let against = take(word: "against") ? try parseExpression() : nil
    var axes: [PlotCommand.Axis] = []
    if take(word: "log") {
      repeat {
        guard let axis = current.word.flatMap({ PlotCommand.Axis(rawValue: $0) }) else {
          throw unexpected("`x` or `y`")
        }
        advance()
        axes.append(axis)
      } while take(.comma)
    }
    let kind = take(word: "as") ? try parseName(of: "a kind of plot") : nil
    let destination = take(word: "to") ? try parseExpression() : nil
    if let word = current.word, ["against", "log", "as"].contains(word) {
      let before = destination != nil ? "to" : kind != nil ? "as" : "log"
      throw .clauseOrder(clause: word, before: before, current.span)
    }
    let options = try parseOptions()
    return PlotCommand(
      series: series, against: against, logAxes: axes, kind: kind, destination: destination,
      options: options, span: span(from: start))
  }

  private mutating func parsePrint() throws(ParseError) -> PrintCommand {
    let start = position
    advance()
    var values = [try parseExpression()]
    while take(.comma) { values.append(try parseExpression()) }
    return PrintCommand(values: values, span: span(from: start))
  }

  private mutating func parseTransfer(
    _ kind: TransferCommand.Kind
  ) throws(ParseError) -> TransferCommand {
    let start = position
    advance()
    let subject = try parseExpression()
    switch kind {
    case .write, .save: try expect(word: "to", help: "write `\(kind.rawValue) s to \"file\"`")
    case .load: try expect(word: "from", help: "write `load swing from \"file\"`")
    }
    let file = try parseExpression()
    return TransferCommand(kind: kind, subject: subject, file: file, span: span(from: start))
  }

  private mutating func parseAssert() throws(ParseError) -> AssertCommand {
    let start = position
    advance()
    let condition = try parseExpression()
    if at(.assign) {
      throw unexpected("the end of the statement", help: "write `==` to compare")
    }
    return AssertCommand(condition: condition, span: span(from: start))
  }
}
