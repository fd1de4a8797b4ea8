import NodalDiagnostics
import NodalParsing
import Testing

@Suite struct CatalogueTests {
  @Test("codes are unique and have at most one row")
  func unique() {
    let codes = Catalogue.rows.map(\.code)
    #expect(Set(codes).count == codes.count)
    for row in Catalogue.rows { #expect(!row.page.isEmpty) }
  }

  @Test("every mistake of the parser has a row")
  func complete() {
    let written = Set(Catalogue.parsing.map(\.code))
    // A mistake of the prompt only; and one that `unexpectedToken` and `unusedValue` cover.
    let others: Set<DiagnosticCode> = [.continuationAtPrompt, .equationLeftSide]
    for code in DiagnosticCode.allCases where code.rawValue.hasPrefix("E01") {
      #expect(written.contains(code) != others.contains(code), "\(code)")
    }
  }

  @Test(
    "the wrong program gets its code, the mended one nothing", arguments: Catalogue.parsing.indices)
  func examples(index: Int) {
    let row = Catalogue.parsing[index]
    let codes = Parser.parse(source(row.bad)).diagnostics.map(\.code)
    #expect(codes == [row.code], "\(row.bad)")
    let file = source(row.mended)
    #expect(summary(Parser.parse(file).diagnostics, in: file) == "", "\(row.mended)")
  }
}
