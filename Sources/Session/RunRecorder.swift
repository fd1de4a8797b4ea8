import NodalBasics
import NodalChecking
import NodalData
import NodalDiagnostics
import NodalExecution
package import NodalReporting
import NodalTraining
import NodalTypes

/// What a recorded run keeps of its trainings, each as it ends: later ones may move the weights.
package final class RunRecorder {
  package fileprivate(set) var trainings: [RunRecord.Training] = []

  /// What is said meanwhile is not of the run.
  package fileprivate(set) var isLooking = false

  package init() {}

  /// How much is kept: steps of a curve, experiments and samples of a field, parameters.
  fileprivate static let steps = 2000, experiments = 12, samples = 1000, parameters = 500
  /// Data with more numbers than these have no residuals in a record.
  fileprivate static let observations = 200_000
  /// Intervals are computed where they take no longer than the training itself, or so many seconds.
  fileprivate static let patience = 10.0
}

extension Session {
  /// Takes down a training that has ended. What can't be had is told in words: a record never fails a run.
  func record(
    _ run: RunValue, _ plan: TrainingPlan, _ evaluator: LossEvaluator, _ command: TrainCommand,
    header: String, summary: String
  ) {
    guard let recorder else { return }
    lookBack { recorder.trainings.append(look(run, plan, evaluator, command, header, summary)) }
  }

  /// Computes something of a run that leaves no trace in it.
  func lookBack(_ body: () -> Void) {
    let (savedWeights, savedWarnings) = (weights, warned)
    recorder?.isLooking = true
    defer {
      (weights, warned) = (savedWeights, savedWarnings)
      recorder?.isLooking = false
    }
    body()
  }

  private func look(
    _ run: RunValue, _ plan: TrainingPlan, _ evaluator: LossEvaluator, _ command: TrainCommand,
    _ header: String, _ summary: String
  ) -> RunRecord.Training {
    let losses = run.result.losses
    let kept = losses.indices.thinned(to: RunRecorder.steps)
    var training = RunRecord.Training(
      loss: run.name, header: header, summary: summary, seconds: run.result.elapsed,
      evaluations: run.evaluations, history: .init(kept.map { $0 + 1 }, kept.map { losses[$0] }))
    training.validations = curve(run.result.validations)
    training.tests = curve(run.result.tests)
    training.stages = plan.stages.enumerated().map { index, stage in
      .init(
        name: stage.name, extent: stage.extent,
        end: run.result.ends.indices.contains(index)
          ? run.result.ends[index].words : "not reached")
    }
    // Without windows and penalties its programs are compiled already.
    let isPlain = plan.shooting == nil && plan.terms.isEmpty
    let fit = Result {
      let own = isPlain ? evaluator : try LossEvaluator(self, command.loss, type: plan.type)
      return FittedLoss(own, of: run, on: plan.data)
    }
    var judged: Laplace?
    do {
      let laplace = try laplace(try fit.get(), patience: run.result.elapsed, command)
      judged = laplace
      training.uncertainty =
        "The intervals hold 95 %, by Laplace's approximation; \(laplace.density.words)."
      training.sentences = laplace.sentences
    } catch {
      training.uncertainty = "No intervals: \(describe(error, at: nil).message)."
    }
    training.parameters = parameters(evaluator.best(of: run), evaluator, judged)
    let count = evaluator.parameterCount - evaluator.components.count
    if count > 0 {
      training.sentences.append("networks have \(NumberFormat.grouped(count)) weights beside these")
    }
    do {
      let found = try recordable(try fit.get())
      training.fields = found.map { field($0, plan.data) }
      training.sentences += found.flatMap(\.words)
    } catch {
      training.sentences.append("no residuals: \(describe(error, at: nil).message)")
    }
    return training
  }

  private func curve(_ looks: [LookRecord]) -> RunRecord.Curve {
    let kept = looks.indices.thinned(to: RunRecorder.steps)
    return .init(kept.map { looks[$0].step }, kept.map { looks[$0].value ?? .nan })
  }

  /// - Parameter patience: the seconds that they may take, or as many as is usual.
  /// - Throws: where they can't be had, or would take longer.
  private func laplace(
    _ fit: FittedLoss, patience: Double, _ command: TrainCommand
  ) throws -> Laplace {
    if cancel.isSet { throw SessionFailure(.cancelled, "the training was stopped", at: nil) }
    let density = try LogDensity(fit, countsVolume: true, span: command.span)
    // The first evaluation may compile.
    _ = try density.evaluate(density.start)
    let begin = host.monotonicClock()
    _ = try density.evaluate(density.start)
    let evaluation = host.monotonicClock() - begin
    // Two differences, twice, for each parameter; and the way to the lowest point.
    let estimate = evaluation * Double(4 * density.places.count + 40)
    let patience = max(RunRecorder.patience, patience)
    density.deadline = begin + patience
    guard estimate <= patience else {
      throw SessionFailure(
        .optionValue,
        "they would take about \(NumberFormat.duration(seconds: estimate)); `uncertainty of` computes them",
        at: nil)
    }
    return try Laplace(density)
  }

  private func parameters(
    _ best: ParameterVector, _ evaluator: LossEvaluator, _ laplace: Laplace?
  ) -> [RunRecord.Parameter] {
    let quantile = laplace?.density.quantile(0.95) ?? .nan
    return evaluator.components.prefix(RunRecorder.parameters).enumerated().map { k, component in
      let weight = component.weight
      let offset = weight.type.tensor?.shownOffset ?? 0
      let bounds = laplace.map { laplace in
        let ends = laplace.bounds(k, quantile)
        return (ends.lower - offset, ends.upper - offset)
      }
      return .init(
        component.name, weight.domain.constrained(best.values[component.place]) - offset,
        bounds: bounds, unit: ValueText.unit(weight.type), prior: weight.prior?.description,
        domain: weight.domain.text)
    }
  }

  private func recordable(_ fit: FittedLoss) throws -> [FieldResiduals] {
    if cancel.isSet { throw SessionFailure(.cancelled, "the training was stopped", at: nil) }
    let count = fit.data?.fields.reduce(0) { $0 + $1.values.count } ?? 0
    guard count <= RunRecorder.observations else {
      throw SessionFailure(
        .optionValue,
        "the data have \(NumberFormat.grouped(count)) numbers; `residuals of` computes them",
        at: nil
      )
    }
    return try residuals(of: fit)
  }

  private func field(_ all: FieldResiduals, _ data: Dataset?) -> RunRecord.Field {
    let hasTimes = all.times.count == all.residuals.count
    // Rows without times are points of one picture.
    let starts = hasTimes ? all.starts : [0]
    let experiments = starts.indices.prefix(RunRecorder.experiments).map { index in
      let end = index + 1 < starts.count ? starts[index + 1] : all.residuals.count
      let places = (starts[index]..<end).thinned(to: RunRecorder.samples)
      var own = RunRecord.Experiment(
        name: nil, times: hasTimes ? places.map { all.times[$0] } : [],
        observed: places.map { all.observed[$0] }, fitted: places.map { all.fitted[$0] },
        residuals: places.map { all.residuals[$0] })
      if hasTimes, all.examples.indices.contains(index) {
        own.name = data?.experimentTitle(ofExample: all.examples[index])
      }
      return own
    }
    return RunRecord.Field(
      name: all.name, observations: all.residuals.count, mean: all.mean, spread: all.spread,
      correlation: all.correlation, signChanges: all.signChanges, normality: all.normality,
      experiments: experiments, experimentCount: starts.count)
  }
}

extension Range<Int> {
  /// At most so many of them, evenly, the first and the last among them.
  fileprivate func thinned(to limit: Int) -> [Int] {
    if count <= limit { return Array(self) }
    return (0..<limit).map { lowerBound + $0 * (count - 1) / (limit - 1) }
  }
}

extension StageEnd {
  fileprivate var words: String {
    switch self {
    case .steps: "after all its steps"
    case .optimizer(.gradientBelowTolerance): "the gradient fell below its tolerance"
    case .optimizer(.changeBelowTolerance): "the loss hardly changed any more"
    case .optimizer(.noProgress): "no better point was found"
    case .patience: "no improvement for as long as its patience"
    case .target: "the target was reached"
    case .cancelled: "stopped"
    case .failed: "failed"
    }
  }
}
