import Foundation
import NodalBasics
import NodalDiagnostics

/// The loss of a problem: what each experiment is solved with, and a term for each observable.
struct LossTranslation {
  let problem: PEtabProblem
  let quantities: Quantities
  let experiments: Experiments
  var names: ProgramNames
  var model: ModelTranslation
  var columns = DataColumns()
  /// Functions beside the loss, and lines at its beginning.
  var functions: [String] = []
  var lets: [String] = []
  var terms: [String] = []
  /// What the ode puts out: formulas, and names of the model that the loss reads.
  var outputs: [(name: String, value: Formula)] = []
  var read: Set<String> = []
  /// What has to be added to the loss to get the objective of the problem.
  var offset = 0.0
  var notes: [String] = []
  /// By what names the loss knows what conditions set.
  var given: [String: String] = [:]
  var givenBefore: [String: String] = [:]
  var hasRest = false
  /// States that terms read by themselves.
  var readStates: Set<String> = []

  init(
    _ problem: PEtabProblem, _ quantities: Quantities, _ model: inout ModelTranslation,
    _ names: inout ProgramNames
  ) throws(ImportFailure) {
    self.problem = problem
    self.quantities = quantities
    experiments = quantities.experiments
    self.model = model
    self.names = names
    let series = try placeMeasurements()
    try setConditions()
    for one in series { try translate(one) }
    try dropIdleStates()
    model = self.model
    names = self.names
  }

  /// A state that stays as it is, and that nothing reads, is left out.
  mutating func dropIdleStates() throws(ImportFailure) {
    let formulas = model.roots + outputs.map(\.value)
    let definitions = try model.definitions(readBy: formulas + read.map { .name($0) })
    let names = (formulas + definitions.map(\.value)).reduce(into: Set<String>()) {
      $0.formUnion($1.names)
    }
    model.keepStates { state in names.contains(state) || readStates.contains(state) }
  }

  /// The measurements of one observable, at times or at rest.
  struct Series {
    let observable: PEtabProblem.Observable
    let isRest: Bool
    let column: String
    var measurements: [PEtabProblem.Measurement] = []
    var rows: [Int] = []
  }

  mutating func placeMeasurements() throws(ImportFailure) -> [Series] {
    var series: [Series] = []
    let numbers = Dictionary(
      experiments.all.enumerated().map { ($1, $0) }
    ) { first, _ in first }
    var ends = [Double](repeating: 0, count: experiments.all.count)
    for one in problem.measurements where one.time.isFinite {
      let number = numbers[Experiment(one)] ?? 0
      ends[number] = max(ends[number], one.time)
    }
    var all: [(column: String, experiment: Int, time: Double, value: Double)] = []
    var owners: [Int] = []
    for observable in problem.observables {
      for isRest in [false, true] {
        let own = problem.measurements.filter {
          $0.observable == observable.id && $0.time.isInfinite == isRest
        }
        if own.isEmpty { continue }
        let takesLog = observable.distribution == .laplace && observable.transformation != .linear
        let column = columns.add(
          (takesLog ? "log_" : "") + observable.id + (isRest ? "_at_rest" : ""))
        series.append(
          Series(observable: observable, isRest: isRest, column: column, measurements: own))
        for one in own {
          let number = numbers[Experiment(one)] ?? 0
          if takesLog { offset += log(one.value) }
          all.append(
            (
              column, number, isRest ? ends[number] : one.time,
              takesLog ? log(one.value) : one.value
            ))
          owners.append(series.count - 1)
        }
        if isRest { hasRest = true }
      }
    }
    for (row, owner) in zip(columns.place(all), owners) { series[owner].rows.append(row) }
    return series
  }

  // MARK: Terms

  mutating func translate(_ series: Series) throws(ImportFailure) {
    let observable = series.observable
    let span = observable.span
    let (formulas, isByRow) = try placeholders(series)
    let predicted = observable.formula.replacing(formulas)
    var noise = observable.noise.replacing(formulas)
    // A noise formula may read the observable itself, and others.
    var others: [String: Formula] = [:]
    for other in problem.observables
    where noise.names.contains(other.id) && quantities.kinds[other.id] == nil {
      others[other.id] = other.formula.replacing(formulas)
    }
    noise = noise.replacing(others)
    try quantities.check(predicted.replacing(Self.blank(isByRow)), span)
    try quantities.check(noise.replacing(Self.blank(isByRow)), span)
    let place = series.isRest ? "rest" : "s"
    let value = try written(
      predicted, observable.id, place, rows: isByRow, span)
    let spread = try written(noise, "noise_\(observable.id)", place, rows: isByRow, span)
    let data = columns.measured(series.column)
    let scale = spread.text
    let logarithm = logarithm(of: value.text, series.column)
    switch (observable.distribution, observable.transformation) {
    case (.normal, .linear):
      terms.append("\(data) ~ normal(\(value.text), \(scale))")
    case (.normal, .log):
      terms.append("\(data) ~ lognormal(\(logarithm), \(scale))")
    case (.normal, .log10):
      terms.append("\(data) ~ lognormal(\(logarithm), \(spread.factor)*log(10))")
    case (.laplace, .linear):
      terms.append("\(data) ~ laplace(\(value.text), \(scale))")
    case (.laplace, .log):
      terms.append("\(data) ~ laplace(\(logarithm), \(scale))")
    case (.laplace, .log10):
      terms.append("\(data) ~ laplace(\(logarithm), \(spread.factor)*log(10))")
    }
  }

  /// The logarithm of what a model predicts. Where nothing was measured it may be that of zero, whose slope is none: there it is not taken.
  mutating func logarithm(of predicted: String, _ column: String) -> String {
    if columns.isFull(column) { return "log(\(predicted))" }
    let function = "fn log_where(measured, y) = log(if measured > 0 then y else 1)"
    if !functions.contains(function) { functions.insert(function, at: 0) }
    return "log_where(present(w.\(column)), \(predicted))"
  }

  static func blank(_ rows: [String: String]) -> [String: Formula] {
    rows.mapValues { _ in .one }
  }

  struct Text {
    let text: String
    /// The same where it is a factor.
    let factor: String
  }

  /// What a formula of an observable is called in the loss. Where it reads nothing that varies from row to row, the ode puts it out.
  mutating func written(
    _ formula: Formula, _ name: String, _ place: String, rows: [String: String], _ span: Span
  ) throws(ImportFailure) -> Text {
    let readsRows = formula.names.contains { rows[$0] != nil }
    let plain = model.adapted(formula)
    if !readsRows, !quantities.isStatic(plain) {
      if case .name(let state) = plain, case .state = quantities.kinds[state] {
        readStates.insert(state)
        return written(plain, place, rows)
      }
      if let known = outputs.first(where: { $0.value == plain }) {
        return Text(text: "\(place).\(known.name)", factor: "\(place).\(known.name)")
      }
      let output = names.unused(name)
      outputs.append((output, plain))
      return Text(text: "\(place).\(output)", factor: "\(place).\(output)")
    }
    if readsRows, Self.hasChoice(plain) {
      throw ImportFailure(.unsupported(.rowFormula(name, name: "piecewise")), at: span)
    }
    if plain.readsTime, place == "rest" {
      throw ImportFailure(.unsupported(.rowFormula(name, name: "time")), at: span)
    }
    for name in plain.names {
      if case .rule = quantities.kinds[name] { read.insert(name) }
      readStates.insert(name)
    }
    return written(plain, place, rows)
  }

  static func hasChoice(_ formula: Formula) -> Bool {
    if case .choice = formula { return true }
    return formula.parts.contains(where: hasChoice)
  }

  func written(_ formula: Formula, _ place: String, _ rows: [String: String]) -> Text {
    var derived: [String: Formula] = [:]
    for name in formula.names {
      if case .derived = quantities.kinds[name] {
        derived[name] = (try? model.expanded(.name(name), [])) ?? .zero
      }
    }
    let switches = Set(model.states.filter(\.isSwitch).map(\.name))
    let writer = FormulaText { name in
      if let row = rows[name] { return row }
      if let given = given[name] { return given }
      if switches.contains(name) { return "\(place).\(name)" }
      switch quantities.kinds[name] {
      case .state, .rule: return "\(place).\(names.spelling(name))"
      case .constant, .parameter, .overridden, .alias, .derived, nil: return names.spelling(name)
      }
    }
    let whole = formula.replacing(derived)
    let timed = whole.replacingTime(with: .name("w.time"))
    let text = writer.text(timed)
    let isSimple: Bool =
      switch timed {
      case .sum, .choice, .negative, .comparison, .all, .any, .not, .quotient: false
      case .number, .name, .time, .truth, .product, .power, .call, .definedCall: true
      }
    return Text(text: text, factor: isSimple ? text : "(\(text))")
  }
}

extension Formula {
  func replacingTime(with formula: Formula) -> Formula {
    self == .time ? formula : mapParts { $0.replacingTime(with: formula) }
  }
}
