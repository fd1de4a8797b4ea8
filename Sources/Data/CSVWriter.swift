import NodalBasics

/// Writes tables as CSV that `CSVReader`, spreadsheets and R read back: a header line, commas,
/// numbers in the shortest form that keeps every bit, missing cells as `NA`.
package enum CSVWriter {
  package static func text(_ table: Table) -> String {
    var out = table.columns.map { CSVText.quoted($0.name) }.joined(separator: ",") + "\n"
    for row in 0..<table.rowCount {
      for (index, column) in table.columns.enumerated() {
        if index > 0 { out += "," }
        switch column.content {
        case .numbers(let values, let missing):
          guard values.indices.contains(row) else { continue }
          let isMissing = missing.indices.contains(row) && missing[row]
          out += isMissing ? "NA" : NumberFormat.shortest(values[row])
        case .text(let text):
          guard text.codes.indices.contains(row) else { continue }
          let code = text.codes[row]
          out +=
            text.categories.indices.contains(code) ? CSVText.quoted(text.categories[code]) : "NA"
        }
      }
      out += "\n"
    }
    return out
  }
}
