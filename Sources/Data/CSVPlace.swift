/// A cell, or a position, in a CSV file, as a person counts: lines and columns from 1.
package struct CSVPlace: Sendable, Hashable {
  package let line: Int
  /// The how-manieth cell of its line; 0 when the whole line is meant.
  package let cell: Int
  /// The bytes of the file that the cell takes up.
  package let bytes: Range<Int>

  package init(line: Int, cell: Int, bytes: Range<Int>) {
    self.line = line
    self.cell = cell
    self.bytes = bytes
  }
}
