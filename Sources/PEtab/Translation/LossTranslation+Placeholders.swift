import NodalBasics
import NodalDiagnostics

extension LossTranslation {
  /// What stands for `observableParameter1_…` and `noiseParameter1_…`: formulas, and what varies from row to row, by what the loss calls it.
  mutating func placeholders(
    _ series: Series
  ) throws(ImportFailure) -> (formulas: [String: Formula], rows: [String: String]) {
    var formulas: [String: Formula] = [:]
    var rows: [String: String] = [:]
    let observable = series.observable
    let used = observable.formula.names.union(observable.noise.names)
    for (prefix, path) in [
      ("observableParameter", \PEtabProblem.Measurement.observableParameters),
      ("noiseParameter", \PEtabProblem.Measurement.noiseParameters),
    ] {
      let wanted = used.filter {
        $0.hasPrefix(prefix) && $0.hasSuffix("_\(observable.id)")
          && Int($0.dropFirst(prefix.count).dropLast(observable.id.count + 1)) != nil
      }
      let count =
        wanted.compactMap {
          Int($0.dropFirst(prefix.count).dropLast(observable.id.count + 1))
        }.max() ?? 0
      for measurement in series.measurements {
        let values = measurement[keyPath: path]
        guard values.count >= count else {
          throw ImportFailure(
            .problem(
              .placeholderCount(
                observable: observable.id, expected: count, found: values.count)),
            at: measurement.span)
        }
        for case .name(let name) in values { try quantities.checkStatic(name, measurement.span) }
      }
      for number in stride(from: 1, through: count, by: 1) {
        let name = "\(prefix)\(number)_\(observable.id)"
        guard wanted.contains(name) else { continue }
        let values = series.measurements.map { $0[keyPath: path][number - 1] }
        if let one = values.first, values.allSatisfy({ $0 == one }) {
          formulas[name] = one
        } else {
          rows[name] = varying(name, values, series)
        }
      }
    }
    return (formulas, rows)
  }

  /// A placeholder that varies: by numbers, by condition, or by a choice for each row.
  mutating func varying(
    _ name: String, _ values: [Formula], _ series: Series
  ) -> String {
    var numbers: [Double] = []
    for case .number(let x) in values { numbers.append(x) }
    if numbers.count == values.count {
      let column = columns.add(name)
      for (row, x) in zip(series.rows, numbers) { columns.set(column, row: row, x) }
      return columns.isFull(column) ? "w.\(column)" : "default(w.\(column), 1)"
    }
    var byExperiment: [Experiment: Formula] = [:]
    var isByExperiment = true
    for (measurement, value) in zip(series.measurements, values) {
      let experiment = Experiment(measurement)
      if let known = byExperiment[experiment], known != value { isByExperiment = false }
      byExperiment[experiment] = value
    }
    if isByExperiment {
      let local = names.unused(name)
      // Experiments without such measurements take any: it counts for nothing there.
      let filler = values[0]
      let all = experiments.all.map { text(byExperiment[$0] ?? filler) }
      lets.append("let \(local) = \(choice(name, all))")
      return local
    }
    var kinds: [Formula] = []
    for value in values where !kinds.contains(value) { kinds.append(value) }
    let column = columns.add(name)
    for (row, value) in zip(series.rows, values) {
      columns.set(column, row: row, Double((kinds.firstIndex(of: value) ?? 0) + 1))
    }
    let function = names.unused(name)
    let chain = kinds.dropLast().enumerated().map { "if i == \($0 + 1) then \(text($1)) else " }
    functions.append(
      "fn \(function)(i) = \(chain.joined())\(kinds.last.map(text) ?? "0")")
    let cell = columns.isFull(column) ? "w.\(column)" : "default(w.\(column), 1)"
    return "\(function)(\(cell))"
  }
}
