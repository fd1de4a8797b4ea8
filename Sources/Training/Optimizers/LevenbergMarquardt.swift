/// Gauss and Newton's step, damped: `(G + λ D) p = -g`, where `G` is the curvature that sums of squares have without second derivatives of their residuals,
/// and `D` its diagonal at its largest so far (Moré 1978). The damping λ follows from how well the model has foretold the last step (Nielsen 1999).
///
/// A point where there is no value is a step that was too long. Costs: a system of as many equations as there are free components for each trial.
struct LevenbergMarquardt: Optimizer {
  let firstDamping: Double
  let gradientTolerance: Double
  let changeTolerance: Double
  let trials: Int
  /// λ, and the factor by which it grows at the next failure; nothing before the first step.
  var damping: Double?
  var growth = 2.0
  var scale: [Double] = []

  mutating func step(
    _ point: inout [Double], here: Trial, rate: Double,
    evaluate: (_ point: [Double]) throws -> Trial?
  ) throws -> OptimizerStep {
    if let stop = OptimizerStop(at: here, gradientTolerance) { return .stopped(stop) }
    let n = point.count
    guard let curvature = here.curvature, curvature.count == n * n else {
      return .stopped(.noProgress(promised: 0))
    }
    if scale.count != n { scale = Array(repeating: 0, count: n) }
    for i in 0..<n { scale[i] = max(scale[i], curvature[i * n + i]) }
    // A component that nothing depends on here stays where it is.
    let least = (scale.max() ?? 0) * 1e-14
    var damping = self.damping ?? firstDamping
    func move(_ damping: Double) -> [Double]? {
      var matrix = curvature
      for i in 0..<n { matrix[i * n + i] += damping * max(scale[i], least) }
      return Vectors.solvePositive(matrix, here.gradient)?.map { -rate * $0 }
    }
    for _ in 0..<trials {
      guard let move = move(damping) else {
        (damping, growth) = (damping * growth, growth * 2)
        continue
      }
      let foretold = foretold(move, here.gradient, curvature)
      let place = Vectors.sum(point, plus: 1, times: move)
      guard foretold > 0, place != point else { break }
      if let trial = try evaluate(place) {
        let gain = (here.value - trial.value) / foretold
        if gain > 0 {
          let bend = 2 * gain - 1
          self.damping = max(damping * max(1.0 / 3, 1 - bend * bend * bend), 1e-15)
          growth = 2
          point = place
          return OptimizerStep(
            accepted: trial.index,
            stop: OptimizerStop(
              from: here, to: trial, gradientTolerance: gradientTolerance,
              changeTolerance: changeTolerance))
        }
      }
      (damping, growth) = (damping * growth, growth * 2)
    }
    self.damping = damping
    let promised = move(firstDamping).map { foretold($0, here.gradient, curvature) } ?? 0
    return .stopped(.noProgress(promised: max(0, promised)))
  }

  /// By how much the model says that the value falls.
  private func foretold(_ move: [Double], _ gradient: [Double], _ curvature: [Double]) -> Double {
    let n = move.count
    var bent = 0.0
    for i in 0..<n {
      for j in 0..<n { bent += move[i] * curvature[i * n + j] * move[j] }
    }
    return -(Vectors.dot(gradient, move) + 0.5 * bent)
  }

  var state: [String: [Double]] {
    get {
      guard let damping else { return [:] }
      return ["damping": [damping], "growth": [growth], "scale": scale]
    }
    set {
      damping = newValue["damping"]?.first
      growth = newValue["growth"]?.first ?? 2
      scale = newValue["scale"] ?? []
    }
  }
}

extension OptimizerRow {
  package static let lm = OptimizerRow(
    name: "lm",
    summary: "Levenberg and Marquardt's method, for sums of squares with few parameters.",
    source:
      "Levenberg 1944; Marquardt 1963; Moré 1978; Nielsen 1999, Damping parameter in Marquardt's method",
    hyperparameters: [
      Hyperparameter("lr", 1, .positive, "the share of a step that is made"),
      Hyperparameter("damping", 1e-3, .positive, "what the first step is damped by"),
      Hyperparameter(
        "tolerance", 1e-9, .nonNegative, "done when no component of the gradient is larger"),
      Hyperparameter(
        "change", 1e-13, .nonNegative, "done when a step lowers the value by less, relative to it"),
      Hyperparameter("trials", 30, .count, "the most trials for a step"),
    ],
    wantsOneFunction: true, wantsCurvature: true,
    build: {
      LevenbergMarquardt(
        firstDamping: $0["damping"], gradientTolerance: $0["tolerance"],
        changeTolerance: $0["change"], trials: $0.count("trials"))
    })
}
