import Foundation
import Testing

/// The manual's transcript of a session (`docs/story.md`), played at a terminal: what is typed there, and what the screen shows.
///
/// `NODAL_PROMOTE=1` writes what the screen shows into the page; read the difference before it is committed.
@Suite(
  .serialized, .enabled(if: Command.path != nil, "the command is not built"),
  .enabled(if: StoryData.folder != nil, "real_pendulum is not there"))
struct StoryTests {
  static let page = Repository.root.appending(path: "docs/story.md")

  @Test(.timeLimit(.minutes(5))) func isAsTheManualTellsIt() throws {
    let text = try String(contentsOf: Self.page, encoding: .utf8)
    let lines = text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
    let steps = Self.steps(of: lines)
    #expect(steps.count > 40)
    let folder = try Repository.temporaryFolder()
    var terminal: PseudoTerminal?
    var promoted: [String] = []
    var next = 0
    let start = Date()
    for (step, following) in zip(steps, steps.dropFirst().map(Optional.some) + [nil]) {
      let open = try terminal ?? Self.open(in: folder)
      try open.enter(step.entry)
      var shown: [String] = []
      if step.entry == ":quit" {
        #expect(try open.waitForEnd() == 0)
        terminal = nil
      } else {
        shown = Self.shown(try open.wait(for: following?.prompt ?? PromptTests.prompt))
        terminal = open
      }
      promoted += lines[next..<step.output.lowerBound] + shown
      next = step.output.upperBound
      let expected = Array(lines[step.output])
      #expect(
        expected.map(Self.skeleton) == shown.map(Self.skeleton),
        "\(step.entry):\n\(shown.joined(separator: "\n"))")
      for (a, b) in zip(expected, shown) {
        #expect(Self.agree(Self.numbers(a), Self.numbers(b)), "\(step.entry): \(b)")
      }
    }
    #expect(Date().timeIntervalSince(start) < 60)
    #expect(terminal == nil, "the story ends with :quit")
    for name in ["runs/explain.svg", "runs/story.svg", "swing.node", "swing.safetensors"] {
      #expect(FileManager.default.fileExists(atPath: folder.appending(path: name).path), "\(name)")
    }
    if ProcessInfo.processInfo.environment["NODAL_PROMOTE"] != nil {
      promoted += lines[next...]
      try promoted.joined(separator: "\n").write(to: Self.page, atomically: true, encoding: .utf8)
    }
  }

  // MARK: the page

  struct Step {
    let prompt: String
    let entry: String
    /// The lines of the page that the screen shows.
    let output: Range<Int>
  }

  private static func steps(of lines: [String]) -> [Step] {
    var steps: [Step] = []
    var isInside = false
    for (number, line) in lines.enumerated() {
      if line.hasPrefix("```") {
        isInside = line == "```terminal"
        continue
      }
      guard isInside,
        let prompt = [PromptTests.prompt, "  ...> "].first(where: { line.hasPrefix($0) })
      else { continue }
      let end = lines[(number + 1)...].firstIndex {
        $0.hasPrefix("```") || $0.hasPrefix(PromptTests.prompt) || $0.hasPrefix("  ...> ")
      }
      steps.append(
        Step(
          prompt: prompt, entry: String(line.dropFirst(prompt.count)),
          output: number + 1..<(end ?? lines.count)))
    }
    return steps
  }

  private static func open(in folder: URL) throws -> PseudoTerminal {
    let terminal = try PseudoTerminal(
      "/bin/sh", ["-c", "cd \"$1\" && exec \"$2\"", "sh", folder.path, Command.path ?? ""],
      environment: [
        "TERM": "xterm", "LC_ALL": "C.UTF-8", "NO_COLOR": "1", "INPUTRC": "/dev/null",
        "XDG_STATE_HOME": folder.path, "NODAL_DATA": StoryData.folder ?? "",
      ])
    try terminal.wait(for: PromptTests.prompt)
    return terminal
  }

  // MARK: the screen

  /// What came between an entry's echo and the next prompt; without the line of progress, which is written over and over.
  private static func shown(_ output: String) -> [String] {
    var lines = output.split(separator: "\n", omittingEmptySubsequences: false).dropFirst()
    // The prompt.
    _ = lines.popLast()
    return lines.map { line in
      var line = line
      while line.last == " " { line.removeLast() }
      return String(line)
    }.filter { !$0.contains(#/\d+\/\d+  loss/#) }
  }

  private static var number: Regex<(Substring, Substring?, Substring?)> {
    #/-?\d[\d_]*(\.\d+)?(e-?\d+)?/#
  }
  private static var duration: Regex<(Substring, Substring)> { #/[\d.]+ (µs|ms|s)\b/# }

  /// A line with its numbers left out; of a drawing only that it is one.
  private static func skeleton(_ line: String) -> String {
    if line.unicodeScalars.contains(where: { (0x2800...0x28FF).contains($0.value) }) { return "⠿" }
    let bars = line.filter { !"▁▂▃▄▅▆▇█".contains($0) }
    return bars.replacing(duration, with: "T").replacing(number, with: "N")
      .split(separator: " ").joined(separator: " ")
  }

  private static func numbers(_ line: String) -> [Double] {
    line.replacing(duration, with: "").matches(of: number).compactMap {
      Double($0.output.0.filter { $0 != "_" })
    }
  }

  /// Rounding differs between processors, and training makes more of it.
  private static func agree(_ a: [Double], _ b: [Double]) -> Bool {
    a.count == b.count
      && zip(a, b).allSatisfy { abs($0 - $1) <= 0.1 * max(abs($0), abs($1)) + 1e-3 }
  }
}

/// The recording that the story is about.
enum StoryData {
  static let folder = Repository.dataDirectories.first {
    FileManager.default.fileExists(atPath: $0 + "/real_pendulum/pendulum.csv")
  }
}
