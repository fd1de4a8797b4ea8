import NodalChecking
package import NodalDiagnostics
import NodalParsing
import NodalSyntax

/// What may stand at a place of a text that comes after what the session has.
extension Session {
  /// The text may be unfinished and wrong; the offset may be any.
  ///
  /// - Parameter isEntry: what is typed at a prompt, where bare values may stand; else a whole file.
  package func completions(
    in source: SourceFile, at offset: Int, isEntry: Bool
  ) -> CompletionAnswer {
    var offset = min(max(offset, 0), source.utf8.count)
    while offset > 0, offset < source.utf8.count, source.utf8[offset] & 0xC0 == 0x80 { offset -= 1 }
    let place = CompletionPlace(in: source, at: offset)
    let written = source.text(in: place.range)
    let items: [CompletionItem]
    switch place.kind {
    case .nothing: items = []
    case .symbol:
      return CompletionAnswer(
        range: place.range, items: SymbolNames.beginning(String(written.dropFirst())))
    case .unit: items = UnitNames.beginning(written)
    case .string(let token, let whole):
      items = completionsInString(place, token, written: whole)
    case .word(let end):
      items =
        CompletionQuestion(
          session: self, source: source, place: place, end: end, isEntry: isEntry
        ).items
    }
    return CompletionAnswer(range: place.range, items: Self.matching(items, written))
  }

  /// Those that begin as written; where there are none, those that do but for the case of letters. Each text once.
  private static func matching(_ items: [CompletionItem], _ written: String) -> [CompletionItem] {
    var seen: Set<String> = []
    let distinct = items.filter { seen.insert($0.text).inserted }
    if written.isEmpty { return distinct }
    let exact = distinct.filter { $0.text.hasPrefix(written) }
    if !exact.isEmpty { return exact }
    let folded = written.lowercased()
    return distinct.filter { $0.text.lowercased().hasPrefix(folded) }
  }
}

/// A word that is being written: the parser and the checker are asked what may stand there.
private struct CompletionQuestion {
  let session: Session
  let source: SourceFile
  let place: CompletionPlace
  /// Where the word ends.
  let end: Int
  let isEntry: Bool

  private var start: Int { place.range.lowerBound }
  private var previous: Token? { place.previous >= 0 ? place.tokens[place.previous] : nil }

  var items: [CompletionItem] {
    if previous?.word == "import", previous?.startsLine == true || place.previous == 0 {
      return session.importableModules
    }
    if previous?.symbol == .dot { return fields }
    let (probe, heard) = ask(Inquiry.name)
    if probe.isType { return NamedTypes.all.map { CompletionItem($0, .keyword, "a type") } }
    let site = probe.statement?.site
    let isKey = site == .option && probe.beginsStatement
    var items: [CompletionItem] = []
    if isKey || previous?.symbol == .leftParenthesis || previous?.symbol == .comma
      || previous?.symbol == .leftBrace
    {
      items += labels(of: probe)
    }
    if isKey || (previous?.symbol == .leftBrace && !items.isEmpty) { return items }
    if probe.beginsStatement, let site {
      items += StatementWord.all.filter { $0.sites.contains(site) }.map {
        CompletionItem($0.word, .keyword, $0.summary)
      }
      if site == .file, !isEntry { return items }
    }
    let hasClauses = !probe.beginsStatement && !probe.words.isEmpty
    items += probe.words.sorted().map { CompletionItem($0, .keyword) }
    var names = heard
    // Where a clause is to follow, no value is; else the statement is not finished, or the parser made nothing of it.
    if names.isEmpty, !hasClauses { names = askAlone(about: "", probe) }
    let values = names.map { CompletionItem($0) }
    let (first, rest) = ranked(values, probe)
    items = first + items + rest
    if rest.contains(where: { $0.kind == .function }) {
      items += ["if", "sample", "fold", "scan", "map", "true", "false", "inf", "nan", "pi"].map {
        CompletionItem($0, .keyword)
      }
    }
    return items
  }

  /// Of what stands before the dot.
  private var fields: [CompletionItem] {
    let (probe, heard) = ask(Inquiry.name)
    let found = heard.isEmpty ? askAlone(about: operandBeforeDot, probe) : heard
    return found.map { candidate in
      var item = CompletionItem(candidate)
      if item.kind == .word { item.kind = .field }
      return item
    }
  }

  /// Labels of a call's arguments, fields of a record that is handed over, keys of options.
  private func labels(of probe: ParserProbe) -> [CompletionItem] {
    let (labelled, heard) = ask(Inquiry.name + ": 0")
    let isKey = labelled.statement?.site == .option
    let taken = probe.call?.labels ?? []
    var names = heard.filter { $0.kind == .label }.map(\.name)
    if names.isEmpty, previous?.symbol != .leftBrace,
      let function = probe.call.flatMap({ DataCall.Function(rawValue: $0.callee) })
    {
      names = SchemaReader.labels(of: function)
    }
    return names.filter { !taken.contains($0) }.map {
      CompletionItem($0 + ":", isKey && probe.call == nil ? .option : .argument)
    }
  }

  // MARK: Asking

  /// The text with something else where the word is.
  private func ask(_ word: String) -> (probe: ParserProbe, heard: [Inquiry.Candidate]) {
    ask(
      source.text(in: 0..<start), word,
      source.text(in: end..<source.utf8.count))
  }

  private func ask(
    _ head: String, _ word: String, _ tail: String
  ) -> (probe: ParserProbe, heard: [Inquiry.Candidate]) {
    let text = SourceFile(id: source.id, path: source.path, text: head + word + tail)
    let (environment, host, isEntry) = (session.environment, session.checkerHost(), isEntry)
    let place = head.utf8.count
    let (tree, probe) = Parser.parse(text, probing: place, isPrompt: isEntry)
    let focus = isEntry ? nil : Self.focus(tree, text, at: place)
    return (
      probe, Check.inquire(tree, source: text, in: environment, host: host, focus: focus)
    )
  }

  private static func focus(
    _ tree: File, _ text: SourceFile, at place: Int
  ) -> InquiryFocus {
    let words = Lexer.tokens(of: text).tokens.compactMap { token -> (text: String, start: Int)? in
      guard case .name(let word, _) = token.kind else { return nil }
      return (word, token.span.start)
    }
    return InquiryFocus(tree, at: place, words: words)
  }

  /// Asks about the word in a statement of its own, in place of the one that it stands in, which can't be read.
  ///
  /// - Parameter operand: what stands before the word, with its dot.
  private func askAlone(about operand: String, _ probe: ParserProbe) -> [Inquiry.Candidate] {
    let line = source.range(ofLine: source.line(at: start))
    var beginning = line.lowerBound
    if let statement = probe.statement {
      switch statement.site {
      case .file, .test, .bench, .ode, .block: beginning = statement.start
      case .loop, .option, .event: return []
      }
    }
    guard beginning <= start else { return [] }
    let next = min(line.upperBound, source.utf8.count)
    return ask(
      source.text(in: 0..<beginning) + "let \(Self.alone) = " + operand, Inquiry.name,
      source.text(in: max(next, end)..<source.utf8.count)
    ).heard.filter { $0.name != Self.alone }
  }

  /// The name of the statement of its own.
  private static let alone = "completion_alone"

  /// `s.final.`, `f(x)[0].`: an operand with its fields, calls and indices, up to the word.
  private var operandBeforeDot: String {
    let tokens = place.tokens
    var index = place.previous
    while index > 0, tokens[index].symbol == .dot {
      index -= 1
      // Back over calls and indices to what they are of.
      while index > 0, let symbol = tokens[index].symbol, symbol.isCloser {
        var depth = 0
        repeat {
          if tokens[index].symbol?.isCloser == true { depth += 1 }
          if tokens[index].symbol?.closer != nil { depth -= 1 }
          index -= 1
        } while index > 0 && depth > 0
        if tokens[index].symbol != nil {
          return source.text(in: tokens[index + 1].span.start..<start)
        }
      }
      if index > 0, tokens[index - 1].symbol == .dot { index -= 1 }
    }
    return source.text(in: tokens[max(index, 0)].span.start..<start)
  }

  /// What is most likely meant goes first; where nothing else can stand, it is all there is.
  private func ranked(
    _ items: [CompletionItem], _ probe: ParserProbe
  ) -> (first: [CompletionItem], rest: [CompletionItem]) {
    var wanted: CompletionItem.Kind?
    var isExclusive = false
    switch previous?.word {
    case "train", "infer": (wanted, isExclusive) = (.loss, true)
    case "explain", "extends": (wanted, isExclusive) = (.ode, true)
    case "on": wanted = .data
    case _: break
    }
    let solves = ["solve", "steady", "cycle", "boundary", "simulate", "linearize", "lyapunov"]
    if previous?.symbol == .leftParenthesis, let call = probe.call, solves.contains(call.callee) {
      wanted = .ode
    }
    if previous?.symbol == .colon, place.previous > 0,
      place.tokens[place.previous - 1].word == "solver"
    {
      wanted = .solver
    }
    guard let wanted else { return ([], items) }
    let first = items.filter { $0.kind == wanted }
    return (first, isExclusive ? [] : items.filter { $0.kind != wanted })
  }
}
