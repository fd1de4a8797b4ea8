import NodalBasics
import NodalChecking
import NodalData
import NodalDiagnostics
import NodalTraining

/// What a training has to warn of: that nothing moved, that steps were taken back, that a search ran aground, that a parameter isn't felt.
extension Session {
  /// A first fit that has lowered its loss by next to nothing.
  func warnOfFlatness(_ run: RunValue, _ plan: TrainingPlan, _ command: TrainCommand) {
    // A mean over the first batches, as one may be a lucky one.
    let first = run.result.losses.prefix(max(1, run.result.steps / 20))
    let beginning = first.reduce(0, +) / Double(max(1, first.count))
    // Losses of several views of the data are not to be compared.
    guard !plan.hasSeveralViews, run.result.steps >= 20, beginning > 0, run.loss > 0.9 * beginning
    else { return }
    var help: [String] = []
    if plan.data?.timeName != nil {
      help.append(
        "where the data oscillate, a loss is flat but for a narrow valley: `shooting: multiple(length: …)` cuts them into windows, `horizon: grow(from: …)` begins with a short stretch"
      )
    }
    if plan.starts == nil { help.append("`starts: 8` begins at other places too") }
    help.append("`check gradients of` the loss tells whether its gradient is right")
    sink(
      .diagnostic(
        Diagnostic(
          .fitStaysFlat,
          "training has hardly moved the loss: from \(NumberFormat.significant(beginning, 4)) to \(NumberFormat.significant(run.loss, 4)) in \(run.result.steps) steps",
          at: Label(command.span), help: help)))
  }

  /// Steps that all see one function, and to the end don't come to rest.
  func warnOfOscillation(
    _ result: TrainingResult, _ plan: TrainingPlan, _ evaluator: LossEvaluator,
    _ command: TrainCommand
  ) {
    guard let stage = plan.stages.last, !stage.comparesValues, stage.training.keeping == .lowest
    else { return }
    let own = result.values.suffix(stage.training.steps)
    guard own.count >= 50, let best = own.min() else { return }
    let last = own.suffix(own.count / 5)
    let mean = last.reduce(0, +) / Double(last.count)
    let rises = zip(last, last.dropFirst()).count { $1 > $0 }
    // Twice the best value above it, or a unit of a log-likelihood.
    let least = evaluator.isLikelihood ? 1 : 2 * abs(best)
    guard 3 * rises >= last.count, mean - best > least else { return }
    sink(
      .diagnostic(
        Diagnostic(
          .lossOscillates,
          "the loss went up and down to the end: \(NumberFormat.significant(mean, 4)) on average in the last \(last.count) steps, \(NumberFormat.significant(best, 4)) at best",
          at: Label(command.span),
          help: [
            "a rate that falls comes to rest: `\(stage.name)(lr: cosine(1e-2, to: 1e-4, over: \(stage.training.steps)))`",
            "`then: lbfgs(), steps: 100` goes on by steps of its own length",
          ])))
  }

  /// Steps that were taken back, as there was no value where they led.
  func warnOfRetreats(
    _ retreats: Int, _ last: (step: Int, cause: TrainingFailure.Cause)?, _ command: TrainCommand
  ) {
    guard retreats > 0, let last else { return }
    let what: String
    switch last.cause {
    case .objective(let error): what = describe(error, at: command.span).message
    case .nonFinite(.loss, let value, _, _):
      what = "the loss was \(NumberFormat.significant(value, 3))"
    case .nonFinite(.gradient, let value, let paths, _):
      what =
        "the gradient was \(NumberFormat.significant(value, 3))"
        + (paths.first.map { " in `\($0)`" } ?? "")
    case .nonFinite(.parameters, _, _, _), .validation, .nothingToTrain, .path, .gradientLength:
      what = "there was no value"
    }
    let count = retreats == 1 ? "a step was" : "\(retreats) steps were"
    sink(
      .diagnostic(
        Diagnostic(
          .stepTakenBack,
          "\(count) taken back and made shorter; the last one before step \(last.step): \(what)",
          at: Label(command.span),
          help: [
            "nothing is lost; a smaller `lr`, or domains (`param k = 1 in (0, inf)`), would spare them"
          ])))
  }

  /// A line search that found no way on because the loss has no finite value there: the fit is no minimum.
  func warnOfSearches(
    _ result: TrainingResult, _ plan: TrainingPlan, _ command: TrainCommand
  ) {
    let stage = result.ends.firstIndex {
      if case .optimizer(.noProgress) = $0 { true } else { false }
    }
    guard result.failedTrials > 0, let stage else { return }
    sink(
      .diagnostic(
        Diagnostic(
          .lineSearchStopped,
          "`\(plan.stages[stage].name)` found no way on: \(result.failedTrials) of its trials gave no finite value",
          at: Label(command.span),
          help: [
            "the parameters stand where the loss ends, perhaps not at a minimum",
            "domains (`param k = 1 in (0, inf)`) keep trials where the loss is defined",
          ])))
  }

  /// A search that found no way down where slope and curvature promise one.
  func warnOfRoughness(
    _ result: TrainingResult, _ plan: TrainingPlan, _ evaluator: LossEvaluator,
    _ command: TrainCommand
  ) {
    guard result.failedTrials == 0, case .optimizer(.noProgress(let promised))? = result.ends.last,
      let stage = plan.stages.last, let value = result.values.last
    else { return }
    // A tenth of a unit of a log-likelihood, a thousandth of a mean, is what one might care about.
    let least = evaluator.isLikelihood ? 0.1 : 1e-3 * abs(value)
    guard promised > least else { return }
    let fall =
      evaluator.isLikelihood
      ? NumberFormat.significant(promised, 2)
      : NumberFormat.significant(100 * promised / abs(value), 2) + " %"
    let on = command.loss.dataset.map { " on \($0)" } ?? ""
    sink(
      .diagnostic(
        Diagnostic(
          .roughLoss,
          "`\(stage.name)` found no way down, though by slope and curvature the loss should fall by \(fall): it is rougher than they say",
          at: Label(command.span),
          help: [
            "a solve leaves its error in the loss: `solver: tsit5(rtol: 1e-9, atol: 1e-11)` makes it smooth",
            "`check gradients of \(command.loss.name)\(on)` tells how rough it is, and whether its gradient is right",
          ])))
  }

  /// Each by its name and place; many of them in one go.
  private func untouched(_ paths: [String], _ command: TrainCommand) -> [Diagnostic] {
    func diagnostic(_ path: String, others: ArraySlice<String>) -> Diagnostic {
      let weight = program.weights.values.first { $0.path == path }
      let loss = "`\(command.loss.name)`"
      let message =
        others.isEmpty
        ? "`\(path)` gets no gradient from \(loss): it will not move"
        : "`\(path)` and \(others.count) more get no gradient from \(loss): they will not move"
      var help = [
        "does it enter the loss? an activation that is 0 on all the data stops gradients too"
      ]
      if !others.isEmpty {
        let named = others.prefix(20).map { "`\($0)`" }.joined(separator: ", ")
        help.append("the others are \(named)\(others.count > 20 ? ", …" : "")")
      }
      return Diagnostic(
        .noGradient, message, at: weight.map { Label($0.span) } ?? Label(command.span), help: help)
    }
    guard paths.count > 8, let first = paths.first else {
      return paths.map { diagnostic($0, others: []) }
    }
    return [diagnostic(first, others: paths.dropFirst())]
  }

  /// ½(f(x) - f(-x)) takes the output's bias away, and where all biases are 0 it is as steep by each as by its mirror image: under
  /// `where odd(…)` biases are there, and stay 0. That is nothing to warn of.
  private func isCancelledByOddness(_ path: String, _ loss: LossInstance) -> Bool {
    guard path.hasSuffix(".bias") else { return false }
    return loss.odes.compactMap { program.odes[$0] }.contains { ode in
      ode.standardized.contains { $0.scaleOnly && path.hasPrefix("\(ode.name).\($0.term).") }
    }
  }

  func tell(untouched paths: [String], _ command: TrainCommand) {
    let told = paths.filter { !isCancelledByOddness($0, command.loss) }
    for diagnostic in untouched(told, command) { sink(.diagnostic(diagnostic)) }
  }
}
