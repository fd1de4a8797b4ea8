import NodalIR
import NodalMethods
import NodalOperations

/// Gradient through the steps that were taken, each of which is undone to find where it began (`SymmetricStep`): from the end, with what the
/// method remembers there, back to the beginning.
///
/// Cost: three steps forwards for each that was taken, one of them to undo it; memory: that of a step, however many there are. The way back is the way there but for
/// rounding, which grows as neighbouring solutions part backwards: how far off it comes to the beginning is told as an adjoint equation's is.
struct ReversibleSensitivity {
  private let context: SolveContext
  private let symmetric: SymmetricStep
  /// The companions at the end.
  private let companions: [Value]

  /// The solve's results, and the companions at its end.
  static func forward(
    _ solve: Solve, _ operands: [Value], _ builder: inout RegionBuilder
  ) throws(IRError) -> (results: [Value], residuals: [Value]) {
    var keeping = solve
    keeping.companions = Method.serving(solve.settings)?.companions ?? 0
    let all = builder.emit(.solve(keeping), operands)
    let first = keeping.companionResult
    return (
      Array(all[..<solve.resultCount]), Array(all[first..<(first + keeping.companions)])
    )
  }

  init(_ context: SolveContext, companions: [Value]) throws(IRError) {
    guard let symmetric = try context.solve.stepRegions().symmetric else {
      throw IRError("steps of \(context.solve.settings.method) can't be undone")
    }
    self.context = context
    self.symmetric = symmetric
    self.companions = companions
  }

  private var solve: Solve { context.solve }

  /// Where the way back has come to: the state and its companions, their cotangents, and the time.
  private struct Place {
    var states: [Value]
    var cotangents: [Value]
    var time: Value
  }

  func reverse(_ builder: inout RegionBuilder) throws(IRError) -> [Value?] {
    let final = context.results[Solve.Result.final]
    let none = builder.zeros(like: final)
    var place = Place(
      states: [final] + companions,
      cotangents: [context.finalCotangent ?? none] + companions.map { _ in none },
      time: spread(Solve.Operand.end, &builder))
    var sums: [Value] = []
    if let saved = context.savedCotangent(builder) {
      (place, sums) = try overSaves(place, saved, &builder)
    }
    let start = spread(Solve.Operand.start, &builder)
    let last = try undo(place, to: start, longest(&builder), context.parameters, &builder)
    place = try compared(last.place, &builder)
    sums = builder.added(sums, last.terms)
    var lambda = place.cotangents[0]
    if let begins = symmetric.start {
      let back = try beginning(begins, place, &builder)
      lambda = builder.add(lambda, back[0])
      sums = builder.added(sums, Array(back.dropFirst()))
    }
    return try context.cotangents(lambda, sums, &builder)
  }

  // MARK: Steps back

  /// A time as each trajectory has it, also where all share it.
  private func spread(_ operand: Int, _ builder: inout RegionBuilder) -> Value {
    let value = context.clock(operand, &builder)
    guard solve.sharesClock, let trajectories = context.trajectories else { return value }
    let extents = [trajectories] + builder.type(value).extents
    return builder.broadcast(value, to: extents, axes: Array(1..<extents.count))
  }

  /// How long a step may be, as the solve itself has it.
  private func longest(_ builder: inout RegionBuilder) throws(IRError) -> Value {
    let start = spread(Solve.Operand.start, &builder)
    switch solve.settings.stepping {
    case .adaptive: throw IRError("steps that choose their lengths are not undone")
    case .step(let longest): return builder.constant(longest, builder.type(start))
    case .count(let count):
      let end = spread(Solve.Operand.end, &builder)
      let span = builder.abs(builder.sub(end, start))
      return builder.div(span, builder.constant(Double(count), builder.type(span)))
    }
  }

  /// Goes back from a place to a time, over the same steps that the solve has cut this stretch into.
  private func undo(
    _ place: Place, to start: Value, _ longest: Value, _ parameters: [Value],
    _ builder: inout RegionBuilder
  ) throws(IRError) -> (place: Place, terms: [Value]) {
    let stretch = builder.sub(place.time, start)
    let one = builder.one(like: stretch)
    let zero = builder.zeros(like: stretch)
    let isEmpty = builder.equal(stretch, zero)
    // As `StepGap` counts them.
    let length = builder.select(isEmpty, one, longest)
    let quotient = builder.mul(builder.div(builder.abs(stretch), length), 1 - 1e-12)
    let whole = builder.max(builder.apply("ceil", quotient), one)
    let h = builder.div(stretch, whole)
    let number = builder.select(isEmpty, zero, whole)
    let counts = builder.convert(number, to: .i64)
    let turn = builder.sub(number, one)
    let carries = [turn] + place.states + place.cotangents
    let results = builder.emit(
      .scan(try backwardScan(builder.type(stretch))), [counts] + carries + [start, h] + parameters)
    let n = place.states.count
    return (
      Place(
        states: Array(results[1..<(1 + n)]), cotangents: Array(results[(1 + n)..<(1 + 2 * n)]),
        time: start),
      Array(results[(1 + 2 * n)...])
    )
  }

  /// Carries: the number of the step, the state with its companions, their cotangents. Shared: where the steps begin, their length, parameters.
  /// Terms: cotangents of the active parameters.
  private func backwardScan(_ time: ValueType) throws(IRError) -> Scan {
    let types = symmetric.step.parameterTypes
    let n = 1 + companions.count
    let own = ValueType(.f64, Array(types[2].extents.dropLast()))
    let states = Array(types[2..<(2 + n)])
    var body = RegionBuilder(
      parameters: [own] + states + states + [own, own] + types[(2 + n)...])
    let given = body.parameters
    let ends = Array(given[1..<(1 + n)])
    let cotangents = Array(given[(1 + n)..<(1 + 2 * n)])
    let (start, length) = (given[1 + 2 * n], given[2 + 2 * n])
    let parameters = Array(given[(3 + 2 * n)...])
    // Lanes of one clock have the same of each.
    let rank = types[0].rank
    let from = body.agreed(body.add(start, body.mul(given[0], length)), behind: rank)
    let h = body.agreed(length, behind: rank)
    let states0 = body.inline(
      symmetric.step, [body.add(from, h), body.neg(h)] + ends + parameters)
    let wrt = Array(2..<(2 + n)) + context.activeParameters.map { $0 + 2 + n }
    let pullback = try ReverseMode.pullback(symmetric.step, wrt: wrt)
    let back = body.inline(pullback, [from, h] + states0 + parameters + cotangents)
    let next = body.sub(given[0], body.one(like: given[0]))
    var scan = Scan(
      length: .counted(trace: nil, trajectories: context.trajectories), reverse: true,
      carries: 1 + 2 * n, stacked: 0, outputs: 0,
      batched: context.trajectories == nil
        ? [] : [true, true] + context.solve.batched[Solve.Operand.parameters...],
      body: try Simplify.run(try body.finish([next] + states0 + back)))
    // To undo a step takes as many as to take it, and so does the way back through it.
    scan.evaluations = 2 * (try solve.stepRegions().evaluations.step)
    return scan
  }

  /// Over the save points, last to first: the place at the first, and the sums of the terms.
  private func overSaves(
    _ place: Place, _ saved: Value, _ builder: inout RegionBuilder
  ) throws(IRError) -> (Place, [Value]) {
    let n = place.states.count
    let start = spread(Solve.Operand.start, &builder)
    let end = spread(Solve.Operand.end, &builder)
    let times = spread(Solve.Operand.saveTimes, &builder)
    // What rounding has left outside of the span is saved at its ends.
    let extents = builder.type(times).extents
    func along(_ time: Value, _ builder: inout RegionBuilder) -> Value {
      builder.broadcast(time, to: extents, axes: Array(0..<builder.type(time).rank))
    }
    let lower = along(builder.min(start, end), &builder)
    let upper = along(builder.max(start, end), &builder)
    let inside = builder.min(builder.max(times, lower), upper)
    let stacked = [inside, saved].map {
      context.trajectories == nil ? $0 : builder.scanAxisFirst($0)
    }
    let longest = try longest(&builder)
    let carries = [place.time] + place.states + place.cotangents
    let shared = [longest] + context.parameters
    let state = builder.type(place.states[0])
    var body = RegionBuilder(
      parameters: carries.map { builder.type($0) } + [builder.type(place.time), state]
        + shared.map { builder.type($0) })
    body.origin = builder.origin
    let given = body.parameters
    let first = 1 + 2 * n
    let here = Place(
      states: Array(given[1..<(1 + n)]), cotangents: Array(given[(1 + n)..<first]), time: given[0])
    var step = try undo(
      here, to: given[first], given[first + 2], Array(given[(first + 3)...]), &body)
    step.place.cotangents[0] = body.add(step.place.cotangents[0], given[first + 1])
    let scan = Scan(
      length: .fixed(context.saveCount(builder)), reverse: true, carries: first, stacked: 2,
      outputs: 0,
      body: try body.finish(
        [step.place.time] + step.place.states + step.place.cotangents + step.terms))
    let results = builder.emit(.scan(scan), carries + stacked + shared)
    return (
      Place(
        states: Array(results[1..<(1 + n)]), cotangents: Array(results[(1 + n)..<first]),
        time: results[0]),
      Array(results[first...])
    )
  }

  // MARK: The beginning

  /// What the companions give to the state that they come from, and to the parameters.
  private func beginning(
    _ begins: Region, _ place: Place, _ builder: inout RegionBuilder
  ) throws(IRError) -> [Value] {
    let pullback = try ReverseMode.pullback(
      begins, wrt: [1] + context.activeParameters.map { $0 + 2 })
    return solve.overTrajectories(
      pullback, t: context.clock(Solve.Operand.start, &builder),
      states: [context.spread(Solve.Operand.initial, &builder)], parameters: context.parameters,
      behind: Array(place.cotangents.dropFirst()), &builder)
  }

  /// The same place, by a solve over no time whose end is compared with the beginning (see `Solve.expected`): how far the way back has come off
  /// the way there is told by whoever runs it.
  private func compared(
    _ place: Place, _ builder: inout RegionBuilder
  ) throws(IRError) -> Place {
    let state = symmetric.step.parameterTypes[2]
    var both = state
    let d = state.extents.last?.fixedLength ?? 0
    both.extents[state.rank - 1] = .fixed(2 * d)
    let time = symmetric.step.parameterTypes[0]
    var still = RegionBuilder(parameters: [time, both, state])
    let zero = still.zeros(like: still.parameters[1])
    var settings = solve.settings
    settings.method = Tableau.euler.name
    settings.meetsSaves = false
    var arrival = Solve(
      settings: settings, trajectories: solve.trajectories,
      batched: solve.trajectories == nil
        ? [] : [!solve.sharesClock, !solve.sharesClock, false, true, true],
      rhs: try still.finish([zero]), isLowered: solve.isLowered, controlled: 2 * d)
    arrival.sharesClock = solve.sharesClock
    arrival.expected = Solve.Operand.parameters
    arrival.isBackward = true
    let start = context.clock(Solve.Operand.start, &builder)
    let noSaves = builder.constant([], ValueType(.f64, shape: [0]))
    let axis = context.batchAxes
    let pair = builder.concatenate([place.states[0], place.cotangents[0]], axis: axis)
    let origin = context.spread(Solve.Operand.initial, &builder)
    let results = builder.emit(.solve(arrival), [start, start, noSaves, pair, origin])
    var same = place
    same.cotangents[0] = builder.slice(
      results[Solve.Result.final], axis: axis, d..<(2 * d))
    return same
  }
}
