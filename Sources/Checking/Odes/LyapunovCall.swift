import NodalDiagnostics
import NodalSyntax
import NodalTypes

/// `lyapunov(ode, over: 0..1000, every: 0.5, …)`.
extension Checker {
  /// Pieces of the span where nothing is said.
  private static let usualPieces = 1000
  /// Its square is the number of tangents' components that are solved for.
  private static let largestState = 64

  mutating func lyapunov(_ arguments: [CallArgument], _ span: Span) -> Meaning {
    guard
      let given = take(
        arguments, ["ode", "over", "from", "with", "every", "solver"], required: 2,
        callee: "lyapunov", span),
      let asked = pointOfOde(given, "from", "lyapunov", span, alongSolution: true),
      let over = given["over"]
    else { return .invalid }
    let lengths = asked.ode.states.map {
      resolve($0.type).tensor?.shape.values.map(Checker.product)
    }
    let length = lengths.reduce(0) { $0 + ($1 ?? Self.largestState + 1) }
    guard asked.ode.implicit.isEmpty, asked.ode.events.isEmpty, length <= Self.largestState,
      !asked.ode.readsEarlierStates
    else {
      let what =
        asked.ode.readsEarlierStates
        ? "an ode that reads earlier states"
        : !asked.ode.events.isEmpty
          ? "an ode with events"
          : length > Self.largestState
            ? "a state of more than \(Self.largestState) numbers"
            : "equations that are not solved for a derivative"
      return fail(.notSupportedYet("`lyapunov` of \(what)", at: span))
    }
    guard let ends = ends(over, asked.ode, example: "0..1000"),
      let (settings, _) = settings(given["solver"], for: asked.ode, span)
    else { return .invalid }
    if let noise = asked.ode.noise.first {
      return fail(
        .notSupportedYet("`lyapunov` of an ode with noise", at: given["ode"]?.span ?? noise.span))
    }
    var pieces = Self.usualPieces
    if let written = given["every"] {
      let step = time(toReal(elaborate(written)), of: asked.ode, what: "`every`")
      if step.isInvalid { return .invalid }
      guard let a = ends.from.literal, let b = ends.to.literal, let h = step.literal else {
        return fail(
          Diagnostic(
            .optionValue,
            "into how many pieces `every:` cuts the span must be known before the program runs",
            at: Label(written.span), help: ["without it there are \(Self.usualPieces)"]))
      }
      guard h > 0, let points = Checker.gridCount(from: a, to: b, every: h), points > 1,
        points < 10_000_000
      else {
        return fail(
          Diagnostic(
            .optionValue, "`every` is a positive step, no longer than the span",
            at: Label(written.span)))
      }
      pieces = points - 1
    }
    let course = OdePoint.Course(over: ends, pieces: pieces, settings: settings)
    let rate = Unit.one / resolve(asked.ode.timeUnit)
    return atPoint(
      .lyapunov(course), asked, .real(Shape([Size(length)]), rate), "lyapunov", span)
  }
}
