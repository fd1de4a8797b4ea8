import NodalIR
import NodalMethods
import NodalOperations

/// Gradient by the adjoint equation, solved backwards from the end (differentiate, then discretise):
/// λ' = -(∂f/∂y)ᵀλ, with jumps at save points, and quadratures -(∂f/∂p)ᵀλ for the parameters.
///
/// Without a trace the state is solved backwards beside λ (Chen et al. 2018, algorithm 1), set anew to the forward solve's
/// value at each save point: memory does not grow with the number of steps, and what the reverse solve does not
/// reconstruct is an error of the gradient. With a trace (`interpolated`) the state is read from the forward solve's dense output.
///
/// Each stretch counts its time from where it begins: λ has fast transients there, and beside a late time, as chemists have them, their steps would
/// be lost to rounding.
///
/// Quadratures are outside of the error norm: they feed nothing back, and are as accurate as the stages they sum.
///
/// Of algebraic equations λ has entries for equations, and cotangents of states come to it by linear ones (`AlgebraicAdjoint`).
struct AdjointSensitivity {
  let context: SolveContext
  let trace: [Value]?
  private let algebraic: AlgebraicAdjoint?

  init(_ context: SolveContext, trace: [Value]?) throws(IRError) {
    self.context = context
    self.trace = trace
    algebraic = try AlgebraicAdjoint(context.solve)
  }

  var solve: Solve { context.solve }
  /// The state runs backwards beside λ.
  private var reconstructs: Bool { trace == nil }

  func reverse(_ builder: inout RegionBuilder) throws(IRError) -> [Value?] {
    if !solve.events.isEmpty { return try throughEvents(&builder) }
    let backward = try backwardSolve(builder)
    let final = context.results[Solve.Result.final]
    let end = context.clock(Solve.Operand.end, &builder)
    let cotangent = context.finalCotangent ?? builder.constant(0, builder.type(final))
    let entered = try enter(cotangent, at: end, final, context.parameters, &builder)
    var carry = Carry(lambda: entered.lambda, state: final, time: end)
    var sums = entered.terms
    if let saved = context.savedCotangent(builder) {
      let results = try scanSegments(backward, carry, saved, &builder)
      carry = Carry(lambda: results[0], state: results[1], time: results[2])
      sums = builder.added(sums, Array(results[3...]))
    }
    // The last stretch, to the beginning.
    let start = context.clock(Solve.Operand.start, &builder)
    let origin = context.spread(Solve.Operand.initial, &builder)
    let last = try runToBeginning(backward, carry, Array(traced), &builder)
    sums = builder.added(sums, last.terms)
    let lambda = try exit(last.lambda, at: start, origin, &builder)
    return try context.cotangents(lambda, sums, &builder)
  }

  /// λ, the state and the time that the backward solve has come to.
  struct Carry {
    var lambda: Value
    var state: Value
    var time: Value
  }

  // MARK: Cotangents of states

  /// What a cotangent of the state adds to λ, and to the parameters' cotangents.
  private func enter(
    _ cotangent: Value, at time: Value, _ state: Value, _ parameters: [Value],
    _ builder: inout RegionBuilder
  ) throws(IRError) -> (lambda: Value, terms: [Value]) {
    guard let algebraic else { return (cotangent, []) }
    let results = solve.overTrajectories(
      try algebraic.entry(active: context.activeParameters), t: time, states: [state, cotangent],
      parameters: parameters, &builder)
    return (results[0], Array(results[1...]))
  }

  /// The cotangent of the state that λ is.
  private func exit(
    _ lambda: Value, at time: Value, _ state: Value, _ builder: inout RegionBuilder
  ) throws(IRError) -> Value {
    guard let algebraic else { return lambda }
    return solve.overTrajectories(
      try algebraic.exit(), t: time, states: [state, lambda], parameters: context.parameters,
      &builder)[0]
  }

  /// What `interpolate` reads of a trace: all but the steps of the save points.
  var traced: ArraySlice<Value> { (trace ?? []).prefix(Solve.Trace.saveSteps) }

  // MARK: The backward problem

  func backwardSolve(_ builder: RegionBuilder) throws(IRError) -> Solve {
    let d = solve.rhs.resultTypes[0].extents.last?.fixedLength ?? 0
    let controlled = reconstructs ? 2 * d : d
    // Behind the times and the state: the trace, or the state that is expected at the end; then the parameters.
    let ownFlags = reconstructs ? [true] : traced.map { _ in true }
    var backward = Solve(
      settings: solve.settings.controlling(controlled), trajectories: solve.trajectories,
      batched: solve.trajectories == nil
        ? []
        : [!solve.sharesClock, !solve.sharesClock, false, true] + ownFlags
          + solve.batched[Solve.Operand.parameters...] + [!solve.sharesClock]
          + cornerPlaces.map { !solve.sharesClock || isBatched($0) }
          + (isCounted ? [!solve.sharesClock] : []),
      rhs: try backwardRegion(d, builder, quadrature: false), isLowered: solve.isLowered,
      controlled: controlled,
      quadrature: context.activeParameters.isEmpty
        ? nil : try backwardRegion(d, builder, quadrature: true))
    backward.isBackward = true
    backward.sharesClock = solve.sharesClock
    backward.clockStarts =
      solve.clockStarts.map { $0 + ownFlags.count }
      + [Solve.Operand.parameters + ownFlags.count + solve.rhs.parameterCount - 2]
    if !reconstructs, let method = Method.serving(solve.settings) {
      backward.settings.method = method.nameForRecordedPaths
    }
    if reconstructs { backward.expected = Solve.Operand.parameters }
    backward.corners = solve.corners.map { corners in
      // Behind the parameters and where time counts from.
      let first = ownFlags.count + solve.rhs.parameterCount - 2 + 1
      return Corners(
        phase: ownFlags.count + corners.phase, bends: corners.bends.indices.map { first + $0 },
        jumps: corners.jumps.indices.map { first + corners.bends.count + $0 })
    }
    if isCounted {
      backward.countedSpan =
        Solve.Operand.parameters + ownFlags.count + solve.rhs.parameterCount - 2 + 1
        + cornerPlaces.count
    }
    return backward
  }

  /// A number of steps is meant for the whole span, which a stretch has to be told then.
  private var isCounted: Bool {
    switch solve.settings.stepping {
    case .adaptive, .step: false
    case .count: true
    }
  }

  /// What all stretches share: the parameters and, for a number of steps, the whole span.
  func shared(_ builder: inout RegionBuilder) -> [Value] {
    guard isCounted else { return context.parameters }
    let span = builder.sub(
      context.clock(Solve.Operand.end, &builder), context.clock(Solve.Operand.start, &builder))
    return context.parameters + [builder.abs(span)]
  }

  /// Of what stretches share, the parameters.
  func parameters(of shared: some Collection<Value>) -> [Value] {
    Array(shared.prefix(context.parameters.count))
  }

  /// Places among the parameters of the times of corners, which a stretch counts from its beginning as all times.
  private var cornerPlaces: [Int] { solve.corners?.times ?? [] }
  private func isBatched(_ parameter: Int) -> Bool {
    context.isBatched(Solve.Operand.parameters + parameter)
  }

  /// The times of corners, counted from where a stretch begins.
  private func corners(
    _ parameters: [Value], from begin: Value, _ builder: inout RegionBuilder
  ) -> [Value] {
    cornerPlaces.map { place in
      var times = parameters[place]
      if context.trajectories != nil, !solve.sharesClock, !isBatched(place) {
        times = builder.broadcast(
          times, to: builder.type(begin).extents + builder.type(times).extents, axes: [1])
      }
      let extents = builder.type(times).extents
      let origin = builder.broadcast(
        begin, to: extents, axes: Array(0..<builder.type(begin).rank))
      return builder.sub(times, origin)
    }
  }

  /// (t, state, [weight], trace… or expected state, p…, where t counts from, corners…, the whole span) → slopes, or contributions to the parameters' cotangents. The
  /// state is (y, λ), or λ alone.
  private func backwardRegion(
    _ d: Int, _ outer: RegionBuilder, quadrature: Bool
  ) throws(IRError) -> Region {
    let types = solve.rhs.parameterTypes
    let (time, state) = (types[0], types[1])
    var augmented = state
    if reconstructs { augmented.extents[state.rank - 1] = .fixed(2 * d) }
    let lanes = context.trajectories != nil
    let ownTypes =
      reconstructs
      ? [state]
      : traced.map { value in
        let type = outer.type(value)
        return lanes ? type.droppingFirst().prepending(.lane) : type
      }
    let corners = cornerPlaces.map { place -> ValueType in
      let times = types[2 + place]
      return lanes && !solve.sharesClock && !times.isBatched ? times.prepending(.lane) : times
    }
    var all = [time, augmented] + (quadrature ? [time] : []) + ownTypes + types[2...]
    all += [time] + corners + (isCounted ? [time] : [])
    var builder = RegionBuilder(parameters: all)
    let given = builder.parameters
    let first = quadrature ? 3 : 2
    let path = Array(given[first..<(first + ownTypes.count)])
    let origin = first + ownTypes.count + types.count - 2
    var parameters = Array(given[(first + ownTypes.count)..<origin])
    if let phase = solve.corners?.phase {
      parameters[phase] = builder.add(parameters[phase], given[origin])
    }
    let instant = builder.add(given[0], given[origin])
    let axis = state.rank - 1
    let y: Value
    let lambda: Value
    if reconstructs {
      y = builder.slice(given[1], axis: axis, 0..<d)
      lambda = builder.slice(given[1], axis: axis, d..<(2 * d))
    } else {
      let dense = try solve.stepRegions().dense
      let read = Interpolate(trajectories: lanes ? .lane : nil, dense: dense)
      let now = builder.broadcast(
        instant, to: Array(state.extents.dropLast()), axes: Array(0..<time.rank))
      y = builder.value(.interpolate(read), [now] + path)
      lambda = given[1]
    }
    let related = algebraic.map {
      $0.slope(lambda, t: instant, y: y, parameters, &builder)
    }
    if quadrature {
      // All is linear in λ. One weight for all is put on at the end, so that what the slopes have in common with it stays so.
      let weight = builder.convert(builder.neg(given[2]), to: state.element)
      let isOwn = time.rank > 0
      let weighted =
        isOwn
        ? builder.mul(
          related?.whole ?? lambda, builder.broadcast(weight, to: state.extents, axes: [0]))
        : related?.whole ?? lambda
      let pullback = try ReverseMode.pullback(
        solve.rhs, wrt: context.activeParameters.map { $0 + 2 })
      let terms = builder.inline(pullback, [instant, y] + parameters + [weighted])
      guard !isOwn else { return try builder.finish(terms) }
      let scaled = terms.map {
        builder.mul($0, builder.broadcast(weight, to: builder.type($0).extents, axes: []))
      }
      return try builder.finish(scaled)
    }
    if let related { return try Simplify.run(try builder.finish([related.slope])) }
    let both = try ReverseMode.differentiate(solve.rhs, wrt: [1])
    let results = builder.inline(both, [instant, y] + parameters + [lambda])
    let slope = builder.neg(results[1])
    let slopes = reconstructs ? builder.concatenate([results[0], slope], axis: axis) : slope
    return try Simplify.run(try builder.finish([slopes]))
  }

  /// Solves backwards from where the carry is to a time, where the state is known; λ there, and the quadratures on the way.
  ///
  /// - Parameter clock: what time is counted from; nil: from where the carry is.
  func run(
    _ backward: Solve, _ carry: Carry, to time: Value, at state: Value, _ shared: [Value],
    _ trace: [Value], clock: Value? = nil, _ builder: inout RegionBuilder
  ) -> (lambda: Value, terms: [Value]) {
    let axis = context.batchAxes
    let start =
      reconstructs ? builder.concatenate([carry.state, carry.lambda], axis: axis) : carry.lambda
    let noSaves = builder.constant([], ValueType(.f64, shape: [0]))
    let clock = clock ?? carry.time
    let from = builder.sub(carry.time, clock)
    let to = builder.sub(time, clock)
    let parameters = parameters(of: shared)
    let corners = corners(parameters, from: clock, &builder)
    let results = builder.emit(
      .solve(backward),
      [from, to, noSaves, start] + (reconstructs ? [state] : trace) + parameters + [clock]
        + corners + shared.dropFirst(parameters.count))
    var lambda = results[Solve.Result.final]
    if reconstructs {
      let d = (builder.type(lambda).extents.last?.fixedLength ?? 0) / 2
      lambda = builder.slice(lambda, axis: axis, d..<(2 * d))
    }
    return (lambda, Array(results[Solve.Result.quadratures...].prefix(backward.quadratures)))
  }

  /// The last stretch, to the beginning.
  ///
  /// What is stiff has fast transients at both its ends, and may be long: its second half counts time from the beginning.
  func runToBeginning(
    _ backward: Solve, _ carry: Carry, _ trace: [Value], _ builder: inout RegionBuilder
  ) throws(IRError) -> (lambda: Value, terms: [Value]) {
    let start = context.clock(Solve.Operand.start, &builder)
    let origin = context.spread(Solve.Operand.initial, &builder)
    let isStiff = Method.named(solve.settings.method)?.purpose == .stiff
    guard isStiff, !reconstructs else {
      return run(backward, carry, to: start, at: origin, shared(&builder), trace, &builder)
    }
    let middle = builder.mul(builder.add(start, carry.time), 0.5)
    let type = builder.type(start)
    func both(_ first: Value, _ second: Value) -> Value {
      let parts = [first, second].map { builder.reshape($0, to: type.extents + [.fixed(1)]) }
      let all = builder.concatenate(parts, axis: type.rank)
      return type.rank == 0 ? all : builder.scanAxisFirst(all)
    }
    let stacked = [
      both(carry.time, middle), both(middle, start), both(carry.time, start),
    ]
    let shared = trace + shared(&builder)
    let state = builder.type(carry.lambda)
    var body = RegionBuilder(
      parameters: [state, type, type, type] + shared.map { builder.type($0) })
    body.origin = builder.origin
    let given = body.parameters
    let half = run(
      backward, Carry(lambda: given[0], state: given[0], time: given[1]), to: given[2],
      at: given[0], Array(given[(4 + trace.count)...]), Array(given[4..<(4 + trace.count)]),
      clock: given[3], &body)
    let scan = Scan(
      length: .fixed(2), carries: 1, stacked: 3, outputs: 0,
      body: try body.finish([half.lambda] + half.terms))
    let results = builder.emit(.scan(scan), [carry.lambda] + stacked + shared)
    return (results[0], Array(results[1...]))
  }

  // MARK: Over the save points, last to first

  /// λ, the state and the time at the first save point, and the sums of the quadratures.
  private func scanSegments(
    _ backward: Solve, _ carry: Carry, _ saved: Value, _ builder: inout RegionBuilder
  ) throws(IRError) -> [Value] {
    let stateType = builder.type(carry.state)
    let timeType = builder.type(carry.time)
    let times = context.clock(Solve.Operand.saveTimes, &builder)
    let stacked = [times, context.results[Solve.Result.saved], saved].map {
      context.trajectories == nil || builder.type($0).rank == 1 ? $0 : builder.scanAxisFirst($0)
    }
    let shared = traced + shared(&builder)
    var body = RegionBuilder(
      parameters: [stateType, stateType, timeType, timeType, stateType, stateType]
        + shared.map { builder.type($0) })
    body.origin = builder.origin
    let given = body.parameters
    let parameters = 6 + traced.count
    let step = run(
      backward, Carry(lambda: given[0], state: given[1], time: given[2]), to: given[3],
      at: given[4], Array(given[parameters...]), Array(given[6..<parameters]), &body)
    let entered = try enter(
      given[5], at: given[3], given[4], self.parameters(of: given[parameters...]), &body)
    let lambda = body.add(step.lambda, entered.lambda)
    let scan = Scan(
      length: .fixed(context.saveCount(builder)), reverse: true, carries: 3, stacked: 3, outputs: 0,
      body: try body.finish(
        [lambda, given[4], given[3]] + body.added(entered.terms, step.terms)))
    return builder.emit(.scan(scan), [carry.lambda, carry.state, carry.time] + stacked + shared)
  }
}
