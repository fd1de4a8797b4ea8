import NodalBasics
import NodalDiagnostics

extension ModelTranslation {
  mutating func translate(_ event: SBMLModel.Event) throws(ImportFailure) {
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

  mutating func translate(
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
