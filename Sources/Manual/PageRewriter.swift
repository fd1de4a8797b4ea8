/// cmark's HTML of a page → that of the site: links lead to its pages, headings have names, programs have colours, tables
/// scroll by themselves; and what links, headings and text there are.
struct PageRewriter {
  struct Heading: Sendable {
    let level: Int
    let anchor: String
    let text: String
  }

  struct Link: Sendable {
    /// As it stands in Markdown.
    let target: String
    let text: String
    /// The heading that it stands under.
    let section: String
  }

  /// A heading and the text below it, for the search.
  struct Section: Sendable {
    let heading: Heading?
    var text = ""
  }

  private(set) var html = ""
  private(set) var headings: [Heading] = []
  private(set) var links: [Link] = []
  private(set) var sections = [Section(heading: nil)]
  private var anchors = Anchors()
  private var isInLink = false
  /// Of a link that leads nowhere on the site, whose end is left out too.
  private var isMuted = false
  /// What `href` is to be; nil where there is no such page.
  private let destination: (String) -> String?

  /// - Parameter destination: what a link leads to; nil where it leads out of the site.
  init(_ source: String, destination: @escaping (String) -> String?) {
    self.destination = destination
    rewrite(source)
  }

  private mutating func rewrite(_ source: String) {
    var rest = Substring(source)
    while let tag = rest.firstIndex(of: "<") {
      take(text: rest[..<tag])
      rest = rest[tag...]
      if rest.hasPrefix("<pre><code") {
        rest = takeCode(rest)
      } else if let level = Self.headingLevel(rest) {
        rest = takeHeading(rest, level: level)
      } else if rest.hasPrefix("<a href=\"") {
        rest = takeLink(rest)
      } else if rest.hasPrefix("<img src=\"") {
        rest = takeImage(rest)
      } else {
        rest = takeTag(rest)
      }
    }
    take(text: rest)
  }

  private mutating func take(text: Substring) {
    sections[sections.count - 1].text += HTMLText.unescaped(text)
    // Links are often called like the files that they lead to: `solvers.md`.
    html +=
      isInLink ? String(text.hasSuffix(".md") ? text.dropLast(3) : text) : withCodesLinked(text)
  }

  /// `E0401` in running text leads to its page.
  private func withCodesLinked(_ text: Substring) -> String {
    guard text.contains(where: \.isNumber) else { return String(text) }
    return String(text).replacing(#/\b[EW][0-9]{4}\b/#) { match in
      let code = String(match.output)
      return destination("errors:\(code)").map { "<a href=\"\($0)\">\(code)</a>" } ?? code
    }
  }

  private mutating func takeTag(_ rest: Substring) -> Substring {
    guard let end = rest.firstIndex(of: ">") else {
      html += rest
      return ""
    }
    let tag = rest[...end]
    switch tag {
    case "<table>": html += "<div class=\"table\"><table>"
    case "</table>": html += "</table></div>"
    case "</a>":
      if !isMuted { html += tag }
      isMuted = false
      isInLink = false
    default: html += tag
    }
    return rest[rest.index(after: end)...]
  }

  private mutating func takeLink(_ rest: Substring) -> Substring {
    guard let (value, behind) = Self.attribute(rest, behind: "<a href=\""),
      let end = behind.firstIndex(of: ">")
    else { return takeTag(rest) }
    let inside = behind[behind.index(after: end)...]
    let text = inside.firstRange(of: "</a>").map { inside[..<$0.lowerBound] } ?? inside
    links.append(
      Link(
        target: value, text: Self.text(of: String(text)),
        section: headings.last { $0.level <= 2 }?.text ?? ""))
    isInLink = true
    if let place = destination(value) {
      html += "<a href=\"\(HTMLText.escaped(place))\">"
    } else {
      isMuted = true
    }
    return inside
  }

  private mutating func takeImage(_ rest: Substring) -> Substring {
    guard let (value, behind) = Self.attribute(rest, behind: "<img src=\"") else {
      return takeTag(rest)
    }
    links.append(Link(target: value, text: "", section: ""))
    html += "<img loading=\"lazy\" src=\"\(HTMLText.escaped(destination(value) ?? value))\""
    return behind
  }

  private mutating func takeHeading(_ rest: Substring, level: Int) -> Substring {
    let close = "</h\(level)>"
    guard let end = rest.firstRange(of: close) else { return takeTag(rest) }
    let inner = rest[rest.index(rest.startIndex, offsetBy: 4)..<end.lowerBound]
    let text = Self.text(of: String(inner))
    let heading = Heading(level: level, anchor: anchors.next(for: text), text: text)
    headings.append(heading)
    sections.append(Section(heading: heading))
    html += "<h\(level) id=\"\(HTMLText.escaped(heading.anchor))\">\(inner)"
    if level > 1 {
      html +=
        "<a class=\"here\" href=\"#\(heading.anchor)\" aria-label=\"link to this section\">#</a>"
    }
    html += close
    return rest[end.upperBound...]
  }

  private mutating func takeCode(_ rest: Substring) -> Substring {
    guard let (block, behind) = Self.code(rest) else { return takeTag(rest) }
    sections[sections.count - 1].text += block.text
    let next = behind.drop { $0.isWhitespace }
    if block.isForeign, let (other, last) = Self.code(next), other.language == "node" {
      sections[sections.count - 1].text += other.text
      html += "<div class=\"pair\">\(block.html)\(other.html)</div>"
      return last
    }
    html += block.html
    return behind
  }

  /// A block of code at the beginning of a text, and what is behind it.
  private static func code(_ rest: Substring) -> (CodeBlock, Substring)? {
    guard rest.hasPrefix("<pre><code"), let open = rest.dropFirst(5).firstIndex(of: ">"),
      let close = rest.firstRange(of: "</code></pre>")
    else { return nil }
    let language = attribute(rest, behind: "<pre><code class=\"language-")?.value ?? "text"
    var text = HTMLText.unescaped(rest[rest.index(after: open)..<close.lowerBound])
    if text.hasSuffix("\n") { text.removeLast() }
    return (CodeBlock(language: language, text: text), rest[close.upperBound...])
  }

  /// The value of an attribute that a text begins with, and what is behind its quotes.
  private static func attribute(
    _ rest: Substring, behind opening: String
  ) -> (value: String, behind: Substring)? {
    guard rest.hasPrefix(opening) else { return nil }
    let value = rest.dropFirst(opening.count)
    guard let quote = value.firstIndex(of: "\"") else { return nil }
    return (HTMLText.unescaped(value[..<quote]), value[value.index(after: quote)...])
  }

  private static func headingLevel(_ rest: Substring) -> Int? {
    (1...6).first { rest.hasPrefix("<h\($0)>") }
  }

  /// The text of a piece of HTML.
  private static func text(of html: String) -> String {
    HTMLText.unescaped(html.replacing(#/<[^>]*>/#, with: ""))
  }
}
