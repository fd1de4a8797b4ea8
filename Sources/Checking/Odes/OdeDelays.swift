import NodalDiagnostics
import NodalIR
import NodalMethods
import NodalSyntax
import NodalTypes

/// States at an earlier time, `x(t - τ)`, in the equations of an ode.
extension Checker {
  /// - Parameter name: of a state of the ode around.
  mutating func earlierState(_ name: Name, _ call: Call, _ span: Span) -> Meaning {
    guard let scope = frame.odeScope, let index = stateIndex(name.text, in: scope) else {
      return .invalid
    }
    let builder = odeScopes[scope].builder
    let state = odeBuilders[builder].states[index]
    guard let written = delayWritten(in: call), call.trailingClosure == nil else {
      for argument in call.arguments { _ = evaluate(CallArgument(argument)) }
      return fail(
        Diagnostic(
          .delayedState, "a state at an earlier time is written `\(name.spelling)(t - τ)`",
          at: Label(span),
          help: ["a product needs `*`; the state now is `\(name.spelling)`, without parentheses"]))
    }
    guard name.primes < state.locals.count else {
      return fail(
        .notSupportedYet(
          "an earlier derivative of the highest order, `\(name.spelling)(t - τ)`,", at: span,
          help: ["`\(state.base)` has an equation for it: write its right side, at that time"]))
    }
    if odeBuilders[builder].isInImplicit {
      return fail(
        .notSupportedYet(
          "an earlier state in an equation that is not solved for a derivative", at: span))
    }
    var pair = [odeTime(scope, span), toReal(elaborate(written))]
    guard !pair[1].isInvalid, agreeOnUnit(&pair, "-", span) != nil else { return .invalid }
    guard tensor(pair[1])?.shape.isScalar == true else {
      return fail(
        Diagnostic(
          .delayedState, "a delay is a number, found \(text(pair[1].type))",
          at: Label(written.span)))
    }
    guard let delay = constantAlongSolve(pair[1]) else {
      return fail(
        Diagnostic(
          .delayedState, "this delay changes along a solution", at: Label(written.span),
          help: ["a delay is made of numbers, constants and parameters"]))
    }
    if let literal = delay.literal, literal <= 0 {
      return fail(
        Diagnostic(
          .delayedState, "a delay is positive: the equations know nothing of what comes",
          at: Label(written.span)))
    }
    let place = delayPlace(delay, builder, span)
    let known = odeBuilders[builder].delayed.first {
      $0.state == state.locals[name.primes] && $0.delay == place
    }
    let type = levelType(state, name.primes, odeBuilders[builder].timeUnit)
    let local = known?.local ?? freshLocal(type)
    if known == nil {
      odeBuilders[builder].delayed.append(
        OdeInstance.EarlierState(state: state.locals[name.primes], delay: place, local: local))
    }
    return .expression(TypedExpression(.local(local), type, span))
  }

  /// τ of `x(t - τ)`.
  private func delayWritten(in call: Call) -> Expression? {
    guard call.arguments.count == 1, call.arguments[0].label == nil,
      case .binary(let op, let left, let right) = call.arguments[0].value.kind,
      op.kind == .subtract
    else { return nil }
    if isTime(left) { return right }
    // t - τ₁ - τ₂
    guard case .binary(let inner, let first, let second) = left.kind, inner.kind == .subtract,
      isTime(first)
    else { return nil }
    return Expression(
      .binary(BinaryOperator(kind: .add, span: op.span), second, right),
      span: call.arguments[0].value.span)
  }

  private func isTime(_ expression: Expression) -> Bool {
    guard case .name(let name) = expression.kind else { return false }
    return name.spelling == "t" && frame.names["t"] == nil
  }

  /// The value with what it is named after, if it is the same all along a solution.
  private func constantAlongSolve(_ value: TypedExpression) -> TypedExpression? {
    var names: Set<LocalID> = []
    var waiting = Array(value.readLocals)
    while let id = waiting.popLast() {
      guard let definition = definitions[id] else { return nil }
      if names.insert(id).inserted { waiting += definition.readLocals }
    }
    // What a name stands for was named before it.
    let bound = names.sorted().compactMap { id in
      definitions[id].map { Bound(id, $0) }
    }
    return bound.isEmpty ? value : TypedExpression(.bindings(bound, value), value.type, value.span)
  }

  /// The place of a delay among those of the ode. The same parameter or number is the same delay.
  private mutating func delayPlace(
    _ value: TypedExpression, _ builder: Int, _ span: Span
  ) -> Int {
    let known = odeBuilders[builder].delays.firstIndex { other in
      if case .weight(let a) = other.value.kind, case .weight(let b) = value.kind { return a == b }
      return other.value.literal != nil && other.value.literal == value.literal
    }
    if let known { return known }
    odeBuilders[builder].delays.append(OdeInstance.Delay(value: value, span: span))
    return odeBuilders[builder].delays.count - 1
  }

  /// What an ode with earlier states can't have beside them; said once for each.
  mutating func refuseBesideDelays(_ ode: OdeInstance) {
    guard !ode.delays.isEmpty else { return }
    let others: [(String, Span?)] = [
      ("noise in an ode that reads earlier states", ode.noise.first?.span),
      (
        "an ode that reads earlier states with equations that are not solved for a derivative",
        ode.implicit.first?.span
      ),
    ]
    for case (let what, let span?) in others { report(.notSupportedYet(what, at: span)) }
  }

  /// The delays by which outputs look back.
  func delaysOfOutputs(_ ode: OdeInstance) -> Set<Int> {
    Set(
      ode.delayed.filter { earlier in
        ode.outputs.contains { reads($0.value, anyOf: [earlier.local]) }
      }.map(\.delay))
  }

  /// What a solve with delays can't do; true after a report.
  mutating func refuseForDelays(
    _ ode: OdeInstance, _ settings: SolverSettings, start: TypedExpression?,
    over: [TypedExpression], _ solver: CallArgument?, _ span: Span
  ) -> Bool {
    let place = solver?.span ?? span
    let read = ode.delays.first.map { [Label($0.span, "an earlier state is read here")] } ?? []
    guard Method.named(settings.method)?.takesDelays == true else {
      report(
        Diagnostic(
          .delayMethod, "`\(settings.method)` solves no equations with delays", at: Label(place),
          also: read,
          help: [
            "explicit Runge-Kutta methods do, as `tsit5`, `dop853`, `rk4(dt: …)`, and of the stiff ones `kvaerno5`, `kvaerno3`, `radau5` and `bdf`"
          ]))
      return true
    }
    if let start {
      report(
        Diagnostic(
          .delayMethod,
          "an equation with delays goes forwards from where its history ends, and has no `start:` inside",
          at: Label(start.span), also: read))
      return true
    }
    if over.count == 2, let a = over[0].literal, let b = over[1].literal, b < a {
      report(
        Diagnostic(
          .delayMethod, "an equation with delays goes forwards, and this span goes backwards",
          at: Label(over[1].span), also: read))
      return true
    }
    if settings.joint {
      report(
        .notSupportedYet(
          "`batching: joint` for an ode that reads earlier states", at: place,
          help: ["trajectories have steps of their own with `batching: own`"]))
      return true
    }
    switch settings.gradient {
    case .direct, .reversible:
      report(
        .notSupportedYet(
          "`gradient: \(settings.gradient.rawValue)` for an ode that reads earlier states",
          at: place,
          help: [
            "`forward` carries sensitivities along, `interpolated` solves the adjoint equation; `auto` chooses"
          ]))
      return true
    case .forward, .adjoint, .interpolated, .auto: return false
    }
  }
}

extension OdeInstance {
  /// What looks at an ode at one point, or in the plane of its states, has no earlier states to give it.
  package var readsEarlierStates: Bool { !delays.isEmpty }
}
