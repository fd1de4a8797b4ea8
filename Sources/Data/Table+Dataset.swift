import NodalBasics
import NodalTypes

extension Table {
  /// The data set that a schema makes of this table.
  ///
  /// Rows are grouped by the experiment column in order of first appearance. With experiments, a
  /// column that has one value throughout each of them (a weight, a dose) becomes a field on the
  /// example axis. A column of words becomes numbers with `categories`; one that is mostly
  /// numbers is taken for numbers with a mistake in it, which is named.
  package func dataset(_ schema: TableSchema) throws(TableError) -> Dataset {
    let groups = try experiments(schema.experiment)
    let order = groups.flatMap(\.rows)
    let inputs = try schema.inputFields(columns: columns.map(\.name))
    var used: Set<String> = []
    var fields: [DataField] = []
    let time = try timeField(schema, groups: groups, order: order)
    if let time { fields.append(time) }
    if case .column(let name) = schema.time { used.insert(name) }
    if let name = schema.experiment {
      used.insert(name)
      fields.append(identityField(name, groups: groups, hasTime: time != nil, order: order))
    }
    for selection in schema.selections {
      guard !selection.columns.isEmpty else { throw .selectionWithoutColumns(selection.field) }
      var parts: [DataField] = []
      for name in selection.columns {
        guard let column = column(named: name) else {
          throw .unknownColumn(
            name: name, role: .field(selection.field), columns: columns.map(\.name))
        }
        parts.append(
          try field(
            column, order: order,
            isSelected: selection.columns.count > 1 || inputs.contains(selection.field)))
        used.insert(name)
      }
      fields.append(Self.joined(parts, as: selection))
    }
    for column in columns where !used.contains(column.name) {
      fields.append(
        try field(column, order: order, isSelected: inputs.contains(column.name)))
    }
    var seen: Set<String> = []
    for field in fields where !seen.insert(field.name).inserted {
      throw .duplicateField(field.name)
    }
    var result: Dataset
    if let time {
      let lengths = groups.map(\.rows.count)
      if schema.experiment != nil {
        // An input runs along time, were it the same all the time.
        fields = fields.map {
          $0.axis == .time && !inputs.contains($0.name)
            ? Self.constant($0, lengths, time: time.name) : $0
        }
      }
      result = Dataset(lengths: lengths, time: time.name, fields: fields)
    } else {
      result = Dataset(
        rows: order.count,
        fields: fields.map { field in
          var field = field
          field.axis = .example
          return field
        })
    }
    result.inputNames = inputs
    if let column = schema.experiment {
      let places = groups.indices.flatMap { i in
        Array(repeating: i, count: time == nil ? groups[i].rows.count : 1)
      }
      result.setExperiments(
        places,
        names: DatasetType.Experiments(column: column, labels: groups.map { $0.label ?? "" }))
    }
    return result
  }

  private struct Group {
    var label: String?
    var rows: [Int]
  }

  private func experiments(_ name: String?) throws(TableError) -> [Group] {
    guard let name else { return [Group(label: nil, rows: Array(0..<rowCount))] }
    guard let column = column(named: name) else {
      throw .unknownColumn(name: name, role: .experiment, columns: columns.map(\.name))
    }
    var labels: [String] = []
    for row in 0..<rowCount {
      guard let label = column.label(row) else {
        throw .missingExperiment(column: name, place: place(row, column))
      }
      labels.append(label)
    }
    return labels.placesByElement.map { Group(label: $0.element, rows: $0.places) }
  }

  /// The experiment column itself: numbers if all are, else words; one entry an experiment, or a
  /// row where there is no time axis.
  private func identityField(
    _ name: String, groups: [Group], hasTime: Bool, order: [Int]
  ) -> DataField {
    let labels = groups.map { $0.label ?? "" }
    let numbers = labels.compactMap(Double.init)
    let areNumbers = numbers.count == labels.count
    let perGroup = areNumbers ? numbers : labels.indices.map(Double.init)
    let values =
      hasTime
      ? perGroup
      : zip(groups, perGroup).flatMap { Array(repeating: $1, count: $0.rows.count) }
    return DataField(
      name, on: .example, values: values, categories: areNumbers ? [] : labels,
      isInteger: perGroup.allSatisfy { $0 == $0.rounded() })
  }

  private func timeField(
    _ schema: TableSchema, groups: [Group], order: [Int]
  ) throws(TableError) -> DataField? {
    switch schema.time {
    case nil: return nil
    case .rate(let rate):
      guard rate > 0, rate.isFinite else { throw .rateNotPositive(rate) }
      let values = groups.flatMap { group in group.rows.indices.map { Double($0) / rate } }
      return DataField("t", on: .time, values: values)
    case .column(let name):
      guard let column = column(named: name) else {
        throw .unknownColumn(name: name, role: .time, columns: columns.map(\.name))
      }
      var field = try field(column, order: order, isSelected: true)
      field.unit = schema.timeUnit
      if let index = field.missing.firstIndex(of: true) {
        throw .missingTime(column: name, place: place(order[index], column))
      }
      var at = 0
      for group in groups {
        for position in at..<at + group.rows.count {
          if position > at, field.values[position] < field.values[position - 1] {
            throw .timeGoesBack(
              column: name, from: field.values[position - 1], to: field.values[position],
              place: place(order[position], column), experiment: group.label,
              hasExperiments: schema.experiment != nil)
          }
        }
        at += group.rows.count
      }
      return field
    }
  }

  private func field(
    _ column: Column, order: [Int], isSelected: Bool
  ) throws(TableError) -> DataField {
    switch column.content {
    case .numbers(let values, let missing):
      return DataField(
        column.name, on: .time, values: order.map { values[$0] },
        missing: missing.isEmpty ? [] : order.map { missing[$0] })
    case .text(let text):
      if isSelected || text.isMostlyNumbers {
        let row = text.codes.firstIndex { code in
          code >= 0 && NumberCell(Array(text.categories[code].utf8)[...]) == .text
        }
        let word = row.map { text.categories[text.codes[$0]] } ?? ""
        throw .notANumber(text: word, column: column.name, place: text.firstWord)
      }
      let missing = order.map { text.codes[$0] < 0 }
      return DataField(
        column.name, on: .time,
        values: order.map { text.codes[$0] < 0 ? .nan : Double(text.codes[$0]) },
        missing: missing.contains(true) ? missing : [], categories: text.categories,
        isInteger: true)
    }
  }

  /// One field whose entries stand the columns' numbers side by side.
  private static func joined(
    _ parts: [DataField], as selection: TableSchema.Selection
  ) -> DataField {
    var parts = parts
    if selection.offset != 0 {
      for i in parts.indices { parts[i].values = parts[i].values.map { $0 + selection.offset } }
    }
    guard parts.count > 1 else {
      var field = parts[0]
      field.name = selection.field
      field.unit = selection.unit
      return field
    }
    let count = parts[0].values.count
    let anyMissing = parts.contains { !$0.missing.isEmpty }
    return DataField(
      selection.field, on: .time, shape: [parts.count],
      values: (0..<count).flatMap { row in parts.map { $0.values[row] } },
      missing: anyMissing
        ? (0..<count).flatMap { row in parts.map { $0.missing.isEmpty ? false : $0.missing[row] } }
        : [],
      unit: selection.unit)
  }

  /// Moves a field to the example axis when it has one value throughout each experiment. Where
  /// every experiment is a single row nothing can be told, and it stays.
  static func constant(_ field: DataField, _ lengths: [Int], time: String) -> DataField {
    guard field.name != time, field.shape.isEmpty, field.missing.isEmpty,
      lengths.contains(where: { $0 > 1 })
    else { return field }
    var firsts: [Double] = []
    var at = 0
    for length in lengths {
      let values = field.values[at..<at + length]
      guard let first = values.first, values.allSatisfy({ $0 == first }) else { return field }
      firsts.append(first)
      at += length
    }
    var field = field
    field.axis = .example
    field.values = firsts
    return field
  }

  /// Where a cell stands: the row's line with the column's number.
  private func place(_ row: Int, _ column: Column) -> CSVPlace? {
    guard rowPlaces.indices.contains(row) else { return nil }
    let number = (columns.firstIndex { $0.name == column.name } ?? -1) + 1
    return CSVPlace(line: rowPlaces[row].line, cell: number, bytes: rowPlaces[row].bytes)
  }
}

extension Table.Column {
  /// A cell as a label of an experiment; nil when it is missing.
  fileprivate func label(_ row: Int) -> String? {
    switch content {
    case .numbers(let values, _):
      return values[row].isNaN ? nil : NumberFormat.shortest(values[row])
    case .text(let text):
      return text.codes[row] < 0 ? nil : text.categories[text.codes[row]]
    }
  }
}
