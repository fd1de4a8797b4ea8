import NodalDiagnostics

extension SBMLReader {
  mutating func putInFunctions() throws(ImportFailure) {
    func done(_ formula: Formula, _ span: Span, _ name: String) throws(ImportFailure) -> Formula {
      var room = Self.largestFormula
      let whole = try inlined(formula, [], span, &room, name)
      return whole.replacing(stoichiometries)
    }
    for i in model.reactions.indices {
      let reaction = model.reactions[i]
      model.reactions[i].rate = try done(reaction.rate, reaction.span, reaction.id)
      for k in reaction.changes.indices {
        let change = reaction.changes[k]
        model.reactions[i].changes[k].amount = try done(change.amount, change.span, reaction.id)
      }
    }
    func all(
      _ definitions: [String: SBMLModel.Definition]
    ) throws(ImportFailure) -> [String: SBMLModel.Definition] {
      var result = definitions
      for (name, definition) in definitions {
        result[name]?.formula = try done(definition.formula, definition.span, name)
      }
      return result
    }
    model.initialAssignments = try all(model.initialAssignments)
    model.assignmentRules = try all(model.assignmentRules)
    model.rateRules = try all(model.rateRules)
    for i in model.events.indices {
      let event = model.events[i]
      model.events[i].trigger = try done(event.trigger, event.span, event.id)
      for k in event.assignments.indices {
        let definition = event.assignments[k].definition
        model.events[i].assignments[k].definition.formula = try done(
          definition.formula, definition.span, event.id)
      }
    }
  }

  /// With calls of defined functions replaced by what they stand for.
  private func inlined(
    _ formula: Formula, _ within: [String], _ span: Span, _ room: inout Int, _ name: String
  ) throws(ImportFailure) -> Formula {
    room -= 1
    guard room > 0 else {
      throw ImportFailure(.formulaTooLarge(of: name, limit: Self.largestFormula), at: span)
    }
    guard case .definedCall(let function, let arguments) = formula else {
      var left = room
      let result = try formula.mapParts { (part) throws(ImportFailure) in
        try inlined(part, within, span, &left, name)
      }
      room = left
      return result
    }
    guard let (parameters, body) = functions[function] else {
      throw ImportFailure(.formula(.unknownFunction(function)), at: span)
    }
    guard !within.contains(function), within.count < XMLReader.deepest else {
      throw ImportFailure(.cyclic(within + [function]), at: span)
    }
    guard parameters.count == arguments.count else {
      throw ImportFailure(
        .formula(
          .argumentCount(function, expected: String(parameters.count), found: arguments.count)),
        at: span)
    }
    var values: [String: Formula] = [:]
    for (parameter, argument) in zip(parameters, arguments) {
      values[parameter] = try inlined(argument, within, span, &room, name)
    }
    let inner = try inlined(body, within + [function], span, &room, name)
    let result = inner.replacing(values)
    let size = result.size(upTo: Self.largestFormula)
    guard size < Self.largestFormula else {
      throw ImportFailure(.formulaTooLarge(of: name, limit: Self.largestFormula), at: span)
    }
    return result
  }
}
