/// A continuous extension of a step: y(t + θh) = y₀ + h Σ bⱼ(θ) kⱼ for θ in 0...1, each bⱼ a
/// polynomial without constant term, so that θ = 0 gives y₀ exactly, and bⱼ(1) = bⱼ.
package struct DenseOutput: Sendable {
  /// The local error is O(h^(order + 1)) uniformly in θ.
  package let order: Int
  /// A row for each stage: the coefficients of θ, θ², …; an empty row is a stage that is not read.
  package let polynomials: [[DoubleDouble]]

  package init(order: Int, polynomials: [[DoubleDouble]]) {
    self.order = order
    self.polynomials = polynomials
  }

  /// The highest power of θ.
  package var degree: Int { polynomials.map(\.count).max() ?? 0 }

  /// Those that are read.
  var stages: [Int] {
    polynomials.indices.filter { polynomials[$0].contains { !$0.isZero } }
  }

  /// bⱼ(θ) for all stages.
  package func weights(at theta: Double) -> [Double] {
    polynomials.map { row in
      theta * row.reversed().reduce(0.0) { $0 * theta + $1.value }
    }
  }

  /// True where neighbouring pieces share their derivative: b′(0) selects the first stage and b′(1)
  /// the one that is f(t + h, y₁).
  package func hasContinuousDerivative(nextStepStage: Int?) -> Bool {
    guard let next = nextStepStage else { return false }
    return polynomials.enumerated().allSatisfy { stage, row in
      var slope = DoubleDouble.zero
      for (power, coefficient) in row.enumerated() {
        slope += coefficient * DoubleDouble(Double(power + 1))
      }
      let start = (row.first ?? .zero) - DoubleDouble(stage == 0 ? 1 : 0)
      let end = slope - DoubleDouble(stage == next ? 1 : 0)
      return start.magnitude < 1e-12 && end.magnitude < 1e-12
    }
  }
}
