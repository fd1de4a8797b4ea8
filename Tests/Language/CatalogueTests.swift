import NodalDiagnostics
import NodalParsing
import Testing

@Suite struct CatalogueTests {
  @Test("every code has one page")
  func complete() {
    let codes = Catalogue.rows.map(\.code)
    #expect(Set(codes).count == codes.count)
    let unwritten = Set(DiagnosticCode.allCases).subtracting(codes)
    #expect(unwritten.isEmpty)
    for row in Catalogue.rows { #expect(!row.title.isEmpty && !row.explanation.isEmpty) }
  }

  /// Each page's bad program raises its code: in the test below, `CheckerCatalogueTests` and
  /// `RunningCatalogueTests`. These come from a key, a fault or a small machine, and have tests of their own.
  @Test("every code but five is raised by the program on its page")
  func raised() {
    let without = Set(Catalogue.rows.filter { $0.example == nil }.map(\.code))
    #expect(
      without == [
        .continuationAtPrompt, .cancelled, .internalInconsistency, .recordTooLarge,
        .malformedProblem,
      ])
  }

  @Test("a line at the prompt that goes on is said to")
  func prompt() throws {
    guard case .complete(_, let diagnostics) = Parser.parseEntry(source("|> tanh")) else {
      throw Unfinished()
    }
    #expect(diagnostics.map(\.code) == [.continuationAtPrompt])
  }
  private struct Unfinished: Error {}

  @Test(
    "the wrong program gets its code, the mended one nothing", arguments: Catalogue.parsing.indices)
  func examples(index: Int) {
    let row = Catalogue.parsing[index]
    guard let example = row.example else { return }
    let codes = Parser.parse(source(example.bad)).diagnostics.map(\.code)
    #expect(codes == [row.code], "\(example.bad)")
    let file = source(example.mended)
    #expect(summary(Parser.parse(file).diagnostics, in: file) == "", "\(example.mended)")
  }
}
