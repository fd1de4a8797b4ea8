import Foundation
import NodalBasics
import NodalManual
import TestSupport
import Testing

/// The manual as a site: all links and headings are there, and all programs, with every character.
@Suite(
  .enabled(
    if: (try? Host.system.run(HostCommand(program: "cmark-gfm", arguments: ["--version"]))) != nil,
    "cmark-gfm is not installed"))
struct ManualSiteTests {
  /// Made once.
  static let made = Result {
    let docs = Repository.root.appending(path: "docs").path
    return try ManualSite(ManualSources(folder: docs, host: .system), host: .system)
  }

  static func site() throws -> ManualSite { try made.get() }

  @Test func linksLeadSomewhere() throws {
    let site = try Self.site()
    #expect(site.brokenLinks == [])
    // The pages once more as a browser reads them.
    var ids: [String: Set<String>] = [:]
    var pages: [String: String] = [:]
    for (place, bytes) in site.files where place.hasSuffix(".html") {
      let html = String(decoding: bytes, as: UTF8.self)
      pages[place] = html
      ids[place] = Set(html.matches(of: #/ id="([^"]*)"/#).map { String($0.output.1) })
    }
    #expect(pages.count > 150)
    for (place, html) in pages {
      for match in html.matches(of: #/ (?:href|src)="([^"]*)"/#) {
        let target = String(match.output.1).replacing("&amp;", with: "&")
        guard !target.contains("://") else { continue }
        let parts = target.split(separator: "#", maxSplits: 1, omittingEmptySubsequences: false)
        let file =
          parts[0].isEmpty
          ? place : Path.normalized(Path.join(Path.directory(place), String(parts[0])))
        #expect(site.files[file] != nil, "\(place): \(target)")
        if parts.count > 1 {
          #expect(ids[file]?.contains(String(parts[1])) == true, "\(place): \(target)")
        }
      }
    }
  }

  @Test func programsAreWhole() throws {
    let site = try Self.site()
    for page in DocsPage.manual {
      let place = String(page.path.dropFirst(5).dropLast(3))
      let name = (place == "README" ? "index" : place) + ".html"
      let html = String(decoding: try #require(site.files[name]), as: UTF8.self)
      let shown = html.matches(of: #/(?s)<pre[^>]*><code>(.*?)</code></pre>/#).map { match in
        String(match.output.1).replacing(#/<[^>]*>/#, with: "").replacing("&lt;", with: "<")
          .replacing("&gt;", with: ">").replacing("&quot;", with: "\"")
          .replacing("&amp;", with: "&")
      }
      #expect(shown == page.blocks.map(\.text), "\(page.path)")
    }
  }

  /// The search's list is JSON, and knows a function, a message and a heading.
  @Test func searchFinds() throws {
    let index = String(decoding: try #require(try Self.site().files["index.js"]), as: UTF8.self)
    let json = index.dropFirst("const manual = ".count).dropLast(2)
    let sections = try #require(
      try JSONSerialization.jsonObject(with: Data(json.utf8)) as? [[String]])
    #expect(sections.allSatisfy { $0.count == 5 })
    #expect(
      sections.contains { $0[0] == "reference/functions.html" && $0[4].contains("first_present") })
    #expect(sections.contains { $0[0] == "errors/E0401.html" })
    #expect(sections.contains { $0[1] == "one-value-per-experiment" })
  }

  @Test func foreignFoldersStay() throws {
    let folder = try Repository.temporaryFolder()
    let file = folder.appending(path: "mine.txt")
    try "mine".write(to: file, atomically: true, encoding: .utf8)
    let site = try Self.site()
    #expect(throws: ManualError.self) { try ManualFolder.write(site, to: folder.path, .system) }
    try FileManager.default.removeItem(at: file)
    try ManualFolder.write(site, to: folder.path, .system)
    // Once more over the first.
    try ManualFolder.write(site, to: folder.path, .system)
    #expect(
      FileManager.default.fileExists(atPath: folder.appending(path: "errors/E0401.html").path))
  }

  /// Without texts there is the reference alone.
  @Test(.long) func referenceStandsAlone() throws {
    let site = try ManualSite(ManualSources(), host: .system)
    #expect(site.files["reference/functions.html"] != nil)
    #expect(site.files["index.html"] != nil)
    #expect(site.files["language.html"] == nil)
  }
}
