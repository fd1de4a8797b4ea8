import NodalIR
import NodalOperations

/// The adjoint equation through events. From one stop to the one before it, λ is solved for as elsewhere, along the piece of the record that lies
/// between them; at an event it goes back through the jump as `direct` does (`EventReverse`).
///
/// The record has a step of no length for each jump, so a loop over its steps, from last to first, meets all stops in their order: where a step is
/// a jump, or begins at a save point. At the others it does nothing. Saved times are ends of steps (`SolverSettings.meetsSaves`).
extension AdjointSensitivity {
  func throughEvents(_ builder: inout RegionBuilder) throws(IRError) -> [Value?] {
    guard let trace else { throw IRError("an adjoint through events without a record") }
    let counts = trace[Solve.Trace.counts]
    let final = context.results[Solve.Result.final]
    var lambda = context.finalCotangent ?? builder.zeros(like: final)
    let entering = enteringBySteps(trace, &builder)
    if let entering {
      let pick = Form.gather(Gather(batchAxes: context.batchAxes))
      lambda = builder.add(lambda, builder.value(pick, [entering.cotangents, counts]))
    }
    let backward = try backwardSolve(builder)
    let shared = shared(&builder)
    let scan = try overStops(
      backward, trace, hasSaves: entering != nil, shares: shared.count, builder)
    let end = context.spread(Solve.Operand.end, &builder)
    let last = builder.sub(counts, builder.one(like: counts))
    var arguments = [counts, lambda, end, counts, last]
    arguments += stacked(trace) + (entering.map { [$0.cotangents, $0.flags] } ?? [])
    arguments += traced + shared
    let results = builder.emit(.scan(scan), arguments)
    let carry = Carry(lambda: results[0], state: final, time: results[1])
    let rest = try runToBeginning(
      backward, carry, [results[2]] + traced.dropFirst(), &builder)
    return try context.cotangents(
      rest.lambda, builder.added(Array(results[4...]), rest.terms), &builder)
  }

  /// What a turn of the loop has of its step.
  private func stacked(_ trace: [Value]) -> [Value] {
    [Solve.Trace.times, Solve.Trace.states, Solve.Trace.events, Solve.Trace.occurrences].map {
      trace[$0]
    }
  }

  /// Cotangents of saved states by the step at whose beginning they are, and how many there are; nil where nothing is saved.
  private func enteringBySteps(
    _ trace: [Value], _ builder: inout RegionBuilder
  ) -> (cotangents: Value, flags: Value)? {
    guard let cotangent = context.savedCotangent(builder) else { return nil }
    let axes = context.batchAxes
    let index = trace[Solve.Trace.saveSteps]
    let pick = Form.gather(Gather(batchAxes: axes))
    let event = builder.value(pick, [trace[Solve.Trace.events], index])
    let time = builder.value(pick, [trace[Solve.Trace.times], index])
    let length = builder.value(pick, [trace[Solve.Trace.steps], index])
    // Saved is the end of a step; only what is saved at the solve's own beginning is that of one.
    let passed = builder.mul(
      builder.sub(context.spread(Solve.Operand.saveTimes, &builder), time), length)
    let isBefore = builder.and(
      builder.lessOrEqual(passed, builder.zeros(like: passed)),
      builder.equal(event, builder.zeros(like: event)))
    let place = builder.select(isBefore, index, builder.add(index, builder.one(like: index)))
    let put = Form.scatter(
      Scatter(batchAxes: axes, extent: builder.type(trace[Solve.Trace.times]).extents[axes]))
    let one = builder.constant(1, builder.type(place).with(.f64))
    return (builder.value(put, [cotangent, place]), builder.value(put, [one, place]))
  }

  /// Carries: λ, the time that it is at, how many steps of the record lie before that, and the number of the turn's step. Stacked: time, state, event
  /// and occurrence of a step, and what is saved at its beginning. Shared: the record, parameters. Terms: cotangents of the active parameters.
  private func overStops(
    _ backward: Solve, _ trace: [Value], hasSaves: Bool, shares count: Int,
    _ outer: RegionBuilder
  ) throws(IRError) -> Scan {
    let types = solve.rhs.parameterTypes
    let (time, state) = (types[0], types[1])
    let isOver = context.trajectories != nil
    let path = traced.map { value in
      let type = outer.type(value)
      return isOver ? type.droppingFirst().prepending(.lane) : type
    }
    let number = time.with(.i64)
    let step = [time, state, number, number] + (hasSaves ? [state, time] : [])
    // Behind the parameters.
    let spans = Array(repeating: time, count: count - context.parameters.count)
    var body = RegionBuilder(
      parameters: [state, time, number, number] + step + path + types[2...] + spans)
    body.origin = outer.origin
    let given = body.parameters
    var isStop = body.greater(given[6], body.zeros(like: given[6]))
    if hasSaves {
      isStop = body.or(isStop, body.greater(given[9], body.zeros(like: given[9])))
    }
    let (whenTrue, whenFalse) = try sides(backward, hasSaves: hasSaves, given.map { body.type($0) })
    var branch = Branch(whenTrue: whenTrue, whenFalse: whenFalse)
    let parameterFlags =
      solve.batched.dropFirst(Solve.Operand.parameters) + spans.map { _ in true }
    if isOver {
      branch.lanes = .lane
      branch.isLowered = true
      branch.batched = given.dropLast(count).map { _ in true } + parameterFlags
    }
    let results = body.emit(.branch(branch), [isStop] + given)
    let next = body.sub(given[3], body.one(like: given[3]))
    guard case .steps(let place)? = outer.type(trace[Solve.Trace.times]).extents.last else {
      throw IRError("a record without steps")
    }
    return Scan(
      length: .counted(trace: place, trajectories: context.trajectories), reverse: true,
      carries: 4, stacked: step.count, outputs: 0,
      batched: isOver ? path.map { _ in true } + parameterFlags : [],
      body: try body.finish(Array(results[..<3]) + [next] + results[3...]))
  }

  /// Of a turn at a stop, and of one elsewhere: λ, its time, how many steps lie before, and the terms.
  private func sides(
    _ backward: Solve, hasSaves: Bool, _ types: [ValueType]
  ) throws(IRError) -> (Region, Region) {
    let first = 8 + (hasSaves ? 2 : 0)
    var stop = RegionBuilder(parameters: types)
    let given = stop.parameters
    let path = Array(given[first..<(first + traced.count)])
    let shared = Array(given[(first + traced.count)...])
    var stretch = backward
    if context.trajectories != nil { stretch.trajectories = .lane }
    let carry = Carry(lambda: given[0], state: given[5], time: given[1])
    // Of the record there are the steps before the stop behind: at its time the state is that before it.
    let (lambda, terms) = run(
      stretch, carry, to: given[4], at: given[5], shared, [given[2]] + path.dropFirst(), &stop)
    let event = EventReverse(
      context: context.withoutTimes, event: given[6], occurrence: given[7], time: given[4],
      state: given[5], parameters: parameters(of: shared), lambda: lambda)
    var back = try event.turn([lambda] + terms, &stop)
    if hasSaves { back[0] = stop.add(back[0], given[8]) }
    let whenTrue = try stop.finish([back[0], given[4], given[3]] + back.dropFirst())

    var passing = RegionBuilder(parameters: types)
    let own = passing.parameters
    let nothing = context.activeParameters.map {
      passing.zeros(like: own[first + traced.count + $0])
    }
    let whenFalse = try passing.finish(Array(own[..<3]) + nothing)
    return (whenTrue, whenFalse)
  }
}

extension SolveContext {
  /// The same solve, of which no time is differentiated by.
  fileprivate var withoutTimes: SolveContext {
    var active = active
    for operand in 0..<Solve.Operand.initial { active[operand] = false }
    return SolveContext(solve, operands, active: active, results: results, cotangents)
  }
}
