import NodalDiagnostics
import NodalSyntax

/// `ode` and what stands in it.
extension Parser {
  /// `ode swing(y: Real[2]) extends pendulum { … }`
  mutating func parseOde() throws(ParseError) -> OdeDeclaration {
    let documentation = documentation()
    let start = position
    advance()
    let name = try parseName(of: "an ode")
    let parameters = at(.leftParenthesis) ? try parseParameters() : nil
    let parent = take(word: "extends") ? try parsePath(of: "an ode") : nil
    if atStatementEnd { throw .missingBody(of: "ode `\(name.text)`", previous.span.after) }
    if at(.colon) { throw .foreignSyntax(.colonBlock, current.span) }
    let items = try parseOdeItems()
    return OdeDeclaration(
      name: name, parameters: parameters, parent: parent, items: items,
      documentation: documentation, span: span(from: start))
  }

  /// `physics.pendulum`
  mutating func parsePath(of role: String) throws(ParseError) -> NamePath {
    let start = position
    var components = [try parseName(of: role)]
    while take(.dot) { components.append(try parseName(of: role)) }
    return NamePath(components: components, span: span(from: start))
  }

  private mutating func parseOdeItems(equationsOnly: Bool = false) throws(ParseError) -> [OdeItem] {
    try expect(.leftBrace)
    let items = try nested { parser throws(ParseError) in
      var items: [OdeItem] = []
      parser.skipSeparators()
      while !parser.at(.rightBrace), !parser.current.isEnd {
        items.append(
          parser.recovering(at: equationsOnly ? .loop : .ode, else: { .invalid($0) }) {
            parser throws(ParseError) in
            equationsOnly ? try parser.parseLoopItem() : try parser.parseOdeItem()
          })
        parser.skipSeparators()
      }
      return items
    }
    try expect(.rightBrace)
    return items
  }

  /// In a loop: equations and further loops.
  private mutating func parseLoopItem() throws(ParseError) -> OdeItem {
    if at(.for) { return .for(try parseOdeLoop()) }
    return .equation(try parseEquation())
  }

  private mutating func parseOdeItem() throws(ParseError) -> OdeItem {
    let documentation = documentation()
    let start = position
    if at(.let) {
      advance()
      return .let(try finishBindings("a value", documentation, from: start))
    }
    if at(.for) { return .for(try parseOdeLoop()) }
    guard let word = current.word else { return .equation(try parseEquation()) }
    if word == "noise", beginsNoise { return .noise(try parseNoise()) }
    guard peek().isName || peek().keyword != nil, peek().keyword != .in else {
      return .equation(try parseEquation())
    }
    switch word {
    case "state":
      advance()
      let bindings = try parseStateBindings()
      return .state(
        ParamDeclaration(
          bindings: bindings, documentation: documentation, span: span(from: start)))
    case "param":
      advance()
      let bindings = try parseParameterBindings(of: "a parameter")
      return .param(
        ParamDeclaration(
          bindings: bindings, documentation: documentation, span: span(from: start)))
    case "const":
      advance()
      return .const(try finishBindings("a constant", documentation, from: start))
    case "part":
      advance()
      return .part(try finishBindings("a part", documentation, from: start))
    case "known":
      advance()
      return .known(try finishBindings("a known term", documentation, from: start))
    case "output":
      advance()
      return .output(try finishBindings("an output", documentation, from: start))
    case "layer": return .layer(try parseLayer())
    case "learned": return .learned(try parseLearned())
    case "input": return .input(try parseInput())
    case "event": return .event(try parseEvent())
    default:
      if !Self.odeWords.contains(word), let error = misplaced(word, "in an `ode`") { throw error }
      return .equation(try parseEquation())
    }
  }

  private mutating func finishBindings(
    _ role: String, _ documentation: Documentation?, from start: Int
  ) throws(ParseError) -> ConstDeclaration {
    let bindings = try parseBindings(of: role)
    return ConstDeclaration(
      bindings: bindings, documentation: documentation, span: span(from: start))
  }

  // MARK: Equations

  private mutating func parseEquation() throws(ParseError) -> Equation {
    let documentation = documentation()
    let start = position
    let isOverride = at(word: "override") && beginsOverridden
    if isOverride { advance() }
    let left = try parseBinary(.sum)
    let relationSpan = current.span
    let relation: Equation.Relation
    if take(.assign) {
      relation = .equals
    } else if take(.addAssign) {
      relation = .adds
    } else if atStatementEnd {
      throw unused(left)
    } else {
      throw unexpected("`=` or `+=`")
    }
    if let name = fraction(left) { errors.append(.fractionDerivative(name, left.span)) }
    let right = try parseExpression()
    return Equation(
      isOverride: isOverride, left: left, relation: relation, relationSpan: relationSpan,
      right: right, documentation: documentation, span: span(from: start))
  }

  /// Whether an equation begins behind `override`, so that this is not a state of that name.
  private var beginsOverridden: Bool {
    let next = peek()
    switch next.kind {
    case .name, .integer, .real, .string: return true
    case .keyword(let keyword): return keyword != .in && keyword != .then && keyword != .else
    case .symbol(let symbol):
      return symbol == .leftBracket && next.hasSpaceBefore && !isWholeAxisIndex(position + 1)
        || symbol == .leftBrace || symbol == .not
    case .unit, .primes, .newline, .end, .invalid: return false
    }
  }

  /// Whether the bracket at an index holds a `..` of its own, as only an index does.
  private func isWholeAxisIndex(_ opener: Int) -> Bool {
    guard closers[opener] > opener else { return false }
    var index = opener + 1
    while index < closers[opener] {
      let next = tokens[index + 1].symbol
      if tokens[index].symbol == .range, next == .comma || next == .rightBracket { return true }
      index = max(index, closers[index]) + 1
    }
    return false
  }

  /// The name in `dx/dt`, if a left side is one.
  private func fraction(_ left: Expression) -> String? {
    guard case .binary(let division, let above, let below) = left.kind, division.kind == .divide,
      case .name(let upper) = above.kind, case .name(let lower) = below.kind, lower.text == "dt",
      upper.text.hasPrefix("d"), upper.text.count > 1
    else { return nil }
    return String(upper.text.dropFirst())
  }

  private mutating func parseOdeLoop() throws(ParseError) -> ForLoop<OdeItem> {
    let start = position
    let (variable, range) = try parseLoopHead()
    let items = try parseOdeItems(equationsOnly: true)
    return ForLoop(variable: variable, range: range, body: items, span: span(from: start))
  }

  // MARK: Terms

  /// `learned drag: Real = mlp(16)([θ, θ']) where odd(θ'), raw`
  private mutating func parseLearned() throws(ParseError) -> LearnedTerm {
    let documentation = documentation()
    let start = position
    advance()
    let name = try parseName(of: "a learned term")
    let type = try parseTypeAnnotation()
    try expect(.assign)
    let value = try parseExpression()
    var structures: [Structure] = []
    if take(word: "where") {
      repeat {
        let structureStart = position
        let structure = try parseName(of: "a structure, such as `odd`")
        let arguments = at(.leftParenthesis) ? try parseArguments() : []
        structures.append(
          Structure(name: structure, arguments: arguments, span: span(from: structureStart)))
      } while take(.comma)
    }
    return LearnedTerm(
      name: name, type: type, value: value, structures: structures,
      documentation: documentation, span: span(from: start))
  }

  /// `input u: Real<V> = 0, w`
  private mutating func parseInput() throws(ParseError) -> InputDeclaration {
    let documentation = documentation()
    let start = position
    advance()
    var inputs: [Parameter] = []
    repeat {
      let inputStart = position
      let name = try parseName(of: "an input")
      let type = try parseTypeAnnotation()
      let value = take(.assign) ? try parseExpression() : nil
      inputs.append(
        Parameter(name: name, type: type, defaultValue: value, span: span(from: inputStart)))
    } while take(.comma)
    return InputDeclaration(
      inputs: inputs, documentation: documentation, span: span(from: start))
  }

  /// Whether `noise x = …` or `noise [x, y] = …` stands here, and not an equation for a state named `noise`.
  private var beginsNoise: Bool {
    if peek().isName { return true }
    let opener = position + 1
    guard peek().symbol == .leftBracket, closers[opener] > opener + 1 else { return false }
    let onlyNames = tokens[(opener + 1)..<closers[opener]].allSatisfy {
      $0.isName || $0.symbol == .comma
    }
    return onlyNames && peek().hasSpaceBefore && tokens[closers[opener] + 1].symbol == .assign
  }

  private mutating func parseNoise() throws(ParseError) -> NoiseTerm {
    let documentation = documentation()
    let start = position
    advance()
    let targetStart = position
    let target: Expression
    if take(.leftBracket) {
      var names: [Expression] = []
      repeat {
        if at(.rightBracket), !names.isEmpty { break }
        names.append(try parseNoiseTarget())
      } while take(.comma)
      try expect(.rightBracket)
      target = Expression(.bracket(names), span: span(from: targetStart))
    } else {
      target = try parseNoiseTarget()
    }
    try expect(.assign)
    let value = try parseExpression()
    return NoiseTerm(
      target: target, value: value, documentation: documentation, span: span(from: start))
  }

  private mutating func parseNoiseTarget() throws(ParseError) -> Expression {
    let name = try parseName(of: "a state", primes: true)
    return Expression(.name(name), span: name.span)
  }

  // MARK: Events

  /// `event bounce: h == 0 falling { v = -0.9*v; stop }`, `event dose: t in d.t { … }`
  private mutating func parseEvent() throws(ParseError) -> EventDeclaration {
    let documentation = documentation()
    let start = position
    advance()
    let name = try parseName(of: "an event")
    try expect(.colon)
    let condition = try parseExpression()
    let trigger: EventDeclaration.Trigger
    if take(.in) {
      trigger = .times(condition, in: try parseExpression())
    } else {
      if position == probe.token {
        probe.words.formUnion(EventDeclaration.Direction.allCases.map(\.rawValue))
      }
      let direction = current.word.flatMap { EventDeclaration.Direction(rawValue: $0) }
      if direction != nil { advance() }
      trigger = .crossing(condition, direction)
    }
    try expect(.leftBrace, help: "an event has a body: `{ v = -v }`, `{ stop }`")
    var actions: [EventAction] = []
    skipSeparators()
    while !at(.rightBrace), !current.isEnd {
      actions.append(
        recovering(at: .event, else: { .invalid($0) }) { parser throws(ParseError) in
          try parser.parseEventAction()
        })
      skipSeparators()
    }
    try expect(.rightBrace)
    return EventDeclaration(
      name: name, trigger: trigger, actions: actions, documentation: documentation,
      span: span(from: start))
  }

  private mutating func parseEventAction() throws(ParseError) -> EventAction {
    let start = position
    let next = peek()
    if at(word: "stop"),
      next.isNewline || next.isEnd || next.symbol == .semicolon || next.symbol == .rightBrace
    {
      advance()
      return .stop(span(from: start))
    }
    guard current.isName else { throw unexpected("an assignment or `stop`") }
    let target = try parsePostfix()
    let relation: Equation.Relation
    if take(.assign) {
      relation = .equals
    } else if take(.addAssign) {
      relation = .adds
    } else {
      throw unexpected("`=` or `+=`")
    }
    let value = try parseExpression()
    return .assign(
      EventAssignment(target: target, relation: relation, value: value, span: span(from: start)))
  }
}
