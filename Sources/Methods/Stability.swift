extension Tableau {
  /// The coefficients of the stability polynomial R(z) = 1 + Σ zᵏ bᵀAᵏ⁻¹1: what a step does to y' =
  /// λy with z = hλ.
  package var stabilityPolynomial: [Double] {
    var coefficients = [1.0]
    var power = [DoubleDouble](repeating: .one, count: allStageCount)
    for _ in 0..<stageCount {
      var sum = DoubleDouble.zero
      for (j, b) in weights.enumerated() { sum += b * power[j] }
      coefficients.append(sum.value)
      power = rows.map { row in
        var sum = DoubleDouble.zero
        for (j, a) in row.enumerated() { sum += a * power[j] }
        return sum
      }
    }
    return coefficients
  }

  /// The largest x for which |R(z)| ≤ 1 all the way from 0 to z = -x: a step that is longer in
  /// units of 1/|λ| grows what the equation damps.
  package var realStability: Double {
    StabilityPolynomial(coefficients: stabilityPolynomial).realLimit
  }
}

/// R(z): what a step does to y' = λy with z = hλ, coefficients in ascending order.
struct StabilityPolynomial {
  var coefficients: [Double]

  /// The exponential's series up to an order.
  static func exponential(_ order: Int) -> StabilityPolynomial {
    var coefficients = [1.0]
    for k in 1...order { coefficients.append(coefficients[k - 1] / Double(k)) }
    return StabilityPolynomial(coefficients: coefficients)
  }

  /// The largest x for which |R| ≤ 1 from 0 to -x.
  var realLimit: Double {
    func isStable(_ x: Double) -> Bool {
      // Near zero R is 1 - x, and rounding could say more than 1.
      abs(coefficients.reversed().reduce(0.0) { $0 * -x + $1 }) <= 1 + 1e-12
    }
    let stride = 1.0 / 64
    var low = 0.0
    while low < 1000, isStable(low + stride) { low += stride }
    var high = low + stride
    for _ in 0..<50 {
      let middle = (low + high) / 2
      if isStable(middle) { low = middle } else { high = middle }
    }
    return low
  }
}

/// Hairer's indicator of stiffness. Two stages i and j at the same time but for different states
/// give an estimate of the largest eigenvalue, |hλ| ≈ h ‖kᵢ - kⱼ‖ / ‖Yᵢ - Yⱼ‖. Where the method's
/// steps are held back by stability, this stays near the end of the stability interval.
/// Source: Hairer and Wanner, Solving Ordinary Differential Equations II (1996), IV.2.
package struct StiffnessIndicator: Sendable {
  /// The two stages.
  package let stages: (Int, Int)
  /// Per stage, aᵢ - aⱼ: Yᵢ - Yⱼ = h Σ differences[l] kₗ.
  package let differences: [DoubleDouble]
  /// Above this |hλ| a step counts as held back by stability: seven tenths of the stability interval. (Hairer's dopri5
  /// looks nearer to its end, 3.25 of 3.31; smooth step control settles well below that, at 2.4.)
  package let threshold: Double

  /// |hλ| from the norms of kᵢ - kⱼ and of Σ differences[l] kₗ.
  package static func estimate(slopes: Double, states: Double) -> Double {
    states > 0 && slopes.isFinite && states.isFinite ? slopes / states : 0
  }
}

extension Tableau {
  /// The last two stages at the end of the step, among those that a step evaluates in any case; nil
  /// where the method has no two.
  package var stiffness: StiffnessIndicator? {
    let last = max(stageCount - 1, nextStepStage ?? 0)
    let atEnd = (0...last).filter { nodes[$0] == .one }
    guard atEnd.count >= 2 else { return nil }
    let (i, j) = (atEnd[atEnd.count - 1], atEnd[atEnd.count - 2])
    let differences = (0..<allStageCount).map { a(i, $0) - a(j, $0) }
    return StiffnessIndicator(
      stages: (i, j), differences: differences, threshold: realStability * 0.7)
  }
}

/// Counts what the indicator says, as Hairer's programs do: fifteen steps that speak for another kind of method without six in between that
/// don't mean that it is time for one.
package struct StiffnessMonitor: Sendable {
  private var hits = 0
  private var misses = 0
  /// Set once, and kept.
  package private(set) var isDecided = false

  package init() {}

  /// Takes what an accepted step says. Returns true at the step that decides.
  package mutating func note(_ isHit: Bool) -> Bool {
    guard !isDecided else { return false }
    if isHit {
      misses = 0
      hits += 1
      if hits == 15 {
        isDecided = true
        return true
      }
    } else {
      misses += 1
      if misses == 6 { hits = 0 }
    }
    return false
  }
}
