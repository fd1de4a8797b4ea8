import NodalIR
import NodalBasics
import NodalChecking
import NodalData
import NodalDiagnostics
import NodalExecution
import NodalReporting
import NodalTraining
import NodalTypes

extension Session {
  /// `train loss on data { … }`: runs the stages, and leaves the best parameters in the weights.
  func train(_ command: TrainCommand) throws {
    var plan = try TrainingPlan(command, self)
    if plan.starts != nil || plan.folds != nil { compiled = CompiledPrograms() }
    defer { compiled = nil }
    let evaluator = try evaluator(of: command, plan)
    let header = header(command, plan, evaluator)
    if !options.isQuiet {
      sink(.trainingBegan(name: command.loss.name, header: header))
    }
    let isFirst = !command.loss.weights.contains { id in
      program.weights[id].flatMap { weights[$0.path]?.isChanged } ?? false
    }
    let folds = try plan.folds.map { try crossValidate($0, plan, command) }
    let looks = try Looks(plan, evaluator, self)
    let result: TrainingResult
    var starts: SeveralStarts?
    if let count = plan.starts {
      let several = try fitFromSeveral(count, plan, evaluator, command)
      result = several.best
      starts = several
    } else if let minimal = plan.minimal {
      result = try smallest(minimal, &plan, evaluator, command, looks)
    } else {
      result = try fit(plan, evaluator, command, looks)
    }
    keep(result.best.values, evaluator)
    // A run that was cancelled has no time for a last look.
    let final = try cancel.isSet ? nil : lastLook(result, plan, evaluator)
    let run = RunValue(
      name: command.loss.name, result: result,
      loss: final?.loss ?? result.bestLoss ?? result.losses.last ?? .nan,
      validation: result.bestValidation,
      test: final == nil ? nil : try looks.test?.value(result.best.values), optima: starts?.optima,
      folds: folds?.heldOut, penalty: final.map { $0.value - $0.loss },
      epochs: plan.epochs(result.losses.count), parameterCount: evaluator.parameterCount,
      peakMemory: max(evaluator.byteCount, starts?.byteCount ?? 0))
    if let name = command.name { values[name] = .run(run) }
    if final != nil || result.steps > 0 {
      let summary = summary(run, final?.terms ?? [], folds)
      sink(.trainingEnded(name: command.loss.name, summary: summary, value: run.json))
      record(run, plan, evaluator, command, header: header, summary: summary)
      warnOfSearches(result, plan, command)
      warnOfRoughness(result, plan, evaluator, command)
      warnOfOscillation(result, plan, evaluator, command)
      if isFirst { warnOfFlatness(run, plan, command) }
    }
    if final == nil {
      throw SessionFailure(
        .cancelled,
        result.steps > 0
          ? "training was stopped; the best parameters so far are kept"
          : "training was stopped before its first step was done", at: command.span)
    }
  }

  /// What the steps of a plan evaluate, with inputs of learned terms scaled by what it trains on.
  func evaluator(of command: TrainCommand, _ plan: TrainingPlan) throws -> LossEvaluator {
    let evaluator = try LossEvaluator(
      self, command.loss, type: plan.type, terms: plan.terms, penalties: plan.weights,
      shooting: plan.shooting)
    try standardize(evaluator, plan.data)
    return evaluator
  }

  /// The loss of the parameters that are kept, on all the data; nil where a cancellation cuts it short.
  func lastLook(
    _ result: TrainingResult, _ plan: TrainingPlan, _ evaluator: LossEvaluator
  ) throws -> Evaluation? {
    do {
      return try look(result, plan, evaluator)
    } catch {
      if cancel.isSet { return nil }
      throw error
    }
  }

  private func look(
    _ result: TrainingResult, _ plan: TrainingPlan, _ evaluator: LossEvaluator
  ) throws -> Evaluation {
    try evaluator.evaluate(
      result.best.values, on: plan.data, total: plan.data?.exampleCount ?? 1, step: 0,
      wantsGradient: false)
  }

  func keep(_ vector: [Double], _ evaluator: LossEvaluator) {
    for (path, values) in evaluator.constrained(vector) { weights.setValues(path, values) }
  }

  /// What a fit is to those who look on.
  enum FitPart {
    case whole
    /// Its steps are nobody's progress, and its state is kept for it.
    case oneOfMany(TrainCheckpoint?)
  }

  func fit(
    _ plan: TrainingPlan, _ evaluator: LossEvaluator, _ command: TrainCommand, _ looks: Looks,
    from start: ParameterVector? = nil, as part: FitPart = .whole
  ) throws -> TrainingResult {
    let reports = SideReports(command, total: plan.steps)
    let objective = objective(plan, evaluator) { request, vector in
      reports.begin(request.step, vector)
      return try plan.batch(for: request)
    }
    defer { tell(reports) }
    var reported: Set<String> = []
    let wantsReport = command.option("report") != nil
    _ = evaluator.takeCost()
    var report = EvaluationReport()
    defer { tell(report, command) }
    var retreats = 0
    var lastRetreat: (step: Int, cause: TrainingFailure.Cause)?
    defer { warnOfRetreats(retreats, lastRetreat, command) }
    var start = start ?? evaluator.parameters
    if let collocation = plan.collocation {
      start = try collocation.begin(start, evaluator, command, plan.data)
    }
    let beginning = try evaluator.beginning(start, of: plan.data, at: command.span)
    let checkpoint: TrainCheckpoint?
    let isOneOfMany: Bool
    switch part {
    case .whole: (checkpoint, isOneOfMany) = (try TrainCheckpoint.make(command, plan, self), false)
    case .oneOfMany(let own): (checkpoint, isOneOfMany) = (own, true)
    }
    let state =
      try checkpoint?.begin(beginning, plan, self) ?? TrainingState(beginning)
    let log = try TrainingLog.make(command, from: state.step, self)
    do {
      let last = try Trainer.train(
        objective, from: state, stages: plan.stages.map(\.training),
        validation: looks.validation, test: looks.testOnTheWay, clock: host.monotonicClock,
        isCancelled: { [cancel] in cancel.isSet }
      ) { progress, state in
        let fresh = progress.untouched.filter { reported.insert($0).inserted }
        self.tell(untouched: fresh, command)
        if wantsReport { report.add(evaluator.takeCost()) }
        note(progress.step, reports, evaluator)
        if let cause = progress.trialFailure, !plan.stages[progress.stage].comparesValues {
          retreats += progress.failedTrials
          lastRetreat = (progress.step, cause)
        }
        if !self.options.isQuiet, !isOneOfMany {
          self.sink(.trainingStep(progress, stage: plan.stages[progress.stage].name))
        }
        log?.add(progress, stage: plan.stages[progress.stage].name, self)
        if let checkpoint, checkpoint.isDue(progress, plan.stages[progress.stage].training) {
          checkpoint.keep(state, self)
        }
      }
      checkpoint?.close(last, self)
      return last.result
    } catch {
      // What has been learned until then is not lost.
      keep(error.partial.best.values, evaluator)
      throw SessionFailure(describe(error, command))
    }
  }

  /// The loss of a step's batch, its gradient, and its curvature for those who want it.
  func objective(
    _ plan: TrainingPlan, _ evaluator: LossEvaluator,
    batch: @escaping (ObjectiveRequest, [Double]) throws -> (data: Dataset?, repeats: Double?)
  ) -> ObjectiveFunction {
    let total = plan.data?.exampleCount ?? 1
    return ObjectiveFunction(
      { vector, request in
        let batch = try batch(request, vector)
        return try evaluator.evaluate(
          vector, on: batch.data, total: total, step: request.sample, repeats: batch.repeats,
          continuity: plan.stages[request.stage].continuity)
      },
      curvature: { vector, request in
        let batch = try batch(request, vector)
        return try evaluator.curvature(
          vector, on: batch.data, total: total, step: request.sample, repeats: batch.repeats,
          continuity: plan.stages[request.stage].continuity)
      })
  }

  /// `minimal(term)`: fits with growing weights on the term, as long as they validate nearly as well as the fit without.
  private func smallest(
    _ index: Int, _ plan: inout TrainingPlan, _ evaluator: LossEvaluator, _ command: TrainCommand,
    _ looks: Looks
  ) throws -> TrainingResult {
    let start = evaluator.parameters
    let search = try LargestPenalty<TrainingResult>.search(fits: 8) { weight in
      evaluator.penalties[index] = weight
      let result = try fit(plan, evaluator, command, looks, from: start)
      if cancel.isSet {
        keep(result.best.values, evaluator)
        throw SessionFailure(
          .cancelled, "training was stopped; the best parameters so far are kept",
          at: command.span)
      }
      let value = try result.bestValidation ?? look(result, plan, evaluator).loss
      if !options.isQuiet {
        sink(
          .note(
            "minimal(\(plan.terms[index].term)): weight \(NumberFormat.significant(weight, 3)) gives \(NumberFormat.significant(value, 4))"
          ))
      }
      return (value, result)
    }
    plan.weights[index] = search.chosen.weight
    return search.chosen.fit
  }

  // MARK: Words

  private func header(
    _ command: TrainCommand, _ plan: TrainingPlan, _ evaluator: LossEvaluator
  ) -> String {
    let stages = plan.stages.map { "\($0.name), \($0.extent)" }.joined(separator: "; then ")
    let examples = plan.data.map { " on \($0.describedSize)" } ?? ""
    let kind = evaluator.isLikelihood ? "negative log-posterior" : "mean loss"
    let states = evaluator.parameters.count - evaluator.parameterCount
    let learned =
      "\(evaluator.parameterCount) parameter\(evaluator.parameterCount == 1 ? "" : "s")"
      + (states > 0 ? " and \(states) of windows" : "")
    return "train \(command.loss.name)\(examples): \(kind) by \(learned); \(stages)"
  }

  private func summary(_ run: RunValue, _ terms: [NamedValue], _ folds: Folds?) -> String {
    var parts = ["loss \(NumberFormat.significant(run.loss, 5))"]
    if let validation = run.validation {
      parts.append("validation \(NumberFormat.significant(validation, 5))")
    }
    if let test = run.test { parts.append("test \(NumberFormat.significant(test, 5))") }
    if let folds { parts.append(folds.words) }
    for term in terms {
      parts.append("\(term.name) \(NumberFormat.significant(term.value, 3))")
    }
    parts.append("\(run.result.losses.count) steps")
    parts.append("\(NumberFormat.grouped(run.evaluations)) evaluations")
    parts.append(NumberFormat.duration(seconds: run.result.elapsed))
    return parts.joined(separator: ", ")
  }

  func describe(_ failure: TrainingFailure, _ command: TrainCommand) -> Diagnostic {
    switch failure.cause {
    case .objective(let error):
      let inner = describe(error, at: command.span)
      return Diagnostic(
        inner.code, "step \(failure.step): \(inner.message)",
        at: inner.primary ?? Label(command.span),
        also: inner.secondary + [Label(command.span, "while training this")],
        help: inner.help + ["the best parameters so far are kept"])
    case .nonFinite(let quantity, let value, let paths, let terms):
      let what =
        switch quantity {
        case .loss: "the loss"
        case .gradient: "the gradient"
        case .parameters: "a parameter"
        }
      var message = "step \(failure.step): \(what) is \(NumberFormat.significant(value, 3))"
      if !paths.isEmpty {
        message += quantity == .loss ? ", and so is its derivative by " : " in "
        message += paths.prefix(5).map { "`\($0)`" }.joined(separator: ", ")
        if paths.count > 5 { message += " and \(paths.count - 5) more" }
      }
      if !terms.isEmpty { message += ", from " + terms.joined(separator: ", ") }
      return Diagnostic(
        .nonFiniteLoss, message, at: Label(command.loss.span),
        also: [Label(command.span, "while training this")],
        help: [
          "look for a log or root of something that can be 0, or a rate so large that steps overshoot",
          "the best parameters so far are kept",
        ])
    case .validation(let error):
      if let error { return describe(error, at: command.span) }
      return Diagnostic(
        .nonFiniteLoss, "validation never gave a finite value", at: Label(command.span))
    case .nothingToTrain:
      return Diagnostic(
        .optionValue,
        "everything is frozen, or `\(command.loss.name)` has no parameters: nothing to train",
        at: Label(command.span))
    case .path(let error):
      let message =
        switch error {
        case .unknown(let path): "`\(command.loss.name)` trains no `\(path)`"
        case .duplicate(let path): "two weights are called `\(path)`"
        }
      return Diagnostic(.unknownWeight, message, at: Label(command.span))
    case .gradientLength(let expected, let found):
      return Diagnostic(
        .internalInconsistency, "a gradient of \(found) numbers for \(expected) parameters",
        at: Label(command.span))
    }
  }
}

extension Dataset {
  /// `21 times`, `1000 examples`.
  var describedSize: String {
    isSingleExperiment ? "\(timeCount) times" : "\(exampleCount) examples"
  }
}
