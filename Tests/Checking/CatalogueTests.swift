import NodalChecking
import NodalDiagnostics
import Testing

/// The pages of the checker's codes: the bad program gets the code, the mended one is right.
@Suite struct CheckerCatalogueTests {
  static let rows = Catalogue.names + Catalogue.types + Catalogue.odes + Catalogue.commands

  @Test(arguments: rows.map(\.code)) func page(code: DiagnosticCode) throws {
    let row = try #require(Self.rows.first { $0.code == code })
    let example = try #require(row.example)
    let bad = Harness.check(example.bad + "\n")
    #expect(bad.diagnostics.contains { $0.code == code }, "\(Harness.describe(bad, example.bad))")
    let mended = Harness.check(example.mended + "\n")
    #expect(
      mended.diagnostics.isEmpty, "\(example.mended)\n\(Harness.describe(mended, example.mended))")
  }
}
