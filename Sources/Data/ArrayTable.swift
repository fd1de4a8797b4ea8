import NodalBasics
import NodalTypes

/// Arrays side by side, as files of them hold them.
///
/// The first axis counts rows, as in a table. Where times have two axes, or it is said so, the first axis counts experiments and the
/// second one times; what has the first alone is constant within an experiment. A number without axes goes to every example.
package struct ArrayTable: Sendable {
  let arrays: [NamedArray]

  package init(_ arrays: [NamedArray]) { self.arrays = arrays }

  /// The data set that a schema makes of these arrays.
  package func dataset(_ schema: TableSchema) throws(ArrayTableError) -> Dataset {
    let time = try time(schema)
    let labels = try labels(schema)
    let inputs = try inputs(schema)
    let layout = try layout(schema, time: time, labels: labels)
    let groups = try layout.groups(labels, schema.experiment)
    var fields: [DataField] = []
    let times = try times(schema, time, layout, groups)
    if let times { fields.append(times.field) }
    let lengths = times?.lengths
    var used: Set<String> = []
    if case .column(let name) = schema.time { used.insert(name) }
    if let name = schema.experiment, let labels {
      used.insert(name)
      fields.append(
        Self.identity(name, labels, groups, repeats: lengths == nil ? groups.map(\.count) : nil))
    }
    for selection in schema.selections {
      guard let column = selection.columns.first else {
        throw .table(.selectionWithoutColumns(selection.field))
      }
      let array = try part(named: column, .field(selection.field))
      used.insert(column)
      guard var field = try layout.field(array, groups, lengths) else {
        throw unfitting(array, layout, time)
      }
      field.name = selection.field
      field.unit = selection.unit
      // A whole number with a unit is a measurement.
      if selection.unit != nil { field.isInteger = false }
      if selection.offset != 0 { field.values = field.values.map { $0 + selection.offset } }
      fields.append(field)
    }
    for array in arrays where !used.contains(array.name) {
      // Where the wanted ones are named, others may be of another kind.
      let isWanted = schema.selections.isEmpty || inputs.contains(array.name)
      do throws(ArrayTableError) {
        guard let field = try layout.field(array, groups, lengths) else {
          throw unfitting(array, layout, time)
        }
        fields.append(field)
      } catch {
        if isWanted { throw error }
      }
    }
    var seen: Set<String> = []
    for field in fields where !seen.insert(field.name).inserted {
      throw .table(.duplicateField(field.name))
    }
    for field in fields where inputs.contains(field.name) && !field.categories.isEmpty {
      throw .table(.notANumber(text: field.categories[0], column: field.name, place: nil))
    }
    return assembled(schema, fields, inputs, times, layout, groups)
  }

  private func inputs(_ schema: TableSchema) throws(ArrayTableError) -> [String] {
    do throws(TableError) {
      return try schema.inputFields(columns: arrays.map(\.name))
    } catch { throw .table(error) }
  }

  private func assembled(
    _ schema: TableSchema, _ fields: [DataField], _ inputs: [String],
    _ times: (field: DataField, lengths: [Int])?, _ layout: ArrayLayout,
    _ groups: [ArrayLayout.Group]
  ) -> Dataset {
    var result: Dataset
    if let times {
      let isGrouped: Bool =
        switch layout {
        case .rows: schema.experiment != nil
        case .experiments: false
        }
      result = Dataset(
        lengths: times.lengths, time: times.field.name,
        fields: isGrouped
          ? fields.map {
            $0.axis == .time && !inputs.contains($0.name)
              ? Table.constant($0, times.lengths, time: times.field.name) : $0
          } : fields)
    } else {
      result = Dataset(rows: groups.reduce(0) { $0 + $1.count }, fields: fields)
    }
    result.inputNames = inputs
    if let column = schema.experiment {
      let places = groups.indices.flatMap { i in
        Array(repeating: i, count: times == nil ? groups[i].count : 1)
      }
      result.setExperiments(
        places, names: DatasetType.Experiments(column: column, labels: groups.map(\.label)))
    }
    return result
  }

  private func unfitting(
    _ array: NamedArray, _ layout: ArrayLayout, _ time: NamedArray?
  ) -> ArrayTableError {
    let axes: ArrayTableError.Axes =
      switch layout {
      case .rows(let count, let other): .rows(count, of: other, areTimes: time != nil)
      case .experiments(let count, let times, _): .experiments(count, times: times)
      }
    return .unfitting(array: array.name, shape: array.shape, axes: axes)
  }

  // MARK: Arrays by name

  /// An array by its name; `x[1]` is the second component of `x`.
  private func part(
    named name: String, _ role: TableError.Role
  ) throws(ArrayTableError) -> NamedArray {
    if let array = arrays.first(where: { $0.name == name }) ?? component(name) {
      if case .unreadable(let error) = array.content { throw .array(error) }
      return array
    }
    throw .table(.unknownColumn(name: name, role: role, columns: arrays.map(\.name)))
  }

  private func component(_ name: String) -> NamedArray? {
    guard name.hasSuffix("]"), let open = name.lastIndex(of: "["),
      let index = Int(name[name.index(after: open)...].dropLast()),
      let array = arrays.first(where: { $0.name == name[..<open] }), array.shape.count >= 2,
      let width = array.shape.last, (0..<width).contains(index)
    else { return nil }
    func chosen<T>(_ values: [T]) -> [T] {
      stride(from: index, to: values.count, by: width).map { values[$0] }
    }
    let content: NamedArray.Content =
      switch array.content {
      case .numbers(let values, let missing, let areIntegers):
        .numbers(chosen(values), missing: chosen(missing), areIntegers: areIntegers)
      case .words(let words): .words(chosen(words))
      case .unreadable(let error): .unreadable(error)
      }
    return NamedArray(name: name, shape: array.shape.dropLast(), content)
  }

  private func time(_ schema: TableSchema) throws(ArrayTableError) -> NamedArray? {
    guard case .column(let name) = schema.time else { return nil }
    let time = try part(named: name, .time)
    guard (1...2).contains(time.shape.count) else {
      throw .timeAxes(array: name, shape: time.shape)
    }
    return time
  }

  private func labels(_ schema: TableSchema) throws(ArrayTableError) -> [String]? {
    guard let name = schema.experiment else { return nil }
    let array = try part(named: name, .experiment)
    guard array.shape.count == 1 else { throw .labels(array: name, shape: array.shape) }
    switch array.content {
    case .words(let words): return words
    case .numbers(let numbers, _, _):
      guard !numbers.contains(where: \.isNaN) else {
        throw .table(.missingExperiment(column: name, place: nil))
      }
      return numbers.map { NumberFormat.shortest($0) }
    case .unreadable(let error): throw .array(error)
    }
  }

  private func layout(
    _ schema: TableSchema, time: NamedArray?, labels: [String]?
  ) throws(ArrayTableError) -> ArrayLayout {
    if let time, time.shape.count == 2 {
      return .experiments(time.shape[0], times: time.shape[1], shareTimes: false)
    }
    // What tells how many rows or experiments there are, where no times do.
    let named = schema.selections.first?.columns.first
    let first = try named.map { (name) throws(ArrayTableError) in
      try part(named: name, .field(schema.selections[0].field))
    }
    let others = (first.map { [$0] } ?? []) + arrays
    if let time {
      let count = time.shape[0]
      if let labels, labels.count != count {
        return .experiments(labels.count, times: count, shareTimes: true)
      }
      guard schema.hasExperimentAxis else { return .rows(count, of: time.name) }
      guard let grid = others.first(where: { $0.shape.count > 1 && $0.shape[1] == count }) else {
        throw .unfitting(
          array: time.name, shape: time.shape, axes: .experiments(1, times: count))
      }
      return .experiments(grid.shape[0], times: count, shareTimes: true)
    }
    let isGrid = schema.hasExperimentAxis && schema.time != nil
    guard let array = others.first(where: { $0.shape.count > (isGrid ? 1 : 0) }) else {
      throw .noAxis
    }
    return isGrid
      ? .experiments(array.shape[0], times: array.shape[1], shareTimes: true)
      : .rows(array.shape[0], of: array.name)
  }

  // MARK: Times

  /// The times of each experiment, one after another, and how many each has.
  private func times(
    _ schema: TableSchema, _ time: NamedArray?, _ layout: ArrayLayout, _ groups: [ArrayLayout.Group]
  ) throws(ArrayTableError) -> (field: DataField, lengths: [Int])? {
    let whole: [[Double]]
    let name: String
    switch schema.time {
    case nil: return nil
    case .rate(let rate):
      guard rate > 0, rate.isFinite else { throw .table(.rateNotPositive(rate)) }
      name = "t"
      whole = groups.map { group in (0..<group.count).map { Double($0) / rate } }
    case .column(let column):
      guard let time else { return nil }
      name = column.hasSuffix("]") ? "t" : column
      switch time.content {
      case .numbers(let numbers, _, _):
        whole = groups.map { group in layout.times(numbers, group) }
      case .words(let words):
        throw .table(.notANumber(text: words.first ?? "", column: column, place: nil))
      case .unreadable(let error): throw .array(error)
      }
    }
    var lengths: [Int] = []
    var values: [Double] = []
    for (group, times) in zip(groups, whole) {
      let length = layout.length(times)
      let own = times[..<length]
      if own.isEmpty || own.contains(where: \.isNaN) {
        throw .table(.missingTime(column: name, place: nil))
      }
      for (before, after) in zip(own, own.dropFirst()) where after < before {
        throw .table(
          .timeGoesBack(
            column: name, from: before, to: after, place: nil,
            experiment: groups.count > 1 ? group.label : nil, hasExperiments: groups.count > 1))
      }
      lengths.append(length)
      values += own
    }
    return (DataField(name, on: .time, values: values, unit: schema.timeUnit), lengths)
  }

  /// The experiments themselves: numbers where all labels are, else words.
  private static func identity(
    _ name: String, _ labels: [String], _ groups: [ArrayLayout.Group], repeats: [Int]?
  ) -> DataField {
    let own = groups.map(\.label)
    let numbers = own.compactMap(Double.init)
    let areNumbers = numbers.count == own.count
    let each = areNumbers ? numbers : own.indices.map(Double.init)
    let values =
      repeats.map { zip($0, each).flatMap { Array(repeating: $1, count: $0) } } ?? each
    return DataField(
      name, on: .example, values: values, categories: areNumbers ? [] : own,
      isInteger: each.allSatisfy { $0 == $0.rounded() })
  }
}
