import NodalChecking
import NodalDiagnostics
import Testing

/// The pages of the checker's codes: the bad program gets the code, the mended one is right.
@Suite struct CheckerCatalogueTests {
  static let rows = Catalogue.names + Catalogue.types + Catalogue.odes + Catalogue.commands

  @Test(arguments: rows.map(\.code)) func page(code: DiagnosticCode) throws {
    let row = try #require(Self.rows.first { $0.code == code })
    let bad = Harness.check(row.bad + "\n")
    #expect(bad.diagnostics.contains { $0.code == code }, "\(Harness.describe(bad, row.bad))")
    let mended = Harness.check(row.mended + "\n")
    #expect(mended.diagnostics.isEmpty, "\(row.mended)\n\(Harness.describe(mended, row.mended))")
    #expect(!row.title.isEmpty && !row.explanation.isEmpty)
  }

  @Test func codesAreThere() {
    #expect(Set(Self.rows.map(\.code)).count == Self.rows.count)
  }
}
