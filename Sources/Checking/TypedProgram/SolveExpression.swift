package import NodalDiagnostics
package import NodalIR

/// `solve(…)`, with all that was left out filled in. Times are in the ode's time unit.
package struct SolveExpression: Sendable {
  package enum Saves: Sendable {
    /// Only the end: `s.final`.
    case end
    /// At these times, in the order of travel.
    case at(TypedExpression)
    /// Evenly: as many as the solution's type says, from one end of the span to the other (the last may fall short of it).
    case every(TypedExpression)
    /// Every accepted step, the start first.
    case steps
  }

  package var ode: OdeID
  /// One for each state, in order.
  package var initial: [TypedExpression]
  /// Where `initial` holds; nil: at the beginning of the span.
  package var start: TypedExpression?
  /// The span; nil: from the first to the last of `at`.
  package var over: (from: TypedExpression, to: TypedExpression)?
  package var saves: Saves
  /// Weights that have another value in this solve.
  package var overrides: [(weight: WeightID, value: TypedExpression)]
  /// What is given for events in the place of what the ode gives.
  package var columns: [(local: LocalID, value: TypedExpression)] = []
  /// What inputs are; those left out are their defaults.
  package var inputs: [SolveInput] = []
  /// What states were before the beginning, for an ode that reads them.
  package var history: SolveHistory?
  /// What the noise of the ode is keyed by; nil where it has none.
  package var noise: PlaceID?
  /// `atol` has one entry, or one for each component of the flat state.
  package var settings: SolverSettings
  package var span: Span
}

/// What the states of an ode were before the beginning of a solve.
package struct SolveHistory: Sendable {
  /// The time, in the values; where these are initial values too, it is the beginning.
  package var variable: LocalID
  /// One for each state; nil: as it begins.
  package var values: [TypedExpression?]
  /// No state begins elsewhere than its history ends.
  package var isContinuous = true

  /// With every expression replaced.
  func mapped(_ f: (TypedExpression) -> TypedExpression) -> SolveHistory {
    var result = self
    result.values = values.map { $0.map(f) }
    return result
  }
}
