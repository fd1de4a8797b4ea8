/// How a tableau estimates its local error, as data. `e` below is the vector of a component's
/// error, measured in units of its tolerance: eᵢ / (atolᵢ + rtol max(|y₀ᵢ|, |y₁ᵢ|)); ‖·‖ is the
/// root of the mean square.
package enum ErrorEstimate: Sendable {
  /// No estimate: steps are of a length given beforehand.
  case none
  /// The difference of two sets of weights, e = h Σ (bⱼ - b̂ⱼ) kⱼ, the second of the order given.
  case embedded(difference: [DoubleDouble], order: Int)
  /// Two estimates, of fifth and of third order, in a ratio that behaves as one of seventh:
  /// ‖e₅‖² / √(‖e₅‖² + 0.01 ‖e₃‖²).
  /// Hairer, Nørsett and Wanner, Solving Ordinary Differential Equations I (1993), II.10.
  case fifthAndThird(fifth: [DoubleDouble], third: [DoubleDouble])

  /// The order q at which the estimate behaves: error ∝ h^(q + 1). Nil without an estimate.
  package var order: Int? {
    switch self {
    case .none: nil
    case .embedded(_, let order): order
    case .fifthAndThird: 7
    }
  }

  /// The weights that the estimate applies to the stages.
  package var vectors: [[DoubleDouble]] {
    switch self {
    case .none: []
    case .embedded(let difference, _): [difference]
    case .fifthAndThird(let fifth, let third): [fifth, third]
    }
  }

  /// The square of the error in units of the tolerance, from the mean squares of the vectors' sums (in the order of
  /// `vectors`); at most 1 means that the step is accepted.
  package func squaredError(meanSquares squares: [Double]) -> Double {
    switch self {
    case .none: return 0
    case .embedded: return squares[0]
    case .fifthAndThird:
      let denominator = squares[0] + 0.01 * squares[1]
      // 0/0 where the solution is a polynomial that both formulas integrate exactly.
      return denominator == 0 ? 0 : squares[0] * squares[0] / denominator
    }
  }
}
