/// How gradients of a solve are computed.
package enum GradientMode: String, Sendable, Hashable, CaseIterable {
  /// Through the steps taken, reversed one by one.
  case direct
  /// The augmented system backwards in time (Chen et al. 2018, algorithm 1): O(1) memory, the state is reconstructed.
  case adjoint
  /// The adjoint equation backwards, the state read from the forward solve's dense output.
  case interpolated
  /// Sensitivities carried forwards beside the state; cost grows with the number of parameters.
  case forward
  /// Through the steps taken, each of which is undone to find where it began: for methods that can be, with steps of a given length.
  case reversible
  /// Chosen by size when the program is lowered.
  case auto
}

/// What a solve is asked for, apart from the equations: data, no code.
package struct SolverSettings: Sendable, Hashable {
  package enum Stepping: Sendable, Hashable {
    /// Local error held below atol + rtol·|y|. `atol` has one entry, or one for each state component.
    case adaptive(rtol: Double, atol: [Double])
    /// Each gap between save points is cut into equal steps no longer than this.
    case step(Double)
    /// The whole span is cut into this many equal steps.
    case count(Int)
  }
  /// Name of the method's row in `Methods`.
  package var method: String
  /// The method for stiff equations that trajectories are handed over to where stability holds back the steps of `method`, and that hands
  /// them back where it wouldn't any longer.
  package var partner: String?
  package var stepping: Stepping
  /// Name of the controller's row: `i`, `pi`, `pid`.
  package var controller: String
  package var maxSteps: Int
  /// The first step, if not found by Hairer's rule.
  package var firstStep: Double?
  package var gradient: GradientMode
  /// One step size for all trajectories of a batch, as other systems have it.
  package var joint: Bool
  /// Where the noise of a stochastic method comes from.
  package var path: Noise.Path
  /// Steps end at the save times, also where the whole span is cut into so many, or they choose their lengths: who goes back from one to the
  /// next finds them there.
  package var meetsSaves = false

  package init(
    method: String, stepping: Stepping, controller: String = "pi", maxSteps: Int = 100_000,
    firstStep: Double? = nil, gradient: GradientMode = .auto, joint: Bool = false,
    path: Noise.Path = .steps
  ) {
    self.method = method
    self.stepping = stepping
    self.controller = controller
    self.maxSteps = maxSteps
    self.firstStep = firstStep
    self.gradient = gradient
    self.joint = joint
    self.path = path
  }
}

extension SolverSettings {
  /// Save times are ends of steps.
  package var endsAtSaves: Bool {
    switch stepping {
    case .adaptive, .count: meetsSaves
    case .step: true
    }
  }

  /// The number of steps that a trajectory may try. Who asks for a number of steps gets them.
  package var budget: Int {
    switch stepping {
    case .adaptive, .step: maxSteps
    case .count(let count): max(count, maxSteps)
    }
  }
}

/// An initial value problem y' = f(t, y, p…), from t₀ to t₁, forwards or backwards.
///
/// Operands: t₀, t₁ (f64), save times (f64[S], between t₀ and t₁ and in the order of travel), y₀ ([d]), p….
/// With `trajectories` those flagged in `batched` have that extent as leading axis.
///
/// Results, in order: y(t₁) [d]; the states at the save times [S, d]; `stats` i64[5] (see `Statistic`); the quadratures;
/// the method's companions at t₁, each [d]; and with a `trace`: `counts` i64 (accepted steps), times f64[steps], step sizes f64[steps], states [steps, d],
/// dense records [steps, …], and the step that each save time lies in, i64[S]. With events a jump is logged as a step of length zero, and behind
/// these follow i64[steps] twice: which event a step is (0: none, otherwise its number plus 1), and its occurrence. With `trajectories` all
/// but shared quadratures lead with that axis.
///
/// The right-hand side `rhs` is (t: f64, y: [d], p…) → [d], for one trajectory, until the batching pass has given it an axis of lanes
/// (`isLowered`): (t: f64[lanes], y: [lanes, d], p… batched where flagged) → [lanes, d]. With a shared clock its time is one for all lanes:
/// (t: f64, y: [lanes, d], …) → [lanes, d]; then what depends on time alone is computed once, not for each trajectory.
package struct Solve: Sendable, Hashable {
  package var settings: SolverSettings
  package var trajectories: Extent?
  package var batched: [Bool]
  package var rhs: Region
  /// The regions of `rhs` have their axis of lanes.
  package var isLowered: Bool
  /// All trajectories are at one time, step by step: one step size for all, from one start to one end. A run sees to it that they
  /// agree.
  package var sharesClock = false
  /// Operands whose sum is where the clock counts from: a trajectory's own beginning, where many share the clock, and the beginning of a
  /// stretch backwards. The regions add them up themselves; messages do, too.
  package var clockStarts: [Int] = []
  /// How many leading components of the state the error norm sees; the others ride along.
  package var controlled: Int
  /// Integrals of the trajectory outside the error norm: (t, y, weight: f64, p…) → terms, added up over the stages of accepted steps
  /// with weights h·bⱼ. Over lanes the region sums shared terms itself, which makes a parameter gradient one contraction.
  package var quadrature: Region?
  /// Trace number, unique in the region; nil when no trace is asked for.
  package var trace: Int?
  /// Type of the dense record of one step for one trajectory, when there is a trace.
  package var record: ValueType?
  /// For methods on separable systems: per component, whether its derivative is a function of the others alone (see the
  /// pass `separate`, which proves it).
  package var drifting: [Bool]?
  /// Where the equations are M y' = f: (t, y, p…) → M [d, d], with the axis of lanes of the results of `rhs`. Rows of zeros are
  /// algebraic equations. What a method can't take is rewritten or refused (see the pass `implicit`).
  package var mass: Region?
  /// For methods that solve equations in the state: (t, y, p…) → (∂f/∂y: [d, d], ∂f/∂t: [d]), of the right-hand side f, with the same
  /// axis of lanes as its results (see the pass `linearize`, which makes it).
  package var jacobian: Region?
  /// The form of ∂f/∂y, where few of many components depend on each other; nil: [d, d].
  package var pattern: MatrixPattern?
  /// What drives the state beside the right-hand side; for stochastic methods.
  package var noise: Noise?
  /// Earlier states that the right-hand side reads.
  package var delays: Delays?
  /// Times at which the right-hand side is not smooth.
  package var corners: Corners?
  /// The operand, behind the initial state, with the span (f64) that a given number of steps is meant for, where this is a stretch of it.
  package var countedSpan: Int?
  /// The operand, behind the initial state, with the numbers that the leading components of the final state should come to. The
  /// right-hand side has no use for it; a run tells how far the solve missed it (`RunReport.drift`).
  package var expected: Int?
  /// So many of the values that the method remembers from step to step, the first ones, are results as well: each as long as the state, as
  /// it is at the end. Without them steps can't be undone from there (see `SymmetricStep`).
  package var companions = 0
  /// What happens on the way, in the order in which simultaneous events take effect.
  package var events: [SolveEvent] = []
  /// One of many that a search tries: a trajectory that can't go on is NaN, as elsewhere, but that ends no run.
  package var isTrial = false
  /// It is the backward half of a gradient. Nothing but the count of its evaluations depends on it.
  package var isBackward = false

  package init(
    settings: SolverSettings, trajectories: Extent? = nil, batched: [Bool], rhs: Region,
    isLowered: Bool = false, controlled: Int, quadrature: Region? = nil, trace: Int? = nil,
    record: ValueType? = nil
  ) {
    self.settings = settings
    self.trajectories = trajectories
    self.batched = batched
    self.rhs = rhs
    self.isLowered = isLowered
    self.controlled = controlled
    self.quadrature = quadrature
    self.trace = trace
    self.record = record
  }

  /// Its method is `auto`, with steps of its own choice, and nobody has turned to another yet: whoever runs it may.
  package var isAutomatic: Bool {
    if case .adaptive = settings.stepping {
      settings.method == "auto" && settings.partner == nil
    } else {
      false
    }
  }

  /// Operands before the parameters: t₀, t₁, save times, y₀.
  package enum Operand {
    package static let start = 0, end = 1, saveTimes = 2, initial = 3, parameters = 4
  }
  /// Places of the results.
  package enum Result {
    package static let final = 0, saved = 1, stats = 2, quadratures = 3
  }
  /// Places of the trace's results, behind the quadratures.
  package enum Trace {
    package static let counts = 0, times = 1, steps = 2, states = 3, records = 4, saveSteps = 5
    /// With events.
    package static let events = 6, occurrences = 7
  }
  /// How many results a trace has.
  package var traceCount: Int { trace == nil ? 0 : events.isEmpty ? 6 : 8 }
  package var quadratures: Int { quadrature?.results.count ?? 0 }
  /// Where the trace's results begin.
  package var traceResult: Int { companionResult + companions }
  /// Where the companions begin.
  package var companionResult: Int { Result.quadratures + quadratures }

  /// An entry of `stats`.
  package enum Statistic: Int, CaseIterable, Sendable {
    case evaluations, accepted, rejected
    /// How often the trajectory was handed from one method to another.
    case switches
    case status
  }
}

/// A recorded trajectory read at a time: operands t (f64), counts, times, step sizes, states, records, as a trace gives them.
///
/// `dense` is the method's dense region: (θ: f64, h: f64, y₀, y₁, record) → y. With `trajectories` all operands have that axis, and so
/// has the region, as lanes; but one θ and h for all where they share a clock.
package struct Interpolate: Sendable, Hashable {
  package var trajectories: Extent?
  package var dense: Region
  package init(trajectories: Extent? = nil, dense: Region) {
    self.trajectories = trajectories
    self.dense = dense
  }
}

extension Region {
  /// Whether a solve in it leaves the choice of a method to whoever runs it.
  package var solvesAutomatically: Bool {
    contains { if case .solve(let solve) = $0 { solve.isAutomatic } else { false } }
  }

  /// Whether a solve in it has one step size for all trajectories of a batch, which then must not be cut into pieces.
  package var solvesTogether: Bool {
    contains { if case .solve(let solve) = $0 { solve.settings.joint } else { false } }
  }
}
