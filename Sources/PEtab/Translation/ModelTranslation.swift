import NodalBasics
import NodalDiagnostics

/// The equations of a problem's model: what stands in the `ode` of the program.
struct ModelTranslation {
  struct State {
    let name: String
    var initial: Formula
    let rate: Formula
    /// Where it is switched on: the time that it waits for.
    var isSwitch = false
  }

  struct Event {
    let name: String
    /// Nil: at the times of `time`.
    let condition: (left: Formula, right: Formula, isRising: Bool)?
    let time: Formula?
    let assignments: [(name: String, value: Formula)]
  }

  let quantities: Quantities
  private(set) var states: [State] = []
  private(set) var events: [Event] = []
  private(set) var notes: [String] = []
  /// Rules and rates, with switches for comparisons of time.
  private var rules: [String: Formula] = [:]
  private var switches: [Formula: String] = [:]
  private var initials: [String: Formula] = [:]
  private var names: ProgramNames

  init(_ quantities: Quantities, _ names: inout ProgramNames) throws(ImportFailure) {
    self.quantities = quantities
    self.names = names
    for id in quantities.order {
      guard case .rule(let formula) = quantities.kinds[id] else { continue }
      try quantities.check(formula, quantities.spans[id] ?? quantities.problem.anySpan)
      rules[id] = adapted(formula)
    }
    for id in quantities.order {
      guard case .state = quantities.kinds[id] else { continue }
      states.append(State(name: id, initial: try initial(of: id), rate: try rate(of: id)))
    }
    for event in quantities.problem.model.events { try translate(event) }
    try addSwitches()
    names = self.names
  }

  // MARK: Formulas

  /// A formula of the model or of an observable as the ode has it: without aliases, sizes of 1, and comparisons of time.
  mutating func adapted(_ formula: Formula) -> Formula {
    let plain = quantities.withoutAliases(formula).replacing(quantities.unitSizes)
    return withSwitches(plain).simplified
  }

  /// Comparisons of the time with what stays as it is become switches, so that steps end where they turn.
  private mutating func withSwitches(_ formula: Formula) -> Formula {
    guard case .comparison(let sign, let left, let right) = formula,
      let (moment, timeIsLeft) = moment(left, right)
    else {
      var changed: [Formula] = []
      for part in formula.parts { changed.append(withSwitches(part)) }
      var rest = changed.makeIterator()
      return formula.mapParts { rest.next() ?? $0 }
    }
    let after: Bool
    switch sign {
    case .less, .lessOrEqual: after = !timeIsLeft
    case .greater, .greaterOrEqual: after = timeIsLeft
    case .equal: return .truth(false)
    case .notEqual: return .truth(true)
    }
    return .comparison(after ? .greater : .less, .name(switchName(moment)), .number(0.5))
  }

  /// When a comparison of the time turns, and whether the time stands on its left.
  private func moment(_ left: Formula, _ right: Formula) -> (Formula, Bool)? {
    func solved(_ side: Formula, _ other: Formula) -> Formula? {
      guard quantities.isStatic(other) else { return nil }
      if side == .time { return other }
      guard case .sum(let terms) = side, terms.filter({ $0 == .time }).count == 1 else {
        return nil
      }
      let rest = terms.filter { $0 != .time }
      guard rest.allSatisfy(quantities.isStatic) else { return nil }
      return Formula.sum([other] + rest.map { .negative($0) }).simplified
    }
    if let moment = solved(left, right) { return (moment, true) }
    return solved(right, left).map { ($0, false) }
  }

  private mutating func switchName(_ moment: Formula) -> String {
    if let known = switches[moment] { return known }
    let wish =
      switch moment {
      case .name(let name): "past_\(name)"
      case .number(let x) where x >= 0 && x.rounded() == x && x < 1e9: "past_\(Int(x))"
      case _: "past_\(switches.count + 1)"
      }
    let name = names.unused(wish)
    switches[moment] = name
    return name
  }

  private mutating func addSwitches() throws(ImportFailure) {
    for (moment, name) in switches.sorted(by: { $0.value < $1.value }) {
      let at = try expanded(moment, [])
      let begins: Formula =
        if case .number(let x) = at {
          .number(x <= 0 ? 1 : 0)
        } else {
          .choice(
            [.init(condition: .comparison(.less, at, .zero), value: .one)], otherwise: .zero)
        }
      states.append(State(name: name, initial: begins, rate: .zero, isSwitch: true))
      if begins != .one {
        events.append(
          Event(
            name: names.unused("at_\(name.dropFirst(5))"), condition: nil, time: moment,
            assignments: [(name, .one)]))
      }
    }
  }

  var hasSwitches: Bool { !switches.isEmpty }

  // MARK: States

  private mutating func rate(of id: String) throws(ImportFailure) -> Formula {
    let model = quantities.problem.model
    if let rule = model.rateRules[id] {
      try quantities.check(rule.formula, rule.span)
      return adapted(rule.formula)
    }
    guard let species = quantities.species[id], !species.isFixed else { return .zero }
    var terms: [Formula] = []
    for reaction in model.reactions {
      for change in reaction.changes where change.species == id {
        try quantities.check(change.amount, change.span)
        guard quantities.isStatic(change.amount) else {
          throw ImportFailure(.unsupported(.variableStoichiometry(id)), at: change.span)
        }
        terms.append(Self.term(adapted(change.amount), .name(reaction.id)))
      }
    }
    let change = Formula.sum(terms).simplified
    return species.isAmount || terms.isEmpty
      ? change : Formula.quotient(change, quantities.size(of: species.compartment)).simplified
  }

  private static func term(_ amount: Formula, _ rate: Formula) -> Formula {
    switch amount {
    case .number(1): rate
    case .number(-1): .negative(rate)
    case _: .product([amount, rate])
    }
  }

  /// The initial value of a state, as a formula of parameters.
  mutating func initial(of id: String) throws(ImportFailure) -> Formula {
    if let known = initials[id] { return known }
    let span = quantities.spans[id] ?? quantities.problem.anySpan
    let given = try givenInitial(id)
    try quantities.check(given, span)
    let result = try expanded(given, [id])
    initials[id] = result
    return result
  }

  private func givenInitial(_ id: String) throws(ImportFailure) -> Formula {
    let problem = quantities.problem
    // The same in all experiments, and nothing before them: that is the initial value.
    let values = quantities.experiments.values(id, .simulation)
    if !quantities.experiments.havePreequilibration, let first = values[0],
      values.allSatisfy({ $0 == first })
    {
      return first
    }
    let standard: Formula? =
      if let species = quantities.species[id] {
        try quantities.standardInitial(species)
      } else {
        problem.model.initialAssignments[id]?.formula
          ?? problem.model.parameters.first { $0.id == id }?.value.map { .number($0) }
      }
    if let standard { return standard }
    guard values.allSatisfy({ $0 != nil }) else {
      throw ImportFailure(
        .problem(.noValue(id)), at: quantities.spans[id] ?? problem.anySpan)
    }
    return .zero
  }

  /// With what states, rules and reactions are at the beginning in their places, and the time 0.
  func expanded(_ formula: Formula, _ within: [String]) throws(ImportFailure) -> Formula {
    if formula == .time { return .zero }
    guard case .name(let name) = formula else {
      let result = try formula.mapParts { (part) throws(ImportFailure) in
        try expanded(part, within)
      }
      guard result.size(upTo: SBMLReader.largestFormula) < SBMLReader.largestFormula else {
        throw ImportFailure(
          .formulaTooLarge(of: within.last ?? "", limit: SBMLReader.largestFormula),
          at: within.last.flatMap { quantities.spans[$0] })
      }
      return result
    }
    let inner: Formula
    switch quantities.kinds[name] {
    case .constant, .parameter, .overridden, nil:
      return formula.replacing(quantities.unitSizes)
    case .alias: return try expanded(quantities.withoutAliases(formula), within)
    case .derived(let formula), .rule(let formula): inner = formula
    case .state:
      if let known = initials[name] { return known }
      inner = try givenInitial(name)
    }
    guard !within.contains(name), within.count < XMLReader.deepest else {
      throw ImportFailure(.cyclic(within + [name]), at: quantities.spans[name])
    }
    try quantities.check(inner, quantities.spans[name] ?? quantities.problem.anySpan)
    return try expanded(inner, within + [name]).simplified
  }

  // MARK: Definitions

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

  private func inOrder(_ a: String, _ b: String) -> Bool {
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

  private static func rank(_ rows: [[Double]]) -> Int {
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

  // MARK: Events

  private mutating func translate(_ event: SBMLModel.Event) throws(ImportFailure) {
    try quantities.check(event.trigger, event.span)
    var assignments: [(name: String, value: Formula)] = []
    for (variable, definition) in event.assignments {
      guard case .state = quantities.kinds[variable] else {
        throw quantities.kinds[variable] == nil
          ? quantities.unknown(variable, definition.span)
          : ImportFailure(.problem(.overridden(variable)), at: definition.span)
      }
      try quantities.check(definition.formula, definition.span)
      assignments.append((variable, adapted(definition.formula)))
    }
    if assignments.isEmpty { return }
    names.add(event.id)
    let trigger = quantities.withoutAliases(event.trigger).replacing(quantities.unitSizes)
    let terms: [Formula] = if case .all(let terms) = trigger { terms } else { [trigger] }
    var begins: [Formula] = []
    for term in terms {
      guard case .comparison(let sign, let left, let right) = term,
        let (moment, timeIsLeft) = moment(left, right)
      else {
        try translate(event, condition: trigger, assignments)
        return
      }
      switch sign {
      case .greater, .greaterOrEqual: if timeIsLeft { begins.append(moment) }
      case .less, .lessOrEqual: if !timeIsLeft { begins.append(moment) }
      case .equal: begins.append(moment)
      case .notEqual: throw ImportFailure(.unsupported(.eventTrigger(event.id)), at: event.span)
      }
    }
    guard begins.count < 2 else {
      throw ImportFailure(.unsupported(.eventTrigger(event.id)), at: event.span)
    }
    guard let moment = begins.first else {
      notes.append("event \(event.id) never happens: its trigger is true from the beginning on")
      return
    }
    if case .number(let x) = moment, x < 0 || x == 0 && event.initiallyTrue {
      notes.append("event \(event.id) never happens: its trigger is true from the beginning on")
      return
    }
    events.append(
      Event(name: event.id, condition: nil, time: moment, assignments: assignments))
  }

  private mutating func translate(
    _ event: SBMLModel.Event, condition: Formula, _ assignments: [(name: String, value: Formula)]
  ) throws(ImportFailure) {
    guard case .comparison(let sign, let left, let right) = condition else {
      throw ImportFailure(.unsupported(.eventTrigger(event.id)), at: event.span)
    }
    let isRising: Bool
    switch sign {
    case .greater, .greaterOrEqual: isRising = true
    case .less, .lessOrEqual: isRising = false
    case .equal, .notEqual:
      throw ImportFailure(.unsupported(.eventTrigger(event.id)), at: event.span)
    }
    events.append(
      Event(
        name: event.id, condition: (adapted(left), adapted(right), isRising), time: nil,
        assignments: assignments))
  }
}

extension PEtabProblem {
  /// A place where none is better.
  var anySpan: Span {
    measurements.first?.span ?? Span(source: SourceID(0), start: 0, end: 0)
  }
}
