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
    let result: TrainingResult
    if let minimal = plan.minimal {
      result = try smallest(minimal, &plan, evaluator, command)
    } else {
      result = try fit(plan, evaluator, command)
    }
    keep(result.best.values, evaluator)
    // What is left to do is one evaluation, which a cancellation should not stop too.
    let wasCancelled = cancel.isSet
    if wasCancelled { cancel.clear() }
    defer { if wasCancelled { cancel.set() } }
    let final = try evaluator.evaluate(
      result.best.values, on: plan.data, total: plan.data?.exampleCount ?? 1, step: 0,
      wantsGradient: false)
    let run = RunValue(
      name: command.loss.name, result: result, loss: final.loss,
      validation: result.bestValidation, penalty: final.value - final.loss,
      epochs: plan.epochs(result.losses.count), parameterCount: evaluator.parameters.count)
    if let name = command.name { values[name] = .run(run) }
    sink(
      .trainingEnded(
        name: command.loss.name, summary: summary(run, final), value: run.json))
    if wasCancelled {
      throw SessionFailure(
        .cancelled, "training was stopped; the best parameters so far are kept", at: command.span)
    }
  }

  private func keep(_ vector: [Double], _ evaluator: LossEvaluator) {
    for (path, values) in evaluator.constrained(vector) { weights.setValues(path, values) }
  }

  private func fit(
    _ plan: TrainingPlan, _ evaluator: LossEvaluator, _ command: TrainCommand,
    from start: ParameterVector? = nil
  ) throws -> TrainingResult {
    let reports = SideReports(command, total: plan.stages.reduce(0) { $0 + $1.training.steps })
    let objective = ObjectiveFunction { vector, request in
      reports.begin(request.step, vector)
      return try self.step(vector, request, plan, evaluator)
    }
    let validation = try validation(plan, evaluator)
    defer { tell(reports) }
    var reported: Set<String> = []
    var evaluations: [Int] = []
    defer { report(evaluations, command) }
    do {
      return try Trainer.train(
        objective, from: start ?? evaluator.parameters, stages: plan.stages.map(\.training),
        validation: validation, clock: host.monotonicClock,
        isCancelled: { [cancel] in cancel.isSet }
      ) { progress in
        for path in progress.untouched where reported.insert(path).inserted {
          self.tell(untouched: path, command)
        }
        evaluations.append(progress.forwardEvaluations)
        note(progress.step, reports, evaluator)
        if !self.options.isQuiet {
          self.sink(.trainingStep(progress, stage: plan.stages[progress.stage].name))
        }
      }
    } catch {
      // What has been learned until then is not lost.
      keep(error.partial.best.values, evaluator)
      throw SessionFailure(describe(error, command))
    }
  }

  /// `report: nfe(ode)`: how many evaluations of right-hand sides a step took, as training went on.
  private func report(_ evaluations: [Int], _ command: TrainCommand) {
    for option in command.options where option.key == "report" {
      guard case .call("nfe", _) = option.value, !evaluations.isEmpty else { continue }
      let parts = min(5, evaluations.count)
      let means = (0..<parts).map { k -> Int in
        let piece = evaluations[
          (evaluations.count * k / parts)..<(evaluations.count * (k + 1) / parts)]
        return piece.reduce(0, +) / max(1, piece.count)
      }
      let text = means.map { NumberFormat.grouped($0) }.joined(separator: ", ")
      sink(
        .printed(
          label: "nfe",
          text: "evaluations a step, in \(parts) parts of the run: \(text)",
          value: .numbers(means.map(Double.init))))
    }
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
    guard let all = plan.data else {
      return try evaluator.evaluate(vector, on: nil, total: 1, step: request.sample)
    }
    let batch = plan.stages[request.stage].batch
    let data = try batch.batch(of: all, seed: plan.seed, step: request.sample)
    return try evaluator.evaluate(
      vector, on: data, total: all.exampleCount, step: request.sample,
      repeats: batch.repeats(of: data, in: all))
  }

  private func tell(untouched path: String, _ command: TrainCommand) {
    if isCancelledByOddness(path, command.loss) { return }
    sink(.diagnostic(untouched(path, command)))
  }

  private func untouched(_ path: String, _ command: TrainCommand) -> Diagnostic {
    let weight = program.weights.values.first { $0.path == path }
    return Diagnostic(
      .noGradient, "`\(path)` gets no gradient from `\(command.loss.name)`: it will not move",
      at: weight.map { Label($0.span) } ?? Label(command.span),
      help: ["does it enter the loss? an activation that is 0 on all the data stops gradients too"])
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
    case .perExample(let loss, let data, let every):
      return Validation(every: every ?? 10) { vector in
        self.keep(vector, evaluator)
        let own = try LossEvaluator(self, loss, type: plan.type)
        return try own.evaluate(
          own.parameters.values, on: data, total: data.exampleCount, step: 0, wantsGradient: false
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
  private func standardize(_ loss: LossInstance, _ data: Dataset?) {
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

  private func summary(_ run: RunValue, _ final: Evaluation) -> String {
    var parts = ["loss \(NumberFormat.significant(run.loss, 5))"]
    if let validation = run.validation {
      parts.append("validation \(NumberFormat.significant(validation, 5))")
    }
    for term in final.terms {
      parts.append("\(term.name) \(NumberFormat.significant(term.value, 3))")
    }
    parts.append("\(run.result.losses.count) steps")
    parts.append("\(NumberFormat.grouped(run.result.forwardEvaluations)) evaluations")
    parts.append(NumberFormat.duration(seconds: run.result.elapsed))
    return parts.joined(separator: ", ")
  }

  private func describe(_ failure: TrainingFailure, _ command: TrainCommand) -> Diagnostic {
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
      // The sign of a NaN means nothing.
      var message = "step \(failure.step): \(what) is \(value.isNaN ? "nan" : "\(value)")"
      if !paths.isEmpty {
        message += " in " + paths.prefix(5).map { "`\($0)`" }.joined(separator: ", ")
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
      .init("seconds", .number(result.elapsed)),
      .init("parameters", .number(Double(parameterCount))),
    ])
  }
}
