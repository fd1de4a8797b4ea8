/// An explicit Runge-Kutta method as data: the Butcher tableau
///
///     c | A
///     --+---
///       | b        y₁ = y₀ + h Σ bⱼ kⱼ,   kᵢ = f(t + cᵢh, y₀ + h Σ aᵢⱼ kⱼ)
///
/// with its error estimate and its dense output. Stages beyond `stageCount` serve the dense output
/// only. Whatever follows from the coefficients is derived: the number of stages, whether the last
/// stage is the first of the next step, which stages tell stiffness, where the stability region
/// ends.
///
/// Coefficients are `DoubleDouble`; the stepper reads `.value`, the order conditions the whole.
package struct Tableau: Sendable {
  package let name: String
  /// The order of y₁: the local error is O(h^(order + 1)).
  package let order: Int
  /// c, for all stages.
  package let nodes: [DoubleDouble]
  /// A, strictly lower triangular: row i has i entries.
  package let rows: [[DoubleDouble]]
  /// b, one entry for each of the `stageCount` stages.
  package let weights: [DoubleDouble]
  package let estimate: ErrorEstimate
  package let dense: DenseOutput

  package init(
    name: String, order: Int, nodes: [DoubleDouble], rows: [[DoubleDouble]],
    weights: [DoubleDouble], estimate: ErrorEstimate, dense: DenseOutput
  ) {
    self.name = name
    self.order = order
    self.nodes = nodes
    self.rows = rows
    self.weights = weights
    self.estimate = estimate
    self.dense = dense
  }

  /// The stages that y₁ and the error estimate need.
  package var stageCount: Int { weights.count }

  /// All stages, those of the dense output included.
  package var allStageCount: Int { nodes.count }

  /// aᵢⱼ, zero on and above the diagonal.
  package func a(_ i: Int, _ j: Int) -> DoubleDouble { j < rows[i].count ? rows[i][j] : .zero }

  /// The stage that is f(t + h, y₁), which the next step takes as its first: found, not declared,
  /// as the stage at c = 1 whose row is b. It may be one of the dense output's own stages (dop853's
  /// thirteenth): then it is evaluated once a step and still costs nothing.
  package var nextStepStage: Int? {
    nodes.indices.first { stage in
      stage > 0 && nodes[stage] == .one
        && (0..<allStageCount).allSatisfy { j in
          a(stage, j) == (j < stageCount ? weights[j] : .zero)
        }
    }
  }

  /// "First same as last": one of the stages that y₁ needs in any case is f(t + h, y₁).
  package var isFirstSameAsLast: Bool { nextStepStage.map { $0 < stageCount } ?? false }

  /// Evaluations of the right-hand side in a step after the first.
  package var evaluationsPerStep: Int {
    isFirstSameAsLast ? stageCount - 1 : stageCount
  }

  package var isAdaptive: Bool { estimate.order != nil }
}

extension Tableau {
  /// What is wrong with the coefficients' form: counts, triangularity, row sums Σⱼ aᵢⱼ = cᵢ, Σ b =
  /// 1. Empty for a sound tableau. The order conditions are asked separately: they cost
  /// milliseconds.
  package var faults: [String] {
    var found: [String] = []
    if rows.count != nodes.count { found.append("\(rows.count) rows for \(nodes.count) nodes") }
    if weights.isEmpty || weights.count > nodes.count {
      found.append("\(weights.count) weights for \(nodes.count) stages")
    }
    for (i, row) in rows.enumerated() where i < nodes.count {
      if row.count > i { found.append("row \(i + 1) is not strictly lower triangular") }
      let difference = row.reduce(-nodes[i], +)
      if !(difference.magnitude < 1e-15) {
        found.append("row \(i + 1) misses its node by \(difference.magnitude)")
      }
    }
    let difference = weights.reduce(-.one, +)
    if !(difference.magnitude < 1e-15) {
      found.append("the weights miss one by \(difference.magnitude)")
    }
    for vector in estimate.vectors where vector.count > stageCountWithNext {
      found.append("the error estimate reads stages that a step does not have")
    }
    for (stage, polynomial) in dense.polynomials.enumerated() {
      let end = polynomial.reduce(.zero, +)
      let weight = stage < weights.count ? weights[stage] : .zero
      if !((end - weight).magnitude < 1e-13) {
        found.append("the dense output does not reach y₁ in stage \(stage + 1)")
      }
    }
    if dense.polynomials.count > nodes.count {
      found.append("the dense output reads stages that do not exist")
    }
    return found
  }

  private var stageCountWithNext: Int { max(stageCount, (nextStepStage ?? -1) + 1) }
}
