import NodalDiagnostics
import NodalSyntax

/// Which statement begins here.
extension Parser {
  mutating func parseFile() -> [Statement] {
    var statements: [Statement] = []
    var headingsMayFollow = true
    skipSeparators()
    while !current.isEnd {
      let word = current.word
      let place = current.span
      let statement = recovering(at: .file, else: { Statement.invalid($0) }) {
        parser throws(ParseError) in
        try parser.parseStatement()
      }
      switch statement {
      case .precision, .seed:
        if !headingsMayFollow, !isPrompt {
          errors.append(.misplacedHeading(word ?? "seed", place))
        }
      case .import, .invalid: break
      case .const, .param, .function, .layer, .ode, .solver, .data, .loss, .test, .bench, .let,
        .study, .explain, .check, .plot, .print, .transfer, .assert, .expression:
        headingsMayFollow = false
      }
      statements.append(statement)
      skipSeparators()
    }
    return statements
  }

  private mutating func parseStatement() throws(ParseError) -> Statement {
    if let command = try parseCommand() { return command }
    guard let word = current.word, wordBegins(word) else { return try parseBareValue() }
    switch word {
    case "import": return .import(try parseImport())
    case "precision": return .precision(try parsePrecision())
    case "seed": return .seed(try parseSeed())
    case "const": return .const(try parseConst())
    case "param": return .param(try parseParam())
    case "fn": return .function(try parseFunction())
    case "layer": return .layer(try parseLayer())
    case "ode": return .ode(try parseOde())
    case "solver": return .solver(try parseSolver())
    case "data": return .data(try parseData())
    case "loss": return .loss(try parseLoss())
    case "test": return .test(try parseTest())
    case "bench": return .bench(try parseBench())
    default:
      if let error = misplaced(word, "at the top of a file") { throw error }
      return try parseBareValue()
    }
  }

  /// A value on its own: the prompt shows it, a file has no use for it.
  private mutating func parseBareValue() throws(ParseError) -> Statement {
    guard isPrompt else { throw try notAStatement() }
    if let word = current.word, peek().isName, let error = misplaced(word, "at the prompt") {
      throw error
    }
    let start = position
    let value = try parseExpression()
    if at(.assign) || at(.addAssign) { throw assignmentOutside(value, from: start) }
    return .expression(value)
  }

  // MARK: What words may begin

  /// Whether what follows a statement's word can follow it, so that it is not a plain name.
  func wordBegins(_ word: String) -> Bool {
    let next = peek()
    switch next.kind {
    case .name, .string, .integer, .real, .keyword: return true
    case .symbol(let symbol):
      // `print (a + b)`, `print [1, 2]`, `print -x`, `assert !(…)`; but `plot[0]` and `print - 1` at the
      // prompt are values.
      switch symbol {
      case .leftParenthesis, .leftBracket: return !isPrompt || next.hasSpaceBefore
      case .minus: return !isPrompt || next.hasSpaceBefore && !peek(2).hasSpaceBefore
      case .not, .leftBrace: return true
      case .rightParenthesis, .rightBracket, .rightBrace, .comma, .semicolon, .colon, .dot,
        .range, .halfOpenRange, .assign, .addAssign, .equal, .notEqual, .less, .lessOrEqual,
        .greater, .greaterOrEqual, .plus, .star, .slash, .at, .caret, .pipe, .or, .and, .tilde,
        .arrow:
        return false
      }
    case .newline, .end: return !isPrompt
    case .unit, .primes, .invalid: return false
    }
  }

  // MARK: Words at the wrong place

  static let odeWords: Set<String> = [
    "state", "known", "learned", "part", "input", "noise", "output", "event", "override",
  ]
  private static let fileWords: Set<String> = [
    "fn", "ode", "solver", "data", "loss", "import", "test", "bench", "precision", "seed",
    "layer", "const", "param",
  ]
  private static let commandWords: Set<String> = [
    "train", "infer", "uncertainty", "residuals", "explain", "check", "plot", "print", "write",
    "save", "load",
    "assert",
  ]
  private static let foreignWords: [String: ForeignSyntax] = [
    "def": .def, "func": .function, "function": .function, "fun": .function, "from": .fromImport,
    "elif": .elif, "return": .return, "while": .while, "class": .class, "struct": .class,
  ]

  /// What is wrong with a statement that begins with a word followed by another, where it can't stand.
  func misplaced(_ word: String, _ place: String) -> ParseError? {
    let span = current.span
    if let habit = Self.foreignWords[word] { return .foreignSyntax(habit, span) }
    if Self.odeWords.contains(word), peek().isName || peek().keyword != nil || word == "noise" {
      return .misplacedStatement(
        word: word, place: place, span, help: "it belongs into the body of an `ode`")
    }
    guard peek().isName || isString(peek()) else { return nil }
    if Self.fileWords.contains(word) {
      return .misplacedStatement(
        word: word, place: place, span, help: "move it to the top level of the file")
    }
    if Self.commandWords.contains(word) {
      return .misplacedStatement(
        word: word, place: place, span,
        help: "commands run at the top level of a file, or in a `test` or `bench`")
    }
    return nil
  }

  private func isString(_ token: Token) -> Bool {
    if case .string = token.kind { true } else { false }
  }

  /// Explains what stands where a statement should begin.
  mutating func notAStatement() throws(ParseError) -> ParseError {
    let start = position
    if let error = noStatementBegins() { return error }
    let value = try parseExpression()
    return notAStatement(value, from: start)
  }

  /// What begins here begins no statement, and is no expression either.
  func noStatementBegins() -> ParseError? {
    if let keyword = current.keyword, keyword == .var || keyword == .for {
      return .misplacedStatement(
        word: keyword.rawValue, place: "here", current.span,
        help: keyword == .var
          ? "write `let`; a `var` lives in a block"
          : "a `for` lives in a block or in an `ode`")
    }
    if let word = current.word {
      if let error = misplaced(word, "here") { return error }
      if peek().isName, let meant = nearestWord(to: word) {
        return .unexpected(
          found: "`\(word)`", expected: "a statement", current.span,
          help: "did you mean `\(meant)`?")
      }
      if peek().isName {
        return .unexpected(
          found: "`\(word)`", expected: "a statement", current.span,
          help: "a statement begins with a word such as `let`, `ode`, `param`, `print`")
      }
    }
    return nil
  }

  /// A value has no use where it stands.
  func notAStatement(_ value: Expression, from start: Int) -> ParseError {
    if at(.assign) || at(.addAssign) { return assignmentOutside(value, from: start) }
    if at(.tilde) {
      return .misplacedStatement(
        word: "~", place: "here", current.span, help: "a likelihood term belongs into a `loss`")
    }
    if !atStatementEnd { return unexpected("the end of the statement") }
    return unused(value)
  }

  /// `x = 1` where there is nothing to assign to.
  private func assignmentOutside(_ left: Expression, from start: Int) -> ParseError {
    let text = source.text(of: left.span)
    switch left.kind {
    case .name(let name) where name.primes > 0:
      return .misplacedStatement(
        word: text, place: "here", left.span, help: "an equation belongs into the body of an `ode`")
    case .derivative:
      return .misplacedStatement(
        word: text, place: "here", left.span, help: "an equation belongs into the body of an `ode`")
    case .call:
      return .unexpected(
        found: "`\(text)`", expected: "a statement", left.span, help: "write `fn \(text) = …`")
    case .name(let name):
      if at(.addAssign) { return .additionOutsideOde(name: name.text, current.span) }
      return .unexpected(
        found: "`\(text)`", expected: "a statement", left.span,
        help: "write `let \(text) = …`, or `const \(text) = …` for what declarations use")
    case .number, .string, .column, .bool, .constant, .tuple, .bracket, .record, .prefix, .binary,
      .range, .pipe, .index, .field, .element, .conditional, .block, .closure, .invalid:
      return unexpected("the end of the statement")
    }
  }

  /// The statement's word that is one or two letters away.
  private func nearestWord(to word: String) -> String? {
    let words = Self.fileWords.union(Self.odeWords).union(Self.commandWords).union(["let"])
    let ranked = words.map { ($0, EditDistance.between(word, $0)) }
      .filter { $0.1 <= ($0.0.count > 4 ? 2 : 1) }
    return ranked.min { $0.1 == $1.1 ? $0.0 < $1.0 : $0.1 < $1.1 }?.0
  }
}
