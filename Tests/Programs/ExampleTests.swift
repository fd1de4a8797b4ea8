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
    var result = text
    // Of a training; those of a solver are behind a bracket that opens.
    cut(#/\),\s*steps:\s*([0-9_]+)/#, to: 3, in: &result)
    cut(#/\bepochs:\s*([0-9_]+)/#, to: 1, in: &result)
    cut(#/\bcount:\s*([0-9_]+)/#, to: 16, in: &result)
    cut(#/\bshuffled\(([0-9_]+)\)/#, to: 8, in: &result)
    cut(#/\bshape: \[([0-9_]+), /#, to: 20, in: &result)
    cut(#/\bgrid\(.*, ([0-9]+)\)/#, to: 6, in: &result)
    let lines = result.split(separator: "\n", omittingEmptySubsequences: false)
    return lines.filter { !$0.hasPrefix("assert ") }.joined(separator: "\n")
  }

  /// Numbers that the pattern catches become no greater than the limit.
  static func cut(
    _ pattern: Regex<(Substring, Substring)>, to limit: Int, in text: inout String
  ) {
    text.replace(pattern) { match in
      let number = match.output.1
      let value = min(Int(number.filter { $0 != "_" }) ?? limit, limit)
      return match.output.0.replacing(number, with: String(value))
    }
  }
}
