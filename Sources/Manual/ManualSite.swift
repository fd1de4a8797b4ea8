package import NodalBasics

/// The manual as a site of static files.
package struct ManualSite: Sendable {
  /// A link that leads to no page, or to no heading of one.
  package struct BrokenLink: Sendable, Equatable {
    package let page: String
    package let target: String
  }

  /// Bytes by their place.
  package private(set) var files: [String: [UInt8]]
  package private(set) var brokenLinks: [BrokenLink] = []

  /// The file by which a folder is known to hold a manual.
  package static let mark = "index.js"

  /// - Parameter host: runs `cmark-gfm`.
  package init(_ sources: ManualSources, host: Host) throws(ManualError) {
    var texts = sources.pages
    texts.merge(ReferencePages.all) { written, _ in written }
    let listed = ReferencePages.listed.filter { texts[$0.place] != nil }
    let list = listed.map { "- [\($0.title)](\($0.place))\n" }.joined()
    texts["README.md", default: "# Nodal\n"] += "\n## Made of the program itself\n\n" + list
    files = sources.files

    let places = Set(texts.keys)
    let known = places.union(files.keys)
    let markdown = Markdown(host: host)
    var pages: [String: PageRewriter] = [:]
    for (place, text) in texts {
      pages[place] = PageRewriter(try markdown.html(of: text)) { target in
        Self.destination(of: target, from: place, known)
      }
    }
    brokenLinks = Self.brokenLinks(in: pages, known)
    let template = PageTemplate(groups: Self.groups(pages))
    for (place, page) in pages {
      let html = template.html(of: page, title: Self.title(of: page), place: place)
      files[SitePath.html(place)] = Array(html.utf8)
    }
    files["style.css"] = PackageResources.style_css
    files["search.js"] = PackageResources.search_js
    files[Self.mark] = Array(Self.index(pages).utf8)
  }

  private static func title(of page: PageRewriter) -> String {
    page.headings.first { $0.level == 1 }?.text ?? "Nodal"
  }

  /// `errors:E0101` is the page of a code.
  private static func destination(of target: String, from page: String, _ known: Set<String>)
    -> String?
  {
    if target.hasPrefix("errors:") {
      let place = "errors/\(target.dropFirst(7)).md"
      return known.contains(place) && place != page
        ? SitePath.relative(SitePath.html(place), from: page) : nil
    }
    guard isInside(target), !target.hasPrefix("#") else { return target }
    let (path, anchor) = parts(of: target)
    guard let place = SitePath.resolved(path, from: page), known.contains(place) else { return nil }
    return SitePath.relative(SitePath.html(place), from: page)
      + (anchor.isEmpty ? "" : "#" + anchor)
  }

  private static func isInside(_ target: String) -> Bool {
    !target.contains("://") && !target.hasPrefix("mailto:")
  }

  private static func parts(of target: String) -> (path: String, anchor: String) {
    let parts = target.split(separator: "#", maxSplits: 1, omittingEmptySubsequences: false)
    return (
      HTMLText.percentDecoded(String(parts[0])),
      parts.count > 1 ? HTMLText.percentDecoded(String(parts[1])) : ""
    )
  }

  private static func brokenLinks(
    in pages: [String: PageRewriter], _ known: Set<String>
  ) -> [BrokenLink] {
    pages.sorted { $0.key < $1.key }.flatMap { place, page in
      page.links.filter { isInside($0.target) }.filter { link in
        let (path, anchor) = parts(of: link.target)
        guard let target = path.isEmpty ? place : SitePath.resolved(path, from: place) else {
          return false
        }
        guard known.contains(target) else { return true }
        return !anchor.isEmpty
          && pages[target]?.headings.contains { $0.anchor == anchor } != true
      }.map { BrokenLink(page: place, target: $0.target) }
    }
  }

  /// The navigation: what the index lists, under its headings and in its order, by the pages' own titles.
  private static func groups(_ pages: [String: PageRewriter]) -> [PageTemplate.Group] {
    var groups = [
      PageTemplate.Group(title: "", entries: [.init(title: "The manual", place: "README.md")])
    ]
    var seen: Set = ["README.md"]
    for link in pages["README.md"]?.links ?? [] where isInside(link.target) {
      let place = parts(of: link.target).path
      guard let page = pages[place], seen.insert(place).inserted else { continue }
      let entry = PageTemplate.Entry(title: title(of: page), place: place)
      if let last = groups.last, last.title == link.section {
        groups[groups.count - 1] = .init(title: last.title, entries: last.entries + [entry])
      } else {
        groups.append(.init(title: link.section, entries: [entry]))
      }
    }
    return groups
  }

  /// What the search looks through: `manual`, a list of sections.
  private static func index(_ pages: [String: PageRewriter]) -> String {
    let sections = pages.sorted { $0.key < $1.key }.flatMap { place, page in
      page.sections.filter { $0.heading != nil || !$0.text.allSatisfy(\.isWhitespace) }.map {
        let title = title(of: page)
        return JSONValue.array([
          .string(SitePath.html(place)),
          .string($0.heading.map { $0.level == 1 ? "" : $0.anchor } ?? ""),
          .string(title), .string($0.heading?.text ?? title),
          .string($0.text.split(whereSeparator: \.isWhitespace).joined(separator: " ")),
        ])
      }
    }
    return "const manual = \(JSONValue.array(sections).text);\n"
  }
}
