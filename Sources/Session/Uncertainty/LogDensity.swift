import Foundation
import NodalBasics
import NodalChecking
import NodalData
import NodalDiagnostics
import NodalExecution
import NodalTraining

/// What data and priors say of the parameters: minus a logarithm of their density, but for a constant, in unconstrained coordinates.
final class LogDensity {
  enum Kind {
    /// A loss with `~`: the posterior, or the likelihood where no parameter has a prior.
    case likelihood
    /// A sum of squares of residuals that are equally uncertain: their spread is what the fit has left of them.
    case leastSquares(residuals: Int, spread: Double)
  }

  /// A component of the vector.
  struct Coordinate {
    var name: String
    var domain: Domain
    /// Its scale: of a logarithm 1, else its size.
    var scale: Double
    /// The density is of the coordinate, not of the parameter: then the mode is where draws are most likely to be. Of one that neither data nor a prior
    /// say anything of there would be no lowest point.
    var countsVolume = false

    /// A bijection of the logarithm: what is added to one is a factor of the other.
    var isLogarithm: Bool { domain.lower.isFinite && !domain.upper.isFinite && domain.lower == 0 }
  }

  let evaluator: LossEvaluator
  let data: Dataset?
  let kind: Kind
  /// Components that are looked at, by their places in the vector of the evaluator.
  let places: [Int]
  private(set) var coordinates: [Coordinate]
  private let base: [Double]
  private let factor: Double
  /// When whoever asks has waited long enough, by the host's clock.
  var deadline = Double.infinity
  /// Networks, which stay as they are.
  let fixedCount: Int

  /// Freedom that is left: how many residuals there are more than parameters; nil: as good as infinite.
  var freedom: Int? {
    if case .leastSquares(let count, _) = kind { count - places.count } else { nil }
  }

  /// How many standard deviations to either side hold a share of probability.
  func quantile(_ level: Double) -> Double {
    StudentT.quantile(0.5 + level / 2, freedom: freedom)
  }

  /// What it is made of.
  var words: String {
    switch kind {
    case .likelihood: "the likelihood and priors"
    case .leastSquares(let count, let spread):
      "least squares of \(count) residuals, whose spread is \(NumberFormat.significant(spread, 3))"
    }
  }

  /// - Parameter countsVolume: of a likelihood, whether the density is that of the coordinates.
  init(_ fit: FittedLoss, countsVolume: Bool, span: Span) throws {
    evaluator = fit.evaluator
    data = fit.data
    let vector = fit.best.values
    base = vector
    let components = evaluator.components
    places = components.map(\.place)
    coordinates = components.map { component in
      let domain = component.weight.domain
      return Coordinate(
        name: component.name, domain: domain,
        scale: domain.isRealLine ? max(abs(vector[component.place]), 1e-8) : 1)
    }
    fixedCount = evaluator.parameterCount - components.count
    if evaluator.isLikelihood {
      (kind, factor) = (.likelihood, 1)
    } else {
      let (count, sum) = try evaluator.residuals(vector, on: data)
      let loss = try evaluator.evaluate(
        vector, on: data, total: data?.exampleCount ?? 1, step: 0, wantsGradient: false
      ).loss
      guard count > 0, abs(sum - loss) <= 1e-6 * abs(loss) else {
        throw SessionFailure(
          .optionValue,
          "`\(evaluator.loss.name)` is neither a likelihood (`x ~ normal(…)`) nor a sum of squares alone: it says nothing of how uncertain the data are",
          at: span, help: ["`mse(…)` is a sum of squares; `w.x ~ normal(s.x, σ)` says it itself"])
      }
      let freedom = count - places.count
      guard freedom > 0, loss > 0 else {
        throw SessionFailure(
          .optionValue,
          "\(places.count) parameters can't be judged by \(count) numbers that differ from the model",
          at: span)
      }
      kind = .leastSquares(
        residuals: count, spread: (sum * Double(count) / Double(freedom)).squareRoot())
      factor = Double(freedom) / (2 * loss)
    }
    guard !places.isEmpty else {
      throw SessionFailure(
        .optionValue, "`\(evaluator.loss.name)` learns no `param`", at: span)
    }
    guard countsVolume, evaluator.isLikelihood else { return }
    let slope = try evaluator.evaluate(
      vector, on: data, total: data?.exampleCount ?? 1, step: 0
    ).gradient
    for (k, place) in places.enumerated() { coordinates[k].countsVolume = slope[place] != 0 }
  }

  /// The components that are looked at.
  var start: [Double] { places.map { base[$0] } }

  /// All of the vector with these components.
  func vector(_ point: [Double]) -> [Double] {
    var vector = base
    for (place, x) in zip(places, point) { vector[place] = x }
    return vector
  }

  /// The value and its gradient by the components.
  func evaluate(_ point: [Double]) throws -> Evaluation {
    if evaluator.session.host.monotonicClock() > deadline {
      throw SessionFailure(.optionValue, "they took too long", at: nil)
    }
    let found = try evaluator.evaluate(
      vector(point), on: data, total: data?.exampleCount ?? 1, step: 0)
    var value = factor * found.value
    var gradient = places.map { factor * found.gradient[$0] }
    for (k, coordinate) in coordinates.enumerated() where coordinate.countsVolume {
      let (logarithm, slope) = coordinate.domain.logVolume(point[k])
      value -= logarithm
      gradient[k] -= slope
    }
    return Evaluation(value: value, gradient: gradient)
  }

  /// The lowest point that is found from one, some components held.
  func minimum(from point: [Double], holding held: Int? = nil) throws -> (
    point: [Double], value: Double
  ) {
    let session = evaluator.session
    let objective = ObjectiveFunction { vector, _ in
      var found = try self.evaluate(vector)
      if let held { found.gradient[held] = 0 }
      return found
    }
    do {
      let result = try Trainer.train(
        objective, from: try ParameterVector([("", point)]),
        stages: [TrainingStage(try OptimizerRow.lbfgs.make(["tolerance": 1e-6]), steps: 200)],
        isCancelled: { session.cancel.isSet })
      if session.cancel.isSet { throw SessionFailure(.cancelled, "stopped", at: nil) }
      return (result.best.values, result.bestLoss ?? result.losses.last ?? .infinity)
    } catch let error as TrainingFailure {
      if case .objective(let inner) = error.cause { throw inner }
      throw SessionFailure(
        .nonFiniteLoss, "the loss has no finite value near the best parameters", at: nil)
    }
  }

  /// Second derivatives at a point, row by row, by differences of the gradient over about a tenth of what the data can tell apart.
  func curvature(_ point: [Double]) throws -> [Double] {
    let n = point.count
    var steps = coordinates.map { 1e-4 * $0.scale }
    // The first round only finds how far to step.
    for k in 0..<n {
      let row = try slope(point, k, steps[k])
      guard row[k] > 0 else { continue }
      steps[k] = min(
        max(0.1 / row[k].squareRoot(), 1e-6 * coordinates[k].scale), 0.1 * coordinates[k].scale)
    }
    var rows: [[Double]] = []
    for k in 0..<n { rows.append(try slope(point, k, steps[k])) }
    return (0..<n).flatMap { i in (0..<n).map { j in 0.5 * (rows[i][j] + rows[j][i]) } }
  }

  private func slope(_ point: [Double], _ k: Int, _ step: Double) throws -> [Double] {
    var (ahead, behind) = (point, point)
    ahead[k] += step
    behind[k] -= step
    let (a, b) = (try evaluate(ahead).gradient, try evaluate(behind).gradient)
    return zip(a, b).map { ($0 - $1) / (2 * step) }
  }
}

extension Domain {
  /// The logarithm of how much a parameter moves with its coordinate, and its derivative.
  fileprivate func logVolume(_ u: Double) -> (value: Double, slope: Double) {
    switch (lower.isFinite, upper.isFinite) {
    case (false, false): return (0, 0)
    case (true, false), (false, true): return (u, 1)
    case (true, true):
      let share = 1 / (1 + exp(-u))
      return (-abs(u) - 2 * log1p(exp(-abs(u))), 1 - 2 * share)
    }
  }
}
