import NodalDiagnostics
import NodalSyntax
import NodalTypes

extension Checker {
  /// `transition_nll(model, x, t)`: minus the sum of log p(xₖ₊₁ | xₖ) over the observations xₖ at times tₖ, by one step of Euler and
  /// Maruyama from each to the next: normal, of mean x + f Δt and deviation G √Δt (Pedersen 1995; the pseudo-likelihood that is
  /// consistent as Δt goes to 0). Every state is observed; where an observation is missing, so are the two transitions with it.
  mutating func transitions(_ arguments: [CallArgument], _ span: Span) -> TypedExpression {
    let name = "transition_nll"
    guard
      let given = take(arguments, ["ode", "x", "t"], required: 3, callee: name, span),
      let subject = given["ode"], let observed = given["x"], let written = given["t"]
    else { return .invalid(span) }
    let model = evaluate(subject)
    guard case .ode(let id) = model else {
      if case .invalid = model { return .invalid(span) }
      return failed(
        Diagnostic(
          .notAnOde, "`\(name)` is about an ode with noise, found \(found(model))",
          at: Label(subject.span)), span)
    }
    guard let made = elaboratedOde(id, subject.span), let ode = environment.odes[made.id] else {
      return .invalid(span)
    }
    if let problem = transitionProblem(ode, at: subject.span) { return failed(problem, span) }
    let times = time(toReal(elaborate(written)), of: ode, what: "`t`")
    if times.isInvalid { return .invalid(span) }
    guard let own = tensor(times), resolve(own.shape).rank == 1, let length = own.shape.sizes.first
    else {
      return failed(
        .argumentType(
          "t", of: name, expected: "an array of times", found: text(times.type), at: times.span),
        span)
    }
    guard let columns = observations(observed, ode, length, name) else { return .invalid(span) }

    // Each but the last, and each but the first.
    let count = resolve(length) - Size(1)
    var parts: [Mapped.Argument] = []
    func ends(_ whole: TypedExpression) -> (first: TypedExpression, last: TypedExpression)? {
      guard var type = tensor(whole), let element = peeled(whole, 1, name, whole.span) else {
        return nil
      }
      type.shape = Shape([count] + resolve(type.shape).sizes.dropFirst())
      let ends = [Size(0), Size(1)].map { start -> TypedExpression in
        let part = TypedExpression(
          .slice(whole, axis: 0, start: start), .tensor(type), whole.span)
        let local = freshLocal(element)
        parts.append(Mapped.Argument(local: local, type: element, value: part))
        return TypedExpression(.local(local), element, whole.span)
      }
      return (ends[0], ends[1])
    }
    guard let (begin, end) = ends(bind(times)) else { return .invalid(span) }
    var states: [(first: TypedExpression, last: TypedExpression)] = []
    for column in columns {
      guard let pair = ends(bind(column)) else { return .invalid(span) }
      states.append(pair)
    }
    let body = collectingBindings { checker in
      checker.transition(ode, from: begin, to: end, states, span)
    }
    if body.isInvalid { return .invalid(span) }
    let all = TypedExpression(
      .map(Mapped(extents: [count], arguments: parts, body: body)),
      resolve(body.type).lifted(by: [count]), span)
    let sum = TypedExpression(.reduce(.sum, all, axes: [0]), .real, span)
    return elementwise("neg", [sum], span)
  }

  /// What stands against it.
  private func transitionProblem(_ ode: OdeInstance, at span: Span) -> Diagnostic? {
    if ode.noise.contains(where: { !$0.isDiagonal }) {
      return .notSupportedYet(
        "the transition density of states that motions drive together", at: span)
    }
    let driven = Set(ode.noise.flatMap(\.states))
    if let still = ode.states.indices.first(where: { !driven.contains($0) }) {
      return Diagnostic(
        .noiseMethod,
        "`\(ode.states[still].name)` has no noise, and so no density of where it goes",
        at: Label(span), also: [Label(ode.states[still].span, "declared here")],
        help: ["write `noise \(ode.states[still].name) = …` in the ode"])
    }
    if !ode.inputs.isEmpty || !ode.events.isEmpty {
      return .notSupportedYet("the transition density of an ode with inputs or events", at: span)
    }
    return nil
  }

  /// The observations of each state: one array where there is one state, a record elsewhere.
  private mutating func observations(
    _ argument: CallArgument, _ ode: OdeInstance, _ length: Size, _ name: String
  ) -> [TypedExpression]? {
    let whole = evaluate(argument)
    var fields: [String: TypedExpression] = [:]
    switch whole {
    case .record(let given):
      for field in given { fields[field.name] = asExpression(field.value, argument.span) }
    case .invalid: return nil
    case .expression, .function, .closure, .template, .instance, .intrinsic, .family,
      .distribution, .ode, .part, .loss, .range, .tuple, .openWidth, .term, .solver, .method:
      let value = asExpression(whole, argument.span)
      if value.isInvalid { return nil }
      guard ode.states.count == 1 else {
        report(
          Diagnostic(
            .typeMismatch,
            "`\(ode.name)` has \(ode.states.count) states, and observations of each are wanted",
            at: Label(argument.span),
            help: [
              "write `{" + ode.states.map { "\($0.name): …" }.joined(separator: ", ") + "}`"
            ]))
        return nil
      }
      fields[ode.states[0].name] = value
    }
    var result: [TypedExpression] = []
    for state in ode.states {
      guard let value = fields[state.name] else {
        report(.missingArgument(state.name, of: name, at: argument.span))
        return nil
      }
      let real = toReal(value)
      if real.isInvalid { return nil }
      guard let wanted = resolve(state.type).tensor, let type = tensor(real),
        environment.substitution.unify(
          Shape([resolve(length)] + resolve(wanted.shape).sizes), type.shape)
      else {
        report(
          .argumentType(
            "x", of: name, expected: "as many observations of `\(state.name)` as times",
            found: text(value.type), at: argument.span))
        return nil
      }
      let fit = adopted(real, unit: wanted.unit, what: "`\(state.name)`")
      if fit.isInvalid { return nil }
      result.append(fit)
    }
    return result
  }

  /// log p of one transition.
  private mutating func transition(
    _ ode: OdeInstance, from begin: TypedExpression, to end: TypedExpression,
    _ states: [(first: TypedExpression, last: TypedExpression)], _ span: Span
  ) -> TypedExpression {
    let length = bind(elementwise("sub", [end, begin], span))
    let root = bind(elementwise("sqrt", [length], span))
    // The equations at the beginning.
    pending[pending.count - 1].append(Bound(ode.time, begin))
    var known: [TypedExpression?] = []
    for (state, pair) in zip(ode.states, states) {
      guard var type = tensor(pair.first) else { return .invalid(span) }
      var value = pair.first
      var isThere: TypedExpression?
      if type.hasGaps {
        // Equations see a number in any case; what it gives is left out.
        type.hasGaps = false
        let (cell, truth) = presence(of: pair.first, type, span)
        value = choose(truth, cell, relabelled(number(1, unit: .one, span), type.unit), span)
        isThere = truth
      }
      known.append(isThere)
      pending[pending.count - 1].append(Bound(state.local, value, name: state.name))
    }
    pending[pending.count - 1] += ode.bindings
    var total: TypedExpression?
    for noise in ode.noise {
      let place = noise.states[0]
      let state = ode.states[place]
      let here = TypedExpression(.local(state.local), state.type, span)
      let drift = elementwise("mul", [state.derivative, length], span)
      let mean = elementwise("add", [here, drift], span)
      let deviation = elementwise("mul", [noise.value, root], span)
      guard let family = DistributionFamily.rows["normal"] else { return .invalid(span) }
      var density = logDensity(
        of: states[place].last,
        under: DistributionValue(family: family, parameters: [mean, deviation], span: span), span)
      if density.isInvalid { return density }
      if let isThere = known[place] { density = choose(isThere, density, number(0, span), span) }
      if let shape = tensor(density)?.shape, !resolve(shape).isScalar {
        let axes = Array(0..<resolve(shape).rank)
        density = TypedExpression(.reduce(.sum, density, axes: axes), .real, span)
      }
      total = total.map { elementwise("add", [$0, density], span) } ?? density
    }
    // One that is not known in one state is not known in the drift of the others.
    guard var total else { return .invalid(span) }
    for (isThere, state) in zip(known, ode.states) {
      guard let isThere, resolve(state.type).tensor?.shape.isScalar == true else { continue }
      total = choose(isThere, total, number(0, span), span)
    }
    return total
  }
}
