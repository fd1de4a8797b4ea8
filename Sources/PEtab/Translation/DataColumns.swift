import NodalBasics

/// The program's table: a row for each time of an experiment and for each replicate, a column for each observable and each number that varies.
struct DataColumns {
  private struct Row {
    let experiment: Int
    let time: Double
    var cells: [String: Double] = [:]
  }

  private(set) var names: [String] = ["condition", "time"]
  private var rows: [Row] = []
  private var ofExperiments: [(name: String, values: [Double])] = []

  /// Puts measurements in their rows. Several of an observable at one time stand in rows of their own.
  /// - Returns: the row of each measurement.
  mutating func place(
    _ measurements: [(column: String, experiment: Int, time: Double, value: Double)]
  ) -> [Int] {
    let order = measurements.indices.sorted {
      let (a, b) = (measurements[$0], measurements[$1])
      return (a.experiment, a.time, $0) < (b.experiment, b.time, $1)
    }
    var places = [Int](repeating: 0, count: measurements.count)
    var first = 0
    for index in order {
      let one = measurements[index]
      if first >= rows.count || rows[first].experiment != one.experiment
        || rows[first].time != one.time
      {
        first = rows.count
        rows.append(Row(experiment: one.experiment, time: one.time))
      }
      var row = first
      while row < rows.count, rows[row].cells[one.column] != nil { row += 1 }
      if row == rows.count { rows.append(Row(experiment: one.experiment, time: one.time)) }
      rows[row].cells[one.column] = one.value
      places[index] = row
    }
    return places
  }

  /// A name for a column that no other has.
  mutating func add(_ wish: String) -> String {
    var name = wish
    while names.contains(name) { name += "_" }
    names.append(name)
    return name
  }

  mutating func set(_ column: String, row: Int, _ value: Double) {
    rows[row].cells[column] = value
  }

  mutating func add(_ wish: String, byExperiment values: [Double]) -> String {
    let name = add(wish)
    ofExperiments.append((name, values))
    return name
  }

  /// How a loss reads a column that is constant in each experiment. Where all experiments are single rows, the table can't tell.
  func ofExperiment(_ column: String) -> String {
    Set(rows.map(\.experiment)).count == rows.count ? "w.\(column)[0]" : "w.\(column)"
  }

  /// How a loss reads measurements. A column that happens to be the same all along each experiment would be read as one number, and count once.
  func measured(_ column: String) -> String {
    var first: [Int: Double] = [:]
    for row in rows {
      guard let value = row.cells[column], value == first[row.experiment] ?? value else {
        return "w.\(column)"
      }
      first[row.experiment] = value
    }
    return first.count < rows.count ? "(w.\(column) + 0*w.time)" : "w.\(column)"
  }

  /// Whether a column has a number in each row.
  func isFull(_ column: String) -> Bool { rows.allSatisfy { $0.cells[column] != nil } }

  var lastTime: Double { rows.map(\.time).max() ?? 0 }
  /// When each of `count` experiments ends.
  func ends(_ count: Int) -> [Double] {
    var ends = [Double](repeating: 0, count: count)
    for row in rows { ends[row.experiment] = max(ends[row.experiment], row.time) }
    return ends
  }

  func text(_ labels: [String]) -> String {
    let fixed = Dictionary(ofExperiments.map { ($0.name, $0.values) }) { first, _ in first }
    var lines = [names.map(CSVText.quoted).joined(separator: ",")]
    for row in rows {
      let cells = names.map { name -> String in
        switch name {
        case "condition": CSVText.quoted(labels[row.experiment])
        case "time": NumberFormat.shortest(row.time)
        default:
          (fixed[name]?[row.experiment] ?? row.cells[name]).map { NumberFormat.shortest($0) } ?? ""
        }
      }
      lines.append(cells.joined(separator: ","))
    }
    return lines.joined(separator: "\n") + "\n"
  }
}
