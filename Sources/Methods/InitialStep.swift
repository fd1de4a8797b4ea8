import Foundation

/// Hairer's rule for the first step size: small enough that an explicit Euler step changes the
/// solution by a hundredth of itself, and that the local error estimated from the change of the
/// derivative is a hundredth of the tolerance.
/// Source: Hairer, Nørsett and Wanner I (1993), II.4.
///
/// Norms are root mean squares in units of the tolerance: of y₀ (d₀), of f₀ = f(t₀, y₀) (d₁), and
/// of f(t₀ + h, y₀ + h f₀) - f₀ for the trial step h.
package enum InitialStep {
  /// The length of the trial step, positive, at most the whole `span`.
  package static func trial(state: Double, derivative: Double, span: Double) -> Double {
    let span = abs(span)
    guard state.isFinite, derivative.isFinite else { return min(1e-6, span) }
    let h = state < 1e-5 || derivative < 1e-5 ? 1e-6 : 0.01 * (state / derivative)
    return min(h, span)
  }

  /// The length of the first step, positive, at most the whole `span`; `change` is the norm of the
  /// change of the derivative over the trial step. What the rule proposes may be too short to be told from t: where one component is
  /// to be found very exactly, and moves.
  package static func first(
    trial h: Double, derivative: Double, change: Double, order: Int, span: Double,
    at t: Double
  ) -> Double {
    let span = abs(span)
    guard h > 0, derivative.isFinite, change.isFinite else { return min(h, span) }
    let steepest = max(derivative, change / h)
    let next =
      steepest <= 1e-15
      ? max(1e-6, h * 1e-3) : pow(0.01 / steepest, 1 / Double(order + 1))
    return min(max(min(100 * h, next), 16 * StepController.shortest(at: t)), span)
  }
}
