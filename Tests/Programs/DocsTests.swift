import Foundation
import Nodal
import TestSupport
import Testing

/// The programs in the README and the manual: a block marked `node` is checked, one marked `node run` runs too; where a block
/// `prints` stands behind it, whole, and with what it prints compared; else with few steps of training. `node run long` runs in the
/// long suites only. `node part` is no whole program, and is read.
@Suite struct DocsTests {
  /// A program, and what the page says that it prints.
  struct Example: Sendable, CustomTestStringConvertible {
    let block: DocsPage.Block
    var prints: [String] = []
    var testDescription: String { block.testDescription }
  }

  static let examples: [Example] = DocsPage.all.flatMap { page in
    var found: [Example] = []
    for block in page.blocks {
      if block.mark.hasPrefix("node") { found.append(Example(block: block)) }
      if block.mark == "prints", !found.isEmpty {
        found[found.count - 1].prints.append(block.text)
      }
    }
    return found
  }

  /// What a fence may be marked with. A block without a mark says of nothing how it is to be tried.
  static let marks: Set = [
    "node", "node run", "node run long", "node part", "prints", "prompt", "sh", "text", "swift",
    "c", "python", "terminal",
    "julia", "stan",
  ]

  @Test func areFound() {
    #expect(Self.examples.contains { $0.block.page == "README.md" })
    #expect(Self.examples.count { $0.block.page == "docs/language.md" } > 20)
    #expect(Self.examples.count { !$0.prints.isEmpty } > 12)
    #expect(Self.examples.contains { $0.block.mark == "node run long" })
  }

  @Test(arguments: DocsPage.all)
  func areMarked(_ page: DocsPage) {
    for block in page.blocks {
      #expect(Self.marks.contains(block.mark), "\(block.testDescription)")
    }
    #expect(page.text.components(separatedBy: "\n```").count % 2 == 1, "a fence is left open")
  }

  @Test(arguments: examples)
  func holds(_ example: Example) throws {
    let block = example.block
    let path = "\(block.page):\(block.line)"
    guard block.mark != "node part" else {
      #expect(Program(text: block.text, path: path).syntaxDiagnostics.map(\.text) == [])
      return
    }
    let examples = Repository.root.appending(path: "examples").path
    let recorder = Recorder(
      Configuration(
        directory: examples, outputDirectory: try Repository.temporaryFolder().path,
        dataDirectories: Repository.dataDirectories))
    let isWhole = block.mark == "node" || !example.prints.isEmpty
    let text = isWhole ? block.text : ExampleTests.shortened(block.text)
    let program = Program(text: text, path: path)
    let found = recorder.interpreter.check(program)
    #expect(found.filter(\.isError).map(\.text) == [])
    guard block.mark == "node run" || block.mark == "node run long" && Effort.isLong else { return }
    #expect(recorder.interpreter.run(program) == .finished, "\(recorder.errors.map(\.text))")
    let printed = recorder.take().compactMap(Self.text).joined(separator: "\n")
    for expected in example.prints {
      if let line = PrintedText.missing(expected, in: printed) {
        Issue.record("\(path) does not print `\(line)`, but:\n\(printed)")
      }
    }
  }

  /// What an event has to say on paper.
  static func text(_ event: Event) -> String? {
    switch event {
    case .diagnostic(let found): found.text
    case .printed(_, let text, _): text
    case .note(let text): text
    case .trainingBegan, .trainingStep, .trainingEnded, .plotted, .picture, .wrote, .testPassed,
      .testFailed, .benched, .benchFailed:
      nil
    }
  }
}
