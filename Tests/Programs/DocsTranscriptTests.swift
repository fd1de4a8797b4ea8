import Foundation
import Nodal
import Testing

/// What the manual shows at the prompt: blocks marked `prompt`. What is typed stands behind `nodal> ` and `  ...> `; what lies between
/// is what comes back, whole. A line `…` leaves out what one entry prints.
@Suite struct DocsTranscriptTests {
  static let blocks = DocsPage.manual.flatMap(\.blocks).filter { $0.mark == "prompt" }

  @Test func areFound() { #expect(!Self.blocks.isEmpty) }

  @Test(arguments: blocks)
  func says(_ block: DocsPage.Block) throws {
    let recorder = Recorder(
      Configuration(
        directory: Repository.root.appending(path: "examples").path,
        outputDirectory: try Repository.temporaryFolder().path))
    for (entry, expected) in Self.exchanges(block.text) {
      #expect(recorder.interpreter.enter(entry) != .incomplete, "\(entry)")
      let found = recorder.take().compactMap(DocsTests.text).joined(separator: "\n")
      guard expected != "…" else { continue }
      if expected.isEmpty || PrintedText.missing(expected, in: found) != nil
        || PrintedText.missing(found, in: expected) != nil
      {
        #expect(found == expected, "\(block.testDescription): \(entry)")
      }
    }
  }

  static func exchanges(_ text: String) -> [(entry: String, output: String)] {
    var found: [(entry: [Substring], output: [Substring])] = []
    for line in text.split(separator: "\n", omittingEmptySubsequences: false) {
      if line.hasPrefix("nodal> ") {
        found.append(([line.dropFirst(7)], []))
      } else if found.isEmpty {
        continue
      } else if line.hasPrefix("  ...> ") {
        found[found.count - 1].entry.append(line.dropFirst(7))
      } else {
        found[found.count - 1].output.append(line)
      }
    }
    return found.map { ($0.entry.joined(separator: "\n"), $0.output.joined(separator: "\n")) }
  }
}
