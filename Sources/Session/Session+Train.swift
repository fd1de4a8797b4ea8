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
    standardize(command.loss, plan.data)
    let evaluator = try LossEvaluator(
      self, command.loss, type: plan.type, terms: plan.terms, penalties: plan.weights)
    let header = header(command, plan, evaluator)
    if !options.isQuiet {
      sink(.trainingBegan(name: command.loss.name, header: header))
    }
    let isFirst = !command.loss.weights.contains { id in
      program.weights[id].flatMap { weights[$0.path]?.isChanged } ?? false
    }
    let result: TrainingResult
    var optima: [Double]?
    if let count = plan.starts {
      (result, optima) = try fitFromSeveral(count, plan, evaluator, command)
    } else if let minimal = plan.minimal {
      result = try smallest(minimal, &plan, evaluator, command)
    } else {
      result = try fit(plan, evaluator, command)
    }
    keep(result.best.values, evaluator)
    // A run that was cancelled has no time for a last look.
    let final = try cancel.isSet ? nil : lastLook(result, plan, evaluator)
    let run = RunValue(
      name: command.loss.name, result: result,
      loss: final?.loss ?? result.bestLoss ?? result.losses.last ?? .nan,
      validation: result.bestValidation, optima: optima, penalty: final.map { $0.value - $0.loss },
      epochs: plan.epochs(result.losses.count), parameterCount: evaluator.parameters.count,
      peakMemory: evaluator.byteCount)
    if let name = command.name { values[name] = .run(run) }
    if final != nil || result.steps > 0 {
      sink(
        .trainingEnded(
          name: command.loss.name, summary: summary(run, final?.terms ?? []), value: run.json))
      warnOfSearches(result, plan, command)
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

  /// The loss of the parameters that are kept, on all the data; nil where a cancellation cuts it short.
  private func lastLook(
    _ result: TrainingResult, _ plan: TrainingPlan, _ evaluator: LossEvaluator
  ) throws -> Evaluation? {
    do {
      return try evaluator.evaluate(
        result.best.values, on: plan.data, total: plan.data?.exampleCount ?? 1, step: 0,
        wantsGradient: false)
    } catch {
      if cancel.isSet { return nil }
      throw error
    }
  }

  /// A first fit that has lowered its loss by next to nothing.
  private func warnOfFlatness(_ run: RunValue, _ plan: TrainingPlan, _ command: TrainCommand) {
    // A mean over the first batches, as one may be a lucky one.
    let first = run.result.losses.prefix(max(1, run.result.steps / 20))
    let beginning = first.reduce(0, +) / Double(max(1, first.count))
    guard run.result.steps >= 20, beginning > 0, run.loss > 0.9 * beginning else { return }
    let hasTimes = plan.data?.timeName != nil
    var help: [String] = []
    if hasTimes, command.option("horizon") == nil {
      help.append(
        "where the data oscillate, a loss is flat but for a narrow valley: `horizon: grow(from: …)` begins with a short stretch"
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

  /// Steps that were taken back, as there was no value where they led.
  private func warnOfRetreats(
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
  private func warnOfSearches(
    _ result: TrainingResult, _ plan: TrainingPlan, _ command: TrainCommand
  ) {
    guard result.failedTrials > 0, let stage = result.ends.firstIndex(of: .optimizer(.noProgress))
    else { return }
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

  func keep(_ vector: [Double], _ evaluator: LossEvaluator) {
    for (path, values) in evaluator.constrained(vector) { weights.setValues(path, values) }
  }

  /// - Parameter isOneOfMany: Its steps are nobody's progress.
  func fit(
    _ plan: TrainingPlan, _ evaluator: LossEvaluator, _ command: TrainCommand,
    from start: ParameterVector? = nil, isOneOfMany: Bool = false
  ) throws -> TrainingResult {
    let reports = SideReports(command, total: plan.stages.reduce(0) { $0 + $1.training.steps })
    let objective = ObjectiveFunction { vector, request in
      reports.begin(request.step, vector)
      return try self.step(vector, request, plan, evaluator)
    }
    let validation = try validation(plan, evaluator)
    defer { tell(reports) }
    var reported: Set<String> = []
    let wantsReport = command.option("report") != nil
    _ = evaluator.takeCost()
    var report = EvaluationReport()
    defer { tell(report, command) }
    var retreats = 0
    var lastRetreat: (step: Int, cause: TrainingFailure.Cause)?
    defer { warnOfRetreats(retreats, lastRetreat, command) }
    let beginning = start ?? evaluator.parameters
    let checkpoint = try TrainCheckpoint.make(command, plan, self)
    let state =
      try checkpoint?.begin(beginning, plan, self) ?? TrainingState(beginning)
    do {
      let last = try Trainer.train(
        objective, from: state, stages: plan.stages.map(\.training),
        validation: validation, clock: host.monotonicClock,
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

  /// The loss of a step's batch, and its gradient.
  private func step(
    _ vector: [Double], _ request: ObjectiveRequest, _ plan: TrainingPlan,
    _ evaluator: LossEvaluator
  ) throws -> Evaluation {
    let batch = try plan.batch(for: request)
    return try evaluator.evaluate(
      vector, on: batch.data, total: plan.data?.exampleCount ?? 1, step: request.sample,
      repeats: batch.repeats)
  }

  private func tell(untouched paths: [String], _ command: TrainCommand) {
    let told = paths.filter { !isCancelledByOddness($0, command.loss) }
    for diagnostic in untouched(told, command) { sink(.diagnostic(diagnostic)) }
  }

  /// `minimal(term)`: fits with growing weights on the term, as long as they validate nearly as well as the fit without.
  private func smallest(
    _ index: Int, _ plan: inout TrainingPlan, _ evaluator: LossEvaluator, _ command: TrainCommand
  ) throws -> TrainingResult {
    let start = evaluator.parameters
    let search = try LargestPenalty<TrainingResult>.search(fits: 8) { weight in
      evaluator.penalties[index] = weight
      let result = try fit(plan, evaluator, command, from: start)
      if cancel.isSet {
        keep(result.best.values, evaluator)
        throw SessionFailure(
          .cancelled, "training was stopped; the best parameters so far are kept",
          at: command.span)
      }
      let value: Double
      if let known = result.bestValidation {
        value = known
      } else {
        value = try evaluator.evaluate(
          result.best.values, on: plan.data, total: plan.data?.exampleCount ?? 1, step: 0,
          wantsGradient: false
        ).loss
      }
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

  private func validation(
    _ plan: TrainingPlan, _ evaluator: LossEvaluator
  ) throws -> Validation? {
    switch plan.validation {
    case nil: return nil
    case .slice(let slice, let every):
      return Validation(every: every ?? 10) { vector in
        try evaluator.evaluate(
          vector, on: slice, total: slice.exampleCount, step: 0, wantsGradient: false
        ).loss
      }
    case .perExample(let loss, let data, let type, let every):
      let own = try LossEvaluator(self, loss, type: type)
      return Validation(every: every ?? 10) { vector in
        try own.evaluate(
          own.vector(vector, of: evaluator), on: data, total: data.exampleCount, step: 0,
          wantsGradient: false
        ).loss
      }
    case .expression(let expression, let every):
      return Validation(every: every ?? 10) { vector in
        self.keep(vector, evaluator)
        return try self.evaluate(expression).tensor?.scalar ?? .nan
      }
    }
  }

  /// Learned terms see their inputs centred and scaled by the training data: fixed when training starts.
  func standardize(_ loss: LossInstance, _ data: Dataset?) {
    guard let data else { return }
    for ode in loss.odes.compactMap({ program.odes[$0] }) {
      for input in ode.standardized { standardize(input, ode, data) }
    }
  }

  // MARK: Words

  private func header(
    _ command: TrainCommand, _ plan: TrainingPlan, _ evaluator: LossEvaluator
  ) -> String {
    let stages = plan.stages.map { "\($0.name), \($0.extent)" }.joined(separator: "; then ")
    let examples = plan.data.map { " on \($0.describedSize)" } ?? ""
    let kind = evaluator.isLikelihood ? "negative log-posterior" : "mean loss"
    return
      "train \(command.loss.name)\(examples): \(kind) by \(evaluator.parameters.count) parameters; \(stages)"
  }

  private func summary(_ run: RunValue, _ terms: [NamedValue]) -> String {
    var parts = ["loss \(NumberFormat.significant(run.loss, 5))"]
    if let validation = run.validation {
      parts.append("validation \(NumberFormat.significant(validation, 5))")
    }
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

extension RunValue {
  var json: JSONValue {
    .object([
      .init("loss", .number(loss)), .init("steps", .number(Double(result.losses.count))),
      .init("evaluations", .integer(evaluations)), .init("seconds", .number(result.elapsed)),
      .init("parameters", .number(Double(parameterCount))),
    ])
  }
}
