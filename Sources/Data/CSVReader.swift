/// Reads CSV files as people and instruments write them.
///
/// Comment lines, blanks around cells, quoted cells, missing cells (`NumberCell.missingWords`), a
/// byte-order mark, any line ends, a comma after the last cell, and separators other than the
/// comma are understood. A row with too many or too few cells is an error that names its line.
package struct CSVReader: Sendable {
  /// Nil: found from the first lines.
  package var separator: CSVSeparator?
  /// Does the first row hold names? Nil: it does unless all its cells are numbers; then the comment
  /// before it may hold them.
  package var header: Bool?
  /// What stands before the digits behind the point.
  package var decimal: UInt8

  package init(
    separator: CSVSeparator? = nil, header: Bool? = nil, decimal: UInt8 = UInt8(ascii: ".")
  ) {
    self.separator = separator
    self.header = header
    self.decimal = decimal
  }

  /// More columns than this is a file of another kind.
  private static let columnLimit = 100_000

  package func read(_ source: [UInt8]) throws(CSVError) -> Table {
    if let kind = Self.binaryKind(source) { throw .notText(looksLike: kind) }
    let scanner = try CSVScanner(source, separator: separator)
    guard scanner.rowCount > 0 else { throw .empty }
    let first = scanner.row(0)
    guard first.count <= Self.columnLimit else {
      throw .tooManyColumns(Self.place(ofRow: 0, scanner), limit: Self.columnLimit)
    }
    let hasHeader =
      header ?? !first.allSatisfy { NumberCell(source[$0.bytes], decimal: decimal) != .text }
      || first.allSatisfy { $0.bytes.isEmpty }
    let rows = (hasHeader ? 1 : 0)..<scanner.rowCount
    let width = try Self.width(scanner, rows: rows, hasHeader: hasHeader)
    let names =
      try hasHeader
      ? Self.names(scanner, row: scanner.row(0), width: width)
      : header == nil ? commentNames(scanner, width: width) : Self.numbered(width)
    guard !rows.isEmpty else { throw .noRows }
    var columns: [Table.Column] = []
    for index in 0..<width {
      columns.append(
        Table.Column(
          name: names[index], content: try content(scanner, rows: rows, column: index),
          place: hasHeader && index < first.count
            ? Self.place(first[first.startIndex + index], number: index + 1) : nil))
    }
    return Table(
      columns: columns, rowCount: rows.count,
      rowPlaces: rows.map { Self.place(ofRow: $0, scanner) })
  }

  /// What a file that is no text seems to be.
  private static func binaryKind(_ source: [UInt8]) -> String? {
    if source.starts(with: [0x1F, 0x8B]) { return "a gzip file" }
    if source.starts(with: [0x50, 0x4B, 0x03, 0x04]) { return "a zip file or a spreadsheet" }
    if source.starts(with: [0xFF, 0xFE]) || source.starts(with: [0xFE, 0xFF]) {
      return "text in UTF-16"
    }
    return source.prefix(1 << 16).contains(0) ? "a binary file" : nil
  }

  /// The number of columns: that of the first row, less trailing ones that hold nothing in any
  /// row (a comma after the last cell). Checks that every row has as many.
  private static func width(
    _ scanner: CSVScanner, rows: Range<Int>, hasHeader: Bool
  ) throws(CSVError) -> Int {
    func filled(_ row: ArraySlice<CSVScanner.Cell>) -> Int {
      var count = row.count
      while count > 0 {
        let cell = row[row.startIndex + count - 1]
        guard cell.bytes.isEmpty, !cell.isQuoted else { break }
        count -= 1
      }
      return count
    }
    let first = scanner.row(0)
    var width = filled(first)
    // A column without a name is one all the same when a row of full width has something in it.
    for row in rows where scanner.row(row).count == first.count && width < first.count {
      width = max(width, filled(scanner.row(row)))
    }
    width = max(width, 1)
    for row in rows {
      let cells = scanner.row(row)
      let isShort = cells.count < width
      let isLong = cells.count > width && filled(cells) > width
      if isShort || isLong {
        throw .raggedRow(
          place(ofRow: row, scanner), found: isShort ? cells.count : filled(cells),
          expected: width)
      }
    }
    return width
  }

  private static func numbered(_ width: Int) -> [String] { (1...width).map { "column_\($0)" } }

  /// The names in the comment before the first row, if it has one for each column.
  private func commentNames(_ scanner: CSVScanner, width: Int) -> [String] {
    guard let comment = scanner.headComment,
      let head = try? CSVScanner(
        Array(scanner.source[comment]), separator: scanner.separator),
      head.rowCount == 1, head.row(0).count == width,
      !head.row(0).contains(where: { NumberCell(head.source[$0.bytes], decimal: decimal) != .text })
    else { return Self.numbered(width) }
    return (try? Self.names(head, row: head.row(0), width: width)) ?? Self.numbered(width)
  }

  private static func names(
    _ scanner: CSVScanner, row header: ArraySlice<CSVScanner.Cell>, width: Int
  ) throws(CSVError) -> [String] {
    var seen: [String: Int] = [:]
    var names: [String] = []
    for index in 0..<width {
      let text = index < header.count ? scanner.text(header[header.startIndex + index]) : ""
      let name = trimmed(text)
      if name.isEmpty {
        names.append("column_\(index + 1)")
        continue
      }
      if let earlier = seen[name] {
        throw .duplicateColumn(
          name: name, first: place(header[header.startIndex + earlier], number: earlier + 1),
          second: place(header[header.startIndex + index], number: index + 1))
      }
      seen[name] = index
      names.append(name)
    }
    return names
  }

  /// Without blanks at both ends, and with line ends inside made spaces: names are shown on a line.
  private static func trimmed(_ text: String) -> String {
    text.split { $0.isWhitespace }.joined(separator: " ")
  }

  private func content(
    _ scanner: CSVScanner, rows: Range<Int>, column: Int
  ) throws(CSVError) -> Table.Content {
    var values: [Double] = []
    values.reserveCapacity(rows.count)
    var missing: [Bool] = []
    var anyMissing = false
    for row in rows {
      let cells = scanner.row(row)
      let cell = cells[cells.startIndex + column]
      switch NumberCell(scanner.source[cell.bytes], decimal: decimal) {
      case .number(let value):
        values.append(value)
        missing.append(false)
      case .missing:
        values.append(.nan)
        missing.append(true)
        anyMissing = true
      case .tooLarge:
        throw .tooLarge(Self.place(cell, number: column + 1), text: scanner.text(cell))
      case .text:
        let words = words(scanner, rows: rows, column: column)
        // Numbers all the same, with another decimal sign than the reader was told of.
        if scanner.separator != .comma, decimal == UInt8(ascii: "."), let first = words.firstWord,
          words.categories.allSatisfy({
            switch NumberCell(Array($0.utf8)[...], decimal: UInt8(ascii: ",")) {
            case .number, .missing: true
            case .text, .tooLarge: NumberCell(Array($0.utf8)[...]) != .text
            }
          })
        {
          throw .decimalComma(first, text: scanner.text(cell))
        }
        return .text(words)
      }
    }
    return .numbers(values, missing: anyMissing ? missing : [])
  }

  private func words(
    _ scanner: CSVScanner, rows: Range<Int>, column: Int
  ) -> TextColumn {
    var result = TextColumn(categories: [], codes: [], numberCount: 0, firstWord: nil)
    var numbers: [String: Int] = [:]
    for row in rows {
      let cells = scanner.row(row)
      let cell = cells[cells.startIndex + column]
      let kind = NumberCell(scanner.source[cell.bytes], decimal: decimal)
      if kind == .missing {
        result.codes.append(-1)
        continue
      }
      if kind == .text {
        if result.firstWord == nil { result.firstWord = Self.place(cell, number: column + 1) }
      } else {
        result.numberCount += 1
      }
      let text = scanner.text(cell)
      if let code = numbers[text] {
        result.codes.append(code)
      } else {
        result.codes.append(result.categories.count)
        numbers[text] = result.categories.count
        result.categories.append(text)
      }
    }
    return result
  }

  private static func place(_ cell: CSVScanner.Cell, number: Int) -> CSVPlace {
    CSVPlace(line: cell.line, cell: number, bytes: cell.bytes)
  }

  private static func place(ofRow index: Int, _ scanner: CSVScanner) -> CSVPlace {
    let cells = scanner.row(index)
    guard let first = cells.first, let last = cells.last else {
      return CSVPlace(line: 1, cell: 0, bytes: 0..<0)
    }
    return CSVPlace(
      line: first.line, cell: 0, bytes: first.bytes.lowerBound..<last.bytes.upperBound)
  }
}
