import Foundation

/// A run of one or more stages, step by step. Everything it does follows from what it is given:
/// the clock is only read out, never decided by.
///
/// Costs of its own: a few passes over the parameters a step, and for an optimiser with a line
/// search the gradients of its trials.
package struct TrainingRun {
  package let objective: any Objective
  package let validation: Look?
  /// What is looked at every so many units of a stage, and decides nothing.
  package let test: Look?
  package let stages: [TrainingStage]
  package private(set) var state: TrainingState
  private let clock: () -> Double
  private let isCancelled: () -> Bool
  private let began: Double

  /// Why a step was not completed.
  private enum Halt: Error {
    case cancelled
    case failed(TrainingFailure.Cause)
  }

  /// A run from its beginning, or from the `state` of one with the same stages and objective, be it
  /// read between two steps or after a cancellation.
  ///
  /// - Parameters:
  ///   - clock: seconds from any beginning.
  ///   - isCancelled: asked before every evaluation. An error that the objective throws while it
  ///     says yes counts as its consequence.
  package init(
    _ objective: any Objective, from state: TrainingState, stages: [TrainingStage],
    validation: Look? = nil, test: Look? = nil, clock: @escaping () -> Double = { 0 },
    isCancelled: @escaping () -> Bool = { false }
  ) {
    self.objective = objective
    self.state = state
    if state.ends.last == .cancelled {
      self.state.ends.removeLast()
      self.state.isOver = false
    }
    self.stages = stages
    self.validation = validation
    self.test = test
    self.clock = clock
    self.isCancelled = isCancelled
    began = clock() - state.elapsed
  }

  /// The most steps that the run can have.
  package var total: Int {
    stages.reduce(0) {
      let (sum, isTooLarge) = $0.addingReportingOverflow($1.steps)
      return isTooLarge ? .max : sum
    }
  }

  /// Makes one step. Nil when the run is over: all stages have ended, or it was cancelled.
  package mutating func advance() throws(TrainingFailure) -> TrainingProgress? {
    if state.isOver { return nil }
    defer { state.elapsed = clock() - began }
    let step = state.step
    do {
      if step == 0 && state.validations.isEmpty { try validate() }
      if try enterStage() { return try makeStep() }
      state.isOver = true
      try finish()
      return nil
    } catch Halt.failed(let cause) {
      state.isOver = true
      if state.stage < stages.count { state.ends.append(.failed) }
      state.elapsed = clock() - began
      throw TrainingFailure(
        cause: cause, stage: min(state.stage, max(0, stages.count - 1)),
        step: min(step + 1, total), partial: state.result)
    } catch {
      state.isOver = true
      state.ends.append(.cancelled)
      return nil
    }
  }

  // MARK: Stages

  /// Goes to the next stage that has steps left; false when there is none.
  private mutating func enterStage() throws -> Bool {
    while state.stage < stages.count {
      if state.optimizer != nil { return true }
      let stage = stages[state.stage]
      if stage.steps == 0 {
        leaveStage(.steps)
        continue
      }
      if stage.beginning == .best, !state.best.isOutdated {
        state.parameters.replaceValues(state.best.values)
      }
      let previous = state.stage > 0 ? stages[state.stage - 1].keeping : stage.keeping
      if validation == nil, stage.isNewObjective || previous != stage.keeping {
        state.best.isOutdated = true
      }
      if try layout(of: stage).freeCount == 0 { throw Halt.failed(.nothingToTrain) }
      state.optimizer = stage.optimizer.optimizer
      state.watch = .init()
      return true
    }
    return false
  }

  private mutating func leaveStage(_ end: StageEnd) {
    state.ends.append(end)
    state.stage += 1
    state.stepInStage = 0
    state.optimizer = nil
    state.pending = nil
    state.foothold?.optimizer = nil
  }

  /// The parameters with the flags of a stage.
  private func layout(of stage: TrainingStage) throws -> ParameterVector {
    do {
      return try state.parameters.laidOut(for: stage)
    } catch { throw Halt.failed(.path(error)) }
  }

  // MARK: A step

  private mutating func makeStep() throws -> TrainingProgress {
    let stage = stages[state.stage]
    var layout = try layout(of: stage)
    let wantsOneFunction = stage.optimizer.row.wantsOneFunction
    let request = ObjectiveRequest(
      stage: state.stage, step: state.step + 1,
      sample: wantsOneFunction ? state.step - state.stepInStage : state.step)
    let isValidated = validation.map { (state.step + 1) % $0.every == 0 } ?? false
    let isTested =
      test.map { (state.stepInStage + 1) % stage.steps(inUnits: $0.every) == 0 } ?? false
    // A step is whole or not made: where a look at it is cancelled, it is taken back.
    let before = isValidated || isTested ? state : nil
    var counted = Counts()
    let here = try state.pending ?? footing(&layout, request, &counted)
    if stage.keeping == .lowest { offer(here) }

    let free = layout.gatherFree(here.gradient)
    let norm = Vectors.norm(free)
    var trial = Trial(value: here.value, gradient: free, index: -1)
    if let clip = stage.clip, !wantsOneFunction, norm > clip {
      trial.gradient = free.map { $0 * (clip / norm) }
    }
    if stage.optimizer.row.wantsCurvature {
      trial.curvature = layout.gatherFree(matrix: try curvature(layout, request))
    }
    let rate = stage.rate.at(Double(state.stepInStage) / stage.stepsPerUnit) * state.caution
    state.caution = min(1, state.caution * Self.recovery)
    let foothold = TrainingState.Foothold(
      values: layout.values, optimizer: state.optimizer, gradient: trial.gradient,
      value: here.value, rate: rate)
    let (outcome, accepted) = try update(layout, trial, rate, request, &counted)

    state.foothold = wantsOneFunction ? nil : foothold
    state.pending = nil
    let untouched = layout.untouchedPaths(here.gradient)
    note(here, layout, untouched, counted)
    if stage.keeping == .latest { keepLatest(loss: here.loss) }
    if wantsOneFunction, outcome.stop == nil || accepted != nil {
      state.pending = accepted
      if let accepted { offer(accepted) }
    }
    var progress = TrainingProgress(
      stage: state.stage, stages: stages.count, step: state.step, stepInStage: state.stepInStage,
      total: total, loss: here.loss, value: here.value, terms: here.terms,
      standing: nil,
      validation: nil, test: nil, gradientNorm: norm, rate: rate,
      evaluations: counted.evaluations, failedTrials: counted.failed,
      trialFailure: counted.lastFailure,
      forwardEvaluations: counted.forward, backwardEvaluations: counted.backward,
      elapsed: clock() - began,
      untouched: [], end: nil)
    do {
      if isValidated { progress.validation = try validate() }
      if isTested, let test {
        let found = try look(test)
        state.tests.append(found)
        progress.test = found
      }
    } catch {
      if let before { state = before }
      throw error
    }
    progress.standing = standing(in: stage)
    progress.end = end(of: stage, outcome, watched: watched(here, progress.validation))
    // A first step may begin where one derivative happens to be zero: a mean of what are all alike, for one.
    if state.stepInStage == 2 || state.stepInStage == 1 && progress.end != nil {
      progress.untouched = untouched.filter { !state.touched.contains($0) }
    }
    if let end = progress.end { leaveStage(end) }
    return progress
  }

  /// Halvings of an update before its run is given up.
  private static let halvings = 12
  /// Behind these the optimiser forgets: its momentum may be what leads where there is no value, however short the step.
  private static let halvingsWithMemory = 4
  /// By what the rate grows back, a step.
  private static let recovery = 1.1

  /// The value where the last update has led. Where there is none, as a solve fails there or a number isn't finite, the update is taken back
  /// and made shorter, until there is one.
  private mutating func footing(
    _ layout: inout ParameterVector, _ request: ObjectiveRequest, _ counted: inout Counts
  ) throws -> Evaluation {
    let before = state
    var halving = 0
    while true {
      halving += 1
      do {
        return try evaluate(layout, request, &counted)
      } catch Halt.cancelled {
        // Whoever goes on from here makes the step from its beginning.
        state = before
        throw Halt.cancelled
      } catch Halt.failed(let cause) {
        guard cause.isOfPoint, let foothold = state.foothold, halving <= Self.halvings else {
          throw Halt.failed(cause)
        }
        counted.failed += 1
        counted.lastFailure = cause
        state.retreats += 1
        var values = foothold.values
        if let remembering = foothold.optimizer {
          var optimizer =
            halving > Self.halvingsWithMemory
            ? stages[state.stage].optimizer.optimizer : remembering
          layout.replaceValues(values)
          state.caution = foothold.rate > 0 ? max(state.caution / 2, 1e-6) : 1
          let start = layout.gatherFree(values)
          var point = start
          let trial = Trial(value: foothold.value, gradient: foothold.gradient, index: -1)
          let rate = foothold.rate * exp2(-Double(halving))
          _ = try optimizer.step(&point, here: trial, rate: rate) { _ in nil }
          values = layout.scatterFree(layout.paced(from: start, to: point))
          state.optimizer = optimizer
        } else {
          state.foothold = nil
        }
        layout.replaceValues(values)
        state.parameters.replaceValues(values)
      }
    }
  }

  /// Lets the optimiser move; gives the evaluation at the new point where it has made one.
  private mutating func update(
    _ layout: ParameterVector, _ here: Trial, _ rate: Double, _ request: ObjectiveRequest,
    _ counted: inout Counts
  ) throws -> (OptimizerStep, Evaluation?) {
    guard var optimizer = state.optimizer else { return (.moved, nil) }
    let start = layout.gatherFree(layout.values)
    var point = start
    var trials: [Evaluation] = []
    var counts = counted
    let outcome = try optimizer.step(&point, here: here, rate: rate) { place in
      do {
        let found = try evaluate(layout, at: layout.scatterFree(place), request, &counts)
        trials.append(found)
        return Trial(
          value: found.value, gradient: layout.gatherFree(found.gradient), index: trials.count - 1)
      } catch Halt.failed(let cause) {
        counts.failed += 1
        counts.lastFailure = cause
        return nil
      }
    }
    counted = counts
    let moved = layout.scatterFree(layout.paced(from: start, to: point))
    let broken = layout.nonFinitePaths(moved)
    guard broken.isEmpty else {
      let value = point.first { !$0.isFinite } ?? .nan
      throw Halt.failed(.nonFinite(.parameters, value: value, paths: broken, terms: []))
    }
    state.parameters.replaceValues(moved)
    state.optimizer = optimizer
    let accepted = outcome.accepted.flatMap { trials.indices.contains($0) ? trials[$0] : nil }
    return (outcome, accepted)
  }

  private mutating func note(
    _ here: Evaluation, _ layout: ParameterVector, _ untouched: [String], _ counted: Counts
  ) {
    state.step += 1
    state.stepInStage += 1
    state.losses.append(here.loss)
    state.values.append(here.value)
    state.evaluations += counted.evaluations
    state.failedTrials += counted.failed
    state.forwardEvaluations += counted.forward
    state.backwardEvaluations += counted.backward
    if state.touched.count < layout.blocks.count {
      let free = layout.blocks.filter { !$0.isFrozen && $0.count > 0 }.map(\.path)
      state.tried.formUnion(free)
      state.touched.formUnion(Set(free).subtracting(untouched))
    }
  }

  // MARK: Evaluations

  private struct Counts {
    var evaluations = 0
    var failed = 0
    var lastFailure: TrainingFailure.Cause?
    var forward = 0
    var backward = 0
  }

  private func evaluate(
    _ layout: ParameterVector, at values: [Double]? = nil, _ request: ObjectiveRequest,
    _ counted: inout Counts
  ) throws -> Evaluation {
    if isCancelled() { throw Halt.cancelled }
    let found: Evaluation
    counted.evaluations += 1
    do {
      found = try objective.evaluate(values ?? layout.values, request)
    } catch {
      throw isCancelled() || error is CancellationError
        ? Halt.cancelled : Halt.failed(.objective(error))
    }
    counted.forward += found.forwardEvaluations
    counted.backward += found.backwardEvaluations
    guard found.gradient.count == layout.count else {
      throw Halt.failed(.gradientLength(expected: layout.count, found: found.gradient.count))
    }
    let terms = found.terms.filter { !$0.value.isFinite }.map(\.name)
    guard found.value.isFinite, found.loss.isFinite else {
      throw Halt.failed(
        .nonFinite(
          .loss, value: found.value.isFinite ? found.loss : found.value,
          paths: layout.nonFinitePaths(found.gradient), terms: terms))
    }
    let broken = layout.nonFinitePaths(found.gradient)
    guard broken.isEmpty else {
      let value = layout.gatherFree(found.gradient).first { !$0.isFinite } ?? .nan
      throw Halt.failed(.nonFinite(.gradient, value: value, paths: broken, terms: terms))
    }
    return found
  }

  private func curvature(
    _ layout: ParameterVector, _ request: ObjectiveRequest
  ) throws -> [Double] {
    if isCancelled() { throw Halt.cancelled }
    do {
      return try objective.curvature(layout.values, request)
    } catch {
      throw isCancelled() || error is CancellationError
        ? Halt.cancelled : Halt.failed(.objective(error))
    }
  }

  @discardableResult private mutating func validate() throws -> LookRecord? {
    guard let validation else { return nil }
    let record = try look(validation)
    state.validations.append(record)
    // Of equal ones the last: what is validated may depend on nothing that is trained, as another subject's data do.
    if let value = record.value, value <= state.best.validation ?? .infinity {
      state.best = .init(
        values: state.parameters.values, step: state.step, value: nil, loss: state.losses.last,
        validation: value, isOutdated: false)
    }
    return record
  }

  /// The value at the parameters as they are.
  private func look(_ look: Look) throws -> LookRecord {
    if isCancelled() { throw Halt.cancelled }
    var record = LookRecord(step: state.step, value: nil, failure: nil)
    do {
      let value = try look.value(state.parameters.values)
      if value.isFinite { record.value = value }
    } catch {
      if isCancelled() || error is CancellationError { throw Halt.cancelled }
      record.failure = error
    }
    return record
  }

  // MARK: The best, and the end

  /// Where no validation decides: keeps the present parameters if their value is the lowest.
  private mutating func offer(_ here: Evaluation) {
    guard validation == nil else { return }
    guard state.best.isOutdated || here.value < state.best.value ?? .infinity else { return }
    state.best = .init(
      values: state.parameters.values, step: state.step, value: here.value, loss: here.loss,
      validation: nil, isOutdated: false)
  }

  private mutating func keepLatest(loss: Double) {
    guard validation == nil else { return }
    state.best = .init(
      values: state.parameters.values, step: state.step, value: nil, loss: loss, validation: nil,
      isOutdated: false)
  }

  private func standing(in stage: TrainingStage) -> Standing? {
    if validation != nil { return state.best.validation.map(Standing.validation) }
    switch stage.keeping {
    case .lowest: return state.best.loss.map(Standing.lowest)
    case .latest:
      let last = state.losses.suffix(min(Standing.window, state.stepInStage))
      return last.isEmpty ? nil : .mean(last.reduce(0, +) / Double(last.count))
    }
  }

  /// What the early stop looks at after this step; nil where there is nothing new.
  private func watched(_ here: Evaluation, _ record: LookRecord?) -> Double? {
    if validation == nil { return (state.pending ?? here).value }
    return record.map { $0.value ?? .infinity }
  }

  private mutating func end(
    of stage: TrainingStage, _ outcome: OptimizerStep, watched: Double?
  ) -> StageEnd? {
    if let stop = outcome.stop { return .optimizer(stop) }
    if let rule = stage.earlyStop, let watched {
      if let target = rule.target, watched <= target { return .target }
      if watched < state.watch.lowest - rule.improvement {
        state.watch = .init(lowest: watched, stale: 0)
      } else {
        state.watch.stale += 1
      }
      if let patience = rule.patience, state.watch.stale >= max(1, patience) { return .patience }
    }
    return state.stepInStage >= stage.steps ? .steps : nil
  }

  /// The last look: at the parameters after the last update.
  private mutating func finish() throws {
    if validation != nil {
      if state.validations.last?.step != state.step { try validate() }
      if state.best.validation == nil {
        throw Halt.failed(.validation(state.validations.last { $0.failure != nil }?.failure))
      }
      return
    }
    guard let stage = stages.last, stage.keeping == .lowest, state.step > 0,
      state.best.step < state.step, !stage.optimizer.row.wantsOneFunction
    else { return }
    var counted = Counts()
    let request = ObjectiveRequest(
      stage: stages.count - 1, step: state.step, sample: state.step)
    do {
      let layout = try layout(of: stage)
      // A value that can't be had here isn't the lowest: what was best remains.
      if let last = try? evaluate(layout, request, &counted) { offer(last) }
    }
    state.evaluations += counted.evaluations
    state.failedTrials += counted.failed
    state.forwardEvaluations += counted.forward
    state.backwardEvaluations += counted.backward
  }
}
