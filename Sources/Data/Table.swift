/// A table as a CSV file holds it: named columns of equal length.
package struct Table: Sendable {
  package var columns: [Column]
  package let rowCount: Int

  /// One column: numbers when every cell that is there is a number, else text.
  package struct Column: Sendable {
    package var name: String
    package var content: Content
    /// Where the name stands, nil for a column that no file holds.
    package var place: CSVPlace?

    package init(name: String, content: Content, place: CSVPlace? = nil) {
      self.name = name
      self.content = content
      self.place = place
    }
  }

  package enum Content: Sendable {
    /// Missing cells are NaN here and true in `missing`; `missing` is empty when none is.
    case numbers([Double], missing: [Bool])
    case text(TextColumn)
  }

  package init(columns: [Column], rowCount: Int, rowPlaces: [CSVPlace] = []) {
    self.columns = columns
    self.rowCount = rowCount
    self.rowPlaces = rowPlaces
  }

  /// Where each row stands in its file; empty when there is none.
  package var rowPlaces: [CSVPlace]

  package func column(named name: String) -> Column? { columns.first { $0.name == name } }
}

/// A column with words in it: each row holds the number of its word.
package struct TextColumn: Sendable {
  /// The different words, in order of first appearance.
  package var categories: [String]
  /// The row's index in `categories`, -1 where the cell is missing.
  package var codes: [Int]
  /// How many cells could have been numbers, and the first one that could not.
  package var numberCount: Int
  package var firstWord: CSVPlace?

  package init(categories: [String], codes: [Int], numberCount: Int, firstWord: CSVPlace?) {
    self.categories = categories
    self.codes = codes
    self.numberCount = numberCount
    self.firstWord = firstWord
  }

  /// Mostly numbers: the words in it are more likely mistakes than categories.
  package var isMostlyNumbers: Bool {
    numberCount * 2 > codes.filter { $0 >= 0 }.count
  }
}
