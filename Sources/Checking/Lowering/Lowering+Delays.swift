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
    let start = inner.capture(initial)
    var parts: [Value] = []
    var first = 0
    for (place, state) in ode.states.enumerated() {
      let n = try count(state.type)
      if let value = history?.values[place] {
        parts.append(inner.builder.convert(flat(try array(value)), to: precision))
      } else {
        parts.append(inner.builder.slice(start, axis: 0, first..<(first + n)))
      }
      first += n
    }
    // Nobody reads registers of what was.
    if registers.length > 0 {
      parts.append(inner.builder.constant(0, ValueType(precision, shape: [registers.length])))
    }
    let result = inner.builder.concatenate(parts, axis: 0)
    return DraftedDelays(
      history: Drafted(scope: inner, result: result), lags: all, past: past,
      isContinuous: history?.isContinuous ?? true)
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
