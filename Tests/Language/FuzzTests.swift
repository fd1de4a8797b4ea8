import NodalDiagnostics
import NodalParsing
import NodalSyntax
import TestSupport
import Testing

private let mutants = Effort.count(300, long: 3_000, debug: 15)
private let tower = Effort.count(20_000, long: 20_000, debug: 1_000)

/// Bytes at random: a tree and a bounded list of diagnostics, never a trap, never a hang.
@Suite struct FuzzTests {
  @Test("mutants of programs, byte by byte")
  func bytes() {
    var random = Lehmer(seed: 23)
    var texts = SharedPrograms.all.map { Array($0.text.utf8) }
    var generator = Generator(.node, seed: 8)
    for _ in 0..<Effort.count(10, long: 40) {
      texts.append(Array(generator.program(depth: 22).utf8))
    }
    let interesting = Array("(){}[]'\"<>.,:;=+-*/^~|&!@_ \n\r\t0e9x\\θ\u{302}\u{0}🙂".utf8)
    for text in texts where !text.isEmpty {
      for _ in 0..<mutants {
        var mutant = text
        for _ in 0..<Int.random(in: 1...6, using: &random) {
          let index = Int.random(in: 0..<mutant.count, using: &random)
          switch Int.random(in: 0..<4, using: &random) {
          case 0: mutant.remove(at: index)
          case 1: mutant.insert(interesting.randomElement(using: &random) ?? 0, at: index)
          case 2: mutant[index] = UInt8.random(in: 0...255, using: &random)
          default: mutant.removeSubrange(index..<min(mutant.count, index + 20))
          }
          if mutant.isEmpty { mutant = [0x20] }
        }
        check(String(decoding: mutant, as: UTF8.self))
      }
    }
  }

  private func check(_ text: String) {
    let file = source(text)
    let (tree, diagnostics) = Parser.parse(file)
    #expect(diagnostics.count <= 100)
    for diagnostic in diagnostics {
      guard let span = diagnostic.primary?.span else { continue }
      #expect(span.start >= 0 && span.end <= file.utf8.count)
    }
    if tree.statements.contains(where: { if case .invalid = $0 { true } else { false } }) {
      #expect(diagnostics.hasErrors, "\(text)")
    }
    _ = DiagnosticRenderer(.plain, sources: SourceMap([file])).render(diagnostics)
    _ = Parser.parseEntry(file)
  }

  @Test(
    "towers of brackets, prefixes and operators are refused, not survived by luck",
    arguments: [
      "(", "[", "{", "-", "f(", "a^", "a + ", "x |> f |> ", "if a then ", "(x) -> ", "{ (x) -> ",
      "a.b", "[[1],", "!", "Real<((((", "1<", "ode m { for i in 0..1 {",
    ])
  func towers(piece: String) {
    for prefix in ["let a = ", "ode m { x' = ", "fn f(x: ", ""] {
      let file = source(prefix + String(repeating: piece, count: tower) + "1")
      let (_, diagnostics) = Parser.parse(file)
      #expect(diagnostics.count <= 100)
      _ = Parser.parseEntry(file)
    }
  }

  @Test("a long sum of many terms is refused kindly; a bracket of many elements is fine")
  func wide() {
    let long = source("let a = " + Array(repeating: "1", count: 2000).joined(separator: " + "))
    #expect(Parser.parse(long).diagnostics.map(\.code) == [.nestingTooDeep])
    let list = source(
      "let a = [" + Array(repeating: "1 + 2", count: 5000).joined(separator: ", ") + "]")
    #expect(Parser.parse(list).diagnostics.isEmpty)
  }
}
