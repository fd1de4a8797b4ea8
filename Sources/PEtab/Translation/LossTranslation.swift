import NodalBasics
import NodalDiagnostics

/// The loss of a problem: what each experiment is solved with, and a term for each observable.
struct LossTranslation {
  private let problem: PEtabProblem
  private let quantities: Quantities
  private let experiments: Experiments
  private var names: ProgramNames
  private var model: ModelTranslation
  private(set) var columns = DataColumns()
  /// Functions beside the loss, and lines at its beginning.
  private(set) var functions: [String] = []
  private var lets: [String] = []
  private(set) var terms: [String] = []
  /// What the ode puts out: formulas, and names of the model that the loss reads.
  private(set) var outputs: [(name: String, value: Formula)] = []
  private(set) var read: Set<String> = []
  /// What has to be added to the loss to get the objective of the problem.
  private(set) var offset = 0.0
  private(set) var notes: [String] = []
  /// By what names the loss knows what conditions set.
  private var given: [String: String] = [:]
  private var givenBefore: [String: String] = [:]
  private var hasRest = false
  /// The column that tells conditions apart, where something is chosen by it.
  private(set) var numberColumn: String?

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
    model = self.model
    names = self.names
  }

  /// The measurements of one observable, at times or at rest.
  private struct Series {
    let observable: PEtabProblem.Observable
    let isRest: Bool
    let column: String
    var measurements: [PEtabProblem.Measurement] = []
    var rows: [Int] = []
  }

  private mutating func placeMeasurements() throws(ImportFailure) -> [Series] {
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
          if takesLog { offset += Logarithm.natural(one.value) }
          all.append(
            (
              column, number, isRest ? ends[number] : one.time,
              takesLog ? Logarithm.natural(one.value) : one.value
            ))
          owners.append(series.count - 1)
        }
        if isRest { hasRest = true }
      }
    }
    for (row, owner) in zip(columns.place(all), owners) { series[owner].rows.append(row) }
    return series
  }

  // MARK: Conditions

  private mutating func setConditions() throws(ImportFailure) {
    for id in quantities.order {
      guard case .overridden(let standard) = quantities.kinds[id] else { continue }
      let span = quantities.spans[id] ?? problem.anySpan
      func filled(_ values: [Formula?]) throws(ImportFailure) -> [Formula] {
        var result: [Formula] = []
        for value in values {
          guard let value = value ?? standard else {
            throw ImportFailure(.problem(.noValue(id)), at: span)
          }
          result.append(try model.expanded(value, [id]))
        }
        return result
      }
      given[id] = varying(id, try filled(experiments.values(id, .simulation)))
      if experiments.havePreequilibration {
        givenBefore[id] = varying(
          id + "_before", try filled(experiments.values(id, .preequilibration)))
      }
    }
  }

  /// A value for each experiment: a number, a column of the table, or a choice by condition.
  private mutating func varying(_ name: String, _ values: [Formula]) -> String {
    if let first = values.first, values.allSatisfy({ $0 == first }) { return text(first) }
    var numbers: [Double] = []
    for case .number(let x) in values { numbers.append(x) }
    if numbers.count == values.count {
      return columns.ofExperiment(columns.add(name, byExperiment: numbers))
    }
    let local = names.unused(name)
    lets.append("let \(local) = \(choice(values.map(text)))")
    return local
  }

  /// `if w.condition == 0 then a else b`; the most frequent value is the last.
  private mutating func choice(_ values: [String]) -> String {
    var places: [String: [Int]] = [:]
    for (index, value) in values.enumerated() { places[value, default: []].append(index) }
    let ordered = places.sorted { ($0.value.count, $0.value[0]) < ($1.value.count, $1.value[0]) }
    let last = ordered.last?.key ?? "0"
    if ordered.count < 2 { return last }
    if numberColumn == nil {
      numberColumn = columns.add(
        "condition_number", byExperiment: experiments.all.indices.map { Double($0 + 1) })
    }
    let number = columns.ofExperiment(numberColumn ?? "")
    let chain = ordered.dropLast().map { value, indices in
      let conditions = indices.map { "\(number) == \($0 + 1)" }.joined(separator: " || ")
      return "if \(conditions) then \(value) else "
    }
    return chain.joined() + last
  }

  /// A formula of parameters, as the loss has it.
  private func text(_ formula: Formula) -> String {
    FormulaText { given[$0] ?? names.spelling($0) }.text(quantities.withoutAliases(formula))
  }

  /// `, with: {k: w.k}`
  private func with(_ given: [String: String]) -> String {
    let entries = quantities.order.compactMap { id in
      given[id].map { "\(names.spelling(id)): \($0)" }
    }
    return entries.isEmpty ? "" : ", with: {\(entries.joined(separator: ", "))}"
  }

  /// The states that a condition sets at the beginning of a phase, each with what the loss gives it.
  private mutating func starts(
    _ phase: Experiments.Phase, after before: String?
  ) throws(ImportFailure) -> String {
    var entries: [String] = []
    var isNeeded = before != nil
    for state in model.states {
      let name = names.spelling(state.name)
      let values = experiments.values(state.name, phase)
      let isSame =
        before == nil && !experiments.havePreequilibration && values.allSatisfy { $0 == values[0] }
      if state.isSwitch, before != nil {
        entries.append("\(name): \(loss(state.initial, givens: given))")
      } else if values.contains(where: { $0 != nil }), !isSame {
        isNeeded = true
        let standard =
          before.map { "\($0).\(name)" }
          ?? loss(state.initial, givens: phase == .simulation ? given : givenBefore)
        let numbers = values.compactMap { value -> Double? in
          if case .number(let x) = value { return x }
          return nil
        }
        if numbers.count == values.count, Set(numbers).count > 1 {
          let wish = state.name + (phase == .simulation ? "" : "_before")
          let column = columns.add(wish, byExperiment: numbers)
          entries.append("\(name): \(columns.ofExperiment(column))")
        } else {
          entries.append("\(name): \(choice(values.map { $0.map(text) ?? standard }))")
        }
      } else if let before {
        entries.append("\(name): \(before).\(name)")
      }
    }
    if let before, entries.allSatisfy({ $0.hasSuffix(": \(before).\($0.prefix { $0 != ":" })") }) {
      return ", from: \(before)"
    }
    return isNeeded ? ", from: {\(entries.joined(separator: ", "))}" : ""
  }

  private func loss(_ formula: Formula, givens: [String: String]) -> String {
    FormulaText { givens[$0] ?? names.spelling($0) }.text(quantities.withoutAliases(formula))
  }

  /// The lines of the loss, without its braces.
  mutating func lines() throws(ImportFailure) -> [String] {
    var solves: [String] = []
    let usesNewton = model.hasOneRest
    if !usesNewton, experiments.havePreequilibration || hasRest,
      !problem.model.events.isEmpty
    {
      throw ImportFailure(
        .unsupported(.restWithEvents(problem.model.events[0].id)),
        at: problem.model.events[0].span)
    }
    var before: String?
    if experiments.havePreequilibration {
      let from = try starts(.preequilibration, after: nil)
      if usesNewton, experiments.allHavePreequilibration {
        solves.append("let before = steady(model\(from)\(with(givenBefore)))")
      } else {
        let ends = experiments.all.map {
          Formula.number($0.preequilibration == nil ? 0 : Self.restTime)
        }
        let end = varying("rest_time", ends)
        solves.append(
          "let before = solve(model\(from), over: 0..\(end)\(with(givenBefore)), \(Self.restSolver)).final"
        )
      }
      before = "before"
      if model.hasSwitches {
        notes.append("the time counts from 0 in pre-equilibration, too")
      }
    }
    let from = try starts(.simulation, after: before)
    let ends = columns.ends(experiments.all.count)
    if problem.measurements.contains(where: { $0.time.isFinite }) {
      let over =
        if let end = ends.first, ends.allSatisfy({ $0 == end }) {
          NumberFormat.shortest(end)
        } else {
          "max(w.time)"
        }
      solves.append(
        "let s = solve(model\(from), over: 0..\(over), at: w.time\(with(given)), \(Self.solver))")
    }
    if hasRest {
      if usesNewton {
        solves.append("let rest = steady(model\(from)\(with(given)))")
      } else {
        solves.append(
          "let rest = solve(model\(from), over: 0..\(NumberFormat.shortest(Self.restTime))\(with(given)), \(Self.restSolver)).final"
        )
      }
    }
    return lets + solves + terms
  }

  /// Long enough for what rates of 1e-5 make.
  static let restTime = 1e8
  static let solver = "solver: auto(rtol: 1e-8, atol: 1e-10)"
  static let restSolver = "solver: rodas5p(rtol: 1e-8, atol: 1e-10)"

  // MARK: Terms

  private mutating func translate(_ series: Series) throws(ImportFailure) {
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
    switch (observable.distribution, observable.transformation) {
    case (.normal, .linear):
      terms.append("\(data) ~ normal(\(value.text), \(scale))")
    case (.normal, .log):
      terms.append("\(data) ~ lognormal(log(\(value.text)), \(scale))")
    case (.normal, .log10):
      terms.append("\(data) ~ lognormal(log(\(value.text)), \(spread.factor)*log(10))")
    case (.laplace, .linear):
      terms.append("\(data) ~ laplace(\(value.text), \(scale))")
    case (.laplace, .log):
      terms.append("\(data) ~ laplace(log(\(value.text)), \(scale))")
    case (.laplace, .log10):
      terms.append("\(data) ~ laplace(log(\(value.text)), \(spread.factor)*log(10))")
    }
  }

  private static func blank(_ rows: [String: String]) -> [String: Formula] {
    rows.mapValues { _ in .one }
  }

  private struct Text {
    let text: String
    /// The same where it is a factor.
    let factor: String
  }

  /// What a formula of an observable is called in the loss. Where it reads nothing that varies from row to row, the ode puts it out.
  private mutating func written(
    _ formula: Formula, _ name: String, _ place: String, rows: [String: String], _ span: Span
  ) throws(ImportFailure) -> Text {
    let readsRows = formula.names.contains { rows[$0] != nil }
    let plain = model.adapted(formula)
    if !readsRows, !quantities.isStatic(plain) {
      if case .name(let state) = plain, case .state = quantities.kinds[state] {
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
    for name in plain.names { if case .rule = quantities.kinds[name] { read.insert(name) } }
    return written(plain, place, rows)
  }

  private static func hasChoice(_ formula: Formula) -> Bool {
    if case .choice = formula { return true }
    return formula.parts.contains(where: hasChoice)
  }

  private func written(_ formula: Formula, _ place: String, _ rows: [String: String]) -> Text {
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

  // MARK: Placeholders

  /// What stands for `observableParameter1_…` and `noiseParameter1_…`: formulas, and what varies from row to row, by what the loss calls it.
  private mutating func placeholders(
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
  private mutating func varying(
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
      lets.append("let \(local) = \(choice(all))")
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

extension Formula {
  func replacingTime(with formula: Formula) -> Formula {
    self == .time ? formula : mapParts { $0.replacingTime(with: formula) }
  }
}
