import NodalDiagnostics
import NodalParsing
import Testing

/// What newcomers write, and what they are told.
@Suite struct DiagnosticTests {
  static let table: [(text: String, expected: String)] = [
    ("let a = 2**3", "E0117 1:10 `**` is not written so here"),
    ("let a = x[1:3]", "E0120 1:12 a slice is not written with `:`"),
    ("let a = x[:, 0]", "E0120 1:11 a slice is not written with `:`"),
    ("fn f(x) = self.k*x", "E0118 1:11 there is no `self`"),
    (
      "def f(x):\n  return x",
      "E0118 1:1 a function is not declared with `def`\nE0118 2:3 there is no `return`"
    ),
    ("let f = lambda x: x^2", "E0118 1:9 a closure is not written with `lambda`"),
    ("import numpy as np", "E0118 1:14 a module can't be imported under another name"),
    ("let a = True", "E0119 1:9 `True` is not written so here"),
    ("let a = None", "E0119 1:9 `None` is not written so here"),
    ("let a = if b then 1 elif c then 2 else 3", "E0118 1:21 there is no `elif`"),
    ("let a = b <> c", "E0117 1:11 `<>` is not written so here"),
    ("ode m { dx/dt = -x }", "E0121 1:9 a time derivative is not written as a fraction"),
    ("fn f(x) { x += 1; x }", "E0123 1:13 `+=` adds to an equation of an `ode`, and this is none"),
    ("let a = (1 + 2", "E0104 1:9 `(` is not closed"),
    ("ode m {\n  x' = -x\nlet a = 1", "E0104 1:7 `{` is not closed"),
    ("ode m {\n  x' = f(1\n}\nprint 1", "E0104 2:9 `(` is not closed"),
    ("let a = \"abc\nlet b = 2", "E0103 1:9 a string is not closed"),
    ("let a = 'abc'", "E0118 1:9 a string is written with double quotes"),
    ("fn f(x) {\n  x\n  - 1\n}", "E0114 2:3 nothing uses this value"),
    ("let a = 9.81<m s>", "E0108 1:13 `<m s>` can't be read as a unit"),
    ("state x = 1", "E0122 1:1 `state` can't stand at the top of a file"),
    ("x' = 1", "E0122 1:1 `x'` can't stand here"),
    ("ode m { plot x }", "E0122 1:9 `plot` can't stand in an `ode`"),
    ("let a = 2x", "E0125 1:9 a product needs its `*`"),
    ("let a = 1 < b < c", "E0116 1:15 comparisons don't chain"),
    ("let a = .5", "E0106 1:9 `.5` has no digit before the point"),
    ("let a = 1.", "E0106 1:9 `1.` has no digits after the point"),
    ("let a = 99999999999999999999", "E0107 1:9 the number is too large"),
    ("let let = 1", "E0113 1:5 `let` is a word of the language and can't be a name"),
    ("let a = if b then c", "E0129 1:20 `if` is an expression and needs `else`"),
    ("fn f(x) { let a = 1 }", "E0115 1:21 function `f` ends without a value"),
    ("let a = x |> f + 1", "E0127 1:16 found `+` in a pipeline, expected a function or a call"),
    ("fn f(x)", "E0132 1:8 function `f` has no body"),
    ("let a = b and c", "E0118 1:11 `and` is not an operator"),
    ("# hello", "E0118 1:1 comments don't begin with `#`"),
    ("prnt x", "E0101 1:1 found `prnt`, expected a statement"),
    ("a = 1", "E0101 1:1 found `a`, expected a statement"),
    ("let a = 1 }", "E0105 1:11 `}` closes nothing"),
    ("plot a to \"b.svg\" log x", "E0130 1:19 `log` comes before `to`"),
    ("precision f16", "E0128 1:11 found `f16`, expected `f32` or `f64`"),
    ("seed 1.5", "E0134 1:6 a seed is a whole number"),
    ("let a = 1\nseed 2", "E0135 2:1 `seed` heads a file"),
    ("let a = x '", "E0110 1:11 `'` belongs to nothing"),
    ("let a = \"\\q\"", "E0109 1:10 `\\q` is no escape"),
    ("let a = 1 + if b then c else d", "E0133 1:13 `if` inside an expression needs parentheses"),
    ("let a = x²", "E0117 1:10 `²` is not written so here"),
    ("let a = 1 $ 2", "E0102 1:11 this character is no part of the language"),
    ("let a = b ? 2", "E0117 1:11 `?` is not written so here"),
    ("fn f(x) { x = }", "E0111 1:15 found `}`, expected an expression after `=`"),
    ("ode m { 1 + x }", "E0114 1:9 nothing uses this value"),
  ]

  @Test("newcomers' habits", arguments: table.indices)
  func habit(index: Int) {
    let (text, expected) = Self.table[index]
    let file = source(text)
    let found = summary(Parser.parse(file).diagnostics, in: file)
    let wanted =
      expected == "E0121 1:9 a time derivative is not written as a fraction"
      ? "E0121 1:9 a time derivative is not written as a fraction" : expected
    #expect(found == wanted, "\(text)")
  }

  @Test("at the prompt")
  func prompt() {
    func entry(_ text: String) -> String {
      switch Parser.parseEntry(source(text)) {
      case .incomplete: "incomplete"
      case .complete(let statements, let diagnostics):
        "\(statements.count) " + diagnostics.map(\.code.rawValue).joined(separator: " ")
      }
    }
    #expect(entry("1 + 2") == "1 ")
    #expect(entry("ode m {") == "incomplete")
    #expect(entry("ode m {\n x' = 1\n}") == "1 ")
    #expect(entry("let a =") == "incomplete")
    #expect(entry("let a = (1,") == "incomplete")
    #expect(entry("|> tanh") == "1 E0126")
    #expect(entry("let a = )") == "1 E0105")
    #expect(entry("a = 1") == "1 E0101")
    #expect(entry("") == "0 ")
    #expect(entry("a; b") == "2 ")
  }

  @Test("rendered plainly and as JSON")
  func rendered() {
    let file = source("ode m {\n\tθ̂' = f(漢, 1\n}\n")
    let sources = SourceMap([file])
    let diagnostics = Parser.parse(file).diagnostics
    #expect(
      DiagnosticRenderer(.plain, sources: sources).render(diagnostics) == """
        error[E0104]: `(` is not closed
         --> test.node:2:8
          |
        2 |     θ̂' = f(漢, 1
          |           ^ opened here
        3 | }
          | - `)` is missing before this

        """)
    let json = diagnostics.map { DiagnosticJSON.line(for: $0, in: sources) }.joined()
    #expect(json.hasPrefix("{\"kind\":\"diagnostic\",\"severity\":\"error\",\"code\":\"E0104\""))
    #expect(!json.contains("\n"))
  }

  @Test func longLinesAreCutAroundTheMark() {
    let text = "let a = " + String(repeating: "b + ", count: 500) + "?"
    let file = source(text)
    let (_, found) = Parser.parse(file)
    let shown = DiagnosticRenderer(.plain, sources: SourceMap([file])).render(found[0])
    let lines = shown.split(separator: "\n")
    #expect(lines.allSatisfy { $0.count < 200 })
    let marks = lines.first { $0.contains("^") }.map(Array.init) ?? []
    let cut = lines.first { $0.contains("…") }.map(Array.init) ?? []
    #expect(marks.firstIndex(of: "^") != nil)
    #expect(marks.firstIndex(of: "^") == cut.firstIndex(of: "?"))
  }
}
