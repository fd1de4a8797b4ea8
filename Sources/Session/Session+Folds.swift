import NodalBasics
import NodalChecking
import NodalData
import NodalDiagnostics
import NodalExecution
import NodalTraining

/// `folds: n`: cross-validation over experiments. Each is held out once, from a fit of the others that begins where the weights are.
extension Session {
  /// What came of one fold.
  struct Fold: Sendable {
    /// The loss of what was held out, and of what was fitted.
    var heldOut: Double
    var fitted: Double
    var steps: Int
    var elapsed: Double
  }

  /// What came of all.
  struct Folds {
    /// The losses of what was held out, in the order of the folds; NaN for those whose fits failed.
    var heldOut: [Double]
    /// `held out 0.0123 ± 0.0021`
    var words: String
  }

  /// Fits without each fold, side by side, in sessions of their own: weights stay as they are.
  func crossValidate(
    _ count: Int, _ plan: TrainingPlan, _ command: TrainCommand
  ) throws -> Folds {
    guard let data = plan.data else { return Folds(heldOut: [], words: "") }
    let folds = data.dealt(to: count, key: RandomKey(seed: plan.seed, place: "folds"))
    var found = [Fold?](repeating: nil, count: count)
    var failure: SessionFailure?
    var known: Set<Diagnostic> = []
    try sideBySide(count) { k, session -> Fold? in
      try session.fold(leaving: folds[k], of: data, command)
    } tell: { k, fork, outcome in
      tell(fork, known: &known)
      let which = "fold \(k + 1) of \(count)"
      switch outcome {
      case .success(nil): break
      case .success(let fold?):
        found[k] = fold
        say(
          "\(which): held out \(NumberFormat.significant(fold.heldOut, 4)), fitted \(NumberFormat.significant(fold.fitted, 4)), \(fold.steps) steps, \(NumberFormat.duration(seconds: fold.elapsed))"
        )
      case .failure(let error as SessionFailure):
        if cancel.isSet { break }
        failure = failure ?? error
        say("\(which): \(error.diagnostic.message)")
      case .failure(let error): throw error
      }
    }
    if cancel.isSet {
      throw SessionFailure(
        .cancelled, "training was stopped among its folds; the weights are as they were",
        at: command.span)
    }
    let done = found.compactMap(\.self).filter(\.heldOut.isFinite)
    if done.isEmpty, let failure { throw failure }
    let heldOut = Spread(done.map(\.heldOut))
    let words = "held out \(heldOut.words)"
    say(
      "\(words) (mean and standard deviation over \(done.count) folds), \(NumberFormat.significant(Spread(done.map(\.fitted)).mean, 4)) where fitted"
        + (done.count < count ? "; \(count - done.count) came to nothing" : ""))
    return Folds(heldOut: found.map { $0?.heldOut ?? .nan }, words: words)
  }

  /// One of them, in a session of its own; nil where it was cancelled.
  private func fold(
    leaving places: [Int], of data: Dataset, _ command: TrainCommand
  ) throws -> Fold? {
    let plan = try TrainingPlan(command, self, leaving: places)
    let evaluator = try evaluator(of: command, plan)
    let looks = try Looks(plan, evaluator, self)
    let result = try fit(plan, evaluator, command, looks, as: .oneOfMany(nil))
    if cancel.isSet { return nil }
    let best = result.best.values
    return Fold(
      heldOut: try evaluator.lossPerExample(best, on: data.gather(places.map(data.whole))),
      fitted: try plan.data.map { try evaluator.lossPerExample(best, on: $0) } ?? .nan,
      steps: result.steps, elapsed: result.elapsed)
  }
}

/// What several numbers have in common, and by what they differ.
private struct Spread {
  let mean: Double
  let deviation: Double

  init(_ numbers: [Double]) {
    let count = Double(numbers.count)
    let mean = numbers.reduce(0, +) / max(1, count)
    self.mean = mean
    deviation =
      count > 1
      ? (numbers.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / (count - 1)).squareRoot() : .nan
  }

  var words: String {
    NumberFormat.significant(mean, 4)
      + (deviation.isFinite ? " ± \(NumberFormat.significant(deviation, 2))" : "")
  }
}

extension LossEvaluator {
  /// The mean loss of examples; of a likelihood the negative log-likelihood of one of them, without what is believed beforehand, so that folds with more
  /// examples than others are comparable.
  fileprivate func lossPerExample(_ vector: [Double], on data: Dataset) throws -> Double {
    let loss = try evaluate(
      vector, on: data, total: data.exampleCount, step: 0, wantsGradient: false, countsPriors: false
    ).loss
    return isLikelihood ? loss / Double(max(1, data.exampleCount)) : loss
  }
}

extension Dataset {
  /// The examples dealt out to as many folds, whose sizes differ by one at most.
  fileprivate func dealt(to count: Int, key: RandomKey) -> [[Int]] {
    let order = key.permutation(exampleCount)
    return (0..<count).map { fold in
      order.indices.filter { $0 % count == fold }.map { order[$0] }.sorted()
    }
  }

  /// Without some examples.
  func leaving(_ places: [Int]) -> Dataset {
    let left = Set(places)
    return gather((0..<exampleCount).filter { !left.contains($0) }.map(whole))
  }
}
