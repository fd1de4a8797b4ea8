import NodalBasics
import NodalChecking
import NodalDiagnostics
import NodalExecution
import NodalIR
import NodalTraining
import NodalTypes

/// How far what a run has learned may be off: an interval for each parameter, and what the data don't tell.
struct Intervals {
  /// Of one number.
  struct Interval {
    /// `lotka.α`, `σ[0]`
    var name: String
    var value, lower, upper: Double
    /// The curve of a profile, ascending: the parameter, and twice by how much minus the log-density rises.
    var curve: [(at: Double, cost: Double)] = []

    /// At which of its ends nothing holds it.
    func isOpen(in domain: Domain) -> (below: Bool, above: Bool) {
      (lower == domain.lower, upper == domain.upper)
    }
  }

  let level: Double
  let density: LogDensity
  let laplace: Laplace
  /// By weight, in the order of the loss.
  var parameters: [(weight: Weight, intervals: [Interval])] = []

  /// - Parameter level: the share of probability that an interval holds.
  init(
    _ method: UncertaintyCommand.Method, of fit: FittedLoss, level: Double, at span: Span
  ) throws {
    let countsVolume = if case .laplace = method { true } else { false }
    density = try LogDensity(fit, countsVolume: countsVolume, span: span)
    self.level = level
    laplace = try Laplace(density)
    let quantile = density.quantile(level)
    let loss = fit.evaluator.loss
    let components = fit.evaluator.components
    let weights = fit.evaluator.session.program.weights
    for id in method.parameters(of: loss, weights) {
      guard let weight = weights[id] else { continue }
      let own = try components.indices.filter { components[$0].weight.id == id }.map { k in
        try interval(
          k, method, weight.domain, value: fit.best.values[components[k].place], quantile)
      }
      parameters.append((weight, own))
    }
  }

  private func interval(
    _ k: Int, _ method: UncertaintyCommand.Method, _ domain: Domain, value: Double,
    _ quantile: Double
  ) throws -> Interval {
    var curve: [(at: Double, cost: Double)] = []
    let ends: [Double]
    switch method {
    case .laplace:
      let bounds = laplace.bounds(k, quantile)
      ends = [bounds.lower, bounds.upper]
    case .profile:
      let profile = try Profile(
        of: k, in: density, best: laplace.lowest, deviation: laplace.deviation(k),
        threshold: quantile * quantile)
      ends = [profile.lower, profile.upper].map(domain.constrained).sorted()
      curve = profile.curve.map { (domain.constrained($0.at), $0.cost) }.sorted { $0.0 < $1.0 }
    }
    return Interval(
      name: density.coordinates[k].name, value: domain.constrained(value), lower: ends[0],
      upper: ends[1], curve: curve)
  }

  /// A record by the parts of paths: `u.lotka.α.lower`.
  var record: [SessionValue.Named] {
    var result: [SessionValue.Named] = []
    for (weight, own) in parameters {
      func array(_ part: (Interval) -> Double) -> SessionValue {
        .array(Tensor(.f64, shape: weight.shape ?? [own.count], own.map(part)))
      }
      var parts: [SessionValue.Named] = [
        .init("value", array(\.value)), .init("lower", array(\.lower)),
        .init("upper", array(\.upper)),
      ]
      let curve = own.flatMap(\.curve)
      if !curve.isEmpty {
        parts += [
          .init("at", .array(Tensor(curve.map(\.at)))),
          .init("cost", .array(Tensor(curve.map(\.cost)))),
        ]
      }
      result.insert(parts, at: weight.path.split(separator: ".")[...])
    }
    return result
  }

  /// What the data don't tell.
  var sentences: [String] {
    let open = parameters.flatMap { weight, own in
      own.filter { !$0.curve.isEmpty }.compactMap { interval -> String? in
        let sides =
          switch interval.isOpen(in: weight.domain) {
          case (false, false): ""
          case (true, true): "on either side"
          case (true, false): "below"
          case (false, true): "above"
          }
        return sides.isEmpty ? nil : "the data set no bound to `\(interval.name)` \(sides)"
      }
    }
    return open + laplace.sentences
  }
}

extension [SessionValue.Named] {
  fileprivate mutating func insert(
    _ parts: [SessionValue.Named], at path: ArraySlice<Substring>
  ) {
    guard let name = path.first.map(String.init) else { return }
    let place = firstIndex { $0.name == name }
    var inner: [SessionValue.Named] = []
    if let place, case .record(let known) = self[place].value { inner = known }
    if path.count == 1 {
      inner += parts
    } else {
      inner.insert(parts, at: path.dropFirst())
    }
    if let place {
      self[place].value = .record(inner)
    } else {
      append(.init(name, .record(inner)))
    }
  }
}
