import Foundation
import NodalManual
import Testing

/// Links between the repository's pages: every file is there, and every heading.
@Suite struct DocsLinkTests {
  @Test(arguments: DocsPage.all)
  func leadSomewhere(_ page: DocsPage) throws {
    let folder = Repository.root.appending(path: page.path).deletingLastPathComponent()
    let prose = page.prose.replacing(#/`[^`\n]*`/#, with: "")
    for match in prose.matches(of: #/\]\(([^)\s]+)\)/#) {
      let target = String(match.output.1)
      guard !target.contains("://"), !target.hasPrefix("mailto:") else { continue }
      let parts = target.split(separator: "#", maxSplits: 1, omittingEmptySubsequences: false)
      let file =
        parts[0].isEmpty
        ? Repository.root.appending(path: page.path)
        : folder.appending(path: String(parts[0])).standardized
      #expect(FileManager.default.fileExists(atPath: file.path), "\(page.path): \(target)")
      guard parts.count > 1, file.pathExtension == "md" else { continue }
      let text = try String(contentsOf: file, encoding: .utf8)
      #expect(
        Self.anchors(DocsPage(path: "", text: text)).contains(String(parts[1])),
        "\(page.path): \(target)")
    }
  }

  /// All pages of the manual are in its index.
  @Test func areListed() throws {
    let index = try #require(DocsPage.manual.first { $0.path == "docs/README.md" })
    for page in DocsPage.manual where page.path != index.path {
      #expect(index.text.contains("(\(page.path.dropFirst(5))"), "\(page.path)")
    }
  }

  private static func anchors(_ page: DocsPage) -> [String] {
    var anchors = Anchors()
    for line in page.prose.split(separator: "\n") where line.hasPrefix("#") {
      _ = anchors.next(
        for: line.drop { $0 == "#" }.replacing("`", with: "").trimmingPrefix(" ").description)
    }
    return anchors.names
  }
}
