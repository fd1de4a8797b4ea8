/// Where a square matrix has entries: the columns of each row, ascending, with those on the diagonal in any case.
///
/// As a value such a matrix is […, entries], row by row. Its factors are […, numbers of `factors`]: which those are follows from the pattern
/// alone, as rows are not exchanged. One object for each pattern: what follows from it is found once, and shared.
package final class SparsePattern: Sendable {
  /// Where each row begins among the entries, and where the last one ends.
  package let starts: [Int]
  /// The column of each entry.
  package let columns: [Int]
  package let factors: FrontalTree
  private let hash: Int

  package var count: Int { starts.count - 1 }

  /// - Parameter rows: the columns of each row's entries, in any order, with or without the diagonal.
  package init(rows: [[Int]]) {
    var starts = [0]
    var columns: [Int] = []
    for (row, entries) in rows.enumerated() {
      let sorted = (entries + [row]).sorted()
      for (k, column) in sorted.enumerated() where k == 0 || sorted[k - 1] != column {
        columns.append(column)
      }
      starts.append(columns.count)
    }
    (self.starts, self.columns) = (starts, columns)
    factors = FrontalTree(starts: starts, columns: columns)
    hash = columns.hashValue
  }

  /// What a text says; nil where it isn't the pattern of rows.
  convenience init?(starts: [Int], columns: [Int]) {
    let n = starts.count - 1
    guard starts.first == 0, starts.last == columns.count,
      zip(starts, starts.dropFirst()).allSatisfy({ $0 < $1 }),
      columns.allSatisfy({ (0..<n).contains($0) })
    else { return nil }
    self.init(rows: (0..<n).map { Array(columns[starts[$0]..<starts[$0 + 1]]) })
    guard self.starts == starts, self.columns == columns else { return nil }
  }

  /// The row of each entry.
  package var rows: [Int] {
    (0..<count).flatMap { Array(repeating: $0, count: starts[$0 + 1] - starts[$0]) }
  }

  /// `sparse([0, 2, 3], [0, 1, 1])`: where rows begin, and columns.
  var text: String {
    func list(_ x: [Int]) -> String { "[" + x.map(String.init).joined(separator: ", ") + "]" }
    return "sparse(\(list(starts)), \(list(columns)))"
  }
}

extension SparsePattern: Hashable {
  package static func == (a: SparsePattern, b: SparsePattern) -> Bool {
    a === b || (a.hash == b.hash && a.starts == b.starts && a.columns == b.columns)
  }

  package func hash(into hasher: inout Hasher) { hasher.combine(hash) }
}
