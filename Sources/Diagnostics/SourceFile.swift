/// Identifies a source text within one compilation: a file, an embedded module, a line of the REPL.
package struct SourceID: Hashable, Sendable, Comparable {
  package let rawValue: Int

  package init(_ rawValue: Int) { self.rawValue = rawValue }

  package static func < (a: SourceID, b: SourceID) -> Bool { a.rawValue < b.rawValue }
}

/// A place in a text as people count: lines and columns from 1, a column being one grapheme
/// cluster (so `θ̂` is one column, whatever its bytes).
package struct SourcePosition: Hashable, Sendable {
  package let line: Int
  package let column: Int

  package init(line: Int, column: Int) {
    self.line = line
    self.column = column
  }
}

/// A text together with the name under which people know it.
///
/// Offsets are UTF-8 offsets into `text`. Every method takes any offset: one outside the text is
/// brought back to its nearest end, so that a diagnostic can always be shown.
package struct SourceFile: Sendable {
  package let id: SourceID
  /// The path as the user wrote it (or `<stdin>`, `<repl:3>`, `physics.node`).
  package let path: String
  package let text: String
  /// The bytes of `text`.
  package let utf8: [UInt8]
  /// Offsets at which lines begin; `[0]` for an empty text.
  private let lineStarts: [Int]

  package init(id: SourceID, path: String, text: String) {
    self.id = id
    self.path = path
    self.text = text
    self.utf8 = Array(text.utf8)
    var starts = [0]
    for (offset, byte) in utf8.enumerated() where byte == UInt8(ascii: "\n") {
      starts.append(offset + 1)
    }
    self.lineStarts = starts
  }

  /// The number of lines; an empty text has one.
  package var lineCount: Int { lineStarts.count }

  /// The line, from 1, that holds an offset. Cost: logarithmic in the number of lines.
  package func line(at offset: Int) -> Int {
    var low = 0
    var high = lineStarts.count
    while high - low > 1 {
      let middle = (low + high) / 2
      if lineStarts[middle] <= offset { low = middle } else { high = middle }
    }
    return low + 1
  }

  /// The UTF-8 range of a line (from 1), without its line break.
  package func range(ofLine line: Int) -> Range<Int> {
    let index = min(max(line, 1), lineStarts.count) - 1
    let start = lineStarts[index]
    var end = index + 1 < lineStarts.count ? lineStarts[index + 1] - 1 : utf8.count
    if end > start, utf8[end - 1] == UInt8(ascii: "\r") { end -= 1 }
    return start..<end
  }

  /// The text of a UTF-8 range; a range that cuts a character is repaired with U+FFFD.
  package func text(in range: Range<Int>) -> String {
    let low = min(max(range.lowerBound, 0), utf8.count)
    let high = min(max(range.upperBound, low), utf8.count)
    return String(decoding: utf8[low..<high], as: UTF8.self)
  }

  /// The text that a span of this source covers.
  package func text(of span: Span) -> String { text(in: span.start..<span.end) }

  /// The same on one line, whatever blanks are in it.
  package func line(of span: Span) -> String {
    text(of: span).split(whereSeparator: \.isWhitespace).joined(separator: " ")
  }

  /// Line and column of an offset.
  package func position(at offset: Int) -> SourcePosition {
    let offset = min(max(offset, 0), utf8.count)
    let line = line(at: offset)
    let start = lineStarts[line - 1]
    return SourcePosition(line: line, column: text(in: start..<offset).count + 1)
  }

  /// The span of the whole text.
  package var span: Span { Span(source: id, start: 0, end: utf8.count) }
}
