import NodalDiagnostics
import NodalIR
import NodalMethods
import NodalSyntax
import NodalTypes

extension Checker {
  static let solveLabels = [
    "ode", "from", "over", "at", "every", "start", "with", "solver", "events", "input",
    "history",
  ]

  /// `solve(ode, …)`.
  mutating func solve(_ arguments: [CallArgument], _ span: Span) -> Meaning {
    guard
      let given = take(
        arguments, Checker.solveLabels, required: 1, callee: "solve", span),
      let subject = given["ode"]
    else { return .invalid }
    let value = evaluate(subject)
    guard case .ode(let id) = value else {
      for (key, argument) in given where key != "ode" { _ = evaluate(argument) }
      if case .invalid = value { return .invalid }
      return fail(
        Diagnostic(
          .notAnOde, "`solve` solves an ode, found \(found(value))", at: Label(subject.span)))
    }
    let name = environment.declarations[id.rawValue].name
    guard let ode = elaboratedOde(id, subject.span), var instance = environment.odes[ode.id] else {
      for (key, argument) in given where key != "ode" && key != "solver" { _ = evaluate(argument) }
      return .invalid
    }
    if let later = environment.odes[ode.id] { instance = later }
    // Times.
    var over: [TypedExpression] = []
    var written: [TypedExpression] = []
    if let argument = given["over"] {
      let value = evaluate(argument)
      guard case .range(let range) = value else {
        if case .invalid = value { return .invalid }
        return fail(
          Diagnostic(
            .rangeExpected, "`over:` is an interval of time, `0..10`, found \(found(value))",
            at: Label(argument.span)))
      }
      written += [range.lower, range.upper]
      over = [range.lower, range.upper].map {
        time(toReal($0), of: instance, what: "`over`")
      }
    }
    var at = given["at"].map { toReal(elaborate($0)) }
    let data = drivingData(ofTimes: at)
    var every = given["every"].map { toReal(elaborate($0)) }
    var start = given["start"].map { toReal(elaborate($0)) }
    warnOfBareTimes(written + [at, every, start].compactMap { $0 }, instance)
    if let times = at { at = self.time(times, of: instance, what: "`at`") }
    if let step = every { every = self.time(step, of: instance, what: "`every`") }
    if let time = start { start = self.time(time, of: instance, what: "`start`") }
    let overrides = overriding(given["with"], ode)
    let columns = eventColumns(given["events"], instance)
    let inputs = solveInputs(given["input"], instance, data, span)
    var history = self.history(given["history"], instance)
    let initial = initialState(given["from"], instance, &history, span)
    guard let (settings, noise) = settings(given["solver"], for: instance, span) else {
      return .invalid
    }
    guard let overrides, let initial, let columns, let inputs, let history else {
      return .invalid
    }
    if refuseMembers(of: instance, bound: overrides.map(\.0), "solve", span) { return .invalid }
    if (over + [at, every, start].compactMap { $0 }).contains(where: \.isInvalid) {
      return .invalid
    }
    if over.isEmpty, at == nil {
      return fail(
        Diagnostic(
          .missingArgument, "`solve` must be told when: `over: 0..10` or `at: times`",
          at: Label(span)))
    }
    if let argument = given["every"], at != nil {
      return fail(
        Diagnostic(
          .duplicateLabel, "`at` and `every` both say when to save", at: Label(argument.span)))
    }
    for (label, value) in [("every", every), ("start", start)] {
      if let value, tensor(value)?.shape.isScalar != true {
        return fail(
          .argumentType(
            label, of: "solve", expected: "a number", found: text(value.type), at: value.span))
      }
    }
    if let endless = over.first(where: { $0.literal.map { !$0.isFinite } ?? false }) {
      return fail(
        Diagnostic(
          .optionValue, "`over:` goes from one finite time to another", at: Label(endless.span)))
    }
    if let times = at, let shape = tensor(times)?.shape, resolve(shape).sizes.last?.value == 0,
      over.isEmpty
    {
      return fail(
        Diagnostic(
          .optionValue, "`at:` holds no time, and nothing else says when to solve",
          at: Label(times.span), help: ["give the span, too: `over: 0..10`"]))
    }
    if let times = at, case .field(let owner, _) = times.withoutLabels.kind,
      case .dataset(let data) = resolve(owner.type), data.isRagged
    {
      return fail(
        .notSupportedYet(
          "solving at the times of experiments of different length", at: times.span,
          help: ["a loss sees one experiment at a time: `loss fit(w) = … solve(…, at: w.t) …`"]))
    }
    for value in over where tensor(value)?.shape.isScalar != true {
      return fail(
        .argumentType(
          "over", of: "solve", expected: "an interval of numbers", found: text(value.type),
          at: value.span))
    }

    // Lifting: leading axes beyond what a state or a parameter has.
    var leading: [Size]?
    var lifts: [Mapped.Argument] = []
    func lifted(_ value: TypedExpression, rank: Int) -> TypedExpression? {
      guard let shape = tensor(value)?.shape, shape.rank > rank else { return value }
      let extra = Array(shape.sizes.prefix(shape.rank - rank))
      if let known = leading {
        guard known.count == extra.count,
          zip(known, extra).allSatisfy({ environment.substitution.unify($0, $1) })
        else {
          report(
            .leadingAxesDisagree(text(Shape(known)), text(Shape(extra)), callee: "solve", at: span))
          return nil
        }
      } else {
        leading = extra
      }
      guard let peeled = peeled(value, extra.count, "solve", value.span) else { return nil }
      let local = freshLocal(peeled)
      lifts.append(Mapped.Argument(local: local, type: peeled, value: value))
      return TypedExpression(.local(local), peeled, value.span)
    }
    var states: [TypedExpression] = []
    for (value, state) in zip(initial, instance.states) {
      guard let wanted = resolve(state.type).tensor,
        let own = lifted(value, rank: wanted.shape.rank)
      else { return .invalid }
      guard let shape = tensor(own)?.shape, environment.substitution.unify(wanted.shape, shape)
      else {
        return fail(
          .shapeExpected(
            text(wanted.shape), found: text(tensor(own)?.shape ?? .scalar),
            what: "state `\(state.name)` of `\(name)`", at: value.span))
      }
      states.append(own)
    }
    var changed: [(weight: WeightID, value: TypedExpression)] = []
    for (weight, value) in overrides {
      guard let wanted = environment.weights[weight]?.type.tensor,
        let own = lifted(value, rank: resolve(wanted.shape).rank)
      else { return .invalid }
      changed.append((weight, own))
    }
    var driven: [SolveInput] = []
    for input in inputs {
      guard case .samples(let kind, let times, let values) = input.source,
        let own = instance.inputs.first(where: { $0.local == input.input }),
        let wanted = resolve(own.type).tensor
      else {
        driven.append(input)
        continue
      }
      guard let times = lifted(times, rank: 1),
        let values = lifted(values, rank: wanted.shape.rank + 1)
      else { return .invalid }
      guard let ours = tensor(times)?.shape, resolve(ours).rank == 1,
        let shape = tensor(values)?.shape,
        environment.substitution.unify(
          Shape(resolve(ours).sizes + resolve(wanted.shape).sizes), shape)
      else {
        let count = tensor(times)?.shape.sizes.first.map { [resolve($0)] } ?? []
        return fail(
          .shapeExpected(
            text(Shape(count + resolve(wanted.shape).sizes)),
            found: text(tensor(values)?.shape ?? .scalar), what: "input `\(own.name)` of `\(name)`",
            at: values.span))
      }
      driven.append(
        SolveInput(input: input.input, source: .samples(kind, times: times, values: values)))
    }
    if let times = at, let shape = tensor(times)?.shape {
      if resolve(shape).isScalar {
        at = join([times], times.span)
      } else {
        guard let own = lifted(times, rank: 1) else { return .invalid }
        at = own
      }
    }

    // What is saved.
    var saves = SolveExpression.Saves.steps
    var samples = SampleCount.steps
    if let times = at, let count = tensor(times)?.shape.sizes.first {
      saves = .at(times)
      samples = .saved(resolve(count))
    } else if let step = every {
      saves = .every(step)
      // How many samples there are is part of the solution's type.
      guard let a = over.first?.literal, let b = over.last?.literal, let h = step.literal else {
        let computed = (over + [step]).first { $0.literal == nil } ?? step
        return fail(
          Diagnostic(
            .optionValue,
            "how many samples `every:` keeps must be known before the program runs, and this is computed",
            at: Label(computed.span),
            help: ["keep a given number of them: `at: linspace(0, t_end, 101)`"]))
      }
      guard h > 0, let points = Checker.gridCount(from: a, to: b, every: h) else {
        return fail(
          Diagnostic(
            .optionValue, "`every` is a positive step, no smaller than a billionth of the span",
            at: Label(step.span)))
      }
      samples = .saved(Size(points))
    }
    let fields =
      [Field("t", .real(.scalar, resolve(instance.timeUnit)))]
      + instance.states.map { Field($0.name, resolve($0.type)) }
      + instance.outputs.map { Field($0.name, resolve($0.value.type)) }
    let holds = inputs.contains(where: \.isHeld)
    if settings.gradient == .reversible, inputs.contains(where: \.isSampled) {
      return fail(
        .notSupportedYet(
          "`gradient: reversible` with an input between samples", at: given["solver"]?.span ?? span,
          help: ["the others take it; so does this one an input that is a function of time"]))
    }
    if holds || !instance.events.isEmpty,
      refuseForEvents(
        instance, holds: holds, start: start, settings, given["solver"], span)
    {
      return .invalid
    }
    if instance.readsEarlierStates,
      refuseForDelays(
        instance, settings, start: start, over: over, given["solver"], span)
    {
      return .invalid
    }
    if !instance.noise.isEmpty,
      refuseForNoise(instance, settings, start: start, over: over, given["solver"], span)
    {
      return .invalid
    }
    var type = SolutionType(
      ode: name, fields: fields, stateCount: instance.states.count, samples: samples)
    type.events = instance.events.map {
      SolutionType.Happening(
        $0.name, environment.substitution.freshSize(named: $0.name, rigid: true))
    }
    var node = SolveExpression(
      ode: ode.id, initial: states, start: start,
      over: over.count == 2 ? (over[0], over[1]) : nil, saves: saves, overrides: changed,
      settings: settings, span: span)
    node.columns = columns
    node.inputs = driven
    if instance.readsEarlierStates { node.history = history }
    if !instance.noise.isEmpty { node.noise = noise ?? freshPlace() }
    let solution = TypedExpression(.solve(node), .solution(type), span)
    guard let leading else { return .expression(solution) }
    self.lifts += 1
    return .expression(
      TypedExpression(
        .map(Mapped(extents: leading, arguments: lifts, body: solution)),
        Type.solution(type).lifted(by: leading), span))
  }

  /// What a solve with events can't do; true after a report.
  private mutating func refuseForEvents(
    _ ode: OdeInstance, holds: Bool, start: TypedExpression?, _ settings: SolverSettings,
    _ solver: CallArgument?, _ span: Span
  ) -> Bool {
    let place = solver?.span ?? span
    let what = holds ? "an input that is held" : "an ode with events"
    if let start {
      report(.notSupportedYet("`start:` of \(what)", at: start.span))
      return true
    }
    if settings.joint {
      report(
        .notSupportedYet(
          "`batching: joint` for \(what)", at: place,
          help: ["trajectories whose events differ have steps of their own: `batching: own`"]))
      return true
    }
    // Standing still is a slope of zero for all components at once, and not a function of half of them.
    if Method.named(settings.method)?.needsSeparableSystem == true,
      ode.events.contains(where: \.stops)
    {
      report(.notSupportedYet("`stop` in an event, with `\(settings.method)`,", at: place))
      return true
    }
    switch settings.gradient {
    case .reversible:
      report(
        .notSupportedYet(
          "`gradient: reversible` for \(what)", at: place,
          help: ["the others go through events"]))
      return true
    case .direct, .adjoint, .interpolated, .forward, .auto: return false
    }
  }

  /// How many points `every` saves: from one end on, as long as they lie in the span.
  package static func gridCount(from a: Double, to b: Double, every step: Double) -> Int? {
    let exact = abs(b - a) / step
    guard exact.isFinite, exact < 1e9 else { return nil }
    return Int((exact + 1e-9 * max(1, exact)).rounded(.down)) + 1
  }

  // MARK: with

  /// `with: {α: linspace(0.5, 2, 50)}`.
  mutating func overriding(
    _ argument: CallArgument?, _ ode: ElaboratedOde
  ) -> [(WeightID, TypedExpression)]? {
    guard let argument else { return [] }
    noteMembers(in: argument, of: ode.name)
    guard case .record(let fields)? = argument.syntax?.kind else {
      report(
        Diagnostic(
          .typeMismatch, "`with:` takes a record of parameters, `{α: 1.5}`",
          at: Label(argument.span)))
      return nil
    }
    var result: [(WeightID, TypedExpression)] = []
    return override(fields, "", ode, &result) ? result : nil
  }

  /// Parameters by name; those of parts in a record of their own, or by a path: `{a: {k: 1}}`, `{a.k: 1}`.
  private mutating func override(
    _ fields: [RecordField], _ prefix: String, _ ode: ElaboratedOde,
    _ result: inout [(WeightID, TypedExpression)]
  ) -> Bool {
    var fine = true
    for field in fields {
      let name = prefix + field.name.spelling
      if case .record(let inner) = field.value.kind,
        ode.params.keys.contains(where: { $0.hasPrefix(name + ".") })
      {
        fine = override(inner, name + ".", ode, &result) && fine
        continue
      }
      let value = toReal(elaborate(field.value))
      guard let id = ode.params[name] else {
        var help: [String] = []
        if ode.constants[name] != nil {
          help.append(
            "`\(name)` is a `const`: `--set \(ode.name).\(name)=…` changes it, or make it a `param`"
          )
        } else if let best = Suggestions.nearest(to: name, in: Array(ode.params.keys)) {
          help.append("did you mean `\(best)`?")
        }
        report(
          Diagnostic(
            .unknownOverride, "`\(ode.name)` has no parameter `\(name)`",
            at: Label(field.name.span),
            help: help))
        fine = false
        continue
      }
      guard !value.isInvalid, let weight = environment.weights[id], let type = weight.type.tensor
      else {
        fine = false
        continue
      }
      let fit = adopted(value, unit: type.unit, what: "`\(name)`")
      if fit.isInvalid || !checkInside(weight.domain, fit, name, field.value.span, isOverride: true)
      {
        fine = false
      } else {
        result.append((id, fit))
      }
    }
    return fine
  }

}

extension TypedExpression {
  /// What is under another unit here, or was converted to it.
  fileprivate var withoutLabels: TypedExpression {
    var inner = self
    while true {
      if case .relabelled(let next) = inner.kind { inner = next; continue }
      if case .scaled(let next, _) = inner.kind { inner = next; continue }
      return inner
    }
  }

  /// `s.final`, `s(2)`: states, and what else a solution holds.
  var isPointOfSolution: Bool {
    switch kind {
    case .field(_, let name): name == "final"
    case .interpolate: true
    case .number, .integer, .boolean, .text, .array, .size, .local, .session, .weight, .weights,
      .elementwise, .select, .toReal, .scaled, .relabelled, .broadcast, .reduce, .matmul, .windows,
      .convolve, .pick, .concatenate, .stack, .reshape, .transpose, .reverse, .slice, .index,
      .gather, .shift, .linspace, .iota, .tuple, .element, .record, .bindings, .conditional, .fold,
      .scan, .map, .calculus, .draw, .solve, .point, .spectral, .example, .part, .invalid:
      false
    }
  }
}
