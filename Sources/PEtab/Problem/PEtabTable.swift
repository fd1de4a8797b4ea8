import NodalBasics
import NodalData
import NodalDiagnostics

/// A table of a problem: cells of text between tabs, with their places. A row may end early; what is missing is empty.
struct PEtabTable {
  struct Cell {
    let text: String
    let span: Span
  }

  struct Row {
    let cells: [Cell]
    let span: Span
    fileprivate let columns: [String: Int]

    /// Nil where the table has no such column, or nothing is in it.
    subscript(column: String) -> Cell? {
      guard let index = columns[column], index < cells.count else { return nil }
      let text = cells[index].text
      return NumberCell.missingWords.contains(text.lowercased()) ? nil : cells[index]
    }

    func require(_ column: String) throws(ImportFailure) -> Cell {
      guard let cell = self[column] else {
        throw ImportFailure(.table(.emptyCell(column: column)), at: span)
      }
      return cell
    }

    func number(_ column: String) throws(ImportFailure) -> Double? {
      guard let cell = self[column] else { return nil }
      guard let value = PEtabTable.number(cell.text) else {
        throw ImportFailure(.table(.notANumber(cell.text, column: column)), at: cell.span)
      }
      return value
    }

    /// One of a set of words, in any case; the standard one where there is none.
    func word<W: RawRepresentable & CaseIterable>(
      _ column: String, standard: W
    ) throws(ImportFailure) -> W where W.RawValue == String {
      guard let cell = self[column] else { return standard }
      let word = cell.text.lowercased()
      guard let found = W.allCases.first(where: { $0.rawValue.lowercased() == word }) else {
        throw ImportFailure(
          .table(
            .unknownWord(cell.text, column: column, known: W.allCases.map(\.rawValue))),
          at: cell.span)
      }
      return found
    }
  }

  private(set) var columns: [String] = []
  private(set) var rows: [Row] = []
  private let head: Span

  static func number(_ text: String) -> Double? {
    guard case .number(let value) = NumberCell(Array(text.utf8)[...]) else { return nil }
    return value
  }

  init(_ source: SourceFile) throws(ImportFailure) {
    func span(_ bytes: Range<Int>) -> Span {
      Span(source: source.id, start: bytes.lowerBound, end: bytes.upperBound)
    }
    let scanner: CSVScanner
    do {
      scanner = try CSVScanner(source.utf8, separator: .tab)
    } catch {
      switch error {
      case .textAfterQuote(let place, _):
        throw ImportFailure(.table(.textAfterQuote), at: span(place.bytes))
      case .unclosedQuote(let place):
        throw ImportFailure(.table(.unclosedQuote), at: span(place.bytes))
      case .empty, .notText, .raggedRow, .duplicateColumn, .noRows, .tooManyColumns, .tooLarge,
        .decimalComma:
        throw ImportFailure(.table(.noRows), at: source.span.before)
      }
    }
    guard scanner.rowCount > 0 else { throw ImportFailure(.table(.noRows), at: source.span.before) }
    var places: [String: Int] = [:]
    for (index, cell) in scanner.row(0).enumerated() {
      let name = scanner.text(cell)
      columns.append(name)
      if name.isEmpty { continue }
      if places.updateValue(index, forKey: name) != nil {
        throw ImportFailure(.table(.duplicateColumn(name)), at: span(cell.bytes))
      }
    }
    let first = scanner.row(0)
    head = span((first.first?.bytes.lowerBound ?? 0)..<(first.last?.bytes.upperBound ?? 0))
    for number in 1..<max(1, scanner.rowCount) {
      let cells = scanner.row(number)
      if let extra = cells.dropFirst(columns.count).first(where: { !$0.bytes.isEmpty }) {
        throw ImportFailure(
          .table(.longRow(found: cells.count, expected: columns.count)), at: span(extra.bytes))
      }
      guard let begin = cells.first, let end = cells.last else { continue }
      rows.append(
        Row(
          cells: cells.prefix(columns.count).map {
            Cell(text: scanner.text($0), span: span($0.bytes))
          },
          span: span(begin.bytes.lowerBound..<end.bytes.upperBound), columns: places))
    }
  }

  func require(columns names: [String]) throws(ImportFailure) {
    for name in names where !columns.contains(name) {
      throw ImportFailure(.table(.missingColumn(name, columns: columns)), at: head)
    }
  }
}
