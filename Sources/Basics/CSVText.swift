/// Text as a cell of a CSV file.
package enum CSVText {
  /// In quotes when it would be misread without: separators, quotes, line ends, blanks, comment
  /// marks, and nothing at all.
  package static func quoted(_ text: String) -> String {
    let special: Set<Unicode.Scalar> = [",", ";", "\t", "|", "\"", "\n", "\r", "#", "%", " "]
    guard text.isEmpty || text.unicodeScalars.contains(where: special.contains) else { return text }
    return "\"" + text.replacing("\"", with: "\"\"") + "\""
  }
}
