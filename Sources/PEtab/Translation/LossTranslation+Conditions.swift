import NodalBasics
import NodalDiagnostics

extension LossTranslation {
  mutating func setConditions() throws(ImportFailure) {
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
  mutating func varying(_ name: String, _ values: [Formula]) -> String {
    if let first = values.first, values.allSatisfy({ $0 == first }) { return text(first) }
    var numbers: [Double] = []
    for case .number(let x) in values { numbers.append(x) }
    if numbers.count == values.count {
      return columns.ofExperiment(columns.add(name, byExperiment: numbers))
    }
    let local = names.unused(name)
    lets.append("let \(local) = \(choice(name, values.map(text)))")
    return local
  }

  /// `if w.k_choice == 1 then a else b`: which one it is, a column of the table says. The most frequent value is the last.
  mutating func choice(_ name: String, _ values: [String]) -> String {
    var places: [String: [Int]] = [:]
    for (index, value) in values.enumerated() { places[value, default: []].append(index) }
    let ordered = places.sorted { ($0.value.count, $0.value[0]) < ($1.value.count, $1.value[0]) }
    guard let last = ordered.last, ordered.count > 1 else { return values.first ?? "0" }
    var numbers = [Double](repeating: 0, count: values.count)
    for (number, one) in ordered.enumerated() {
      for index in one.value { numbers[index] = Double(number + 1) }
    }
    let column = columns.ofExperiment(columns.add(name + "_choice", byExperiment: numbers))
    let chain = ordered.dropLast().enumerated().map { number, one in
      "if \(column) == \(number + 1) then \(one.key) else "
    }
    return chain.joined() + last.key
  }

  /// A formula of parameters, as the loss has it.
  func text(_ formula: Formula) -> String {
    FormulaText { given[$0] ?? names.spelling($0) }.text(quantities.withoutAliases(formula))
  }

  /// `, with: {k: w.k}`
  func with(_ given: [String: String]) -> String {
    let entries = quantities.order.compactMap { id in
      given[id].map { "\(names.spelling(id)): \($0)" }
    }
    return entries.isEmpty ? "" : ", with: {\(entries.joined(separator: ", "))}"
  }

  /// The states that a condition sets at the beginning of a phase, each with what the loss gives it.
  mutating func starts(
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
          let wish = state.name + (phase == .simulation ? "" : "_before")
          entries.append("\(name): \(choice(wish, values.map { $0.map(text) ?? standard }))")
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

  func loss(_ formula: Formula, givens: [String: String]) -> String {
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
}
