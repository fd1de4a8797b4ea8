import NodalParsing
import NodalSyntax
import Testing

/// Golden trees of small programs: how operators bind, what newlines end, what braces open.
@Suite struct TreeTests {
  /// Two texts of each row have the same tree, for the reason given.
  static let same: [(String, String, String)] = [
    ("`^` binds tighter than `-`", "let a = -x^2", "let a = -(x^2)"),
    ("`^` goes to the right", "let a = x^y^z", "let a = x^(y^z)"),
    ("an exponent may be negative", "let a = x^-y^2", "let a = x^(-(y^2))"),
    ("products before sums", "let a = b + c*d - e", "let a = (b + (c*d)) - e"),
    ("sums before ranges", "let a = b + 1..c - 1", "let a = (b + 1)..(c - 1)"),
    (
      "comparisons before `&&` before `||`", "let a = b < c && d || e",
      "let a = ((b < c) && d) || e"
    ),
    ("`|>` binds most loosely", "let a = b + c |> f |> g(1)", "let a = ((b + c) |> f) |> g(1)"),
    ("`sample` is a prefix", "let a = sample d + 1", "let a = (sample d) + 1"),
    ("lines go on behind an operator", "let a = b +\n  c", "let a = b + c"),
    ("lines go on before `|>` and `else`", "let a = b\n  |> f", "let a = b |> f"),
    ("lines don't matter in brackets", "let a = f(\n  b\n  , c\n)", "let a = f(b, c)"),
    ("`;` ends a statement", "let a = b; let c = d", "let a = b\nlet c = d"),
    ("signs are folded", "let \u{B5} = 1\nlet \u{2126} = 2", "let \u{3BC} = 1\nlet \u{3A9} = 2"),
    ("comments are nothing", "let a = b // c\n// d", "let a = b"),
  ]

  @Test("the same tree", arguments: same.indices)
  func sameTree(index: Int) {
    let (reason, left, right) = Self.same[index]
    let (a, b) = (Parser.parse(source(left)), Parser.parse(source(right)))
    #expect(a.diagnostics.isEmpty && b.diagnostics.isEmpty)
    #expect(treeText(a.tree.statements) == treeText(b.tree.statements), "\(reason)")
  }

  @Test("golden trees")
  func golden() {
    func tree(_ text: String) -> String {
      let result = Parser.parse(source(text))
      return result.diagnostics.isEmpty ? treeText(result.tree.statements) : "?"
    }
    #expect(
      tree("const g = 9.81<m/s^2>")
        == "[(const [\"g\" 0 - (number (real 9.81) (quotient (symbol \"m\") (power (symbol \"s\") 2 1)))] -)]"
    )
    #expect(
      tree("let a = 1<x")
        == "[(let [\"a\" 0 - (expression (binary (less 1) (integer 1) (name \"x\" 0)))] -)]"
        || tree("let a = 1<x").contains("less"))
    #expect(tree("let a = o.0.1 + s.t..o.0").contains("element"))
  }
}
