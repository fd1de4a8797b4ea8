import NodalDiagnostics
import NodalIR
import NodalMethods
import NodalSyntax
import NodalTypes

/// `noise x = …` with the names around it.
struct OdeNoise: Sendable {
  var term: NoiseTerm
  /// The states that it drives, by their place in the builder.
  var states: [Int]
  /// How many primes each was written with, and where.
  var primes: [(count: Int, span: Span)]
  var scope: Int
  var module: Int
  var isInherited: Bool

  var isDiagonal: Bool {
    if case .bracket = term.target.kind { false } else { true }
  }
}

extension Checker {
  // MARK: Gathering

  /// A child's noise replaces the parent's of the same states.
  mutating func addNoise(
    _ term: NoiseTerm, _ module: Int, _ scope: Int, isInherited: Bool
  ) {
    let builder = odeScopes[scope].builder
    var targets = [term.target]
    if case .bracket(let names) = term.target.kind { targets = names }
    var states: [Int] = []
    var primes: [(Int, Span)] = []
    for target in targets {
      guard case .name(let name) = target.kind else { continue }
      guard let state = stateIndex(name.text, in: scope) else {
        return reportUnknownState(name, scope)
      }
      states.append(state)
      recorder?.note(name, .invalid, definition: memberSpan(name, in: scope))
      primes.append((name.primes, name.span))
    }
    let known = odeBuilders[builder].noise
    let taken = known.filter { !Set($0.states).isDisjoint(with: states) }
    if let first = taken.first(where: { $0.isInherited == isInherited }) {
      report(
        Diagnostic(
          .duplicateEquation, "noise of the same state is given twice", at: Label(term.target.span),
          also: [Label(first.term.target.span, "first here")],
          help: ["several motions in one: `noise [x, y] = G`, a column for each"]))
      return
    }
    odeBuilders[builder].noise.removeAll { !Set($0.states).isDisjoint(with: states) }
    odeBuilders[builder].noise.append(
      OdeNoise(
        term: term, states: states, primes: primes, scope: scope, module: module,
        isInherited: isInherited))
  }

  // MARK: Meaning

  /// The noise of an ode whose states are known.
  mutating func elaborateNoise(_ builder: Int) -> [OdeInstance.Noise] {
    var last: [Int] = []
    var count = 0
    for state in odeBuilders[builder].states {
      count += state.locals.count
      last.append(count - 1)
    }
    return odeBuilders[builder].noise.compactMap { noise in
      let saved = frame
      frame = Frame(kind: .ode, module: noise.module, odeScope: noise.scope)
      defer { frame = saved }
      if let free = noise.states.first(where: { odeBuilders[builder].states[$0].isFree }) {
        report(
          .notSupportedYet(
            "noise of `\(odeBuilders[builder].states[free].base)`, which has no equation of its own,",
            at: noise.term.target.span))
        return nil
      }
      for (state, written) in zip(noise.states, noise.primes) {
        let last = odeBuilders[builder].states[state].order - 1
        guard written.count != last else { continue }
        let driven = odeBuilders[builder].states[state].base + String(repeating: "'", count: last)
        report(
          Diagnostic(
            .noiseTarget, "noise drives what an equation gives the derivative of: `\(driven)`",
            at: Label(written.span), help: ["write `noise \(driven) = …`"]))
        return nil
      }
      // A weight of its own is `model.noise.x`.
      frame.owner = newOwner(odeScopes[noise.scope].path + ".noise")
      let written = noise.term.value
      let value: TypedExpression
      if case .name(let name) = noise.term.target.kind {
        value = toReal(asExpression(evaluateNamed(written, as: name), written.span))
      } else {
        value = toReal(elaborate(written))
      }
      if value.isInvalid { return nil }
      let fit =
        noise.isDiagonal
        ? diagonal(value, noise.states[0], builder, noise.term)
        : matrix(value, noise.states, builder, noise.term)
      guard let fit, !fit.isInvalid else { return nil }
      return OdeInstance.Noise(
        states: noise.states.map { last[$0] }, value: fit, isDiagonal: noise.isDiagonal,
        span: noise.term.span)
    }
  }

  /// A state's unit over the root of the unit of time.
  private func noiseType(_ state: Int, _ builder: Int) -> Type {
    let made = odeBuilders[builder]
    var type = levelType(made.states[state], made.states[state].locals.count - 1, made.timeUnit)
    if case .tensor(var tensor) = type {
      let root = made.timeUnit.raised(to: Rational(1, 2))
      switch tensor.unit {
      case .uniform(let unit): tensor.unit = .uniform(unit / root)
      case .mixed(let units, let depth):
        tensor.unit = .mixed(units.map { $0 / root }, depth: depth)
      }
      type = resolve(.tensor(tensor))
    }
    return type
  }

  private mutating func diagonal(
    _ value: TypedExpression, _ state: Int, _ builder: Int, _ term: NoiseTerm
  ) -> TypedExpression? {
    guard case .tensor(let wanted) = noiseType(state, builder), let own = tensor(value) else {
      report(
        .typeMismatch(
          expected: "numbers", found: text(value.type), at: term.value.span, what: "`noise`"))
      return nil
    }
    var value = value
    if resolve(own.shape).isScalar, !wanted.shape.isScalar {
      value = broadcast(value, to: wanted.shape)
    } else if !environment.substitution.unify(wanted.shape, own.shape) {
      report(
        Diagnostic(
          .equationShape,
          "the state is \(shapeText(wanted.shape)), its noise is \(shapeText(own.shape))",
          at: Label(term.value.span, "this is \(shapeText(own.shape))"),
          also: [Label(term.target.span, shapeText(wanted.shape))],
          help: ["motions that drive several components are a matrix: `noise [x] = G`"]))
      return nil
    }
    return adopted(value, unit: wanted.unit, what: "`noise`")
  }

  /// A row for each component of the states, a column for each motion.
  private mutating func matrix(
    _ value: TypedExpression, _ states: [Int], _ builder: Int, _ term: NoiseTerm
  ) -> TypedExpression? {
    var rows = Size(0)
    for state in states { rows = rows + width(of: odeBuilders[builder].states[state]) }
    let columns = environment.substitution.freshSize()
    guard let own = tensor(value),
      environment.substitution.unify(own.shape, Shape([rows, columns]))
    else {
      report(
        Diagnostic(
          .equationShape,
          "noise of \(text(rows)) components together is a matrix with a row for each, and this is \(tensor(value).map { shapeText($0.shape) } ?? text(value.type))",
          at: Label(term.value.span),
          help: ["a column for each motion: `noise [x, y] = [[a, b], [c, d]]`"]))
      return nil
    }
    var units: [Unit] = []
    for state in states {
      if case .tensor(let tensor) = noiseType(state, builder), case .uniform(let unit) = tensor.unit
      {
        units.append(unit)
      }
    }
    guard let unit = units.first,
      units.allSatisfy({ environment.substitution.unify(unit, $0) })
    else {
      report(
        .notSupportedYet(
          "one matrix of noise for states of different units", at: term.value.span,
          help: ["where motions drive one state each, write `noise x = …` for each"]))
      return nil
    }
    return adopted(value, unit: .uniform(unit), what: "`noise`")
  }

  // MARK: Solving

  /// What a solve with noise wants, and can't do; true after a report.
  mutating func refuseForNoise(
    _ ode: OdeInstance, _ settings: SolverSettings, start: TypedExpression?,
    over: [TypedExpression], _ solver: CallArgument?, _ span: Span
  ) -> Bool {
    let place = solver?.span ?? span
    guard Method.named(settings.method)?.takesNoise == true else {
      report(
        Diagnostic(
          .noiseMethod,
          settings.method == "auto"
            ? "`\(ode.name)` has noise, and wants a stochastic method"
            : "`\(settings.method)` solves no equations with noise",
          at: Label(place), also: ode.noise.first.map { [Label($0.span, "driven here")] } ?? [],
          help: [
            "`solver: euler_maruyama(dt: 0.01)` takes any noise; `milstein` is more exact where it depends on the state",
            "`srk` chooses its steps, for noise that doesn't depend on the state",
          ]))
      return true
    }
    if let start {
      report(
        Diagnostic(
          .noiseMethod, "noise goes forwards from the beginning, and has no `start:` inside",
          at: Label(start.span)))
      return true
    }
    if over.count == 2, let a = over[0].literal, let b = over[1].literal, b < a {
      report(
        Diagnostic(
          .noiseMethod, "a path is followed forwards in time, and this span goes backwards",
          at: Label(over[1].span)))
      return true
    }
    switch settings.gradient {
    case .adjoint, .interpolated, .forward, .reversible:
      report(
        .notSupportedYet(
          "`gradient: \(settings.gradient.rawValue)` for an ode with noise", at: place,
          help: ["`direct`, which `auto` chooses, goes through the steps along the same path"]))
      return true
    case .direct, .auto: return false
    }
  }
}
