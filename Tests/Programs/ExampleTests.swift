import Foundation
import Nodal
import Testing

/// The programs in `examples/`, made short: a few steps of training, few examples, no assertions on how well it went. What is
/// left is that each of them runs to its end.
@Suite struct ExampleTests {
  static let examples = Repository.files(in: "examples", ending: ".node").map(\.lastPathComponent)

  @Test(arguments: examples)
  func runs(_ name: String) throws {
    let url = Repository.root.appending(path: "examples/\(name)")
    let text = Self.shortened(try String(contentsOf: url, encoding: .utf8))
    let recorder = Recorder(
      Configuration(
        directory: url.deletingLastPathComponent().path,
        outputDirectory: try Repository.temporaryFolder().path,
        dataDirectories: Repository.dataDirectories))
    let program = Program(text: text, path: name)
    let found = recorder.interpreter.check(program)
    if let missing = found.first(where: { $0.code == "E0701" }) {
      try Test.cancel("\(name): \(missing.message)")
    }
    #expect(found.filter(\.isError).map(\.text) == [])
    #expect(recorder.interpreter.run(program) == .finished, "\(recorder.errors.map(\.text))")
  }

  /// `steps: 2000` becomes `steps: 3`, counts of examples are cut, assertions go.
  static func shortened(_ text: String) -> String {
    var result =
      text
      .replacing(/\bsteps:\s*[0-9_]+/, with: "steps: 3")
      .replacing(/\bepochs:\s*[0-9_]+/, with: "epochs: 1")
      .replacing(/\bcount:\s*([0-9_]+)/) { match in
        let count = Int(match.1.filter { $0 != "_" }) ?? 1
        return "count: \(min(count, 64))"
      }
    result.replace(/shuffled\(([0-9_]+)\)/) { match in
      let count = Int(match.1.filter { $0 != "_" }) ?? 1
      return "shuffled(\(min(count, 32)))"
    }
    let lines = result.split(separator: "\n", omittingEmptySubsequences: false)
    return lines.filter { !$0.hasPrefix("assert ") }.joined(separator: "\n")
  }
}
