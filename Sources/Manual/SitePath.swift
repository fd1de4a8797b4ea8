import NodalBasics

/// Places on the site, from its root.
enum SitePath {
  /// Where the page of a Markdown text is: `a/README.md` is `a/index.html`.
  static func html(_ place: String) -> String {
    guard place.hasSuffix(".md") else { return place }
    let stem = String(place.dropLast(3))
    guard Path.name(place) == "README.md" else { return stem + ".html" }
    return String(stem.dropLast("README".count)) + "index.html"
  }

  /// What a link of a page means as a place of the site; nil where it leads out of it. Beside the manual's folder lie examples and the
  /// grammar, which have pages of their own.
  static func resolved(_ target: String, from page: String) -> String? {
    let path = Path.normalized(Path.join(Path.directory(page), target))
    if path == "../grammar/node.ebnf" { return "reference/grammar.md" }
    if path == "../examples" || path == "examples" { return "examples/README.md" }
    guard path.hasPrefix("..") else { return path }
    guard path.hasPrefix("../examples/") else { return nil }
    let inside = String(path.dropFirst(3))
    return inside.hasSuffix(".node") ? String(inside.dropLast(5)) + ".md" : inside
  }

  /// A place as a page sees it.
  static func relative(_ place: String, from page: String) -> String {
    String(repeating: "../", count: page.count { $0 == "/" }) + place
  }
}
