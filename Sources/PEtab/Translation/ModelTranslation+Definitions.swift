import NodalBasics
import NodalDiagnostics

extension ModelTranslation {
  /// What is read by formulas, in an order in which each stands behind what it reads.
  func definitions(readBy roots: [Formula]) throws(ImportFailure) -> [(
    name: String, value: Formula
  )] {
    var done: [(name: String, value: Formula)] = []
    var finished: Set<String> = []
    func visit(_ name: String, _ within: [String]) throws(ImportFailure) {
      let value: Formula
      switch quantities.kinds[name] {
      case .rule: value = rules[name] ?? .zero
      case .derived: value = try expanded(.name(name), [])
      case .constant, .parameter, .overridden, .alias, .state, nil: return
      }
      if finished.contains(name) { return }
      guard !within.contains(name), within.count < 2000 else {
        throw ImportFailure(.cyclic(within + [name]), at: quantities.spans[name])
      }
      for inner in value.names.sorted(by: inOrder) { try visit(inner, within + [name]) }
      finished.insert(name)
      done.append((name, value))
    }
    let read = roots.reduce(into: Set<String>()) { $0.formUnion($1.names) }
    for name in read.sorted(by: inOrder) { try visit(name, []) }
    return done
  }

  func inOrder(_ a: String, _ b: String) -> Bool {
    let (i, k) = (quantities.order.firstIndex(of: a), quantities.order.firstIndex(of: b))
    return (i ?? .max, a) < (k ?? .max, b)
  }

  /// All formulas of the equations.
  var roots: [Formula] {
    states.map(\.rate)
      + events.flatMap { event in
        event.assignments.map(\.value)
          + [event.time, event.condition?.left, event.condition?.right]
          .compactMap { $0 }
      }
  }

  /// Whether each state's way to rest follows from the equations alone: none that stays as it is, no sum that reactions keep, no
  /// influence of the time. Then Newton's method finds the one point of rest.
  var hasOneRest: Bool {
    let model = quantities.problem.model
    guard switches.isEmpty, events.isEmpty, model.rateRules.isEmpty,
      !rules.values.contains(where: { $0.readsTime }), !states.isEmpty
    else { return false }
    var matrix: [[Double]] = []
    for state in states {
      var row: [Double] = []
      for reaction in model.reactions {
        var entry = 0.0
        for change in reaction.changes where change.species == state.name {
          guard case .number(let amount) = change.amount else { return false }
          entry += amount
        }
        row.append(entry)
      }
      matrix.append(row)
    }
    return Self.rank(matrix) == states.count
  }

  static func rank(_ rows: [[Double]]) -> Int {
    var rows = rows
    var rank = 0
    for column in 0..<(rows.first?.count ?? 0) where rank < rows.count {
      guard
        let pivot = (rank..<rows.count).max(by: {
          rows[$0][column].magnitude < rows[$1][column].magnitude
        }), rows[pivot][column].magnitude > 1e-9
      else { continue }
      rows.swapAt(rank, pivot)
      for row in (rank + 1)..<max(rank + 1, rows.count) {
        let factor = rows[row][column] / rows[rank][column]
        if factor == 0 { continue }
        for k in column..<rows[row].count { rows[row][k] -= factor * rows[rank][k] }
      }
      rank += 1
    }
    return rank
  }
}
