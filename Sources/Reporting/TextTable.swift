/// A table for people: columns lined up, words to the left and numbers to the right.
///
///     parameter   value     prior
///     lotka.α     0.5481    normal(1, 0.5)
package struct TextTable: Sendable, Equatable {
  package enum Alignment: Sendable, Hashable {
    case left
    case right
  }

  package struct Column: Sendable, Equatable {
    package let title: String
    package let alignment: Alignment

    package init(_ title: String, _ alignment: Alignment = .left) {
      self.title = title
      self.alignment = alignment
    }
  }

  package var columns: [Column]
  /// Cells of each row; missing ones are blank, those beyond the columns are left out.
  package var rows: [[String]]
  /// Spaces between columns.
  package var gap = 3

  package init(columns: [Column], rows: [[String]] = []) {
    self.columns = columns
    self.rows = rows
  }

  /// Lines without blanks at their ends, each closed by a line end. The title line is left out
  /// when no column has a title.
  package var text: String {
    let titles = columns.map(\.title)
    let all = (titles.allSatisfy { $0.isEmpty } ? [] : [titles]) + rows
    let cells = all.map { row in columns.indices.map { $0 < row.count ? Self.line(row[$0]) : "" } }
    let widths = columns.indices.map { index in
      cells.map { TextWidth.of($0[index]) }.max() ?? 0
    }
    return cells.map { row in
      var line = ""
      for (index, cell) in row.enumerated() {
        let padding = String(repeating: " ", count: widths[index] - TextWidth.of(cell))
        line += columns[index].alignment == .right ? padding + cell : cell + padding
        line += String(repeating: " ", count: gap)
      }
      while line.last == " " { line.removeLast() }
      return line + "\n"
    }.joined()
  }

  /// Line ends would break the table apart.
  private static func line(_ text: String) -> String {
    text.contains(where: \.isNewline)
      ? text.split(whereSeparator: \.isNewline).joined(separator: " ") : text
  }
}

/// How many columns of a terminal a text takes.
package enum TextWidth {
  /// A grapheme cluster is one column; East Asian wide characters and emoji are two.
  package static func of(_ text: String) -> Int {
    text.reduce(0) { sum, character in
      guard let scalar = character.unicodeScalars.first?.value else { return sum }
      let isWide =
        (0x1100...0x115F).contains(scalar) || (0x2E80...0xA4CF).contains(scalar)
        || (0xAC00...0xD7A3).contains(scalar) || (0xF900...0xFAFF).contains(scalar)
        || (0xFE30...0xFE6F).contains(scalar) || (0xFF00...0xFF60).contains(scalar)
        || (0x1F300...0x1FAFF).contains(scalar) || (0x20000...0x3FFFD).contains(scalar)
      return sum + (isWide ? 2 : 1)
    }
  }

  /// The text cut to so many columns, the last one `…` where something was cut.
  package static func cut(_ text: String, to width: Int) -> String {
    if of(text) <= width { return text }
    var out = ""
    var used = 0
    for character in text {
      let own = of(String(character))
      if used + own > width - 1 { break }
      out.append(character)
      used += own
    }
    return width > 0 ? out + "…" : ""
  }
}
