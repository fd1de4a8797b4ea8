import Foundation
import NodalDiagnostics
import NodalParsing
import NodalSyntax
import Testing

/// The grammars of editors against the lexer, over every program that there is.
@Suite struct EditorGrammarTests {
  private static let root = URL(filePath: #filePath)
    .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()

  private static func text(_ path: String) throws -> String {
    try String(contentsOf: root.appending(path: path), encoding: .utf8)
  }

  /// What a token is to an editor.
  private enum Class: String { case comment, string, number, unit, word, name, prime, symbol }

  // MARK: The TextMate grammar

  private struct Rule: Decodable {
    struct Capture: Decodable { var name: String? }
    var name: String?
    var match: String?
    var include: String?
    var captures: [String: Capture]?
  }
  private struct Group: Decodable { var patterns: [Rule] }
  private struct Grammar: Decodable {
    var scopeName: String
    var patterns: [Rule]
    var repository: [String: Group]

    /// In the order in which they are tried.
    var rules: [Rule] {
      patterns.flatMap { rule in
        rule.include.flatMap { repository[String($0.dropFirst())]?.patterns } ?? [rule]
      }
    }
  }

  private static func grammar() throws -> Grammar {
    try JSONDecoder().decode(
      Grammar.self, from: Data(try text("grammar/node.tmLanguage.json").utf8))
  }

  /// Stretches of a line with their scopes: at each place the rule that matches first, and of several the one that stands
  /// first, as TextMate has it.
  private struct Tokenizer {
    let rules: [(rule: Rule, expression: NSRegularExpression)]

    init(_ grammar: Grammar) throws {
      rules = try grammar.rules.compactMap { rule in
        guard let match = rule.match else { return nil }
        return (rule, try NSRegularExpression(pattern: match))
      }
    }

    func scopes(of line: String) -> [(range: NSRange, scope: String)] {
      var found: [(NSRange, String)] = []
      let whole = NSRange(location: 0, length: (line as NSString).length)
      var next: [NSTextCheckingResult?] = rules.map { _ in nil }
      var spent = rules.map { _ in false }
      var place = 0
      while place < whole.length {
        var best: Int?
        for index in rules.indices where !spent[index] {
          if (next[index]?.range.location ?? -1) < place {
            next[index] = rules[index].expression.firstMatch(
              in: line, options: [.withTransparentBounds, .withoutAnchoringBounds],
              range: NSRange(location: place, length: whole.length - place))
            if next[index] == nil {
              spent[index] = true
              continue
            }
          }
          let start = next[index]?.range.location ?? Int.max
          if start < best.flatMap({ next[$0]?.range.location }) ?? Int.max { best = index }
        }
        guard let best, let match = next[best] else { break }
        if let name = rules[best].rule.name { found.append((match.range, name)) }
        for (number, capture) in rules[best].rule.captures ?? [:] {
          guard let group = Int(number), let name = capture.name else { continue }
          let range = match.range(at: group)
          if range.location != NSNotFound, range.length > 0 { found.append((range, name)) }
        }
        place = max(match.range.upperBound, place + 1)
      }
      return found
    }
  }

  private static func fits(_ scope: String, _ wanted: Class, _ text: String) -> Bool {
    switch wanted {
    case .comment: scope.hasPrefix("comment.")
    case .string: scope.hasPrefix("string.")
    case .number: scope.hasPrefix("constant.numeric")
    case .unit: scope.hasPrefix("constant.other.unit")
    case .word:
      scope.hasPrefix("keyword.control") || scope.hasPrefix("keyword.operator.word")
        || scope.hasPrefix("constant.language")
    case .name:
      // A word that begins a statement or a clause is a name to the lexer.
      scope.hasPrefix("keyword.declaration") || scope.hasPrefix("keyword.other.clause")
        ? contextual.contains(text)
        : ["variable.", "entity.name", "support.type"].contains { scope.hasPrefix($0) }
    case .prime: scope.hasPrefix("keyword.operator.derivative")
    case .symbol: scope.hasPrefix("keyword.operator") || scope.hasPrefix("punctuation.")
    }
  }

  private static let contextual = Set(StatementWord.all.map(\.word) + StatementWord.clauses)

  private static func classes(of token: Token) -> [(Span, Class)] {
    switch token.kind {
    case .name(_, let primes):
      let end = token.span.end - primes
      let name = Span(source: token.span.source, start: token.span.start, end: end)
      let rest = Span(source: token.span.source, start: end, end: token.span.end)
      return primes == 0 ? [(name, .name)] : [(name, .name), (rest, .prime)]
    case .keyword: return [(token.span, .word)]
    case .integer, .real: return [(token.span, .number)]
    case .string: return [(token.span, .string)]
    case .unit: return [(token.span, .unit)]
    case .primes: return [(token.span, .prime)]
    case .symbol: return [(token.span, .symbol)]
    case .newline, .end, .invalid: return []
    }
  }

  /// Names of what differs, of one text.
  private func differences(_ text: String, _ tokenizer: Tokenizer) -> [String] {
    let file = SourceFile(id: SourceID(0), path: "", text: text)
    let lexed = Lexer.tokens(of: file)
    guard !lexed.hasErrors else { return [] }
    var wrong: [String] = []
    var scopes: [Int: [(range: Range<Int>, scope: String)]] = [:]
    for number in 1...file.lineCount {
      let line = file.text(in: file.range(ofLine: number))
      let units = line as NSString
      scopes[number] = tokenizer.scopes(of: line).map { found in
        let start = units.substring(to: found.range.location).utf8.count
        let length = units.substring(with: found.range).utf8.count
        return (start..<(start + length), found.scope)
      }
    }
    func check(_ span: Span, _ wanted: Class) {
      let number = file.line(at: span.start)
      let start = span.start - file.range(ofLine: number).lowerBound
      let range = start..<(start + span.length)
      let spelling = file.text(of: span)
      let found = (scopes[number] ?? []).filter { $0.range.overlaps(range) }
      // Each covers all of it, and is what it is. Primes may go with names in one stretch of a word.
      let fine =
        !found.isEmpty
        && found.allSatisfy {
          $0.range.lowerBound <= range.lowerBound && $0.range.upperBound >= range.upperBound
            && Self.fits($0.scope, wanted, spelling)
        }
      if !fine {
        wrong.append("line \(number): `\(spelling)` is \(wanted), not \(found.map(\.scope))")
      }
    }
    for token in lexed.tokens {
      for (span, wanted) in Self.classes(of: token) { check(span, wanted) }
    }
    return wrong
  }

  @Test func textMateAgreesWithTheLexer() throws {
    let tokenizer = try Tokenizer(try Self.grammar())
    var count = 0
    for folder in ["examples", "stdlib/modules", "Tests/Programs/Cases"] {
      let url = Self.root.appending(path: folder)
      for name in try FileManager.default.contentsOfDirectory(atPath: url.path).sorted()
      where name.hasSuffix(".node") {
        count += 1
        let text = try String(contentsOf: url.appending(path: name), encoding: .utf8)
        #expect(differences(text, tokenizer).prefix(5).joined(separator: "\n") == "", "\(name)")
      }
    }
    #expect(count > 20)
    let special = """
      let a = 1_000.5e-3<m/s^(1/2)>, b = 3<n && 4>2, c = o.0, d = "V2"<V>, e = 0..10, f = x''
      let g = "a \\" b" // "c"
      let h = [x, y]', i = if in_ then pi else inf, print = 3, θ̂₀ = 2<kg*(m/s)^2>, j = Real<m>
      """
    #expect(differences(special, tokenizer).joined(separator: "\n") == "")
  }

  /// All words that the grammar names in a pattern of alternatives: `(?:let|var)`.
  private static func words(_ pattern: String) -> Set<String> {
    var words: Set<String> = []
    for group in pattern.replacing("\\s", with: "").split(separator: "(") {
      let inner = group.prefix { $0 != ")" }.drop { !$0.isLetter }
      let parts = inner.split(separator: "|")
      if parts.allSatisfy({ $0.allSatisfy(\.isLetter) }) { words.formUnion(parts.map(String.init)) }
    }
    return words
  }

  private static let reserved = Set(Keyword.allCases.map(\.rawValue))

  @Test func textMateHoldsTheWords() throws {
    let grammar = try Self.grammar()
    func words(_ group: String) -> Set<String> {
      (grammar.repository[group]?.patterns ?? []).reduce(into: []) {
        $0.formUnion(Self.words($1.match ?? ""))
      }
    }
    #expect(words("reserved") == Self.reserved)
    #expect(words("statements") == Set(StatementWord.all.map(\.word)).subtracting(Self.reserved))
    #expect(words("clauses") == Set(StatementWord.clauses))
  }

  @Test func vimHoldsTheWords() throws {
    let text = try Self.text("editors/vim/syntax/node.vim")
    func list(_ name: String) -> Set<String> {
      for line in text.split(separator: "\n") where line.hasPrefix("let s:\(name) = [") {
        let items = line.drop { $0 != "[" }.dropFirst().dropLast()
        return Set(items.split(separator: ",").map { String($0.filter(\.isLetter)) })
      }
      return []
    }
    #expect(list("reserved").union(list("operators")).union(list("constants")) == Self.reserved)
    #expect(list("statements") == Set(StatementWord.all.map(\.word)).subtracting(Self.reserved))
    #expect(list("clauses") == Set(StatementWord.clauses))
  }

  /// The table of words against the parser: each begins a statement where the table says so.
  @Test func statementWordsBeginStatements() {
    let rest: [String: String] = [
      "import": "physics", "precision": "f32", "seed": "1", "fn": "f(x) = x", "layer": "l(x) = x",
      "ode": "o { state x = 1; x' = 0 }", "solver": "s = tsit5()", "data": "d = csv(\"a\")",
      "loss": "l(w) = 1", "test": "\"t\" { assert true }", "bench": "\"b\" { 1 }",
      "train": "f on d",
      "infer": "f on d", "uncertainty": "of r", "residuals": "of r", "explain": "o along s",
      "check": "gradients of f", "plot": "x", "print": "x", "write": "x to \"f\"",
      "save": "x to \"f\"", "load": "x from \"f\"", "assert": "true", "gradient": "of f on d",
      "event": "e: x == 0 { stop }", "override": "x' = 0", "noise": "x = 1", "input": "u",
      "for": "i in 0..1 { x[i]' = 0 }", "stop": "",
    ]
    for word in StatementWord.all {
      let tail = rest[word.word] ?? "a = 1"
      for site in word.sites {
        let line = "\(word.word) \(tail)"
        let text: String
        switch site {
        case .file: text = line
        case .test: text = "test \"a\" {\n\(line)\n}"
        case .bench: text = "bench \"a\" {\n\(line)\n\(word.word == "gradient" ? "" : "1")\n}"
        case .ode: text = "ode a {\n\(line)\n}"
        case .loop: text = "ode a {\nfor j in 0..1 {\n\(line)\n}\n}"
        case .block:
          let body = word.word == "for" ? "for i in 0..1 { y = i }" : line
          text = "fn f(x) {\nvar y = 0\n\(body)\n1\n}"
        case .event: text = "ode a {\nevent e: x == 0 {\n\(line)\n}\n}"
        case .option: text = ""
        }
        let source = SourceFile(id: SourceID(0), path: "", text: text)
        #expect(Parser.parse(source).diagnostics.map(\.message) == [], "\(word.word) in \(site)")
      }
    }
  }
}
