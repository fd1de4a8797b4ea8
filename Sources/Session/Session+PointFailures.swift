import NodalChecking
import NodalDiagnostics

/// Words for searches that find nothing: steady states, closed solutions, boundary values.
extension Session {
  func describe(_ failure: PointFailure?, _ place: LoweredOrigin?) -> Diagnostic {
    let name = odeName(at: place) ?? "this ode"
    switch failure {
    case .notFound, nil:
      return Diagnostic(
        .noSteadyState, "no steady state of \(name) is found from this start",
        at: place.map { Label($0.span) },
        help: [
          "start nearer to it: `from: {…}`; a stable one is near the end of a long solve",
          "it may have none for these parameters, as where it grows without bound",
        ])
    case .collapsed:
      return Diagnostic(
        .directionsCollapsed,
        "between two looks some neighbours of this solution of \(name) come so near to it that their distance is lost",
        at: place.map { Label($0.span) },
        help: [
          "look more often: `every: 0.1`; the span is cut into 1000 pieces where nothing is said"
        ])
    case .noCycle:
      return Diagnostic(
        .noCycle, "no closed solution of \(name) is found from this start and period",
        at: place.map { Label($0.span) },
        help: [
          "start on it: `from: solve(…, over: 0..100).final`, with the time between two maxima as `period:`",
          "it may have none for these parameters; and where something is conserved there are too many, side by side",
        ])
    case .cycleNotIsolated:
      return Diagnostic(
        .cycleNotIsolated,
        "the closed solution of \(name) that is found is a point at rest, or one of many",
        at: place.map { Label($0.span) },
        help: [
          "start further away from the point at rest, and with a period that is nearer",
          "where something is conserved, as in an undamped oscillator, there are closed solutions for all its values",
        ])
    case .noBoundary:
      return Diagnostic(
        .noBoundary, "no solution of \(name) that ends so is found",
        at: place.map { Label($0.span) },
        help: [
          "begin the search nearer to one: `near: {…}` says about what the unknown states begin with",
          "over a long span a small change at the beginning is a large one at the end: come to it in stretches",
        ])
    case .boundaryNotIsolated:
      return Diagnostic(
        .boundaryNotIsolated,
        "the solution of \(name) that is found is one of many: what is given at the end doesn't depend on what is looked for",
        at: place.map { Label($0.span) },
        help: ["give other states at the end, or start from elsewhere with `near: {…}`"])
    case .notIsolated:
      return Diagnostic(
        .steadyNotIsolated,
        "the steady state of \(name) that is found is one of many, or just about to vanish",
        at: place.map { Label($0.span) },
        help: [
          "where something is conserved, its equation takes the place of one of the others: `0 = x + y - 1`",
          "what changes through events alone, `x' = 0`, is better a `param`",
          "where two steady states meet as a parameter is moved, there is no derivative",
        ])
    }
  }
}
