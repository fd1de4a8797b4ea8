import NodalIR
import NodalMethods
import NodalOperations

/// The adjoint equation of one with delays, y' = f(t, y(t), y(t - τ₁), …). With fᵢ = ∂f/∂y(t - τᵢ):
///
///     λ' = -(∂f/∂y)ᵀ λ(t) - Σᵢ fᵢᵀ(t + τᵢ) λ(t + τᵢ),   λ = 0 behind the end
///
/// with jumps at save points. Counted from the end, s = t₁ - t, it is an equation with delays itself, whose history is zero and whose jumps are events at
/// given times: one solve of that form, for all save points. The state is read from the forward solve's record.
///
/// Quadratures are λᵀ ∂f/∂p for the parameters; where a row fᵢᵀλ falls before the beginning it is the cotangent of the history there; and a delay
/// moves what is read by -y'(t - τᵢ).
///
/// Where a row passes the beginning of the solution is a corner of the backward solve, whose phase tells on which side of it a step lies; so are the corners of the
/// forward solution that follow, as quadratures are outside of the error norm, and those of inputs.
struct DelayedAdjoint {
  let context: SolveContext
  let trace: [Value]
  let delays: Delays

  init?(_ context: SolveContext, trace: [Value]) throws(IRError) {
    guard let delays = context.solve.delays else { return nil }
    self.context = context
    self.trace = Array(trace.prefix(Solve.Trace.saveSteps))
    self.delays = delays
  }

  /// Whether there is such an equation for a solve: not through events, whose jumps the record would have to be read on both sides of, nor where what jumps at the
  /// beginning moves with a delay.
  static func serves(_ solve: Solve, active: [Bool]) -> Bool {
    guard let delays = solve.delays else { return false }
    let varies = { (place: Int) in active[Solve.Operand.parameters + place] }
    return solve.events.isEmpty && solve.trace == nil && !delays.hasRates
      && (delays.isContinuous || !varies(delays.lags))
      && !(solve.corners?.times ?? []).contains(where: varies)
  }

  var solve: Solve { context.solve }
  private var isOver: Bool { context.trajectories != nil }
  private var length: Int { solve.rhs.resultTypes[0].extents.last?.fixedLength ?? 0 }
  var count: Int { solve.delayCount }

  /// Places among the parameters of the backward solve.
  private struct Places {
    var trace: Range<Int>
    var forward: Range<Int>
    var end, start, phase: Int
    var corners: Range<Int>
    /// Of the save points: when and what enters there.
    var times, entering: Int?
    var past: Int
  }

  private func places(hasSaves: Bool) -> Places {
    var next = 0
    func take(_ count: Int) -> Range<Int> {
      defer { next += count }
      return next..<(next + count)
    }
    let trace = take(trace.count)
    let forward = take(solve.rhs.parameterCount - 2)
    let rest = take(3)
    let corners = take(cornerPaths.count + inputCorners.count)
    let saves = take(hasSaves ? 2 : 0)
    return Places(
      trace: trace, forward: forward, end: rest.lowerBound, start: rest.lowerBound + 1,
      phase: rest.lowerBound + 2, corners: corners,
      times: hasSaves ? saves.lowerBound : nil, entering: hasSaves ? saves.lowerBound + 1 : nil,
      past: next)
  }

  func reverse(_ builder: inout RegionBuilder) throws(IRError) -> [Value?] {
    guard !context.timesActive else {
      throw IRError(
        "no derivative of a solve with delays by its times",
        refusal: Refusal(.noDerivativeOfDelay(.byTimes), origin: builder.origin))
    }
    let saved = context.savedCotangent(builder)
    let places = places(hasSaves: saved != nil)
    let start = context.spread(Solve.Operand.start, &builder)
    let end = context.spread(Solve.Operand.end, &builder)
    let span = builder.sub(end, start)
    let lambda =
      context.finalCotangent ?? builder.zeros(like: context.results[Solve.Result.final])
    var parameters =
      trace + context.parameters + [end, start, builder.zeros(like: start)]
      + corners(span, &builder)
    if let saved {
      let all = context.spread(Solve.Operand.saveTimes, &builder)
      let extents = builder.type(all).extents
      let axes = Array(0..<context.batchAxes)
      let ends = builder.broadcast(end, to: extents, axes: axes)
      let spans = builder.broadcast(span, to: extents, axes: axes)
      // What rounding leaves outside of the span belongs to its ends.
      let behind = builder.max(builder.sub(ends, all), builder.zeros(like: all))
      parameters += [builder.min(behind, spans), saved]
    }
    let state = builder.type(lambda)
    parameters.append(
      builder.constant(
        0, ValueType(state.element, state.extents.dropLast() + [.fixed(count * length)])))
    let types = parameters.map { value -> ValueType in
      let type = builder.type(value)
      return type.isBatched ? type.droppingFirst().prepending(.lane) : type
    }
    let forward = Array(solve.rhs.parameterTypes[2...])
    let own = types.indices.map {
      places.forward.contains($0) ? forward[$0 - places.forward.lowerBound] : laned(types[$0])
    }
    let backward = try backwardSolve(places, own)
    let none = builder.constant([], ValueType(.f64, shape: [0]))
    let results = builder.emit(
      .solve(backward), [builder.zeros(like: span), span, none, lambda] + parameters)
    return try context.cotangents(
      results[Solve.Result.final],
      Array(results[Solve.Result.quadratures...].prefix(backward.quadratures)), &builder)
  }

  /// The type in a region of what each trajectory has of its own.
  private func laned(_ type: ValueType) -> ValueType {
    isOver && !type.isBatched ? type.droppingFirst().prepending(.lane) : type
  }

  // MARK: The backward problem

  private func backwardSolve(_ places: Places, _ types: [ValueType]) throws(IRError) -> Solve {
    let forward = solve.batched.dropFirst(Solve.Operand.parameters)
    let flags = types.indices.map {
      places.forward.contains($0)
        ? isOver && forward[forward.startIndex + $0 - places.forward.lowerBound] : true
    }
    var backward = Solve(
      settings: solve.settings.controlling(length), trajectories: solve.trajectories,
      batched: isOver ? [true, true, false, true] + flags : [],
      rhs: try slopes(places, types), isLowered: solve.isLowered, controlled: length,
      quadrature: context.activeParameters.isEmpty ? nil : try terms(places, types))
    backward.isBackward = true
    if let method = Method.serving(solve.settings) {
      backward.settings.method = method.nameForRecordedPaths
    }
    let (time, state) = (solve.rhs.parameterTypes[0], solve.rhs.parameterTypes[1])
    var history = RegionBuilder(parameters: [time] + types)
    let nothing = history.constant(0, state)
    backward.delays = Delays(
      history: try history.finish([nothing]), lags: places.forward.lowerBound + delays.lags,
      past: places.past, isContinuous: true)
    // Save points are many, and what they make smooth enough is not worth a step's end.
    backward.delays?.depth = 2
    backward.corners = Corners(phase: places.phase, bends: [], jumps: Array(places.corners))
    if let times = places.times, let entering = places.entering {
      backward.events = [try entry(times: times, entering: entering, types)]
    }
    return backward
  }

  /// Cotangents of saved states enter at their times.
  private func entry(
    times: Int, entering: Int, _ types: [ValueType]
  ) throws(IRError) -> SolveEvent {
    let (time, state) = (solve.rhs.parameterTypes[0], solve.rhs.parameterTypes[1])
    let all = [time, state, time.with(.i64)] + types
    let pick = Form.gather(Gather(batchAxes: context.batchAxes))
    var root = RegionBuilder(parameters: all)
    let when = root.value(pick, [root.parameters[3 + times], root.parameters[2]])
    let distance = root.sub(root.parameters[0], when)
    var jump = RegionBuilder(parameters: all)
    let cotangent = jump.value(pick, [jump.parameters[3 + entering], jump.parameters[2]])
    let sum = jump.add(jump.parameters[1], cotangent)
    return SolveEvent(
      trigger: .times(parameter: times), root: try root.finish([distance]),
      jump: try jump.finish([sum]))
  }

  /// (s, λ, p…) → λ' by s.
  private func slopes(_ places: Places, _ types: [ValueType]) throws(IRError) -> Region {
    var path = try RecordedPath(self, places, types, weighted: false)
    let past = 2 + delays.past
    let own = try ReverseMode.pullback(solve.rhs, wrt: [1])
    let row = try ReverseMode.pullback(solve.rhs, wrt: [past])
    var slope = path.builder.inline(own, try path.point(path.now) + [path.lambda])[0]
    for i in 0..<count {
      // Behind the end λ is zero, whatever stands with it.
      let later = path.later(path.now, by: i)
      let cotangent = path.row(i, of: path.parameters[places.past])
      let rows = path.builder.inline(row, try path.point(later) + [cotangent])[0]
      slope = path.builder.add(slope, path.row(i, of: rows))
    }
    return try Simplify.run(try path.builder.finish([slope]))
  }

  /// (s, λ, weight, p…) → contributions to the cotangents of the active parameters.
  private func terms(_ places: Places, _ types: [ValueType]) throws(IRError) -> Region {
    var path = try RecordedPath(self, places, types, weighted: true)
    let active = context.activeParameters
    let point = try path.point(path.now)
    let pullback = try ReverseMode.pullback(
      solve.rhs, wrt: [2 + delays.past] + active.map { $0 + 2 })
    let results = path.builder.inline(pullback, point + [path.lambda])
    var terms = Array(results[1...])
    let back = try ReverseMode.pullback(delays.history, wrt: [0] + active.map { $0 + 1 })
    var rates: [Value] = []
    for j in 0..<count {
      let cotangent = path.row(j, of: results[0])
      let nothing = path.builder.zeros(like: cotangent)
      let earlier = path.earlier(path.now, by: j)
      let isBefore = path.isBefore(earlier)
      let ofHistory = path.builder.inline(
        back,
        [path.beforeStart(earlier.time)] + path.forward
          + [path.builder.select(path.spread(isBefore), cotangent, nothing)])
      for k in terms.indices { terms[k] = path.builder.add(terms[k], ofHistory[1 + k]) }
      guard active.contains(delays.lags) else { continue }
      let there = RecordedPath.Instant(
        time: path.behindStart(earlier.time), middle: earlier.middle)
      let slope = path.builder.inline(solve.rhs, try path.point(there))[0]
      let product = path.builder.mul(
        slope, path.builder.select(path.spread(isBefore), nothing, cotangent))
      let sum = path.builder.reduce(
        .sum, product, axes: [path.builder.type(product).rank - 1])
      let rate = path.builder.add(path.builder.convert(sum, to: .f64), ofHistory[0])
      rates.append(
        path.builder.reshape(
          path.builder.neg(rate), to: path.builder.type(rate).extents + [.fixed(1)]))
    }
    if let place = active.firstIndex(of: delays.lags) {
      var all = path.builder.concatenate(rates, axis: path.builder.type(rates[0]).rank - 1)
      if path.builder.type(all).rank > path.builder.type(terms[place]).rank {
        all = path.builder.reduce(.sum, all, axes: [0])
      }
      terms[place] = path.builder.add(terms[place], all)
    }
    return try Simplify.run(try path.builder.finish(terms))
  }

  // MARK: Along the record

  /// A region of the backward solve under construction: (s, λ, [weight], p…), with the forward solution at any time.
  private struct RecordedPath {
    /// A time, and one in the middle of the same step, which tells on which side of a corner it lies.
    struct Instant {
      var time: Value
      var middle: Value
    }

    var builder: RegionBuilder
    let parameters: [Value]
    /// Of the forward solve.
    let forward: [Value]
    /// With the weight of a quadrature.
    let lambda: Value
    let now: Instant
    private let end: Value
    private let start: Value
    private let trace: [Value]
    private let lags: [Value]
    private let adjoint: DelayedAdjoint
    private let dense: Region
    private let state: ValueType

    init(
      _ adjoint: DelayedAdjoint, _ places: Places, _ types: [ValueType], weighted: Bool
    ) throws(IRError) {
      let solve = adjoint.solve
      let time = solve.rhs.parameterTypes[0]
      state = solve.rhs.parameterTypes[1]
      let first = weighted ? 3 : 2
      builder = RegionBuilder(parameters: [time, state] + (weighted ? [time] : []) + types)
      let given = builder.parameters
      parameters = Array(given[first...])
      forward = Array(parameters[places.forward])
      trace = Array(parameters[places.trace])
      (end, start) = (parameters[places.end], parameters[places.start])
      lambda = weighted ? builder.scaled(given[1], by: given[2]) : given[1]
      now = Instant(
        time: builder.sub(end, given[0]), middle: builder.sub(end, parameters[places.phase]))
      let all = forward[adjoint.delays.lags]
      let axis = builder.type(all).rank - 1
      var lags: [Value] = []
      for j in 0..<adjoint.count {
        let one = builder.slice(all, axis: axis, j..<(j + 1))
        let lag = builder.reshape(one, to: builder.type(one).extents.dropLast())
        lags.append(
          builder.broadcast(lag, to: time.extents, axes: Array((time.rank - axis)..<time.rank)))
      }
      self.lags = lags
      self.adjoint = adjoint
      dense = try solve.stepRegions().dense
    }

    mutating func earlier(_ instant: Instant, by j: Int) -> Instant {
      Instant(
        time: builder.sub(instant.time, lags[j]), middle: builder.sub(instant.middle, lags[j]))
    }

    /// Not behind the end.
    mutating func later(_ instant: Instant, by i: Int) -> Instant {
      Instant(
        time: builder.min(builder.add(instant.time, lags[i]), end),
        middle: builder.add(instant.middle, lags[i]))
    }

    mutating func isBefore(_ instant: Instant) -> Value { builder.less(instant.middle, start) }
    mutating func behindStart(_ time: Value) -> Value { builder.max(time, start) }
    mutating func beforeStart(_ time: Value) -> Value { builder.min(time, start) }

    /// A condition of each trajectory for all numbers of its state.
    mutating func spread(_ condition: Value) -> Value {
      builder.broadcast(
        condition, to: state.extents, axes: Array(0..<builder.type(condition).rank))
    }

    /// That of delay i among rows.
    mutating func row(_ i: Int, of rows: Value) -> Value {
      let d = adjoint.length
      return builder.slice(rows, axis: state.rank - 1, (i * d)..<((i + 1) * d))
    }

    /// The state behind the beginning.
    private mutating func recorded(_ time: Value) -> Value {
      let read = Interpolate(trajectories: adjoint.isOver ? .lane : nil, dense: dense)
      return builder.value(.interpolate(read), [time] + trace)
    }

    /// (t, y, p…) of the forward right-hand side, with its earlier states.
    mutating func point(_ instant: Instant) throws(IRError) -> [Value] {
      var rows: [Value] = []
      for j in 0..<adjoint.count {
        let earlier = earlier(instant, by: j)
        let history = builder.inline(
          adjoint.delays.history, [beforeStart(earlier.time)] + forward)[0]
        let condition = spread(isBefore(earlier))
        let known = recorded(behindStart(earlier.time))
        rows.append(builder.select(condition, history, known))
      }
      var all = forward
      all[adjoint.delays.past] = builder.concatenate(rows, axis: state.rank - 1)
      if let phase = adjoint.solve.corners?.phase { all[phase] = instant.middle }
      return [instant.time, recorded(instant.time)] + all
    }
  }
}
