import Foundation
import Nodal
import Testing

/// The programs in the README and the manual: a block marked `node` is checked, one marked `node run` runs too, with few steps
/// of training.
@Suite struct DocsTests {
  struct Block: Sendable, CustomTestStringConvertible {
    let page: String
    let line: Int
    let runs: Bool
    let text: String
    var testDescription: String { "\(page):\(line)" }
  }

  static let blocks: [Block] =
    ([Repository.root.appending(path: "README.md")] + Repository.files(in: "docs", ending: ".md"))
    .flatMap { page in
      blocks(in: (try? String(contentsOf: page, encoding: .utf8)) ?? "", of: page.lastPathComponent)
    }

  @Test func areFound() {
    #expect(Self.blocks.contains { $0.page == "README.md" })
    #expect(Self.blocks.count { $0.page == "language.md" && $0.runs } > 10)
  }

  @Test(arguments: blocks)
  func holds(_ block: Block) throws {
    let examples = Repository.root.appending(path: "examples").path
    let recorder = Recorder(
      Configuration(
        directory: examples, outputDirectory: try Repository.temporaryFolder().path,
        dataDirectories: Repository.dataDirectories))
    let text = block.runs ? ExampleTests.shortened(block.text) : block.text
    let program = Program(text: text, path: "\(block.page):\(block.line)")
    let found = recorder.interpreter.check(program)
    #expect(found.filter(\.isError).map(\.text) == [])
    if block.runs {
      #expect(recorder.interpreter.run(program) == .finished, "\(recorder.errors.map(\.text))")
    }
  }

  /// The fenced blocks of a page that are programs.
  static func blocks(in text: String, of page: String) -> [Block] {
    var found: [Block] = []
    var open: (line: Int, mark: Substring, body: [Substring])?
    for (number, line) in text.split(separator: "\n", omittingEmptySubsequences: false).enumerated()
    {
      guard line.hasPrefix("```") else {
        open?.body.append(line)
        continue
      }
      guard let block = open else {
        open = (number + 1, line.dropFirst(3), [])
        continue
      }
      open = nil
      let words = block.mark.split(separator: " ")
      guard words.first == "node" else { continue }
      found.append(
        Block(
          page: page, line: block.line, runs: words.dropFirst() == ["run"],
          text: block.body.joined(separator: "\n")))
    }
    return found
  }
}
