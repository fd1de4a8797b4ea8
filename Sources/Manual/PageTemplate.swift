/// The frame around a page.
struct PageTemplate {
  struct Entry {
    let title: String
    let place: String
  }

  struct Group {
    let title: String
    let entries: [Entry]
  }

  let groups: [Group]

  /// - Parameter place: of the page, from the site's root, in Markdown's name.
  func html(of page: PageRewriter, title: String, place: String) -> String {
    let root = String(repeating: "../", count: place.count { $0 == "/" })
    func link(_ entry: Entry, _ attribute: String = "") -> String {
      "<a\(attribute) href=\"\(root)\(SitePath.html(entry.place))\">\(HTMLText.escaped(entry.title))</a>"
    }
    var pages = ""
    for group in groups {
      pages += "<h2>\(HTMLText.escaped(group.title))</h2>\n<ul>\n"
      for entry in group.entries {
        pages +=
          "<li>\(link(entry, entry.place == place ? " aria-current=\"page\"" : ""))</li>\n"
      }
      pages += "</ul>\n"
    }
    let order = groups.flatMap(\.entries)
    var ways = ""
    if let here = order.firstIndex(where: { $0.place == place }) {
      if here > 0 { ways += link(order[here - 1], " rel=\"prev\"") }
      if here + 1 < order.count { ways += link(order[here + 1], " rel=\"next\"") }
    }
    return """
      <!doctype html>
      <html lang="en" data-root="\(root)">
      <head>
      <meta charset="utf-8">
      <meta name="viewport" content="width=device-width, initial-scale=1">
      <meta name="generator" content="nodal doc">
      <title>\(HTMLText.escaped(title)) · Nodal</title>
      <link rel="stylesheet" href="\(root)style.css">
      <script defer src="\(root)index.js"></script>
      <script defer src="\(root)search.js"></script>
      </head>
      <body>
      <input id="menu" type="checkbox" aria-label="Pages">
      <header>
      <label for="menu">Pages</label>
      <a class="home" href="\(root)index.html">Nodal</a>
      <div class="search" role="search"><input id="search" type="search" placeholder="Search" aria-label="Search the manual" autocomplete="off"><ul id="found"></ul></div>
      </header>
      <div class="frame">
      <nav class="pages" aria-label="Pages">
      \(pages)</nav>
      <main>
      <article>
      \(withContents(page))
      </article>
      <footer>\(ways)</footer>
      </main>
      </div>
      </body>
      </html>

      """
  }

  /// A long page begins with its sections.
  private func withContents(_ page: PageRewriter) -> String {
    let sections = page.headings.filter { $0.level == 2 }
    guard sections.count > 3, let title = page.html.firstRange(of: "</h1>") else {
      return page.html
    }
    let list = sections.map {
      "<li><a href=\"#\(HTMLText.escaped($0.anchor))\">\(HTMLText.escaped($0.text))</a></li>"
    }.joined(separator: "\n")
    return """
      \(page.html[..<title.upperBound])
      <details class="contents"><summary>On this page</summary>
      <ul>
      \(list)
      </ul></details>
      \(page.html[title.upperBound...])
      """
  }
}
