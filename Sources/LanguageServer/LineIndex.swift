/// How the two sides count along a line.
enum PositionEncoding: String {
  case utf8 = "utf-8"
  case utf16 = "utf-16"
}

/// A text with its lines: UTF-8 offsets ↔ positions as the protocol counts them, from 0. Positions outside of the text are
/// brought back to the nearest place in it.
struct LineIndex {
  private let utf8: [UInt8]
  private let starts: [Int]

  init(_ text: String) {
    utf8 = Array(text.utf8)
    var starts = [0]
    for (offset, byte) in utf8.enumerated() {
      let isLast = byte == UInt8(ascii: "\n")
      // A carriage return alone ends a line in the protocol, too.
      let isLone =
        byte == UInt8(ascii: "\r")
        && (offset + 1 == utf8.count || utf8[offset + 1] != UInt8(ascii: "\n"))
      if isLast || isLone { starts.append(offset + 1) }
    }
    self.starts = starts
  }

  var end: Int { utf8.count }

  /// Without its line break.
  private func range(ofLine line: Int) -> Range<Int> {
    var end = line + 1 < starts.count ? starts[line + 1] : utf8.count
    while end > starts[line],
      utf8[end - 1] == UInt8(ascii: "\n") || utf8[end - 1] == UInt8(ascii: "\r")
    {
      end -= 1
    }
    return starts[line]..<end
  }

  func offset(of position: Position, _ encoding: PositionEncoding) -> Int {
    if position.line < 0 { return 0 }
    guard position.line < starts.count else { return utf8.count }
    let line = range(ofLine: position.line)
    let wanted = max(0, position.character)
    switch encoding {
    case .utf8:
      var offset = min(line.lowerBound + min(wanted, utf8.count), line.upperBound)
      while offset > line.lowerBound, offset < utf8.count, utf8[offset] & 0xC0 == 0x80 {
        offset -= 1
      }
      return offset
    case .utf16:
      var units = 0
      var offset = line.lowerBound
      while offset < line.upperBound {
        let (bytes, width) = Self.widths(utf8[offset])
        // Between the halves of a surrogate pair: before it.
        if units + width > wanted { break }
        units += width
        offset += bytes
      }
      return min(offset, line.upperBound)
    }
  }

  func position(of offset: Int, _ encoding: PositionEncoding) -> Position {
    let offset = min(max(offset, 0), utf8.count)
    var low = 0
    var high = starts.count
    while high - low > 1 {
      let middle = (low + high) / 2
      if starts[middle] <= offset { low = middle } else { high = middle }
    }
    switch encoding {
    case .utf8: return Position(line: low, character: offset - starts[low])
    case .utf16:
      var units = 0
      var index = starts[low]
      while index < offset {
        let (bytes, width) = Self.widths(utf8[index])
        units += width
        index += bytes
      }
      return Position(line: low, character: units)
    }
  }

  func range(of offsets: Range<Int>, _ encoding: PositionEncoding) -> TextRange {
    TextRange(
      start: position(of: offsets.lowerBound, encoding),
      end: position(of: offsets.upperBound, encoding))
  }

  /// Bytes of UTF-8 and units of UTF-16 of the character that begins with a byte.
  private static func widths(_ lead: UInt8) -> (bytes: Int, units: Int) {
    lead < 0xC0 ? (1, 1) : lead < 0xE0 ? (2, 1) : lead < 0xF0 ? (3, 1) : (4, 2)
  }
}
