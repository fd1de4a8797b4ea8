import Foundation
import Testing

/// The pages of the manual and of the repository's root, as the tests of documentation read them.
struct DocsPage: Sendable, CustomTestStringConvertible {
  /// From the repository's root: `docs/tutorial/05-fit.md`.
  let path: String
  let text: String
  var testDescription: String { path }

  static let manual: [DocsPage] = {
    let root = Repository.root.appending(path: "docs")
    let names = FileManager.default.enumerator(atPath: root.path)?.compactMap { $0 as? String }
    return (names ?? []).filter { $0.hasSuffix(".md") }.sorted().map { page("docs/" + $0) }
  }()

  static let root = ["README.md", "ARCHITECTURE.md", "CHANGELOG.md", "CONTRIBUTING.md"].map(page)

  static let all = root + manual

  private static func page(_ path: String) -> DocsPage {
    let url = Repository.root.appending(path: path)
    return DocsPage(path: path, text: (try? String(contentsOf: url, encoding: .utf8)) ?? "")
  }

  /// A fenced block.
  struct Block: Sendable, CustomTestStringConvertible {
    let page: String
    let line: Int
    /// What stands behind the fence: `node run`.
    let mark: String
    let text: String
    var testDescription: String { "\(page):\(line)" }
  }

  var blocks: [Block] {
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
      found.append(
        Block(
          page: path, line: block.line, mark: String(block.mark),
          text: block.body.joined(separator: "\n")))
    }
    return found
  }

  /// The text without its blocks.
  var prose: String {
    var inside = false
    return text.split(separator: "\n", omittingEmptySubsequences: false).filter { line in
      if line.hasPrefix("```") { inside.toggle() }
      return !inside && !line.hasPrefix("```")
    }.joined(separator: "\n")
  }
}

/// What is printed, beside what a page says is printed: words are the same, numbers nearly, as other processors round otherwise.
enum PrintedText {
  /// The first line of a page's text that isn't found in what was printed, behind the lines before it; nil where all are.
  static func missing(_ expected: String, in printed: String) -> String? {
    var rest = lines(printed)[...]
    for line in lines(expected) {
      guard let place = rest.firstIndex(where: { agree(line, $0) }) else { return line }
      rest = rest[rest.index(after: place)...]
    }
    return nil
  }

  private static func lines(_ text: String) -> [String] {
    text.split(separator: "\n").map(String.init).filter { !$0.allSatisfy(\.isWhitespace) }
  }

  /// What is printed may go on.
  private static func agree(_ expected: String, _ found: String) -> Bool {
    let (one, other) = (words(expected), words(found))
    return one.count <= other.count && zip(one, other).allSatisfy(agree(word:_:))
  }

  /// Up to 2 % apart, or what is next to nothing beside it.
  private static func agree(word one: String, _ other: String) -> Bool {
    guard let a = Double(one), let b = Double(other), a.isFinite, b.isFinite else {
      return one == other
    }
    return abs(a - b) <= 0.02 * max(abs(a), abs(b)) || max(abs(a), abs(b)) < 1e-7
  }

  private static func words(_ line: String) -> [String] {
    line.split { $0.isWhitespace || "[](){},:".contains($0) }.map(String.init)
  }
}
