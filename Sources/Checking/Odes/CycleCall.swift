import NodalDiagnostics
import NodalIR
import NodalSyntax
import NodalTypes

/// `cycle(ode, from: …, period: 6.6)`.
extension Checker {
  mutating func cycle(_ arguments: [CallArgument], _ span: Span) -> Meaning {
    guard
      let given = take(
        arguments, ["ode", "period", "from", "with", "solver"], required: 2, callee: "cycle", span),
      let asked = pointOfOde(given, "from", "cycle", span, alongSolution: true),
      let written = given["period"]
    else { return .invalid }
    let ode = asked.ode
    let obstacle =
      ode.readsTime && !ode.readsEarlierStates
      ? "an ode that changes with time" : ode.obstacleToShooting
    if let obstacle { return fail(.notSupportedYet("`cycle` of \(obstacle)", at: span)) }
    let period = time(toReal(elaborate(written)), of: ode, what: "`period`")
    if period.isInvalid { return .invalid }
    guard tensor(period)?.shape.isScalar == true else {
      return fail(
        .argumentType(
          "period", of: "cycle", expected: "a number", found: text(period.type), at: period.span))
    }
    guard let settings = aimedSettings(given["solver"], for: ode, span) else { return .invalid }
    var length = Size(0)
    for state in ode.states {
      guard let shape = resolve(state.type).tensor?.shape else { return .invalid }
      guard shape.rank <= 1 || shape.values != nil else {
        return fail(
          .notSupportedYet(
            "`cycle` of matrices of unknown size, as state `\(state.name)`", at: span))
      }
      length = length + (shape.values.map { Size(Checker.product($0)) } ?? shape.sizes[0])
    }
    let type = Type.record([
      Field("start", pointType(of: ode)), Field("period", .real(.scalar, resolve(ode.timeUnit))),
      Field("monodromy", .real(Shape([length, length]))),
    ])
    return atPoint(
      .cycle(OdePoint.Turn(period: period, settings: settings)), asked, type, "cycle", span)
  }
}
