/// A Rosenbrock method as data. With J = ∂f/∂y and fₜ = ∂f/∂t at the step's start, its stages are solutions of linear equations with
/// one matrix, W = I/(hγ) - J:
///
///     W uᵢ = f(t + αᵢh, y₀ + Σ aᵢⱼ uⱼ) + Σ (cᵢⱼ/h) uⱼ + h γᵢ fₜ,   y₁ = y₀ + Σ mᵢ uᵢ
///
/// This is the form in which no product with J is needed; the uᵢ are sums of the stages kᵢ of the definition, u = Γk.
/// E. Hairer, G. Wanner, Solving Ordinary Differential Equations II, 2nd ed. (1996), IV.7.
package struct RosenbrockTableau: Sendable {
  package let name: String
  package let order: Int
  /// The order of the embedded solution, which the error estimate is the difference to.
  package let estimateOrder: Int
  package let denseOrder: Int
  /// An estimated error is allowed so much less than the tolerance. Errors of steps add up on the way, and the estimate says nothing of that: with this the end is
  /// about as exact as the tolerance says. Found by the problems of `benchmarks/w8.node`.
  package let strictness: Double
  /// γ, the diagonal of Γ.
  package let diagonal: Double
  /// αᵢ.
  package let nodes: [Double]
  /// γᵢ, the sums of the rows of Γ.
  package let timeWeights: [Double]
  /// aᵢⱼ and cᵢⱼ, strictly lower triangular.
  package let rows: [[Double]]
  package let couplings: [[Double]]
  /// mᵢ.
  package let weights: [Double]
  /// Weights of the uᵢ in the error.
  package let errorWeights: [Double]
  /// Between the ends: y(t + θh) = (1 - θ) y₀ + θ (y₁ + (1 - θ) (r₁ + θ (r₂ + θ (…)))) with rₖ = Σ denseₖⱼ uⱼ.
  package let dense: [[Double]]

  package var stageCount: Int { nodes.count }

  /// What is wrong with the coefficients' form; empty for a sound tableau.
  package var faults: [String] {
    var found: [String] = []
    let n = stageCount
    for (what, count) in [
      ("rows", rows.count), ("couplings", couplings.count), ("time weights", timeWeights.count),
      ("weights", weights.count), ("error weights", errorWeights.count),
    ] where count != n {
      found.append("\(count) \(what) for \(n) stages")
    }
    for i in 0..<n where i < rows.count && i < couplings.count {
      if rows[i].count > i || couplings[i].count > i {
        found.append("row \(i + 1) is not strictly lower triangular")
      }
    }
    if dense.contains(where: { $0.count != n }) { found.append("dense output of other stages") }
    return found
  }
}

extension RosenbrockTableau {
  /// A method given as by its definition,
  ///
  ///     (I - hγJ) kᵢ = f(t + αᵢh, y₀ + h Σ αᵢⱼ kⱼ) + hJ Σ γᵢⱼ kⱼ + hγᵢ fₜ,   y₁ = y₀ + h Σ bᵢ kᵢ
  ///
  /// with `stages` αᵢⱼ, `couplings` γᵢⱼ (both strictly lower triangular), weights of the kᵢ in y₁, in the error, and in the rₖ.
  init(
    name: String, order: Int, estimateOrder: Int, denseOrder: Int, strictness: Double,
    diagonal: Double, stages: [[Double]], couplings: [[Double]], weights: [Double],
    errorWeights: [Double],
    dense: [[Double]]
  ) {
    let n = stages.count
    // Γ⁻¹, row by row.
    var inverse = [[Double]](repeating: Array(repeating: 0, count: n), count: n)
    for i in 0..<n {
      inverse[i][i] = 1 / diagonal
      for j in 0..<i {
        let sum = (j..<i).reduce(0.0) { $0 + couplings[i][$1] * inverse[$1][j] }
        inverse[i][j] = -sum / diagonal
      }
    }
    /// w Γ⁻¹
    func turned(_ w: [Double], count: Int) -> [Double] {
      (0..<count).map { j in (j..<max(j, w.count)).reduce(0.0) { $0 + w[$1] * inverse[$1][j] } }
    }
    self.init(
      name: name, order: order, estimateOrder: estimateOrder, denseOrder: denseOrder,
      strictness: strictness, diagonal: diagonal, nodes: stages.map { $0.reduce(0, +) },
      timeWeights: couplings.map { $0.reduce(diagonal, +) },
      rows: stages.enumerated().map { turned($1, count: $0) },
      couplings: (0..<n).map { i in (0..<i).map { -inverse[i][$0] } },
      weights: turned(weights, count: n), errorWeights: turned(errorWeights, count: n),
      dense: dense.map { turned($0, count: n) })
  }
}
