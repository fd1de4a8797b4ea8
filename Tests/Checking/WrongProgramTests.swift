import Foundation
import NodalChecking
import NodalDiagnostics
import Testing

/// Wrong or doubtful programs and what is said about them: `Wrong/name.node`, and beside it `name.txt`.
/// `NODAL_PROMOTE=1 swift test --filter WrongProgramTests` writes the transcripts anew, to be read before
/// they are committed.
@Suite struct WrongProgramTests {
  static let folder = Harness.root.appending(path: "Tests/Checking/Wrong")
  static let names: [String] =
    ((try? FileManager.default.contentsOfDirectory(atPath: folder.path)) ?? [])
    .filter { $0.hasSuffix(".node") }.map { String($0.dropLast(5)) }.sorted()

  @Test(arguments: names) func transcript(name: String) throws {
    let text = try String(contentsOf: Self.folder.appending(path: name + ".node"), encoding: .utf8)
    let result = Harness.check(text)
    let source = SourceFile(id: SourceID(1), path: name + ".node", text: text)
    let said = DiagnosticRenderer(sources: SourceMap([source])).render(result.diagnostics)
    #expect(!result.diagnostics.isEmpty, "nothing is said about \(name)")
    let file = Self.folder.appending(path: name + ".txt")
    if ProcessInfo.processInfo.environment["NODAL_PROMOTE"] != nil {
      try said.write(to: file, atomically: true, encoding: .utf8)
      return
    }
    let expected = try String(contentsOf: file, encoding: .utf8)
    #expect(said == expected)
  }
}
