/// Cuts the bytes of a CSV file into rows of cells. Never fails on content but for quotes.
///
/// A line whose first character is `#` or `%` is a comment, blank lines are skipped, cells lose
/// the blanks around them, and a quoted cell may hold separators, line ends and doubled quotes.
package struct CSVScanner {
  package struct Cell: Sendable, Equatable {
    /// The text's bytes; for a quoted cell, those between the quotes.
    package var bytes: Range<Int>
    package var line: Int
    package var isQuoted: Bool
    package var hasDoubledQuotes: Bool
  }

  package let source: [UInt8]
  package let separator: CSVSeparator
  package private(set) var cells: [Cell] = []
  /// The index in `cells` where each row begins, and at last their number.
  package private(set) var rowStarts: [Int] = [0]

  /// The comment line just before the first row, without its mark: NumPy and MATLAB put the
  /// names there.
  package private(set) var headComment: Range<Int>?

  package var rowCount: Int { rowStarts.count - 1 }

  package func row(_ index: Int) -> ArraySlice<Cell> {
    cells[rowStarts[index]..<rowStarts[index + 1]]
  }

  package init(_ source: [UInt8], separator: CSVSeparator?) throws(CSVError) {
    self.source = source
    let start = source.starts(with: [0xEF, 0xBB, 0xBF]) ? 3 : 0
    self.separator = separator ?? CSVSeparator.detected(in: source, from: start)
    try scan(from: start)
  }

  private mutating func scan(from start: Int) throws(CSVError) {
    var at = start
    var line = 1
    while at < source.count {
      var first = at
      while first < source.count, source[first].isBlank, source[first] != separator.byte {
        first += 1
      }
      guard first < source.count else { return }
      if source[first] == .hash || source[first] == .percent || source[first].isLineEnd {
        at = skipLine(from: first)
        if rowCount == 0, !source[first].isLineEnd { headComment = first + 1..<at }
        line += 1
      } else {
        try scanRow(&at, &line)
        rowStarts.append(cells.count)
      }
    }
  }

  /// The index after the line's end: LF, CR LF, or a lone CR.
  private func skipLine(from start: Int) -> Int {
    var at = start
    while at < source.count, !source[at].isLineEnd { at += 1 }
    if at + 1 < source.count, source[at] == .carriageReturn, source[at + 1] == .lineFeed {
      return at + 2
    }
    return min(at + 1, source.count)
  }

  private mutating func scanRow(_ at: inout Int, _ line: inout Int) throws(CSVError) {
    let rowStart = cells.count
    while true {
      while at < source.count, source[at].isBlank, source[at] != separator.byte { at += 1 }
      if separator == .blanks, cells.count > rowStart, at == source.count || source[at].isLineEnd {
        break  // blanks at the end of a line are no cell
      }
      if at < source.count, source[at] == .quote {
        try scanQuoted(&at, &line, number: cells.count - rowStart + 1)
      } else {
        scanBare(&at, line)
      }
      guard at < source.count, !source[at].isLineEnd else { break }
      // Either the separator's byte, or the first of some blanks.
      if separator != .blanks { at += 1 }
    }
    at = skipLine(from: at)
    line += 1
  }

  private mutating func scanBare(_ at: inout Int, _ line: Int) {
    let start = at
    while at < source.count, !source[at].isLineEnd, !separator.matches(source[at]) { at += 1 }
    var end = at
    while end > start, source[end - 1].isBlank { end -= 1 }
    cells.append(Cell(bytes: start..<end, line: line, isQuoted: false, hasDoubledQuotes: false))
  }

  private mutating func scanQuoted(
    _ at: inout Int, _ line: inout Int, number: Int
  ) throws(CSVError) {
    let open = at
    let openLine = line
    var doubled = false
    at += 1
    let start = at
    while true {
      guard at < source.count else {
        throw .unclosedQuote(CSVPlace(line: openLine, cell: number, bytes: open..<open + 1))
      }
      if source[at] == .quote {
        guard at + 1 < source.count, source[at + 1] == .quote else { break }
        doubled = true
        at += 2
        continue
      }
      let isReturnOfPair =
        source[at] == .carriageReturn && at + 1 < source.count && source[at + 1] == .lineFeed
      if source[at].isLineEnd, !isReturnOfPair { line += 1 }
      at += 1
    }
    cells.append(
      Cell(bytes: start..<at, line: openLine, isQuoted: true, hasDoubledQuotes: doubled))
    at += 1
    let after = at
    while at < source.count, source[at].isBlank, !separator.matches(source[at]) { at += 1 }
    guard at < source.count, !source[at].isLineEnd, !separator.matches(source[at]) else { return }
    while at < source.count, !source[at].isLineEnd, !separator.matches(source[at]) { at += 1 }
    throw .textAfterQuote(
      CSVPlace(line: line, cell: number, bytes: open..<at),
      text: Self.decoded(source[after..<at]))
  }

  /// The text of a cell, quotes undone. Bytes that are not UTF-8 are read as Latin-1, as older
  /// instruments write.
  package func text(_ cell: Cell) -> String {
    let text = Self.decoded(source[cell.bytes])
    guard cell.hasDoubledQuotes else { return text }
    var out = ""
    var afterQuote = false
    for character in text.unicodeScalars {
      if character == "\"", afterQuote {
        afterQuote = false
        continue
      }
      afterQuote = character == "\""
      out.unicodeScalars.append(character)
    }
    return out
  }

  private static func decoded(_ bytes: ArraySlice<UInt8>) -> String {
    if let text = String(validating: bytes, as: UTF8.self) { return text }
    var text = ""
    for byte in bytes { text.unicodeScalars.append(Unicode.Scalar(byte)) }
    return text
  }
}

extension UInt8 {
  static let quote = UInt8(ascii: "\"")
  static let hash = UInt8(ascii: "#")
  static let percent = UInt8(ascii: "%")
  static let lineFeed = UInt8(ascii: "\n")
  static let carriageReturn = UInt8(ascii: "\r")
  var isLineEnd: Bool { self == .lineFeed || self == .carriageReturn }
  var isBlank: Bool { self == UInt8(ascii: " ") || self == UInt8(ascii: "\t") }
  var isDigit: Bool { self >= UInt8(ascii: "0") && self <= UInt8(ascii: "9") }
}
