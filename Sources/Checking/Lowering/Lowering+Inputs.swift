import NodalDiagnostics
import NodalIR
import NodalOperations
import NodalTypes

/// Inputs of an ode in a solve: tables around the equations, and what equations read of them.
extension Lowering {
  /// Inputs that jump, which the state carries, and their flat lengths.
  ///
  /// Where nothing else happens at an instant and jumps stay where they are, they needn't: steps end at corners of an input that is looked up.
  mutating func heldInputs(
    _ ode: OdeInstance
  ) throws(IRError) -> [(input: LocalID, length: Int)] {
    let isPlain =
      ode.events.isEmpty && ode.implicit.isEmpty && ode.noise.isEmpty && !ode.readsEarlierStates
    var held: [(input: LocalID, length: Int)] = []
    for input in ode.inputs where solveInput(input.local)?.isHeld == true {
      if isPlain, case .array(let times) = try read(input.times), isFixed(times) { continue }
      held.append((input.local, try count(input.type)))
    }
    return held
  }

  func solveInput(_ local: LocalID) -> SolveInput? {
    solveInputs.first { $0.input == local }
  }

  // MARK: Around the equations

  /// Times and pieces of the samples that a solve gives, as locals of the scope.
  mutating func bindSamples(_ ode: OdeInstance, _ span: Span) throws(IRError) {
    for input in ode.inputs {
      guard case .samples(let kind, let given, let values)? = solveInput(input.local)?.source
      else { continue }
      var times = inOrder(try time(given), given.span, ode, repeats: kind == .hold)
      if case .bandlimited = kind { times = evenly(times, given.span, ode) }
      let samples = scope.builder.convert(try array(values), to: precision)
      guard let n = scope.builder.type(times).extents[0].fixedLength, n > 0 else {
        throw IRError("an input without samples")
      }
      let flat = scope.builder.reshape(samples, to: [.fixed(n), .fixed(try count(input.type))])
      let pieces = InputPieces(times: times, samples: flat, &scope.builder)
      scope.locals[input.times] = .array(pieces.beginnings(kind, &scope.builder))
      scope.locals[input.pieces] = .array(pieces.coefficients(kind, &scope.builder))
    }
    at(LoweredOrigin(span: span, ode: ode.id))
  }

  /// The same times; a run ends where one is not behind that before it.
  private mutating func inOrder(
    _ times: Value, _ span: Span, _ ode: OdeInstance, repeats: Bool
  ) -> Value {
    let type = scope.builder.type(times)
    guard let n = type.extents[0].fixedLength, n > 1 else { return times }
    if let known = scope.builder.constantValue(times), case .array(let numbers) = known.values,
      zip(numbers, numbers.dropFirst()).allSatisfy({ repeats ? $0 <= $1 : $0 < $1 })
    {
      return times
    }
    let (a, b) = (
      scope.builder.slice(times, axis: 0, 0..<(n - 1)),
      scope.builder.slice(times, axis: 0, 1..<n)
    )
    let isWrong = repeats ? scope.builder.less(b, a) : scope.builder.lessOrEqual(b, a)
    return refusing(isWrong, times, span, ode, .timesOfInput)
  }

  /// The same times; a run ends where a step between two differs by more than a hundredth from the mean of all.
  private mutating func evenly(_ times: Value, _ span: Span, _ ode: OdeInstance) -> Value {
    let type = scope.builder.type(times)
    guard let n = type.extents[0].fixedLength, n > 2 else { return times }
    if let known = scope.builder.constantValue(times), case .array(let numbers) = known.values {
      let mean = (numbers[n - 1] - numbers[0]) / Double(n - 1)
      if zip(numbers, numbers.dropFirst()).allSatisfy({ abs($1 - $0 - mean) <= 0.01 * mean }) {
        return times
      }
    }
    let gap = scope.builder.sub(
      scope.builder.slice(times, axis: 0, 1..<n), scope.builder.slice(times, axis: 0, 0..<(n - 1)))
    // Behind the last sample that there is stand times that are no numbers.
    let none = scope.builder.zero(like: gap)
    let isStep = scope.builder.greater(gap, none)
    let steps = scope.builder.reduce(
      .sum, scope.builder.select(isStep, scope.builder.one(like: gap), none), axes: [0])
    let whole = scope.builder.reduce(.sum, scope.builder.select(isStep, gap, none), axes: [0])
    let mean = scope.builder.splat(scope.builder.div(whole, steps), like: gap)
    let off = scope.builder.abs(scope.builder.sub(gap, mean))
    return refusing(
      scope.builder.greater(off, scope.builder.mul(mean, 0.01)), times, span, ode, .stepsOfInput)
  }

  /// The same times; a run ends where one of the n - 1 steps between them is wrong.
  private mutating func refusing(
    _ isWrong: Value, _ times: Value, _ span: Span, _ ode: OdeInstance,
    _ lookup: LoweredOrigin.Lookup
  ) -> Value {
    let extents = scope.builder.type(times).extents
    let n = extents[0].fixedLength ?? 1
    let places = ValueType(.f64, shape: [n - 1])
    let number = scope.builder.select(
      isWrong, scope.builder.constant((1..<n).map(Double.init), places),
      scope.builder.constant(0, places))
    let worst = scope.builder.convert(
      scope.builder.reduce(.max, number, axes: [0]), to: .i64)
    at(LoweredOrigin(span: span, ode: ode.id, lookup: lookup))
    let none = scope.builder.constant([0], ValueType(.f64, shape: [1]))
    let zero = scope.builder.value(.gather(Gather(isChecked: true)), [none, worst])
    return scope.builder.add(
      times, scope.builder.broadcast(zero, to: extents, axes: []))
  }

  /// What held inputs are at the beginning of a solve, one behind the other.
  mutating func heldAtStart(
    _ ode: OdeInstance, _ registers: EventRegisters, _ start: Value
  ) throws(IRError) -> [Value] {
    var values: [Value] = []
    for held in registers.held {
      guard let input = ode.inputs.first(where: { $0.local == held.input }) else { continue }
      values.append(try sampled(input, .hold, at: start, inPieceOf: start).flat)
    }
    return values
  }

  // MARK: In the equations

  /// Values and derivatives of inputs, as locals of the scope. What is held is read from the state where `registers` are given, so that
  /// it doesn't change within a step; otherwise it is looked up like the others. With `corners` their phase says which piece counts.
  mutating func bindInputs(
    _ ode: OdeInstance, t: Value, y: Value, _ registers: EventRegisters?,
    _ corners: InputCorners? = nil
  ) throws(IRError) {
    for input in ode.inputs {
      guard let tensor = input.type.tensor else { throw IRError("an input of no type") }
      let extents = try extents(tensor.shape)
      if let held = registers?.held.first(where: { $0.input == input.local }) {
        let part = scope.builder.slice(y, axis: 0, held.range)
        scope.locals[input.local] = .array(scope.builder.reshape(part, to: extents))
        continue
      }
      switch solveInput(input.local)?.source {
      case .samples(let kind, _, _):
        let phase = corners.map { scope.place(of: $0.phase) } ?? t
        let (value, rate) = try sampled(input, kind, at: t, inPieceOf: phase)
        scope.locals[input.local] = .array(scope.builder.reshape(value, to: extents))
        if let rate {
          scope.locals[input.rate] = .array(scope.builder.reshape(rate, to: extents))
        }
      case .formula(let variable, let value):
        try bindFormula(input, variable, value, t)
      case nil:
        guard let value = input.value else { throw IRError("no input \(input.name)") }
        try bindFormula(input, nil, value, t)
      }
    }
  }

  private mutating func bindFormula(
    _ input: OdeInstance.Input, _ variable: LocalID?, _ value: TypedExpression, _ t: Value
  ) throws(IRError) {
    let outer = scope
    let inner = RegionScope(.solve, parent: outer, parameters: [.time])
    scope = inner
    if let variable { inner.locals[variable] = .array(inner.parameters[0]) }
    let result = scope.builder.convert(try array(value), to: precision)
    scope = outer
    let region = try inner.finish([result])
    let captured = inner.captured(sliced: false)
    scope.locals[input.local] = .array(scope.builder.inline(region, [t] + captured)[0])
    guard input.isDifferentiated else { return }
    let form = Form.derivative(Derivative(.forward, wrt: [0], body: region))
    let one = scope.builder.one(like: t)
    scope.locals[input.rate] = .array(scope.builder.emit(form, [t] + captured + [one])[1])
  }

  /// An input and its derivative at a time, flat, by the piece that another time lies in.
  private mutating func sampled(
    _ input: OdeInstance.Input, _ kind: Interpolant, at t: Value, inPieceOf phase: Value
  ) throws(IRError) -> (flat: Value, rate: Value?) {
    guard case .array(let times) = try read(input.times),
      case .array(let pieces) = try read(input.pieces),
      let n = scope.builder.type(times).extents[0].fixedLength
    else { throw IRError("no samples of \(input.name)") }
    let pick = Form.gather(Gather(batchAxes: 0))
    let place = scope.builder.lastPlace(of: times, until: phase, n)
    let row = scope.builder.value(pick, [pieces, place])
    let width = try count(input.type)
    let parts = (0..<kind.coefficients).map {
      scope.builder.slice(row, axis: 0, ($0 * width)..<(($0 + 1) * width))
    }
    guard parts.count > 1 else { return (parts[0], nil) }
    let start = scope.builder.value(pick, [times, place])
    // Before the first sample it is that sample.
    let hasBegun = scope.builder.lessOrEqual(start, phase)
    let since = scope.builder.select(
      hasBegun, scope.builder.sub(t, start), scope.builder.zero(like: t))
    var elapsed = scope.builder.splat(
      scope.builder.convert(since, to: precision), like: parts[0])
    var perTime: Value?
    if kind.countsInLengths {
      let last = kind.coefficients * width
      let inverse = scope.builder.slice(row, axis: 0, last..<(last + 1))
      let all = scope.builder.broadcast(
        inverse, to: scope.builder.type(parts[0]).extents, axes: [0])
      elapsed = scope.builder.mul(elapsed, all)
      perTime = all
    }
    var value = parts[parts.count - 1]
    for part in parts.dropLast().reversed() {
      value = scope.builder.add(part, scope.builder.mul(elapsed, value))
    }
    guard input.isDifferentiated else { return (value, nil) }
    var rate = scope.builder.mul(parts[parts.count - 1], Double(parts.count - 1))
    for k in (1..<(parts.count - 1)).reversed() {
      rate = scope.builder.add(
        scope.builder.mul(parts[k], Double(k)), scope.builder.mul(elapsed, rate))
    }
    if let perTime { rate = scope.builder.mul(rate, perTime) }
    let moves = scope.builder.splat(hasBegun, like: rate)
    return (value, scope.builder.select(moves, rate, scope.builder.zero(like: rate)))
  }

  // MARK: Jumps

  /// The times of an input that is held, and what it is from each of them on. Backwards in time it becomes what it was before.
  struct HeldEvent {
    var times: Value
    var root, jump: Drafted
  }

  mutating func heldEvents(
    _ ode: OdeInstance, _ registers: EventRegisters, from start: Value, to end: Value
  ) throws(IRError) -> [HeldEvent] {
    var events: [HeldEvent] = []
    for (k, held) in registers.held.enumerated() {
      guard let input = ode.inputs.first(where: { $0.local == held.input }),
        case .array(let times) = try read(input.times),
        case .array(let samples) = try read(input.pieces)
      else { throw IRError("an input without samples") }
      let i64 = ValueType(.i64)
      let back = scope.builder.select(
        scope.builder.less(end, start), scope.builder.constant(1, i64),
        scope.builder.constant(0, i64))
      let pick = Form.gather(Gather(batchAxes: 0))
      let root = heldRegion(ode, registers) { (scope, given) in
        let time = scope.builder.value(pick, [scope.capture(times), given[2]])
        return scope.builder.sub(given[0], time)
      }
      let jump = heldRegion(ode, registers) { (scope, given) in
        let none = scope.builder.constant(0, i64)
        let place = scope.builder.max(
          scope.builder.sub(given[2], scope.capture(back)), none)
        let value = scope.builder.value(pick, [scope.capture(samples), place])
        return registers.jump(held: k, to: value, state: given[1], &scope.builder)
      }
      events.append(HeldEvent(times: times, root: root, jump: jump))
    }
    return events
  }

  private mutating func heldRegion(
    _ ode: OdeInstance, _ registers: EventRegisters, _ body: (RegionScope, [Value]) -> Value
  ) -> Drafted {
    let state = ValueType(precision, [.fixed(registers.stateLength + registers.length)])
    let past = [pastType(ode, registers)].compactMap { $0 }
    let inner = RegionScope(
      .solve, parent: scope, parameters: [.time, state, ValueType(.i64)] + past)
    return Drafted(scope: inner, result: body(inner, inner.parameters))
  }
}
