extension Dataset {
  /// The data set as a table to be written: a row for each time of each example (or each
  /// example), vector fields as `x_0`, `x_1`, …, and the example's number in front when there are
  /// several experiments.
  package var table: Table {
    let rows = lengths == nil ? exampleCount : timeCount
    var columns: [Table.Column] = []
    let example: [Int] = (lengths ?? []).enumerated().flatMap {
      Array(repeating: $0.offset, count: $0.element)
    }
    if lengths != nil, exampleCount > 1 {
      var name = "experiment"
      while fieldNames.contains(name) { name += "_" }
      columns.append(
        Table.Column(name: name, content: .numbers(example.map(Double.init), missing: [])))
    }
    for field in fields {
      let width = field.width
      for part in 0..<width {
        let isSpread = lengths != nil && field.axis == .example
        func index(_ row: Int) -> Int { (isSpread ? example[row] : row) * width + part }
        columns.append(
          Table.Column(
            name: Self.columnName(field, part: part),
            content: Self.content(field, (0..<rows).map(index))))
      }
    }
    return Table(columns: columns, rowCount: rows)
  }

  private static func columnName(_ field: DataField, part: Int) -> String {
    guard !field.shape.isEmpty else { return field.name }
    var rest = part
    var name = ""
    for size in field.shape.reversed() {
      name = "_\(rest % size)" + name
      rest /= size
    }
    return field.name + name
  }

  private static func content(_ field: DataField, _ indices: [Int]) -> Table.Content {
    func isMissing(_ index: Int) -> Bool {
      field.missing.indices.contains(index) && field.missing[index]
    }
    guard field.categories.isEmpty else {
      let codes = indices.map { isMissing($0) ? -1 : Int(exactly: field.values[$0]) ?? -1 }
      return .text(
        TextColumn(categories: field.categories, codes: codes, numberCount: 0, firstWord: nil))
    }
    return .numbers(
      indices.map { field.values[$0] },
      missing: field.missing.isEmpty ? [] : indices.map(isMissing))
  }
}
