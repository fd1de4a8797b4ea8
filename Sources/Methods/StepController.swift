import Foundation

/// How the next step size follows from the errors of the last steps, as a row of exponents: with
/// the ratio ε = error / tolerance and k = (order of the estimate) + 1,
///
///     h′ = h · safety · ε₀^(-α/k) · ε₁^(-β/k) · ε₂^(-γ/k)
///
/// where ε₀ is the step just done, ε₁ and ε₂ the accepted ones before it.
package struct ControllerRow: Sendable, Hashable {
  package let name: String
  package let summary: String
  package let alpha: Double
  package let beta: Double
  package let gamma: Double

  /// The elementary controller: each step as long as its own error allows.
  package static let integral = ControllerRow(
    name: "i", summary: "the elementary controller", alpha: 1, beta: 0, gamma: 0)
  /// PI.3.4, smooth where stability bounds the step.
  /// K. Gustafsson (1991); Hairer and Wanner II (1996), IV.2.
  package static let proportionalIntegral = ControllerRow(
    name: "pi", summary: "proportional-integral, for smoother steps", alpha: 0.7, beta: -0.4,
    gamma: 0)
  /// C. A. Kennedy, M. H. Carpenter, Appl. Numer. Math. 44 (2003); the defaults of SUNDIALS'
  /// ARKODE.
  package static let proportionalIntegralDerivative = ControllerRow(
    name: "pid", summary: "proportional-integral-derivative", alpha: 0.58, beta: -0.21,
    gamma: 0.1)

  package static let all = [integral, proportionalIntegral, proportionalIntegralDerivative]

  package static func named(_ name: String) -> ControllerRow? { all.first { $0.name == name } }
}

/// Accepts or rejects a step, and proposes the size of the next. Pure: what it remembers of a
/// trajectory is in a `StepHistory` that the caller keeps, one for each lane.
package struct StepController: Sendable, Hashable {
  package var row: ControllerRow
  /// k: the error of a step behaves as h^k.
  package var exponent: Double
  package var safety: Double
  package var smallestFactor: Double
  package var largestFactor: Double

  /// For an estimate of order q, k = q + 1.
  package init(
    row: ControllerRow, estimateOrder: Int, safety: Double = 0.9, smallestFactor: Double = 0.2,
    largestFactor: Double = 10
  ) {
    self.row = row
    exponent = Double(estimateOrder + 1)
    self.safety = safety
    self.smallestFactor = smallestFactor
    self.largestFactor = largestFactor
  }

  /// What one step's error leads to.
  package struct Decision: Sendable, Equatable {
    package var accepted: Bool
    /// The next step's size, as a multiple of this one's.
    package var factor: Double

    package init(accepted: Bool, factor: Double) {
      self.accepted = accepted
      self.factor = factor
    }
  }

  /// Decides on a step by the square of its error, in units of the tolerance. Not a number and infinity are rejected with
  /// the smallest factor: the step left the domain of the right-hand side. After a rejection the next accepted step doesn't
  /// grow.
  ///
  /// It is done in logarithms to the base of two, rough ones, which change a step's length in the fifth digit: see
  /// `RoughPower`. Loops of machine code do the same, operation by operation.
  package func decide(squaredError: Double, _ history: inout StepHistory) -> Decision {
    guard squaredError.isFinite, squaredError >= 0 else {
      history.rejected = true
      return Decision(accepted: false, factor: smallestFactor)
    }
    let error = RoughPower.log2(max(squaredError, Self.smallestSquaredError))
    let powers = powers
    let proposed: Double
    let accepted = squaredError <= 1
    if accepted {
      let memory = powers.safety.addingProduct(
        powers.beforePrevious, history.beforePrevious
      ).addingProduct(powers.previous, history.previous)
      proposed = memory.addingProduct(powers.error, error)
    } else {
      // A rejected step is corrected by its own error alone: the others belong to steps that worked.
      proposed = powers.safety.addingProduct(powers.rejected, error)
    }
    let mayGrow = accepted && !history.rejected
    let bounded = min(mayGrow ? powers.largest : 0, max(powers.smallest, proposed))
    if accepted {
      history.beforePrevious = history.previous
      history.previous = error
    }
    history.rejected = !accepted
    return Decision(accepted: accepted, factor: RoughPower.exp2(bounded))
  }

  /// What logarithms of squared errors are multiplied by, and the logarithms of the factors.
  package struct Powers: Sendable {
    package var error, previous, beforePrevious, rejected: Double
    package var safety, smallest, largest: Double
  }

  package var powers: Powers {
    let scale = -1 / (2 * exponent)
    return Powers(
      error: row.alpha * scale, previous: row.beta * scale, beforePrevious: row.gamma * scale,
      rejected: scale, safety: Foundation.log2(safety), smallest: Foundation.log2(smallestFactor),
      largest: Foundation.log2(largestFactor))
  }

  /// Below this the factor is at its largest in any case; it keeps the logarithm finite at zero.
  package static let smallestSquaredError = 1e-20

  /// A step as short as this leaves t + h at t, or nearly: ten times the rounding of t, as Hairer has it.
  package static func shortest(at t: Double) -> Double {
    max(10 * Double.ulpOfOne * abs(t), 10 * Double.leastNormalMagnitude)
  }

  package static func isTooSmall(_ h: Double, at t: Double) -> Bool {
    !(abs(h) > shortest(at: t))
  }
}

/// What the controller remembers of one trajectory.
package struct StepHistory: Sendable, Hashable {
  /// Logarithms, to the base of two, of the squared errors of the last two accepted steps; 0 stands for none.
  package var previous = 0.0
  package var beforePrevious = 0.0
  /// The last step was rejected.
  package var rejected = false
  package init() {}
}
