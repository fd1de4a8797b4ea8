package import NodalIR

/// A way to solve initial value problems: a row of the registry. The stepping engine knows no
/// method; it runs the regions that `StepBuilder` makes of one.
package struct Method: Sendable {
  package enum Family: Sendable {
    case rungeKutta(Tableau)
    /// With the Jacobian of the right-hand side in its stages (see `needsJacobian`).
    case rosenbrock(RosenbrockTableau)
    /// With an equation for each stage, solved by Newton's method with the Jacobian.
    case diagonallyImplicit(DiagonallyImplicitTableau)
    /// With an equation for all stages together.
    case radau
    /// Backward differentiation formulas, of orders that errors choose as they go.
    case bdf
    /// Kick-drift-kick on a separable system: half the variables change by a function of the others
    /// alone, and the other way round. Whoever lowers a solve proves it.
    case leapfrog(Composition)
    /// With a companion of the state, which lets steps be undone.
    case reversible(ReversibleScheme)
    /// The solution's own power series up to an order, which tolerances choose (see `serving`). Whoever lowers a solve makes
    /// sure that its right-hand side has one.
    case taylor(order: Int)
    /// Of equations with noise (see `StepProblem.noise`), which these alone take.
    case stochastic(StochasticScheme)
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
    case .rosenbrock(let tableau): tableau.order
    case .diagonallyImplicit(let tableau): tableau.order
    case .radau: RadauScheme.order
    case .bdf: BDFCoefficients.highest
    case .leapfrog(let composition): composition.order
    case .reversible: 2
    case .taylor(let order): order
    case .stochastic(let scheme): scheme.order
    }
  }

  /// The order of the solution between them.
  package var denseOrder: Int {
    switch family {
    case .rungeKutta(let tableau): tableau.dense.order
    case .rosenbrock(let tableau): tableau.denseOrder
    case .diagonallyImplicit(let tableau): tableau.denseOrder
    case .radau: RadauScheme.denseOrder
    case .bdf: BDFCoefficients.highest
    case .leapfrog, .reversible: min(order, HermiteRecord.order)
    case .taylor(let order): order
    case .stochastic: 1
    }
  }

  /// The order at which the error estimate behaves; nil where there is none, and steps are of a
  /// given length.
  package var estimateOrder: Int? {
    switch family {
    case .rungeKutta(let tableau): tableau.estimate.order
    case .rosenbrock(let tableau): tableau.estimateOrder
    case .diagonallyImplicit(let tableau): tableau.estimateOrder
    case .radau: RadauScheme.denseOrder
    case .bdf: 1
    case .leapfrog, .reversible: nil
    case .taylor(let order): order - 1
    case .stochastic(let scheme): scheme.estimateOrder
    }
  }

  /// Chooses its own step sizes; otherwise `dt` or `steps` must be given.
  package var isAdaptive: Bool { estimateOrder != nil }

  package var needsSeparableSystem: Bool {
    switch family {
    case .rungeKutta, .rosenbrock, .diagonallyImplicit, .radau, .bdf, .reversible, .taylor,
      .stochastic:
      false
    case .leapfrog: true
    }
  }

  /// Its steps can be undone (see `SymmetricStep`).
  package var isSymmetric: Bool {
    switch family {
    case .leapfrog, .reversible: true
    case .rungeKutta, .rosenbrock, .diagonallyImplicit, .radau, .bdf, .taylor, .stochastic: false
    }
  }

  /// How many companions of the state its steps go on from (see `Solve.companions`): they are not steps from the state alone.
  package var companions: Int {
    switch family {
    case .reversible: 1
    case .rungeKutta, .rosenbrock, .diagonallyImplicit, .radau, .bdf, .leapfrog, .taylor,
      .stochastic:
      0
    }
  }

  /// Wants power series of the right-hand side, by rules that not every op has.
  package var needsSeries: Bool {
    switch family {
    case .rungeKutta, .rosenbrock, .diagonallyImplicit, .radau, .bdf, .leapfrog, .reversible,
      .stochastic:
      false
    case .taylor: true
    }
  }

  /// Wants the right-hand side's derivatives by state and time: see `Solve.jacobian`.
  package var needsJacobian: Bool {
    switch family {
    case .rosenbrock, .diagonallyImplicit, .radau, .bdf: true
    case .rungeKutta, .leapfrog, .reversible, .taylor, .stochastic: false
    }
  }

  /// Takes the noise of an equation; all others refuse it.
  package var takesNoise: Bool { scheme != nil }

  package var scheme: StochasticScheme? {
    switch family {
    case .stochastic(let scheme): scheme
    case .rungeKutta, .rosenbrock, .diagonallyImplicit, .radau, .bdf, .leapfrog, .reversible,
      .taylor:
      nil
    }
  }

  /// Takes equations that read earlier states: its stages lie at times that are known before the step is, and it wants no derivative of the
  /// right-hand side by time, which would be one of what it reads, too.
  package var takesDelays: Bool {
    switch family {
    case .rungeKutta, .diagonallyImplicit, .radau, .bdf: true
    case .rosenbrock, .leapfrog, .reversible, .taylor, .stochastic: false
    }
  }

  /// Solves M y' = f with an M of rows that may be zero.
  package var takesMass: Bool {
    switch family {
    case .rosenbrock, .radau, .bdf: true
    case .rungeKutta, .diagonallyImplicit, .leapfrog, .reversible, .taylor, .stochastic: false
    }
  }

  /// The name of the method for a system that reads a recorded trajectory: its own, but that a solution put together of pieces
  /// has no series.
  package var nameForRecordedPaths: String { needsSeries ? Tableau.dop853.name : name }

  /// The name of the method whose steps are differentiated in the place of its own: where a step is nothing without those before, or iterates,
  /// another for the same kind of problem.
  package var nameForDifferentiatedSteps: String {
    switch family {
    case .bdf, .diagonallyImplicit, .radau: RosenbrockTableau.rodas5p.name
    case .rungeKutta, .rosenbrock, .leapfrog, .reversible, .taylor, .stochastic: name
    }
  }

  /// Its orders and step sizes are its own to choose: steps of a given length there are not.
  package var choosesOrder: Bool {
    switch family {
    case .bdf: true
    case .rungeKutta, .rosenbrock, .diagonallyImplicit, .radau, .leapfrog, .reversible, .taylor,
      .stochastic:
      false
    }
  }

  /// Stiffness can be told from the stages that a step has in any case.
  package var stiffness: StiffnessIndicator? {
    switch family {
    case .rungeKutta(let tableau): tableau.stiffness
    case .rosenbrock, .diagonallyImplicit, .radau, .bdf, .leapfrog, .reversible, .taylor,
      .stochastic:
      nil
    }
  }

  /// The greatest |hλ| with which steps damp what the equation damps. (The leapfrog and its kind damp nothing: with which what
  /// swings goes on swinging.)
  package var stabilityLimit: Double {
    switch family {
    case .rungeKutta(let tableau): tableau.realStability
    case .rosenbrock, .diagonallyImplicit, .radau, .bdf: .infinity
    case .leapfrog(let composition): 2 / composition.longest
    case .reversible: 1
    case .taylor(let order): StabilityPolynomial.exponential(order).realLimit
    case .stochastic: 2
    }
  }

  /// The method as it serves a solve: one whose order follows from tolerances has that order.
  package func serving(_ stepping: SolverSettings.Stepping) -> Method {
    switch (family, stepping) {
    case (.taylor, .adaptive(let rtol, let atol)):
      Method(
        name: name, summary: summary, purpose: purpose,
        family: .taylor(order: TaylorSteps.order(rtol: rtol, atol: atol)))
    case (.taylor, .step), (.taylor, .count), (.rungeKutta, _), (.rosenbrock, _),
      (.diagonallyImplicit, _), (.radau, _), (.bdf, _),
      (.leapfrog, _), (.reversible, _), (.stochastic, _):
      self
    }
  }

  /// A controller for the method with the row of that name; nil for unknown names and without an
  /// estimate.
  package func controller(named name: String) -> StepController? {
    guard let order = estimateOrder, let row = ControllerRow.named(name) else { return nil }
    return StepController(row: row, estimateOrder: order)
  }
}
