import Foundation
import Nodal
import Testing

/// What is typed at a prompt (`> `, going on with `. `), and what comes back. `NODAL_PROMOTE=1` writes the files anew; read the
/// difference before it is committed.
@Suite struct TranscriptTests {
  static let files = Repository.files(in: "Tests/Programs/Transcripts", ending: ".txt")
    .map(\.lastPathComponent)

  @Test(arguments: files)
  func says(_ name: String) throws {
    let url = Repository.root.appending(path: "Tests/Programs/Transcripts/\(name)")
    let text = try String(contentsOf: url, encoding: .utf8)
    let replayed = Self.replay(text)
    if ProcessInfo.processInfo.environment["NODAL_PROMOTE"] != nil {
      try replayed.write(to: url, atomically: true, encoding: .utf8)
    }
    #expect(replayed == text)
  }

  static func replay(_ text: String) -> String {
    let recorder = Recorder(files: [:])
    var output = ""
    var entry = ""
    let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
    for (line, next) in zip(lines, lines.dropFirst().map(Optional.some) + [nil]) {
      // Other blank lines are in what comes back.
      if line.hasPrefix("#") || (line.isEmpty && next?.hasPrefix("#") == true) {
        output += line + "\n"
        continue
      }
      guard line.hasPrefix("> ") || line.hasPrefix(". ") else { continue }
      output += line + "\n"
      entry += (entry.isEmpty ? "" : "\n") + line.dropFirst(2)
      if recorder.interpreter.enter(entry) == .incomplete { continue }
      entry = ""
      for event in recorder.take() { output += Self.text(event) }
    }
    while output.hasSuffix("\n\n") { output.removeLast() }
    return output
  }

  private static func text(_ event: Event) -> String {
    switch event {
    case .diagnostic(let found): "\(found.severity.rawValue)[\(found.code)]: \(found.message)\n"
    case .printed(_, let text, _): text + "\n"
    case .trainingEnded(let name, _, _): "trained \(name)\n"
    case .picture: "a plot\n"
    case .note(let text): text + "\n"
    case .testPassed(let title): "passed \(title)\n"
    case .testFailed(let title, _): "failed \(title)\n"
    case .benched(let benchmark): "timed \(benchmark.title)\n"
    case .benchFailed(let title, _): "failed \(title)\n"
    case .plotted, .wrote, .trainingBegan, .trainingStep: ""
    }
  }
}
