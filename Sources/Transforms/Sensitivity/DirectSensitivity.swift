import NodalIR
import NodalMethods
import NodalOperations

/// Gradient through the steps that were taken (discretise, then differentiate).
///
/// The forward solve leaves a trace: time, step, state and dense record of each accepted step. Backwards, the
/// cotangents of saved states go through the dense output to the steps they lie in, and a counted scan runs the transposed
/// step from the last to the first. The times inside the span are constants; its ends and the save times are not.
///
/// Cost: one step forwards and one backwards for each accepted step; memory: the trace.
enum DirectSensitivity {
  /// The traced solve: the results of `solve`, and the trace.
  static func forward(
    _ solve: Solve, _ operands: [Value], _ builder: inout RegionBuilder
  ) throws(IRError) -> (results: [Value], residuals: [Value]) {
    var traced = solve
    if traced.trace == nil {
      traced.trace = builder.nextTrace
      traced.record = try solve.stepRecord()
    }
    let all = builder.emit(.solve(traced), operands)
    let count = solve.resultCount
    return (Array(all.prefix(count)), Array(all[traced.traceResult...]))
  }

  static func reverse(
    _ context: SolveContext, trace: [Value], _ builder: inout RegionBuilder
  ) throws(IRError) -> [Value?] {
    let solve = context.solve
    let regions = try solve.stepRegions()
    let counts = trace[Solve.Trace.counts]
    let steps = builder.type(trace[Solve.Trace.times]).extents.last!

    var perStep = try cotangentsOfSteps(context, trace, steps, &builder)
    if solve.trace != nil {
      let given = context.cotangents[solve.traceResult...]
      perStep.states = builder.sum(perStep.states, given[given.startIndex + Solve.Trace.states])
      perStep.records = builder.sum(perStep.records, given[given.startIndex + Solve.Trace.records])
    }

    // λ at the end: the final state's cotangent, and that of a save point there.
    let finalType = builder.type(context.operands[Solve.Operand.initial])
    var end =
      context.finalCotangent ?? builder.constant(0, context.outer(finalType.element(of: context)))
    if let states = perStep.states {
      let last = builder.value(.gather(Gather(batchAxes: context.batchAxes)), [states, counts])
      end = builder.add(end, last)
    }

    let scan = try backwardScan(context, regions, perStep, steps: steps, &builder)
    var arguments = [counts, end]
    arguments += [
      trace[Solve.Trace.times], trace[Solve.Trace.steps], trace[Solve.Trace.states],
    ]
    if !solve.events.isEmpty {
      arguments += [trace[Solve.Trace.events], trace[Solve.Trace.occurrences]]
    }
    arguments += perStep.all.compactMap { $0 }
    arguments += context.parameters
    let results = builder.emit(.scan(scan), arguments)

    var cotangents: [Value?] = context.operands.map { _ in nil }
    cotangents[Solve.Operand.initial] = results[0]
    if context.stepTimesActive {
      // Only the first step's beginning and the last one's end are not constants.
      let (t, h) = (results[1], results[2])
      let first = builder.stepIndex(0, like: counts)
      let last = builder.max(builder.sub(counts, 1), builder.zeros(like: counts))
      let pick = Form.gather(Gather(batchAxes: context.batchAxes))
      let atStart = builder.sub(
        builder.value(pick, [t, first]), builder.value(pick, [h, first]))
      let atEnd = builder.value(pick, [h, last])
      let times = try TimeCotangents(context, lambda: results[0], &builder)
      times.whereEmpty(counts, else: (atStart, atEnd, perStep.saveTimes), &builder)
        .fit(context, &cotangents, &builder)
    }
    let terms = results[(context.stepTimesActive ? 3 : 1)...]
    for (parameter, term) in zip(context.activeParameters, terms) {
      cotangents[Solve.Operand.parameters + parameter] = term
    }
    if solve.sharesClock { try TimeCotangents.add(context, &cotangents, &builder) }
    return cotangents
  }

  /// What save points add to the cotangents of each step, stacked over steps; nil where nothing.
  private struct StepCotangents {
    var states: Value?
    var records: Value?
    var times: Value?
    var lengths: Value?
    /// Cotangent of the save times themselves.
    var saveTimes: Value?

    var all: [Value?] { [states, records, times, lengths] }
  }

  private static func cotangentsOfSteps(
    _ context: SolveContext, _ trace: [Value], _ steps: Extent, _ builder: inout RegionBuilder
  ) throws(IRError) -> StepCotangents {
    guard let cotangent = context.savedCotangent(builder) else { return StepCotangents() }
    let axes = context.batchAxes
    let index = trace[Solve.Trace.saveSteps]
    let next = builder.add(index, 1)
    let pick = Form.gather(Gather(batchAxes: axes))
    let y0 = builder.value(pick, [trace[Solve.Trace.states], index])
    let y1 = builder.value(pick, [trace[Solve.Trace.states], next])
    let record = builder.value(pick, [trace[Solve.Trace.records], index])
    var h = builder.value(pick, [trace[Solve.Trace.steps], index])
    var t = builder.value(pick, [trace[Solve.Trace.times], index])
    if context.solve.sharesClock {
      (h, t) = (builder.agreed(h, behind: 1), builder.agreed(t, behind: 1))
    }
    let saveTimes = context.clock(Solve.Operand.saveTimes, &builder)
    // A span of zero length has no step, and h = 0: then the save point is the start itself.
    let isEmpty = builder.equal(h, builder.zeros(like: h))
    let length = builder.select(isEmpty, builder.constant(1, builder.type(h)), h)
    let theta = builder.div(builder.sub(saveTimes, t), length)

    let dense = try denseOverSaves(context, builder.type(cotangent))
    let times = context.stepTimesActive ? [0, 1] : []
    let pullback = try ReverseMode.pullback(dense, wrt: times + [2, 3, 4])
    let all = builder.inline(pullback, [theta, h, y0, y1, record, cotangent])
    var back = all.suffix(3).map(\.self)
    if !context.solve.events.isEmpty {
      // What is saved where an event happens is the state behind it, where the jump's step of no length ends.
      let event = builder.value(pick, [trace[Solve.Trace.events], index])
      let isJump = builder.greater(event, builder.zeros(like: event))
      func chosen(_ a: Value, _ b: Value) -> Value {
        let extents = builder.type(b).extents
        let axes = Array(0..<builder.type(isJump).rank)
        return builder.select(builder.broadcast(isJump, to: extents, axes: axes), a, b)
      }
      back = [
        chosen(builder.zeros(like: back[0]), back[0]), chosen(cotangent, back[1]),
        chosen(builder.zeros(like: back[2]), back[2]),
      ]
    }
    let put = Form.scatter(Scatter(batchAxes: axes, extent: steps))
    var result = StepCotangents()
    result.states = builder.add(
      builder.value(put, [back[0], index]), builder.value(put, [back[1], next]))
    result.records = builder.value(put, [back[2], index])
    if context.stepTimesActive {
      // θ = (ts - t)/h
      let byTime = builder.div(all[0], length)
      let byLength = builder.sub(all[1], builder.mul(byTime, theta))
      result.saveTimes = byTime
      result.times = builder.value(put, [builder.neg(byTime), index])
      result.lengths = builder.value(put, [byLength, index])
    }
    return result
  }

  /// The dense region over save times, and trajectories.
  private static func denseOverSaves(
    _ context: SolveContext, _ saved: ValueType
  ) throws(IRError) -> Region {
    let dense = try singleDense(of: context.solve)
    let all = [true, true, true, true, true]
    let saves = saved.extents[context.batchAxes]
    let overSaves = try Batching.batch(dense, mapped: all, extent: saves).region
    guard let trajectories = context.trajectories else { return overSaves }
    let isOwn = !context.solve.sharesClock
    return try Batching.batch(
      overSaves, mapped: [isOwn, isOwn, true, true, true], extent: trajectories
    ).region
  }

  /// The dense region of one trajectory; it doesn't depend on the right-hand side, so any will do.
  private static func singleDense(of solve: Solve) throws(IRError) -> Region {
    var state = solve.rhs.resultTypes[0]
    if state.isBatched { state = state.droppingFirst() }
    var rhs = RegionBuilder(parameters: [.time, state])
    let zero = rhs.constant(0, state)
    var single = Solve(
      settings: solve.settings, batched: [], rhs: try rhs.finish([zero]),
      controlled: solve.controlled)
    single.drifting = solve.drifting
    return try Linearization.linearized(single).stepRegions().dense
  }

  /// Carries: λ. Stacked: t, h, y, and what save points add. Shared: parameters. Outputs: cotangents of t and h, if wanted.
  /// Terms: cotangents of the active parameters.
  private static func backwardScan(
    _ context: SolveContext, _ regions: StepRegions, _ perStep: StepCotangents, steps: Extent,
    _ builder: inout RegionBuilder
  ) throws(IRError) -> Scan {
    guard let region = regions.memoryless else {
      throw IRError("steps of \(context.solve.settings.method) are not differentiated one by one")
    }
    let types = region.parameterTypes
    let active = context.activeParameters
    let wrt = (context.stepTimesActive ? [0, 1] : []) + [2] + active.map { $0 + 3 }
    let pullback = try ReverseMode.pullback(region, wrt: wrt)
    let (stateType, recordType) = (region.resultTypes[0], region.resultTypes[1])
    // Each trajectory's times come from its own trace, also where all are the same.
    let time = ValueType(.f64, Array(stateType.extents.dropLast()))
    let hasEvents = !context.solve.events.isEmpty
    let happenings = hasEvents ? [time.with(.i64), time.with(.i64)] : []
    let stacked =
      [time, time, types[2]] + happenings
      + [
        perStep.states.map { _ in stateType }, perStep.records.map { _ in recordType },
        perStep.times.map { _ in time }, perStep.lengths.map { _ in time },
      ].compactMap { $0 }
    var body = RegionBuilder(parameters: [stateType] + stacked + types[3...])
    let given = body.parameters
    let lambda = given[0]
    var next = 4 + happenings.count
    func optional(_ value: Value?) -> Value? {
      guard value != nil else { return nil }
      defer { next += 1 }
      return given[next]
    }
    let addedState = optional(perStep.states)
    let recordCotangent = optional(perStep.records) ?? body.constant(0, recordType)
    let addedTime = optional(perStep.times)
    let addedLength = optional(perStep.lengths)
    let parameters = Array(given[next...])
    let events =
      hasEvents
      ? EventReverse(
        context: context, event: given[4], occurrence: given[5], time: given[1], state: given[3],
        parameters: parameters, lambda: lambda) : nil
    let step = events?.step(length: given[2], &body) ?? (length: given[2], lambda: lambda)
    let clock = [given[1], step.length].map { body.agreed($0, behind: types[0].rank) }
    var back = body.inline(
      pullback, clock + [given[3]] + parameters + [step.lambda, recordCotangent])[...]
    if let events { back = try events.turn(Array(back), &body)[...] }
    var outputs: [Value] = []
    if context.stepTimesActive {
      outputs = [
        body.sum(back.removeFirst(), addedTime), body.sum(back.removeFirst(), addedLength),
      ]
    }
    let carried = body.sum(back.removeFirst(), addedState)
    guard case .steps(let trace) = steps else { throw IRError("a trace without steps") }
    var scan = Scan(
      length: .counted(trace: trace, trajectories: context.trajectories), reverse: true,
      carries: 1, stacked: stacked.count, outputs: outputs.count,
      batched: context.trajectories == nil
        ? [] : Array(context.solve.batched[Solve.Operand.parameters...]),
      body: try body.finish([carried] + outputs + back))
    scan.evaluations = regions.evaluations.step
    return scan
  }
}

extension RegionBuilder {
  /// The sum of a value and another one, if there is one.
  mutating func sum(_ a: Value, _ b: Value?) -> Value { b.map { add(a, $0) } ?? a }
  mutating func sum(_ a: Value?, _ b: Value?) -> Value? { a.map { sum($0, b) } ?? b }
  /// Sums of two lists of terms, of which the first may be empty.
  mutating func added(_ sums: [Value], _ terms: [Value]) -> [Value] {
    sums.isEmpty ? terms : zip(sums, terms).map { add($0, $1) }
  }

  mutating func stepIndex(_ index: Int, like counts: Value) -> Value {
    constant(Double(index), type(counts))
  }
}

extension ValueType {
  /// The type of one trajectory's state, from that of the operand.
  func element(of context: SolveContext) -> ValueType {
    context.isBatched(Solve.Operand.initial) ? droppingFirst() : self
  }
}

extension Solve {
  var resultCount: Int { traceResult + traceCount }
}
