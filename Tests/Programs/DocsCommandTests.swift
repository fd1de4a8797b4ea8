import Foundation
import Testing

/// What the pages tell one to type in a shell: blocks marked `sh`. Where a line begins with `$ `, only such lines are typed. Their
/// subcommands and options are there; nothing is run.
@Suite(.enabled(if: Command.path != nil, "the command is not built"))
struct DocsCommandTests {
  /// A call of the command, as words.
  struct Call: Sendable, CustomTestStringConvertible {
    let place: String
    let words: [String]
    var testDescription: String { "\(place): \(words.joined(separator: " "))" }
  }

  static let calls: [Call] = DocsPage.all.flatMap(\.blocks).filter { $0.mark == "sh" }
    .flatMap { block in
      typed(block.text).flatMap { line in
        let command = line.split(separator: "#", omittingEmptySubsequences: false)[0]
        return command.split(separator: "|").compactMap { part -> Call? in
          let words = part.split(whereSeparator: \.isWhitespace).map(String.init)
          guard words.first == "nodal" || words.first == "./nodal" else { return nil }
          return Call(place: block.testDescription, words: Array(words.dropFirst()))
        }
      }
    }

  private static func typed(_ text: String) -> [Substring] {
    let lines = text.split(separator: "\n")
    let marked = lines.filter { $0.hasPrefix("$ ") }
    return marked.isEmpty ? lines : marked.map { $0.dropFirst(2) }
  }

  @Test func areFound() { #expect(Self.calls.count > 12) }

  @Test(arguments: calls)
  func isThere(_ call: Call) throws {
    let path = Self.subcommand(call.words)
    let help = try Command.run(["help"] + path)
    #expect(help.status == 0, "\(help.errors)")
    for word in call.words where word.hasPrefix("--") {
      let option = word.prefix { $0 != "=" }
      #expect(help.output.contains("\(option)"), "`\(option)` is no option of \(path)")
    }
  }

  /// The words before the first that is no subcommand: `import petab` of `import petab problem.yaml`.
  private static func subcommand(_ words: [String]) -> [String] {
    guard let first = words.first else { return [] }
    let nested = ["import", "export", "emit"].contains(first) ? 2 : 1
    return Array(words.prefix { !$0.hasPrefix("-") }.prefix(nested))
  }
}
