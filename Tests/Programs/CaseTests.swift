import Foundation
import Nodal
import TestSupport
import Testing

/// Programs with what they print in comments: `// expect: s.final.x = 0.5`, line by line in order, and
/// `// expect error: E1005` where they fail.
@Suite struct CaseTests {
  /// Those of many seconds, which `./test --long` asks for, are in a folder of their own.
  static let cases = names(in: "Tests/Programs/Cases")
  static let longCases = names(in: "Tests/Programs/Cases/Long")

  private static func names(in folder: String) -> [String] {
    Repository.files(in: folder, ending: ".node").map { "\(folder)/\($0.lastPathComponent)" }
  }

  @Test(.long, arguments: longCases)
  func longOnes(_ name: String) throws { try printsWhatItsCommentsSay(name) }

  @Test(arguments: cases)
  func printsWhatItsCommentsSay(_ name: String) throws {
    let url = Repository.root.appending(path: name)
    let text = try String(contentsOf: url, encoding: .utf8)
    func expectations(_ mark: String) -> [String] {
      text.split(separator: "\n").compactMap { line in
        line.range(of: mark).map {
          String(line[$0.upperBound...]).trimmingCharacters(in: .whitespaces)
        }
      }
    }
    let recorder = Recorder(
      Configuration(
        directory: url.deletingLastPathComponent().path,
        outputDirectory: try Repository.temporaryFolder().path))
    let outcome = recorder.interpreter.test(Program(text: text, path: name))
    let printed = recorder.printed.flatMap { $0.split(separator: "\n").map(String.init) }
      .map { $0.trimmingCharacters(in: .whitespaces) }
    #expect(printed == expectations("// expect: "))
    #expect(recorder.errors.map(\.code) == expectations("// expect error: "))
    let failures = recorder.events.compactMap { event -> String? in
      if case .testFailed(_, let found) = event { found.text } else { nil }
    }
    #expect(failures.isEmpty)
    let failed = !expectations("// expect error: ").isEmpty
    #expect((outcome == .finished) == !failed, "\(recorder.errors.map(\.text).joined())")
  }
}
