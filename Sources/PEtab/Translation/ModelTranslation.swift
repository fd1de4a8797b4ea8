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
  var states: [State] = []
  var events: [Event] = []
  var notes: [String] = []
  /// Rules and rates, with switches for comparisons of time.
  var rules: [String: Formula] = [:]
  var switches: [Formula: String] = [:]
  var initials: [String: Formula] = [:]
  var names: ProgramNames

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
  mutating func withSwitches(_ formula: Formula) -> Formula {
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
  func moment(_ left: Formula, _ right: Formula) -> (Formula, Bool)? {
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

  mutating func switchName(_ moment: Formula) -> String {
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

  mutating func addSwitches() throws(ImportFailure) {
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

  /// Leaves out states that neither change nor are wanted.
  mutating func keepStates(where isRead: (String) -> Bool) {
    let assigned = Set(events.flatMap { $0.assignments.map(\.name) })
    states = states.filter { $0.rate != .zero || assigned.contains($0.name) || isRead($0.name) }
  }

  // MARK: States

  mutating func rate(of id: String) throws(ImportFailure) -> Formula {
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

  static func term(_ amount: Formula, _ rate: Formula) -> Formula {
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

  func givenInitial(_ id: String) throws(ImportFailure) -> Formula {
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
}

extension PEtabProblem {
  /// A place where none is better.
  var anySpan: Span {
    measurements.first?.span ?? Span(source: SourceID(0), start: 0, end: 0)
  }
}
