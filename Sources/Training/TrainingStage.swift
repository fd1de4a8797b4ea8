/// A part of a run: one optimiser for a number of steps.
package struct TrainingStage: Sendable {
  /// Which parameters are the run's best where no validation decides.
  package enum Keeping: Sendable, Hashable {
    /// Those with the lowest value: right where all steps see one function.
    case lowest
    /// Always the latest: right for minibatches, whose lowest value is a matter of luck.
    case latest
  }

  /// Where a stage begins.
  package enum Beginning: Sendable, Hashable {
    /// Where the one before ended.
    case current
    /// At the best parameters so far.
    case best
  }

  package var optimizer: ConfiguredOptimizer
  package var steps: Int
  package var rate: LearningRate
  /// Steps in one unit of the schedule: 1, or those of an epoch.
  package var stepsPerUnit: Double
  /// Paths that are frozen, or freed, in this stage, on top of the vector's own flags.
  package var freeze: [String]
  package var free: [String]
  /// How much faster or slower what lies below a path moves than at the rate, the last of them counting. Not for optimisers that want one function.
  package var paces: [(path: String, factor: Double)]
  /// Scales a longer gradient down to this Euclidean norm. Not for optimisers that want one
  /// function, which would be misled; they don't clip.
  package var clip: Double?
  package var keeping: Keeping
  /// The objective is another than before (a longer horizon, other weights of its terms): what was
  /// best is not compared with.
  package var isNewObjective: Bool
  package var beginning: Beginning
  package var earlyStop: EarlyStop?

  /// The steps in so many of the stage's units.
  package func steps(inUnits count: Int) -> Int {
    let steps = Double(count) * stepsPerUnit
    return steps < 1e15 ? max(1, Int(steps)) : .max
  }

  /// A stage with the optimiser's own rate, that keeps the lowest value.
  package init(
    _ optimizer: ConfiguredOptimizer, steps: Int, rate: LearningRate? = nil,
    stepsPerUnit: Double = 1, freeze: [String] = [], free: [String] = [],
    paces: [(path: String, factor: Double)] = [], clip: Double? = nil, keeping: Keeping = .lowest,
    isNewObjective: Bool = false, beginning: Beginning = .current,
    earlyStop: EarlyStop? = nil
  ) {
    self.optimizer = optimizer
    self.steps = max(0, steps)
    self.rate = rate ?? .constant(optimizer.rate)
    self.stepsPerUnit = stepsPerUnit > 0 ? stepsPerUnit : 1
    self.freeze = freeze
    self.free = free
    self.paces = paces
    self.clip = clip
    self.keeping = keeping
    self.isNewObjective = isNewObjective
    self.beginning = beginning
    self.earlyStop = earlyStop
  }
}

extension ParameterVector {
  /// With the flags of a stage.
  func laidOut(for stage: TrainingStage) throws(PathError) -> ParameterVector {
    var layout = self
    for path in stage.freeze { try layout.freeze(path) }
    for path in stage.free { try layout.free(path) }
    if !stage.optimizer.row.wantsOneFunction {
      for (path, factor) in stage.paces { try layout.pace(path, factor) }
    }
    return layout
  }
}

/// Ends a stage before its steps are done.
package struct EarlyStop: Sendable, Hashable {
  /// So many looks in a row without an improvement: validations where there are any, else steps.
  package var patience: Int?
  /// What counts as an improvement: a fall by more than this.
  package var improvement: Double
  /// Enough is enough: the watched value has come down to this.
  package var target: Double?

  package init(patience: Int? = nil, improvement: Double = 0, target: Double? = nil) {
    self.patience = patience
    self.improvement = improvement
    self.target = target
  }
}

/// A value that the parameters are judged by, and not trained on.
package struct Look {
  /// Every so many steps, or units of a stage.
  package let every: Int
  package let value: ([Double]) throws -> Double

  package init(every: Int, value: @escaping ([Double]) throws -> Double) {
    self.every = max(1, every)
    self.value = value
  }
}
