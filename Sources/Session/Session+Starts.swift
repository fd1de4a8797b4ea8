import Foundation
import NodalBasics
import NodalChecking
import NodalData
import NodalDiagnostics
import NodalExecution
import NodalReporting
import NodalTraining

/// `starts: n`: the same fit from several places, of which the best is kept.
extension Session {
  /// What came of one of them.
  struct Start: Sendable {
    var number: Int
    var result: TrainingResult
    /// What they are compared by: of the validation, where there is one.
    var value: Double
    /// What its programs held at most.
    var byteCount: Int
  }

  /// What came of all.
  struct SeveralStarts {
    var best: TrainingResult
    /// Ascending, NaN for those that came to nothing.
    var optima: [Double]
    /// What those that ran at a time held at most, together.
    var byteCount: Int
  }

  /// The fits from all starts, side by side. The first begins where the weights are; of the others the parameters are spread over their domains, and
  /// networks are drawn anew. One that fails is none; where all do, the first failure is the run's.
  func fitFromSeveral(
    _ count: Int, _ plan: TrainingPlan, _ evaluator: LossEvaluator, _ command: TrainCommand
  ) throws -> SeveralStarts {
    var done: [Start] = []
    var failure: SessionFailure?
    var known: Set<Diagnostic> = []
    var beginnings = try starts(count, plan, evaluator)
    var checkpoints: [TrainCheckpoint]?
    let checkpoint = try TrainCheckpoint.make(command, plan, self)
    if let checkpoint {
      (checkpoints, beginnings) = try checkpoint.begin(severalFrom: beginnings, plan, self)
    }
    // Gaps between windows are measured alike in all of them.
    if plan.shooting != nil {
      _ = try? evaluator.beginning(evaluator.parameters, of: plan.data, at: command.span)
    }
    let shooting = evaluator.shooting
    try sideBySide(count) { [beginnings, checkpoints] k, session -> Start? in
      try session.start(k + 1, from: beginnings[k], plan, command, shooting, checkpoints?[k])
    } tell: { k, fork, outcome in
      tell(fork, known: &known)
      switch outcome {
      case .success(nil): break
      case .success(let start?):
        done.append(start)
        let best = done.map(\.value).min() ?? start.value
        say(
          "start \(k + 1) of \(count): \(NumberFormat.significant(start.value, 5)), best \(NumberFormat.significant(best, 5)), \(start.result.steps) steps, \(NumberFormat.duration(seconds: start.result.elapsed))"
        )
      case .failure(let error as SessionFailure):
        if cancel.isSet { break }
        failure = failure ?? error
        say("start \(k + 1) of \(count): \(error.diagnostic.message)")
      case .failure(let error): throw error
      }
    }
    if cancel.isSet { checkpoint?.sayStopped(self) }
    done.sort { ($0.value, $0.number) < ($1.value, $1.number) }
    guard let best = done.first else {
      keep(evaluator.parameters.values, evaluator)
      throw failure
        ?? SessionFailure(
          .cancelled, "training was stopped before its first step was done", at: command.span)
    }
    say(table(done, of: count, evaluator, command))
    let failed = [Double](repeating: .nan, count: max(0, count - done.count))
    let atATime = min(options.threads.count, count)
    return SeveralStarts(
      best: best.result, optima: done.map(\.value) + failed,
      byteCount: done.map(\.byteCount).sorted(by: >).prefix(atATime).reduce(0, +))
  }

  /// One of them, in a session of its own; nil where there is nothing to compare.
  private func start(
    _ number: Int, from beginning: ParameterVector, _ plan: TrainingPlan, _ command: TrainCommand,
    _ shooting: MultipleShooting?, _ checkpoint: TrainCheckpoint?
  ) throws -> Start? {
    let evaluator = try LossEvaluator(
      self, command.loss, type: plan.type, terms: plan.terms, penalties: plan.weights,
      shooting: shooting)
    let looks = try Looks(plan, evaluator, self)
    let result = try fit(
      plan, evaluator, command, looks, from: beginning, as: .oneOfMany(checkpoint))
    let value =
      try result.bestValidation
      ?? (cancel.isSet ? result.bestLoss : lastLook(result, plan, evaluator)?.value)
    guard let value, value.isFinite else { return nil }
    return Start(number: number, result: result, value: value, byteCount: evaluator.byteCount)
  }

  /// Where the fits begin.
  private func starts(
    _ count: Int, _ plan: TrainingPlan, _ evaluator: LossEvaluator
  ) throws -> [ParameterVector] {
    let first = evaluator.parameters
    var all = [first] + (1..<max(1, count)).map { _ in first }
    let cube = LatinHypercube(
      count: max(0, count - 1), key: RandomKey(seed: plan.seed, place: "starts"))
    let seed = options.seed
    defer { options.seed = seed }
    var axis = 0
    for (weight, block) in zip(evaluator.trained, first.blocks) {
      switch weight.kind {
      case .buffer: continue
      case .parameter:
        for i in block.range {
          let here = weight.domain.constrained(first.values[i])
          for (k, share) in cube.coordinates(axis: axis).enumerated() {
            var values = all[k + 1].values
            values[i] = weight.domain.unconstrained(weight.domain.place(share, around: here))
            all[k + 1].replaceValues(values)
          }
          axis += 1
        }
      case .network:
        for k in 1..<max(1, count) {
          options.seed = Int(truncatingIfNeeded: plan.seed &+ UInt64(k) &* 0x9e37_79b9)
          all[k][block.path] = try initialValues(weight, weight.shape ?? [])
        }
      }
    }
    return all
  }

  /// The best of them, with the parameters that a person looks at.
  private func table(
    _ done: [Start], of count: Int, _ evaluator: LossEvaluator, _ command: TrainCommand
  ) -> String {
    let best = done[0].value
    let near = done.count { $0.value - best <= 1e-3 * abs(best) }
    let shown = evaluator.trained.filter { $0.kind == .parameter && $0.shape == [] }.prefix(5)
    var table = TextTable(
      columns: [.init("start", .right), .init("loss", .right), .init("steps", .right)]
        + shown.map { .init($0.path, .right) })
    for start in done.prefix(10) {
      let values = Dictionary(
        evaluator.constrained(start.result.best.values).map { ($0.path, $0.values) }
      ) { first, _ in first }
      table.rows.append(
        [
          String(start.number), NumberFormat.significant(start.value, 5),
          String(start.result.steps),
        ] + shown.map { NumberFormat.significant(values[$0.path]?.first ?? .nan, 5) })
    }
    let failed = count - done.count
    return
      "\(near) of \(count) starts of \(command.loss.name) came to within a thousandth of the lowest"
      + (failed > 0 ? ", \(failed) came to nothing" : "") + "\n"
      + table.text.trimmingCharacters(in: .newlines)
  }
}

extension Domain {
  /// A place for a start, for a share of the way: an interval is gone through evenly, or by equal factors where its ends are a factor of 100 apart; a half
  /// line by a factor of ten to both sides of where one is; the line by twice that number, or 2, to both sides.
  func place(_ share: Double, around here: Double) -> Double {
    switch (lower.isFinite, upper.isFinite) {
    case (true, true):
      lower > 0 && upper / lower >= 100
        ? lower * pow(upper / lower, share) : lower + (upper - lower) * share
    case (true, false): lower + (here - lower) * pow(10, 2 * share - 1)
    case (false, true): upper - (upper - here) * pow(10, 2 * share - 1)
    case (false, false): here + (2 * share - 1) * 2 * max(1, abs(here))
    }
  }
}
