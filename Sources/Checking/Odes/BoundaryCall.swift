import NodalDiagnostics
import NodalIR
import NodalSyntax
import NodalTypes

/// `boundary(ode, over: 0..1, from: {y: 0}, to: {y: 1})`: the states that `from` doesn't name are looked for, beginning at `near`, or else at what the
/// ode gives.
extension Checker {
  mutating func boundary(_ arguments: [CallArgument], _ span: Span) -> Meaning {
    guard
      var given = take(
        arguments, ["ode", "over", "to", "from", "near", "with", "solver"], required: 3,
        callee: "boundary", span)
    else { return .invalid }
    let known = given["from"]
    guard let start = startOfBoundary(known, near: given["near"]) else { return .invalid }
    given["from"] = start.argument
    guard let asked = pointOfOde(given, "from", "boundary", span, alongSolution: true),
      let over = given["over"], let written = given["to"]
    else { return .invalid }
    let ode = asked.ode
    if let obstacle = ode.obstacleToShooting {
      return fail(.notSupportedYet("`boundary` of \(obstacle)", at: span))
    }
    guard let ends = ends(over, ode, example: "0..1"),
      let settings = aimedSettings(given["solver"], for: ode, span),
      let wanted = wantedAtEnd(written, ode)
    else { return .invalid }
    let unknown = ode.states.indices.filter { !start.names.contains(ode.states[$0].name) }
    guard let looked = length(unknown, ode, span), let told = length(wanted.map(\.state), ode, span)
    else { return .invalid }
    guard looked == told, looked > 0 else {
      let names = unknown.map { ode.states[$0].name }
      return fail(
        Diagnostic(
          .optionValue,
          names.isEmpty
            ? "`from:` gives all states at the beginning: there is nothing to look for"
            : "\(looked) number\(looked == 1 ? "" : "s") at the beginning, \(Suggestions.list(names)), can't be told from \(told) at the end",
          at: Label(written.span), also: known.map { [Label($0.span, "given here")] } ?? [],
          help: [
            "`from:` names the states that are known at the beginning, `to:` as many at the end as are not"
          ]))
    }
    let question = OdePoint.Question.boundary(
      OdePoint.Ends(over: ends, unknown: unknown, wanted: wanted, settings: settings))
    return atPoint(question, asked, pointType(of: ode), "boundary", span)
  }

  /// `from:` with what `near:` says of the other states, and the names of the states that `from:` itself tells.
  private mutating func startOfBoundary(
    _ from: CallArgument?, near: CallArgument?
  ) -> (argument: CallArgument?, names: Set<String>)? {
    func fields(_ argument: CallArgument, _ label: String) -> [RecordField]? {
      if case .record(let fields)? = argument.syntax?.kind { return fields }
      report(
        Diagnostic(
          .typeMismatch, "`\(label):` takes a record of states, `{y: 0}`",
          at: Label(argument.span)))
      return nil
    }
    var told: [RecordField] = []
    if let from {
      guard let own = fields(from, "from") else { return nil }
      told = own
    }
    let names = Set(told.map { $0.name.spelling })
    guard let near else { return (from, names) }
    guard let guesses = fields(near, "near") else { return nil }
    let all = told + guesses.filter { !names.contains($0.name.spelling) }
    var merged = near
    merged.source = .syntax(Expression(.record(all), span: near.span))
    return (merged, names)
  }

  /// States by their places, and what they are to be at the end.
  private mutating func wantedAtEnd(
    _ argument: CallArgument, _ ode: OdeInstance
  ) -> [(state: Int, value: TypedExpression)]? {
    guard case .record(let fields)? = argument.syntax?.kind else {
      report(
        Diagnostic(
          .typeMismatch, "`to:` takes a record of states, `{y: 1}`", at: Label(argument.span)))
      return nil
    }
    var wanted: [(state: Int, value: TypedExpression)] = []
    for field in fields {
      let name = field.name.spelling
      guard let place = ode.states.firstIndex(where: { $0.name == name }) else {
        report(.unknownState(name, of: ode, at: field.name.span))
        return nil
      }
      guard let value = stateValue(elaborate(field.value), ode.states[place]) else { return nil }
      guard let shape = tensor(value)?.shape,
        let own = resolve(ode.states[place].type).tensor?.shape,
        environment.substitution.unify(own, shape)
      else {
        report(
          .shapeExpected(
            text(ode.states[place].type), found: text(value.type), what: "`to: {\(name)}`",
            at: value.span))
        return nil
      }
      wanted.append((place, value))
    }
    return wanted
  }

  /// How many numbers some states are; nil after a report.
  private mutating func length(_ states: [Int], _ ode: OdeInstance, _ span: Span) -> Int? {
    var sum = 0
    for place in states {
      guard let shape = resolve(ode.states[place].type).tensor?.shape.values else {
        report(
          .notSupportedYet(
            "`boundary` of states of unknown size, as `\(ode.states[place].name)`,", at: span))
        return nil
      }
      sum += Checker.product(shape)
    }
    return sum
  }
}
