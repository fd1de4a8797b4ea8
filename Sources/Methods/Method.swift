/// A way to solve initial value problems: a row of the registry. The stepping engine knows no
/// method; it runs the regions that `StepBuilder` makes of one.
package struct Method: Sendable {
  package enum Family: Sendable {
    case rungeKutta(Tableau)
    /// Kick-drift-kick on a separable system: half the variables change by a function of the others
    /// alone, and the other way round. Whoever lowers a solve proves it.
    case leapfrog
  }

  /// What kind of problem a method is for.
  package enum Purpose: String, Sendable, CaseIterable {
    case explicit, stiff, structurePreserving = "structure-preserving", stochastic
  }

  package let name: String
  /// One sentence, for the manual, completion and diagnostics.
  package let summary: String
  package let purpose: Purpose
  package let family: Family

  /// The order of the solution at the ends of steps.
  package var order: Int {
    switch family {
    case .rungeKutta(let tableau): tableau.order
    case .leapfrog: 2
    }
  }

  /// The order of the solution between them.
  package var denseOrder: Int {
    switch family {
    case .rungeKutta(let tableau): tableau.dense.order
    case .leapfrog: 2
    }
  }

  /// The order at which the error estimate behaves; nil where there is none, and steps are of a
  /// given length.
  package var estimateOrder: Int? {
    switch family {
    case .rungeKutta(let tableau): tableau.estimate.order
    case .leapfrog: nil
    }
  }

  /// Chooses its own step sizes; otherwise `dt` or `steps` must be given.
  package var isAdaptive: Bool { estimateOrder != nil }

  package var needsSeparableSystem: Bool {
    switch family {
    case .rungeKutta: false
    case .leapfrog: true
    }
  }

  /// Stiffness can be told from the stages that a step has in any case.
  package var stiffness: StiffnessIndicator? {
    switch family {
    case .rungeKutta(let tableau): tableau.stiffness
    case .leapfrog: nil
    }
  }

  /// The greatest |hλ| with which steps damp what the equation damps. (The leapfrog damps nothing: with which what swings
  /// goes on swinging.)
  package var stabilityLimit: Double {
    switch family {
    case .rungeKutta(let tableau): tableau.realStability
    case .leapfrog: 2
    }
  }

  /// A controller for the method with the row of that name; nil for unknown names and without an
  /// estimate.
  package func controller(named name: String) -> StepController? {
    guard let order = estimateOrder, let row = ControllerRow.named(name) else { return nil }
    return StepController(row: row, estimateOrder: order)
  }
}
