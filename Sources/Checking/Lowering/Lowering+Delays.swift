import NodalIR
import NodalOperations
import NodalTypes

/// Earlier states of an ode → delays of the `solve` form.
extension Lowering {
  /// What a solve with delays has beside the other regions. The place of the earlier states is its first parameter.
  struct DraftedDelays {
    var history: Drafted
    var lags: Value
    var past: Value
    var isContinuous: Bool

    var captured: [Value] { history.scope.captured(sliced: false) + [lags] }

    /// - Parameter shared: the parameters behind the earlier states.
    func finish(_ shared: [Value]) throws(IRError) -> Delays {
      guard let place = shared.firstIndex(of: lags) else { throw IRError("delays without lags") }
      return Delays(
        history: try history.finish(shared), lags: 1 + place, past: 0, isContinuous: isContinuous)
    }
  }

  /// Where the regions of a solve find earlier states: a row for each delay.
  func pastType(_ ode: OdeInstance, _ registers: EventRegisters) -> ValueType? {
    guard ode.readsEarlierStates else { return nil }
    let length = registers.stateLength + registers.length
    return ValueType(precision, shape: [ode.delays.count * length])
  }

  /// - Parameter initial: the flat state that the solve begins with.
  mutating func delays(
    _ ode: OdeInstance, _ registers: EventRegisters, _ history: SolveHistory?, initial: Value
  ) throws(IRError) -> DraftedDelays? {
    guard let type = pastType(ode, registers) else { return nil }
    var lags: [Value] = []
    for delay in ode.delays {
      at(LoweredOrigin(span: delay.span, ode: ode.id))
      lags.append(scope.builder.reshape(try time(delay.value), to: [.fixed(1)]))
    }
    let all = scope.builder.concatenate(lags, axis: 0)
    // Nobody reads the operand itself.
    let past = scope.builder.constant(0, type)

    let outer = (scope, element)
    let inner = RegionScope(.solve, parent: scope, parameters: [.time, type])
    scope = inner
    element = precision
    defer { (scope, element) = outer }
    if let history { inner.locals[history.variable] = .array(inner.parameters[0]) }
    var parts = [try before(ode, history, initial: inner.capture(initial))]
    // Nobody reads registers of what was.
    if registers.length > 0 {
      parts.append(inner.builder.constant(0, ValueType(precision, shape: [registers.length])))
    }
    let result = inner.builder.concatenate(parts, axis: 0)
    return DraftedDelays(
      history: Drafted(scope: inner, result: result), lags: all, past: past,
      isContinuous: history?.isContinuous ?? true)
  }

  /// The state as it was, without registers, at the time that the history's variable is.
  private mutating func before(
    _ ode: OdeInstance, _ history: SolveHistory?, initial: Value
  ) throws(IRError) -> Value {
    var parts: [Value] = []
    for (place, range) in try ranges(of: ode).enumerated() {
      if let value = history?.values[place] {
        parts.append(scope.builder.convert(flat(try array(value)), to: precision))
      } else {
        parts.append(scope.builder.slice(initial, axis: 0, range))
      }
    }
    return scope.builder.concatenate(parts, axis: 0)
  }

  /// Rows of earlier states for what is computed of a solution: at its samples [S, rows], and at its end. nil where nothing reads any.
  ///
  /// For each delay that is read the equations are solved again, and saved so much earlier; before the beginning they are what the history says.
  mutating func earlierStates(
    _ run: SolveRun, t: Value, end: Value
  ) throws(IRError) -> (saved: Value, final: Value)? {
    let ode = run.ode
    let wanted =
      terms.contains { $0.ode == ode.id } ? Set(ode.delays.indices) : ode.delaysOfOutputs
    guard run.regions.delays != nil, let begin = run.begin, !wanted.isEmpty,
      let samples = scope.builder.type(t).extents.first?.fixedLength
    else { return nil }
    let length = run.registers.stateLength
    let type = ValueType(.f64, shape: [samples + 1])
    // Where a trajectory stops it stands.
    let last = scope.builder.broadcast(end, to: type.extents, axes: [])
    let all = scope.builder.min(
      scope.builder.concatenate([t, scope.builder.reshape(end, to: [.fixed(1)])], axis: 0), last)
    let start = scope.builder.broadcast(begin, to: type.extents, axes: [])
    var rows: [Value] = []
    for (place, delay) in ode.delays.enumerated() {
      guard wanted.contains(place) else {
        rows.append(
          scope.builder.constant(0, ValueType(precision, shape: [samples + 1, length])))
        continue
      }
      at(LoweredOrigin(span: delay.span, ode: ode.id))
      let lag = scope.builder.broadcast(try time(delay.value), to: type.extents, axes: [])
      let times = scope.builder.sub(all, lag)
      let results = try emit(
        run, from: begin, to: end, saves: scope.builder.max(times, start))
      let known = scope.builder.slice(results[Solve.Result.saved], axis: 1, 0..<length)
      let (before, _) = try mapRegion(
        samples + 1, over: [scope.builder.min(times, start)], kind: .plain
      ) { (lowering, slices) throws(IRError) in
        if let history = run.history {
          lowering.scope.locals[history.variable] = .array(slices[0])
        }
        let initial = lowering.scope.capture(run.initial)
        return .array(try lowering.before(ode, run.history, initial: initial))
      }
      let isBefore = scope.builder.broadcast(
        scope.builder.less(times, start), to: scope.builder.type(known).extents, axes: [0])
      rows.append(scope.builder.select(isBefore, before[0], known))
    }
    let table = scope.builder.concatenate(rows, axis: 1)
    let width = ode.delays.count * length
    let final = scope.builder.slice(table, axis: 0, samples..<(samples + 1))
    return (
      scope.builder.slice(table, axis: 0, 0..<samples),
      scope.builder.reshape(final, to: [.fixed(width)])
    )
  }

  /// Earlier states as locals of the scope: out of their rows, or, where an ode is looked at in one point, as the states are there.
  mutating func bindEarlierStates(_ ode: OdeInstance, past: Value?) throws(IRError) {
    guard let past else {
      for earlier in ode.delayed { scope.locals[earlier.local] = scope.locals[earlier.state] }
      return
    }
    let length = scope.builder.type(past).extents.last?.fixedLength ?? 0
    let row = length / max(1, ode.delays.count)
    var places: [LocalID: Range<Int>] = [:]
    var first = 0
    for state in ode.states {
      let n = try count(state.type)
      places[state.local] = first..<(first + n)
      first += n
    }
    for earlier in ode.delayed {
      guard let place = places[earlier.state],
        let tensor = ode.states.first(where: { $0.local == earlier.state })?.type.tensor
      else { throw IRError("an earlier state of no ode") }
      let start = earlier.delay * row + place.lowerBound
      let part = scope.builder.slice(past, axis: 0, start..<(start + place.count))
      scope.locals[earlier.local] = .array(
        scope.builder.reshape(part, to: try extents(tensor.shape)))
    }
  }
}
