import NodalBasics
import NodalDiagnostics
import NodalPEtab
import Testing

@Suite struct FormulaTests {
  private static func text(_ formula: String) throws -> String {
    let span = Span(source: SourceID(0), start: 0, end: formula.utf8.count)
    return try InfixReader.read(formula, span: span).simplified.text
  }

  @Test(
    "a formula as the language writes it",
    arguments: [
      ("a+b*c", "a + b*c"), ("(a+b)*c", "(a + b)*c"), ("a-(b-c)", "a - (b - c)"),
      ("a - b + c", "a - b + c"), ("a/(b*c)", "a/(b*c)"), ("a/b/c", "a/b/c"),
      ("a*b/c*d", "a*b/c*d"), ("-a^2", "-a^2"), ("(-a)^2", "(-a)^2"), ("2^-x", "2^(-x)"),
      ("a**b**c", "a^(b^c)"), ("pow(a, 2)", "a^2"), ("log10(x)", "log(x)/log(10)"),
      ("a/log10(x)", "a/(log(x)/log(10))"), ("ln(x)", "log(x)"), ("1e-5*x", "1e-5*x"),
      ("time*2", "t*2"), ("-1*a*b", "-a*b"), ("a*(-b)", "a*(-b)"), ("-(a + b)", "-(a + b)"),
      ("piecewise(1, a < b && c >= 2, 0)", "if a < b && c >= 2 then 1 else 0"),
      ("x + piecewise(1, a < b, 0)", "x + (if a < b then 1 else 0)"),
      ("max(a, b, c)", "max(max(a, b), c)"), ("!(a < b) || c == d", "!(a < b) || c == d"),
      ("sec(x)", "1/cos(x)"), ("100000*a", "1e5*a"), ("log(x, 2)", "log(x)/log(2)"),
    ])
  func writing(_ formula: String, _ expected: String) throws {
    #expect(try Self.text(formula) == expected)
  }

  @Test(
    "what is no formula is refused at its place",
    arguments: [
      "", "a +", "a b", "(a", "a)", "f(x)", "sin(a, b)", "1e999", "a ^", "2 *** 3",
      "piecewise(1, 2)",
      "a # b", "éa", "1.2.3",
    ])
  func wrong(_ formula: String) {
    #expect(throws: ImportFailure.self) { try Self.text(formula) }
  }

  @Test("nesting has an end")
  func deep() {
    let nested = String(repeating: "(", count: 50_000) + "a" + String(repeating: ")", count: 50_000)
    #expect(throws: ImportFailure.self) { try Self.text(nested) }
    #expect(throws: ImportFailure.self) {
      try Self.text(String(repeating: "-", count: 50_000) + "a")
    }
  }

  @Test("long sums are not deep")
  func long() throws {
    let sum = (0..<20_000).map { "x\($0)" }.joined(separator: "+")
    #expect(try Self.text(sum).hasPrefix("x0 + x1 + x2"))
  }
}
