import NodalDiagnostics
import NodalIR
import NodalSyntax
import NodalTypes

/// `steady(ode, from: …, with: …)` and `linearize(ode, at: …, with: …)`.
extension Checker {
  mutating func steady(_ arguments: [CallArgument], _ span: Span) -> Meaning {
    guard
      let given = take(
        arguments, ["ode", "from", "with", "time"], required: 1, callee: "steady", span),
      let asked = pointOfOde(given, "from", "steady", span)
    else { return .invalid }
    return atPoint(.steady, asked, pointType(of: asked.ode), "steady", span)
  }

  mutating func linearize(_ arguments: [CallArgument], _ span: Span) -> Meaning {
    guard
      let given = take(
        arguments, ["ode", "at", "with", "time"], required: 2, callee: "linearize", span),
      let asked = pointOfOde(given, "at", "linearize", span)
    else { return .invalid }
    if asked.ode.readsEarlierStates {
      return fail(.notSupportedYet("`linearize` of an ode that reads earlier states", at: span))
    }
    if !asked.ode.implicit.isEmpty {
      return fail(
        .notSupportedYet(
          "`linearize` of equations that are not solved for a derivative", at: span))
    }
    var length = Size(0)
    var units: Set<Unit> = []
    for state in asked.ode.states {
      guard let type = resolve(state.type).tensor else { return .invalid }
      let shape = resolve(type.shape)
      guard shape.rank <= 1 || shape.values != nil else {
        return fail(
          .notSupportedYet(
            "`linearize` of matrices of unknown size, as state `\(state.name)`", at: span))
      }
      length = length + (shape.values.map { Size(Checker.product($0)) } ?? shape.sizes[0])
      switch type.unit {
      case .uniform(let unit): units.insert(resolve(unit))
      case .mixed(let several, _): units.formUnion(several.map { resolve($0) })
      }
    }
    // Of states in several units the entries are in several, too: then they are plain numbers.
    let rate = units.count > 1 ? Unit.one : Unit.one / resolve(asked.ode.timeUnit)
    let type = Type.record([
      Field("jacobian", .real(Shape([length, length]), rate)),
      Field("slope", .real(Shape([length]), units.count > 1 ? .one : (units.first ?? .one) * rate)),
    ])
    return atPoint(.jacobian, asked, type, "linearize", span)
  }

  /// States and outputs at a point.
  func pointType(of ode: OdeInstance) -> Type {
    .record(
      ode.states.map { Field($0.name, resolve($0.type)) }
        + ode.outputs.map { Field($0.name, resolve($0.value.type)) })
  }

  /// `solver:` of a search for a solution that comes to some place. Whether it does is seen in digits that the usual tolerances leave open.
  mutating func aimedSettings(
    _ solver: CallArgument?, for ode: OdeInstance, _ span: Span
  ) -> SolverSettings? {
    guard var (settings, _) = settings(solver, for: ode, span) else { return nil }
    if solver == nil, environment.precision == .f64 {
      settings.stepping = .adaptive(rtol: 1e-9, atol: [1e-11])
    }
    return settings
  }

  /// Both ends of `over:`; nil after a report, which shows how it is written.
  mutating func ends(
    _ over: CallArgument, _ ode: OdeInstance, example: String
  ) -> (from: TypedExpression, to: TypedExpression)? {
    let value = evaluate(over)
    guard case .range(let range) = value else {
      if case .invalid = value { return nil }
      report(
        Diagnostic(
          .rangeExpected, "`over:` is an interval of time, `\(example)`, found \(found(value))",
          at: Label(over.span)))
      return nil
    }
    warnOfBareTimes([range.lower, range.upper], ode)
    let ends = [range.lower, range.upper].map { time(toReal($0), of: ode, what: "`over`") }
    return ends.contains(where: \.isInvalid) ? nil : (ends[0], ends[1])
  }

  struct Asked {
    var id: OdeID
    var ode: OdeInstance
    var state: [TypedExpression]
    var time: TypedExpression?
    var overrides: [(WeightID, TypedExpression)]
  }

  mutating func pointOfOde(
    _ given: [String: CallArgument], _ key: String, _ callee: String, _ span: Span,
    alongSolution: Bool = false
  ) -> Asked? {
    guard let subject = given["ode"] else { return nil }
    let value = evaluate(subject)
    guard case .ode(let id) = value, let ode = elaboratedOde(id, subject.span),
      let instance = environment.odes[ode.id]
    else {
      for (key, argument) in given where key != "ode" { _ = evaluate(argument) }
      if case .invalid = value { return nil }
      if case .ode = value { return nil }
      report(
        Diagnostic(
          .notAnOde, "`\(callee)` takes an ode, found \(found(value))", at: Label(subject.span)))
      return nil
    }
    if let input = instance.inputs.first {
      report(
        .notSupportedYet(
          "`\(callee)` of an ode with inputs, as `\(input.name)`,", at: span,
          help: ["make it a `param`, which `with:` can set"]))
      return nil
    }
    var time = given["time"].map { toReal(elaborate($0)) }
    if let written = time {
      let own = self.time(written, of: instance, what: "`time`")
      if own.isInvalid { return nil }
      guard tensor(own)?.shape.isScalar == true else {
        report(
          .argumentType(
            "time", of: callee, expected: "a number", found: text(own.type), at: own.span))
        return nil
      }
      time = own
    } else if instance.readsTime, !alongSolution {
      report(
        Diagnostic(
          .pointNeedsTime,
          "`\(instance.name)` changes with time: `\(callee)` must be told when to look at it",
          at: Label(span),
          help: ["`\(callee)(\(instance.name), …, time: 0)` takes it as it is then"]))
      return nil
    }
    let overrides = overriding(given["with"], ode)
    let state = initialState(given[key], instance, span)
    guard let overrides, let state else { return nil }
    return Asked(id: ode.id, ode: instance, state: state, time: time, overrides: overrides)
  }

  /// The answer, for each of the leading axes that states and parameters have beyond their own.
  mutating func atPoint(
    _ question: OdePoint.Question, _ asked: Asked, _ type: Type, _ callee: String, _ span: Span
  ) -> Meaning {
    if refuseMembers(of: asked.ode, bound: asked.overrides.map(\.0), callee, span) {
      return .invalid
    }
    var lifts = PointLifts()
    var states: [TypedExpression] = []
    for (value, state) in zip(asked.state, asked.ode.states) {
      guard let wanted = resolve(state.type).tensor?.shape,
        let own = lifted(
          value, to: resolve(wanted), "state `\(state.name)` of `\(asked.ode.name)`", &lifts,
          callee, span)
      else { return .invalid }
      states.append(own)
    }
    var overrides: [(weight: WeightID, value: TypedExpression)] = []
    for (weight, value) in asked.overrides {
      guard let row = environment.weights[weight], let wanted = row.type.tensor?.shape,
        let own = lifted(value, to: resolve(wanted), "`\(row.path)`", &lifts, callee, span)
      else { return .invalid }
      overrides.append((weight, own))
    }
    func ask(_ question: OdePoint.Question, _ type: Type) -> TypedExpression {
      TypedExpression(
        .point(
          OdePoint(
            question: question, ode: asked.id, state: states, time: asked.time,
            overrides: overrides, span: span)), type, span)
    }
    let body: TypedExpression
    switch question {
    case .steady, .lyapunov, .cycle, .boundary: body = ask(question, type)
    case .jacobian, .slope:
      guard case .record(let fields) = type else { return .invalid }
      body = TypedExpression(
        .record(zip([.jacobian, .slope], fields).map { ask($0, $1.type) }), type, span)
    }
    guard let leading = lifts.leading else { return .expression(body) }
    self.lifts += 1
    return .expression(
      TypedExpression(
        .map(Mapped(extents: leading, arguments: lifts.arguments, body: body)),
        type.lifted(by: leading), span))
  }

  private struct PointLifts {
    var leading: [Size]?
    var arguments: [Mapped.Argument] = []
  }

  /// One element of a value along its leading axes beyond a shape; nil after a report.
  private mutating func lifted(
    _ value: TypedExpression, to wanted: Shape, _ what: String, _ lifts: inout PointLifts,
    _ callee: String, _ span: Span
  ) -> TypedExpression? {
    guard let shape = tensor(value).map({ resolve($0.shape) }) else { return nil }
    var own = value
    if shape.rank > wanted.rank {
      let extra = Array(shape.sizes.prefix(shape.rank - wanted.rank))
      if let known = lifts.leading {
        guard known.count == extra.count,
          zip(known, extra).allSatisfy({ environment.substitution.unify($0, $1) })
        else {
          report(
            .leadingAxesDisagree(text(Shape(known)), text(Shape(extra)), callee: callee, at: span))
          return nil
        }
      }
      lifts.leading = lifts.leading ?? extra
      guard let peeled = peeled(value, extra.count, callee, value.span) else { return nil }
      let local = freshLocal(peeled)
      lifts.arguments.append(Mapped.Argument(local: local, type: peeled, value: value))
      own = TypedExpression(.local(local), peeled, value.span)
    }
    guard let rest = tensor(own)?.shape, environment.substitution.unify(wanted, rest) else {
      report(
        .shapeExpected(
          text(wanted), found: text(tensor(own)?.shape ?? .scalar), what: what, at: value.span))
      return nil
    }
    return own
  }
}

extension OdeInstance {
  /// Why its solutions can't be aimed at some place; nil where they can.
  var obstacleToShooting: String? {
    if readsEarlierStates { return "an ode that reads earlier states" }
    if !noise.isEmpty { return "an ode with noise" }
    if !events.isEmpty { return "an ode with events" }
    if !implicit.isEmpty { return "equations that are not solved for a derivative" }
    return nil
  }

  /// Whether what it says of a point depends on when it is asked.
  var readsTime: Bool {
    let values =
      bindings.map(\.value) + implicit.map(\.value) + states.map(\.derivative)
      + outputs.map(\.value)
    return values.contains { $0.readLocals.contains(time) }
  }
}
