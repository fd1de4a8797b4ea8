import NodalDiagnostics
import NodalParsing
import NodalSyntax
import TestSupport
import Testing

private let effort = Effort.count(4, long: 60, debug: 1)

@Suite struct GrammarTests {
  @Test("the grammar is closed: every symbol has a production, every production is reachable")
  func closed() {
    let grammar = Grammar.node
    var reached: Set<String> = ["file"]
    var queue = ["file"]
    func visit(_ rule: Grammar.Rule) {
      switch rule {
      case .literal, .characters: break
      case .symbol(let name):
        #expect(grammar.rules[name] != nil, "\(name) has no production")
        if reached.insert(name).inserted { queue.append(name) }
      case .sequence(let parts), .choice(let parts): parts.forEach(visit)
      case .optional(let inner), .many(let inner), .some(let inner): visit(inner)
      }
    }
    while let name = queue.popLast() { if let rule = grammar.rules[name] { visit(rule) } }
    #expect(Set(grammar.order).subtracting(reached).isEmpty)
    #expect(grammar.order.count > 100)
  }

  @Test("every generated program is accepted, and every production is used")
  func generated() throws {
    var generator = Generator(.node, seed: 11)
    let grammar = Grammar.node
    for round in 0..<(300 * effort) {
      let name = grammar.order[round % grammar.order.count]
      let text =
        round % 3 == 0 && round >= grammar.order.count
        ? generator.program(depth: 16 + round % 24)
        : generator.program(using: name, depth: 4 + round % 20)
      let file = source(text)
      let (tree, diagnostics) = Parser.parse(file)
      guard diagnostics.isEmpty else {
        Issue.record("\(summary(diagnostics, in: file))\n\(text)")
        return
      }
      let once = try Formatter.format(file)
      guard try Formatter.format(source(once)) == once else {
        Issue.record("not idempotent:\n\(text)\n----\n\(once)")
        return
      }
      guard treeText(Parser.parse(source(once)).tree.statements) == treeText(tree.statements) else {
        Issue.record("formatting changed the tree:\n\(text)\n----\n\(once)")
        return
      }
    }
    let unused = grammar.order.filter { generator.uses[$0, default: 0] == 0 }
    #expect(unused == [])
  }

  @Test("recogniser and parser agree on programs and their mutants")
  func agreement() {
    let recogniser = Recogniser(.node)
    var random = Lehmer(seed: 5)
    var texts = SharedPrograms.all.map(\.text).filter { $0.utf8.count < 700 }
    var generator = Generator(.node, seed: 3)
    for round in 0..<(60 * effort) {
      let names = Grammar.node.order
      texts.append(generator.program(using: names[round % names.count], depth: 12))
    }
    texts.removeAll { $0.utf8.count > 900 }
    var accepted = 0
    var refused = 0
    for text in texts {
      guard let tokens = Parser.statementTokens(of: source(text)) else { continue }
      #expect(recogniser.accepts(tokens), "the recogniser refuses:\n\(text)")
      for _ in 0..<12 {
        let mutant = mutated(tokens, of: source(text), &random)
        let file = source(mutant)
        guard let found = Parser.statementTokens(of: file) else { continue }
        let parses = Parser.parse(file).diagnostics.isEmpty
        let recognised = recogniser.accepts(found)
        if recognised { accepted += 1 } else { refused += 1 }
        guard parses == recognised else {
          Issue.record(
            """
            the parser \(parses ? "accepts" : "refuses"), the grammar \(recognised ? "accepts" : "refuses"):
            \(mutant)
            \(summary(Parser.parse(file).diagnostics, in: file))
            """)
          return
        }
      }
    }
    #expect(accepted > 5)
    #expect(refused > 50)
  }

  @Test("what long runs have found stays found")
  func findings() {
    let recogniser = Recogniser(.node)
    let longUnit = Array(repeating: "(m/s)^(1/2)", count: 20).joined(separator: "*")
    for (text, isRight) in [
      ("loss f(w) { fold = 1; w }", false), ("loss f(w) { var folds = 2; folds = 1; w }", true),
      ("let x: Real<\(longUnit)> = 1", true),
    ] {
      #expect(Parser.parse(source(text)).diagnostics.isEmpty == isRight, "\(text)")
      let tokens = Parser.statementTokens(of: source(text)) ?? []
      #expect(recogniser.accepts(tokens) == isRight, "\(text)")
    }
  }

  private func mutated(_ tokens: [Token], of source: SourceFile, _ random: inout Lehmer) -> String {
    var words = tokens.filter { !$0.isEnd }.map { token -> String in
      token.isNewline ? "\n" : (token.hasSpaceBefore ? " " : "") + source.text(of: token.span)
    }
    for _ in 0..<Int.random(in: 1...2, using: &random) {
      guard words.count > 2 else { break }
      let index = Int.random(in: 0..<(words.count - 1), using: &random)
      switch Int.random(in: 0..<4, using: &random) {
      case 0: words.remove(at: index)
      case 1: words.insert(words[index], at: index)
      case 2: words.swapAt(index, index + 1)
      default: words[index] = words.randomElement(using: &random) ?? "x"
      }
    }
    return words.joined()
  }
}
