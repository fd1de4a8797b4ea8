/// The limited-memory quasi-Newton method: the direction `-H g`, where `H` is the BFGS matrix of
/// the last `history` pairs `s = x⁺ - x`, `y = g⁺ - g` (two-loop recursion, Nocedal and Wright,
/// algorithm 7.4), and a strong Wolfe search along it.
///
/// A pair enters only if `s·y > 0` beyond rounding, so `H` stays positive definite. Where a search
/// finds nothing the history is forgotten and steepest descent tried once, before giving up.
struct LBFGS: Optimizer {
  let history: Int
  let gradientTolerance: Double
  let changeTolerance: Double
  let search: StrongWolfeSearch
  /// The latest pair last.
  var steps: [[Double]] = []
  var changes: [[Double]] = []

  mutating func step(
    _ point: inout [Double], here: Trial, rate: Double,
    evaluate: (_ point: [Double]) throws -> Trial?
  ) throws -> OptimizerStep {
    if let stop = OptimizerStop(at: here, gradientTolerance) { return .stopped(stop) }
    // Half of what the slope of a quasi-Newton step says; without a history nothing is known of the scale.
    var promised = 0.0
    while true {
      let direction = direction(here.gradient)
      let slope = Vectors.dot(direction, here.gradient)
      if !steps.isEmpty, slope.isFinite { promised = max(0, -slope / 2) }
      if slope < 0, slope.isFinite,
        let found = try searched(point, here, direction, slope, rate, evaluate),
        let trial = found.trial
      {
        return accept(&point, here, direction, found, trial)
      }
      if steps.isEmpty { return .stopped(.noProgress(promised: promised)) }
      forget()
    }
  }

  private func searched(
    _ point: [Double], _ here: Trial, _ direction: [Double], _ slope: Double, _ rate: Double,
    _ evaluate: (_ point: [Double]) throws -> Trial?
  ) throws -> StrongWolfeSearch.Point? {
    // Without a history nothing is known of the scale: the first trial moves a length of 1 at most.
    let length = direction.reduce(0) { $0 + $1.magnitude }
    let first = steps.isEmpty ? rate * min(1, 1 / length) : rate
    return try search.search(value: here.value, slope: slope, first: first) { step in
      let place = Vectors.sum(point, plus: step, times: direction)
      guard place != point, let trial = try evaluate(place) else { return nil }
      let slope = Vectors.dot(trial.gradient, direction)
      guard slope.isFinite else { return nil }
      return .init(step: step, value: trial.value, slope: slope, trial: trial)
    }
  }

  private mutating func accept(
    _ point: inout [Double], _ here: Trial, _ direction: [Double],
    _ found: StrongWolfeSearch.Point, _ trial: Trial
  ) -> OptimizerStep {
    let before = point
    point = Vectors.sum(point, plus: found.step, times: direction)
    remember(
      Vectors.sum(point, plus: -1, times: before),
      Vectors.sum(trial.gradient, plus: -1, times: here.gradient))
    return OptimizerStep(
      accepted: trial.index,
      stop: OptimizerStop(
        from: here, to: trial, gradientTolerance: gradientTolerance,
        changeTolerance: changeTolerance))
  }

  private mutating func remember(_ s: [Double], _ y: [Double]) {
    let product = Vectors.dot(s, y)
    guard product > 1e-14 * Vectors.norm(s) * Vectors.norm(y), product.isFinite else { return }
    if steps.count == history {
      steps.removeFirst()
      changes.removeFirst()
    }
    steps.append(s)
    changes.append(y)
  }

  private mutating func forget() {
    steps = []
    changes = []
  }

  private func direction(_ gradient: [Double]) -> [Double] {
    var q = gradient
    var factors = [Double](repeating: 0, count: steps.count)
    for i in steps.indices.reversed() {
      factors[i] = Vectors.dot(steps[i], q) / Vectors.dot(steps[i], changes[i])
      q = Vectors.sum(q, plus: -factors[i], times: changes[i])
    }
    if let s = steps.last, let y = changes.last {
      let scale = Vectors.dot(s, y) / Vectors.dot(y, y)
      q = q.map { $0 * scale }
    }
    for i in steps.indices {
      let back = Vectors.dot(changes[i], q) / Vectors.dot(steps[i], changes[i])
      q = Vectors.sum(q, plus: factors[i] - back, times: steps[i])
    }
    return q.map { -$0 }
  }

  var state: [String: [Double]] {
    get {
      if steps.isEmpty { return [:] }
      return [
        "pairs": [Double(steps.count)], "steps": Array(steps.joined()),
        "changes": Array(changes.joined()),
      ]
    }
    set {
      forget()
      guard let pairs = newValue["pairs"]?.first.flatMap({ Int(exactly: $0) }),
        let s = newValue["steps"], let y = newValue["changes"], s.count == y.count,
        (1...max(1, history)).contains(pairs), s.count % pairs == 0
      else { return }
      let length = s.count / pairs
      for i in 0..<pairs {
        steps.append(Array(s[(i * length)..<((i + 1) * length)]))
        changes.append(Array(y[(i * length)..<((i + 1) * length)]))
      }
    }
  }
}

extension OptimizerRow {
  package static let lbfgs = OptimizerRow(
    name: "lbfgs",
    summary: "A quasi-Newton method with a line search, for smooth problems of one fixed function.",
    source: "Nocedal and Wright 2006, algorithms 7.4, 7.5, 3.5 and 3.6",
    hyperparameters: [
      Hyperparameter("lr", 1, .positive, "the first length that a line search tries"),
      Hyperparameter("history", 10, .count, "how many steps the curvature is taken from"),
      Hyperparameter(
        "tolerance", 1e-9, .nonNegative, "done when no component of the gradient is larger"),
      Hyperparameter(
        "change", 1e-13, .nonNegative, "done when a step lowers the value by less, relative to it"),
      Hyperparameter("evaluations", 25, .count, "the most evaluations of a line search"),
    ],
    wantsOneFunction: true,
    build: {
      LBFGS(
        history: $0.count("history"), gradientTolerance: $0["tolerance"],
        changeTolerance: $0["change"],
        search: StrongWolfeSearch(budget: $0.count("evaluations")))
    })
}
