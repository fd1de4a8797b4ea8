/// What may be wrong with a CSV file. Each case holds the data of its message.
package enum CSVError: Error, Sendable, Equatable {
  case empty
  case notText(looksLike: String)
  case unclosedQuote(CSVPlace)
  case textAfterQuote(CSVPlace, text: String)
  case raggedRow(CSVPlace, found: Int, expected: Int)
  case duplicateColumn(name: String, first: CSVPlace, second: CSVPlace)
  case noRows
  case tooManyColumns(CSVPlace, limit: Int)
  /// A number beyond the greatest that there is.
  case tooLarge(CSVPlace, text: String)
  /// `1,5` for one and a half, and the file wasn't said to be written so.
  case decimalComma(CSVPlace, text: String)

  package var place: CSVPlace? {
    switch self {
    case .empty, .notText, .noRows: return nil
    case .unclosedQuote(let place), .textAfterQuote(let place, _), .raggedRow(let place, _, _),
      .duplicateColumn(_, _, let place), .tooManyColumns(let place, _), .tooLarge(let place, _),
      .decimalComma(let place, _):
      return place
    }
  }
}
