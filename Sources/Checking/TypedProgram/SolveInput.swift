/// How an input goes on between its samples. Before the first and behind the last it stays as they are.
package enum Interpolant: String, Sendable, Hashable, CaseIterable {
  /// The sample before, from its time on: jumps at the times.
  case hold
  /// A straight line from sample to sample.
  case linear
  /// Cubic pieces with the slopes of the pieces before: up to a time nothing depends on samples behind the next.
  case hermite
  /// Cubic pieces with slopes by Akima's rule, which don't overshoot at edges.
  case akima
  /// What a signal whose frequencies all lie below half the sampling rate was between equally spaced samples.
  case bandlimited

  /// Coefficients of the powers of the time since the sample before.
  package var coefficients: Int {
    switch self {
    case .hold: 1
    case .linear: 2
    case .hermite, .akima: 4
    case .bandlimited: BandlimitedKernel.coefficients
    }
  }

  /// Whether the time since the sample before is counted in lengths of the piece, which then stand behind its coefficients: high powers of
  /// seconds would leave the range of numbers.
  package var countsInLengths: Bool {
    switch self {
    case .hold, .linear, .hermite, .akima: false
    case .bandlimited: true
    }
  }
}

/// What an input of an ode is in one solve.
package struct SolveInput: Sendable {
  package enum Source: Sendable {
    /// A function of time, which `variable` is in `value`.
    case formula(variable: LocalID, value: TypedExpression)
    /// Times [n] and samples [n, …]. What has no time is no sample.
    case samples(Interpolant, times: TypedExpression, values: TypedExpression)
  }
  /// `OdeInstance.Input.local`.
  package var input: LocalID
  package var source: Source

  package init(input: LocalID, source: Source) {
    self.input = input
    self.source = source
  }

  /// With every expression replaced.
  func mapped(_ f: (TypedExpression) -> TypedExpression) -> SolveInput {
    switch source {
    case .formula(let variable, let value):
      SolveInput(input: input, source: .formula(variable: variable, value: f(value)))
    case .samples(let kind, let times, let values):
      SolveInput(input: input, source: .samples(kind, times: f(times), values: f(values)))
    }
  }

  /// It goes from one sample to the next.
  package var isSampled: Bool {
    switch source {
    case .samples: true
    case .formula: false
    }
  }

  /// It changes by jumps, which steps have to end at.
  package var isHeld: Bool {
    if case .samples(.hold, _, _) = source { true } else { false }
  }
}
