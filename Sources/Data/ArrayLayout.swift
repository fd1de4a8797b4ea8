import NodalBasics

/// What the first axes of arrays count.
enum ArrayLayout: Equatable {
  /// Rows, as this array has them.
  case rows(Int, of: String)
  /// Experiments, then times, which all experiments may have in common.
  case experiments(Int, times: Int, shareTimes: Bool)

  /// An experiment: its rows, or its place on the first axis and the times on the second one.
  struct Group: Equatable {
    var label: String
    var rows: [Int]
    var count: Int { rows.count }
  }

  /// - Parameter labels: of each row or experiment; nil where nothing tells them apart.
  func groups(_ labels: [String]?, _ column: String?) throws(ArrayTableError) -> [Group] {
    switch self {
    case .rows(let count, _):
      guard let labels else { return [Group(label: "", rows: Array(0..<count))] }
      guard labels.count == count else {
        throw .labels(array: column ?? "", shape: [labels.count])
      }
      return labels.placesByElement.map { Group(label: $0.element, rows: $0.places) }
    case .experiments(let count, let times, _):
      if let labels, labels.count != count {
        throw .labels(array: column ?? "", shape: [labels.count])
      }
      return (0..<count).map { place in
        Group(
          label: labels?[place] ?? "\(place)",
          rows: Array(place * times..<(place + 1) * times))
      }
    }
  }

  /// A group's times out of those of all, or those that all have.
  func times(_ all: [Double], _ group: Group) -> [Double] {
    switch self {
    case .experiments(_, _, shareTimes: true): all
    case .rows, .experiments(_, _, shareTimes: false): group.rows.map { all[$0] }
    }
  }

  /// How many of an experiment's times are its own: those that are missing at the end fill up a shorter one.
  func length(_ times: [Double]) -> Int {
    switch self {
    case .experiments(_, _, shareTimes: false): (times.lastIndex { !$0.isNaN } ?? -1) + 1
    case .rows, .experiments(_, _, shareTimes: true): times.count
    }
  }

  /// The field that an array is; nil where its axes are others.
  /// - Parameter lengths: how many times each experiment has; nil where rows have no times.
  func field(
    _ array: NamedArray, _ groups: [Group], _ lengths: [Int]?
  ) throws(ArrayTableError) -> DataField? {
    let (axis, entries, used): (DataField.Axis, [Int], Int)
    let shape = array.shape
    let rows = groups.map(\.rows)
    if shape.isEmpty {
      let count = lengths == nil ? rows.reduce(0) { $0 + $1.count } : groups.count
      (axis, entries, used) = (.example, Array(repeating: 0, count: count), 0)
    } else {
      switch self {
      case .rows(let count, _):
        guard shape[0] == count else { return nil }
        (axis, entries, used) = (lengths == nil ? .example : .time, rows.flatMap { $0 }, 1)
      case .experiments(let count, let times, let shareTimes):
        let lengths = lengths ?? groups.map(\.count)
        if shape.count > 1, shape[0] == count, shape[1] == times {
          (axis, entries, used) = (.time, zip(rows, lengths).flatMap { $0.prefix($1) }, 2)
        } else if shape[0] == count {
          (axis, entries, used) = (.example, Array(0..<count), 1)
        } else if shareTimes, shape[0] == times {
          (axis, entries, used) = (.time, lengths.flatMap { Array(0..<$0) }, 1)
        } else {
          return nil
        }
      }
    }
    let own = Array(shape.dropFirst(used))
    return try Self.field(array, on: axis, shape: own, entries)
  }

  private static func field(
    _ array: NamedArray, on axis: DataField.Axis, shape: [Int], _ entries: [Int]
  ) throws(ArrayTableError) -> DataField {
    let width = shape.reduce(1, *)
    func chosen<T>(_ values: [T]) -> [T] {
      // As they lie, most often.
      if values.count == entries.count * width, entries.indices.allSatisfy({ entries[$0] == $0 }) {
        return values
      }
      return entries.flatMap { values[$0 * width..<($0 + 1) * width] }
    }
    switch array.content {
    case .unreadable(let error): throw .array(error)
    case .numbers(let values, let missing, let areIntegers):
      let gaps = missing.isEmpty ? [] : chosen(missing)
      return DataField(
        array.name, on: axis, shape: shape, values: chosen(values),
        missing: gaps.contains(true) ? gaps : [], isInteger: areIntegers)
    case .words(let words):
      var categories: [String] = []
      var places: [String: Int] = [:]
      let codes = chosen(words).map { word in
        if let place = places[word] { return Double(place) }
        places[word] = categories.count
        categories.append(word)
        return Double(categories.count - 1)
      }
      return DataField(
        array.name, on: axis, shape: shape, values: codes, categories: categories, isInteger: true)
    }
  }
}
