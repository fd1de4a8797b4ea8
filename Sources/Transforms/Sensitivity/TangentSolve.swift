import NodalIR
import NodalMethods
import NodalOperations

/// The forward rule of `solve`: the tangent of a trajectory is solved beside it, by the same steps. Only the trajectory itself is
/// in the error norm, so that its values don't depend on whether they are differentiated.
///
/// A moved beginning is a moved start: y₀ moves by -f(t₀, y₀) for each unit of t₀; a moved end or save time adds f there.
enum TangentSolve {
  static func emit(
    _ solve: Solve, _ operands: [Value], _ dots: [Value?], _ builder: inout RegionBuilder
  ) throws(IRError) -> (values: [Value], tangents: [Value?]) {
    guard solve.quadrature == nil, solve.companions == 0 else {
      throw IRError("an adjoint gradient is not differentiated again; use gradient: direct")
    }
    guard solve.noise == nil else {
      throw IRError(
        "noise has no tangent", refusal: Refusal(.noTangentOfNoise, origin: builder.origin))
    }
    let context = SolveContext(
      solve, operands, active: dots.map { $0 != nil }, results: [], [])
    let parameters = context.activeParameters
    let d = solve.rhs.resultTypes[0].extents.last?.fixedLength ?? 0
    let axis = context.batchAxes

    let earlier = try EarlierStates(
      solve, active: parameters, timesVary: context.timesActive, directions: 1,
      origin: builder.origin)
    var tangent = solve
    tangent.rhs = try pairedRegion(solve.rhs, parameters.map { $0 + 2 }, d, earlier)
    (tangent.jacobian, tangent.pattern) = (nil, nil)
    tangent.mass = try solve.mass.map { (mass) throws(IRError) in
      try pairedMass(mass, tangent.rhs, parameters, d)
    }
    tangent.corners = solve.corners?.ofDerivatives(by: parameters)
    let paired = tangent.rhs.parameterTypes
    if let earlier {
      let count = solve.rhs.parameterTypes.count - 2
      tangent.delays = try earlier.followed(
        solve, state: paired[1], paired[0], Array(paired[2...]), active: parameters
      ) { _, given, _ in Array(given[count...]) }
    }
    let registers = earlier?.registers ?? 0
    tangent.events = try solve.events(
      forState: paired[1], parameters: Array(paired[2...]), earlier
    ) { (event) throws(IRError) in
      try pairedRegion(
        SaltatedJump.region(
          event, of: solve, tellsInstant: registers > 0, looksBack: earlier?.looksBack == true),
        parameters.map { $0 + 3 }, d, earlier, first: 3)
    }
    // A tangent changes by the tangents of what its component changes by, so it is of the same half.
    tangent.drifting = solve.drifting.map { $0 + $0 }
    if let record = solve.record {
      tangent.record = record.doubled(d, registers)
    }
    if solve.trajectories != nil {
      tangent.batched += parameters.map { solve.batched[Solve.Operand.parameters + $0] }
    }
    let initial = operands[Solve.Operand.initial]
    var moved = dots[Solve.Operand.initial] ?? builder.zeros(like: initial)
    if let dot = dots[Solve.Operand.start] {
      let start = context.clock(Solve.Operand.start, &builder)
      let slope = try RightHandSide.evaluate(
        solve, t: start, y: initial, parameters: context.parameters, &builder)
      let rate = context.spread(dot, like: Solve.Operand.start, &builder)
      moved = builder.sub(moved, builder.scaled(slope, by: rate))
    }
    var arguments = operands
    arguments[Solve.Operand.initial] = builder.concatenate([initial, moved], axis: axis)
    if let earlier {
      arguments[Solve.Operand.initial] = earlier.withRegisters(
        arguments[Solve.Operand.initial], &builder)
      arguments.widen(Solve.Operand.parameters + earlier.delays.past, &builder) {
        earlier.parameters($0)
      }
    }
    arguments += parameters.map { dots[Solve.Operand.parameters + $0]! }
    let all = builder.emit(.solve(tangent), arguments)

    var values = all
    var tangents: [Value?] = all.map { _ in nil }
    func split(_ i: Int) {
      let last = builder.type(all[i]).rank - 1
      values[i] = builder.slice(all[i], axis: last, 0..<d)
      tangents[i] = builder.slice(all[i], axis: last, d..<(2 * d))
    }
    split(Solve.Result.final)
    split(Solve.Result.saved)
    if solve.trace != nil {
      split(solve.traceResult + Solve.Trace.states)
      let records = solve.traceResult + Solve.Trace.records
      let halves = halves(of: all[records], d, registers, &builder)
      values[records] = halves.0
      tangents[records] = halves.1
    }
    if let dot = dots[Solve.Operand.end], let final = tangents[Solve.Result.final] {
      let slope = try RightHandSide.evaluate(
        solve, t: context.clock(Solve.Operand.end, &builder), y: values[Solve.Result.final],
        parameters: context.parameters, &builder)
      let rate = context.spread(dot, like: Solve.Operand.end, &builder)
      tangents[Solve.Result.final] = builder.add(final, builder.scaled(slope, by: rate))
    }
    if let dot = dots[Solve.Operand.saveTimes], let saved = tangents[Solve.Result.saved] {
      let slopes = try RightHandSide.evaluateAll(
        solve, t: context.clock(Solve.Operand.saveTimes, &builder),
        y: values[Solve.Result.saved], parameters: context.parameters, &builder)
      let rate = context.spread(dot, like: Solve.Operand.saveTimes, &builder)
      tangents[Solve.Result.saved] = builder.add(saved, builder.scaled(slopes, by: rate))
    }
    return (values, tangents)
  }

  /// M in both halves. It may not change with the parameters that vary: its change would be multiplied with y', which nobody has.
  private static func pairedMass(
    _ mass: Region, _ rhs: Region, _ parameters: [Int], _ d: Int
  ) throws(IRError) -> Region {
    let given = mass.parameterTypes
    let varying = try Simplify.run(
      ForwardMode.differentiate(mass, wrt: parameters.map { $0 + 2 }))
    guard parameters.isEmpty || varying.constantResult(1)?.uniform == 0 else {
      throw IRError("the left sides of a solve depend on what it is differentiated by forwards")
    }
    var builder = RegionBuilder(parameters: rhs.parameterTypes)
    let p = builder.parameters
    let axis = given[1].rank - 1
    let y = builder.slice(p[1], axis: axis, 0..<d)
    let matrix = builder.inline(mass, [p[0], y] + p[2..<given.count])[0]
    let above = builder.pad(matrix, axis: axis + 1, before: 0, after: d)
    let below = builder.pad(matrix, axis: axis + 1, before: d, after: 0)
    return try builder.finish([builder.concatenate([above, below], axis: axis)])
  }

  /// Records of the doubled state are rows of (y, ẏ, registers): those of y, and of ẏ.
  private static func halves(
    of records: Value, _ d: Int, _ registers: Int, _ builder: inout RegionBuilder
  ) -> (Value, Value) {
    let own = 2 * d + registers
    let outer = builder.type(records).extents.dropLast()
    let length = builder.type(records).extents.last?.fixedLength ?? 0
    let rows = d == 0 ? 0 : length / own
    let split = builder.reshape(records, to: outer + [.fixed(rows), .fixed(own)])
    func half(_ range: Range<Int>) -> Value {
      let part = builder.slice(split, axis: outer.count + 1, range)
      return builder.reshape(part, to: outer + [.fixed(rows * d)])
    }
    return (half(0..<d), half(d..<(2 * d)))
  }

  /// Of f(t, y, p…), or with more in front of the parameters, the `first` of which is told: (t, (y, ẏ), p…, ṗ…) → (f, ∂f/∂y·ẏ + ∂f/∂p·ṗ). With registers
  /// their slopes stand behind it, or how the instant moves that the region tells, too.
  private static func pairedRegion(
    _ region: Region, _ parameters: [Int], _ d: Int, _ earlier: EarlierStates? = nil,
    first: Int = 2
  ) throws(IRError) -> Region {
    // What events that look back are given beside comes from the rows.
    let looksBack = first > 2 && earlier?.looksBack == true
    let types = Array(region.parameterTypes.dropLast(looksBack ? 1 : 0))
    let axis = types[1].rank - 1
    var pair = types[1]
    pair.extents[axis] = .fixed(2 * d + (earlier?.registers ?? 0))
    let past = earlier.map { $0.delays.past + first }
    var own = types
    if let earlier { own[first...] = earlier.parameters(Array(types[first...]))[...] }
    own[1] = pair
    let wrt = ([past].compactMap { $0 } + parameters).sorted()
    let tangent = try ForwardMode.differentiate(region, wrt: [1] + wrt)
    var builder = RegionBuilder(parameters: own + parameters.map { types[$0] })
    let given = builder.parameters
    let y = builder.slice(given[1], axis: axis, 0..<d)
    let dot = builder.slice(given[1], axis: axis, d..<(2 * d))
    var plain = Array(given[2..<types.count])
    var dots = Dictionary(uniqueKeysWithValues: zip(parameters, given[types.count...]))
    if let earlier, let past {
      dots[past] = earlier.tangent(
        given[past], 0, delay: dots[earlier.delays.lags + first], &builder)
      plain[past - 2] = earlier.plain(given[past], &builder)
      if looksBack { plain.append(earlier.rates(given[past], &builder)) }
    }
    let results = builder.inline(
      tangent, [given[0], y] + plain + [dot] + wrt.compactMap { dots[$0] })
    let count = region.results.count
    var parts = [results[0], results[count]]
    if count > 1 { parts.append(builder.column(results[count + 1], types[1])) }
    let result = builder.concatenate(parts, axis: axis)
    let whole = count > 1 ? result : earlier?.withRegisters(result, &builder) ?? result
    return try Simplify.run(try builder.finish([whole]))
  }
}

extension RegionBuilder {
  /// A number of each trajectory as a component behind a state of a type.
  mutating func column(_ number: Value, _ state: ValueType) -> Value {
    convert(
      reshape(number, to: state.extents.dropLast() + [.fixed(1)]), to: state.element)
  }
}

extension SolveContext {
  /// The tangent of an operand, for each trajectory.
  func spread(_ tangent: Value, like operand: Int, _ builder: inout RegionBuilder) -> Value {
    guard let trajectories, !solve.batched[operand] else { return tangent }
    let extents = [trajectories] + builder.type(tangent).extents
    return builder.broadcast(tangent, to: extents, axes: Array(1..<extents.count))
  }
}

extension ValueType {
  /// The record of a state of d numbers twice as long, and with registers. Records are rows of states, one after the other.
  func doubled(_ d: Int, _ registers: Int) -> ValueType {
    let rows = d == 0 ? 0 : (fixedCount ?? 0) / d
    return ValueType(element, shape: [rows * (2 * d + registers)])
  }
}
