import NodalDiagnostics
import NodalParsing
import NodalSyntax
import Testing

@Suite struct ProgramTests {
  @Test(
    "the target programs parse without a word",
    .enabled(if: !SharedPrograms.all.isEmpty, "shared programs not found"),
    arguments: SharedPrograms.all)
  func parses(program: SharedPrograms.Program) {
    let source = program.source
    let (tree, diagnostics) = Parser.parse(source)
    #expect(summary(diagnostics, in: source) == "")
    #expect(!tree.statements.isEmpty)
  }
}
