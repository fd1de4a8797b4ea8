import Foundation

/// Text of HTML. What goes in through its functions is escaped; so nothing that a program or a file says becomes markup.
struct HTML: Sendable {
  private(set) var text = ""

  /// As text, and within the quotes of an attribute.
  static func escaped(_ text: String) -> String {
    var out = ""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "&": out += "&amp;"
      case "<": out += "&lt;"
      case ">": out += "&gt;"
      case "\"": out += "&quot;"
      case "'": out += "&#39;"
      case "\n", "\t": out.unicodeScalars.append(scalar)
      // Control characters have no place in HTML.
      case "\0"..<" ", "\u{7F}"..<"\u{A0}": out += "\u{FFFD}"
      default: out.unicodeScalars.append(scalar)
      }
    }
    return out
  }

  /// Markup of our own.
  mutating func markup(_ markup: String) { text += markup + "\n" }

  /// An element with nothing but text in it.
  mutating func element(_ name: String, _ content: String, class: String? = nil) {
    let attribute = `class`.map { " class=\"\(Self.escaped($0))\"" } ?? ""
    markup("<\(name)\(attribute)>\(Self.escaped(content))</\(name)>")
  }

  /// Items, where there are any.
  mutating func list(_ items: [String], class: String? = nil) {
    if items.isEmpty { return }
    markup("<ul\(`class`.map { " class=\"\(Self.escaped($0))\"" } ?? "")>")
    for item in items { element("li", item) }
    markup("</ul>")
  }

  /// A cell of a table.
  enum Cell {
    case text(String)
    case number(Double)
    /// A small chart.
    case chart(String)

    var html: String {
      switch self {
      case .text(let text): "<td>\(HTML.escaped(text))</td>"
      case .number(let x): "<td class=\"number\">\(HTML.escaped(HTML.number(x)))</td>"
      case .chart(let svg): "<td>\(svg)</td>"
      }
    }
  }

  mutating func table(_ columns: [String], _ rows: [[Cell]]) {
    if rows.isEmpty { return }
    markup("<div class=\"wide\"><table>")
    let head = zip(columns.indices, columns).map { index, title in
      var isNumber = false
      if case .number? = rows.first.flatMap({ $0.indices.contains(index) ? $0[index] : nil }) {
        isNumber = true
      }
      return "<th\(isNumber ? " class=\"number\"" : "")>\(Self.escaped(title))</th>"
    }
    if columns.contains(where: { !$0.isEmpty }) { markup("<tr>" + head.joined() + "</tr>") }
    for row in rows { markup("<tr>" + row.map(\.html).joined() + "</tr>") }
    markup("</table></div>")
  }

  /// A picture in the page itself. As an image a picture runs no scripts and loads nothing.
  mutating func image(_ bytes: [UInt8], kind: String, name: String) {
    markup(
      "<figure><img alt=\"\(Self.escaped(name))\" src=\"data:\(kind);base64,\(Data(bytes).base64EncodedString())\"><figcaption>\(Self.escaped(name))</figcaption></figure>"
    )
  }
}
