import NodalIR
import NodalOperations

/// Earlier states of a solve whose state is followed by its derivatives in n directions, (y, S₁ … Sₙ): each row of the past
/// is as long, and an equation's derivative by y(t - τ) meets Sₖ(t - τ) - y'(t - τ) τ̇ₖ.
///
/// The equations' corners move with τ, but nothing jumps there while the solution is continuous; so the derivatives of the pieces are all there is.
///
/// Where the solution jumps, at an event's time s or where it begins elsewhere than its history ends, the right-hand side jumps at s + τ, by f⁺ - f⁻. As that
/// break moves by ṡ + τ̇, so do Sₖ jump there, by (f⁻ - f⁺)(ṡₖ + τ̇ₖ): the saltation of a jump of the slope (`kick`). How instants move stands in registers
/// behind the state, (y, S₁ … Sₙ, ṡ₁ … ṡₙ), which the jump of an event sets: a break finds those of its event where it looks back, among the earlier
/// states.
struct EarlierStates {
  let delays: Delays
  /// Numbers of the state itself, delays, and directions.
  let length, count, directions: Int
  /// The delays are among what is differentiated by.
  let delaysVary: Bool
  /// How many numbers tell how the last event moved, one for each direction; 0 without events.
  let registers: Int
  /// The condition or the change of an event reads earlier states, which then move with its instant.
  let looksBack: Bool

  /// nil for a solve without delays. Refuses what has no derivative.
  init?(
    _ solve: Solve, active: [Int], timesVary: Bool, directions: Int, origin: Origin?
  ) throws(IRError) {
    guard let delays = solve.delays else { return nil }
    func refuse(_ kind: Refusal.DelayDerivative) -> IRError {
      IRError(
        "no derivative of a solve with delays: \(kind)",
        refusal: Refusal(.noDerivativeOfDelay(kind), origin: origin))
    }
    self.delays = delays
    self.directions = directions
    delaysVary = active.contains(delays.lags)
    length = solve.rhs.parameterTypes[1].extents.last?.fixedLength ?? 0
    count = solve.delayCount
    registers = solve.events.isEmpty ? 0 : directions
    looksBack = solve.events.contains { event in
      [event.root, event.jump].contains { $0.reads(3 + delays.past) }
    }
    if timesVary { throw refuse(.byTimes) }
    if delaysVary, delays.hasRates { throw refuse(.second) }
    if delays.kick != nil || solve.events.contains(where: \.holdsMotion) { throw refuse(.second) }
  }

  /// The right-hand side jumps at times that move.
  private func breaksMove(_ solve: Solve) -> Bool {
    !solve.events.isEmpty || (delaysVary && !delays.isContinuous)
  }

  var hasRates: Bool { delays.hasRates || delaysVary || looksBack }
  /// Numbers of a state with its derivatives, and of a row.
  private var total: Int { length * (1 + directions) + registers }
  private var rowLength: Int { hasRates ? 2 * total : total }

  /// The parameters p… with longer rows.
  func parameters(_ types: [ValueType]) -> [ValueType] {
    var result = types
    let type = types[delays.past]
    result[delays.past] = ValueType(
      type.element, type.extents.dropLast() + [.fixed(count * rowLength)])
    return result
  }

  /// The rows as an equation for the state itself takes them.
  func plain(_ past: Value, _ builder: inout RegionBuilder) -> Value {
    let table = table(past, &builder)
    return rows(
      part(table, 0, &builder), delays.hasRates ? rate(table, 0, &builder) : nil, &builder)
  }

  /// Their derivative by time, in rows as those.
  func rates(_ past: Value, _ builder: inout RegionBuilder) -> Value {
    rows(rate(table(past, &builder), 0, &builder), nil, &builder)
  }

  /// Their derivative in a direction.
  /// - Parameter delay: that of the delays.
  func tangent(
    _ past: Value, _ direction: Int, delay: Value?, _ builder: inout RegionBuilder
  ) -> Value {
    let table = table(past, &builder)
    var dot = part(table, 1 + direction, &builder)
    if delaysVary, let delay {
      let slope = rate(table, 0, &builder)
      let type = builder.type(slope)
      let axes = Array((type.rank - 1 - builder.type(delay).rank)..<(type.rank - 1))
      let factor = builder.broadcast(
        builder.convert(delay, to: type.element), to: type.extents, axes: axes)
      dot = builder.sub(dot, builder.mul(slope, factor))
    }
    return rows(dot, delays.hasRates ? rate(table, 1 + direction, &builder) : nil, &builder)
  }

  /// (t, p…) → the history with its derivatives, for parameters `types` (with longer rows, and what more there is behind them).
  /// - Parameters:
  ///   - active: places among p… of what is differentiated by.
  ///   - dots: their derivatives in a direction.
  func history(
    _ time: ValueType, _ types: [ValueType], active: [Int],
    dots: (Int, [Value], inout RegionBuilder) -> [Value]
  ) throws(IRError) -> Region {
    let base = try hasRates && !delays.hasRates ? withRate(delays.history) : delays.history
    let tangent =
      try active.isEmpty
      ? nil : ForwardMode.differentiate(base, wrt: active.map { $0 + 1 })
    var builder = RegionBuilder(parameters: [time] + types)
    let given = builder.parameters
    var plain = Array(given.prefix(base.parameterCount))
    plain[1 + delays.past] = builder.constant(0, base.parameterTypes[1 + delays.past])
    let values = builder.inline(base, plain)
    var columns = values.map { [$0] }
    for k in 0..<directions {
      let own =
        tangent.map { tangent in
          let dots = dots(k, Array(given.dropFirst()), &builder)
          return Array(builder.inline(tangent, plain + dots).suffix(values.count))
        } ?? values.map { builder.zeros(like: $0) }
      for (i, dot) in own.enumerated() { columns[i].append(dot) }
    }
    let results = columns.map { column in
      let axis = builder.type(column[0]).rank - 1
      return withRegisters(builder.concatenate(column, axis: axis), &builder)
    }
    return try Simplify.run(try builder.finish(results))
  }

  /// A state with its derivatives, and zeros for what tells of events.
  func withRegisters(_ state: Value, _ builder: inout RegionBuilder) -> Value {
    let type = builder.type(state)
    return registers == 0
      ? state : builder.pad(state, axis: type.rank - 1, before: 0, after: registers)
  }

  /// The delays of the longer state, for parameters `types` as with `history`.
  func followed(
    _ solve: Solve, state: ValueType, _ time: ValueType, _ types: [ValueType], active: [Int],
    dots: (Int, [Value], inout RegionBuilder) -> [Value]
  ) throws(IRError) -> Delays {
    var result = delays
    result.history = try history(time, types, active: active, dots: dots)
    result.hasRates = hasRates
    if breaksMove(solve) {
      let place = active.firstIndex(of: delays.lags)
      result.kick = try kick(solve, state: state, time, types) { k, given, builder in
        place.map { dots(k, given, &builder)[$0] }
      }
    }
    return result
  }

  // MARK: Breaks

  /// (t, y with its derivatives, rows before, p… with rows behind) → the state behind a break. Of several delays each has its own share of the
  /// slope's jump: that between their rows taken one after the other.
  /// - Parameter delay: the delays' derivative in a direction.
  private func kick(
    _ solve: Solve, state: ValueType, _ time: ValueType, _ types: [ValueType],
    delay: (Int, [Value], inout RegionBuilder) -> Value?
  ) throws(IRError) -> Region {
    var builder = RegionBuilder(parameters: [time, state, types[delays.past]] + types)
    let given = builder.parameters
    let own = Array(given[3...])
    let axis = state.rank - 1
    let y = builder.slice(given[1], axis: axis, 0..<length)
    let behind = table(own[delays.past], &builder)
    let rows = [given[2], own[delays.past]].map { past in
      let plain = plain(past, &builder)
      return builder.reshape(
        plain,
        to: builder.type(plain).extents.dropLast()
          + [.fixed(count), .fixed(delays.rowLength(length))])
    }
    let slopes = (0...count).map { i -> Value in
      // Of the delays before i the row behind, of the others that before.
      var parts: [Value] = []
      if i > 0 { parts.append(builder.slice(rows[1], axis: axis, 0..<i)) }
      if i < count { parts.append(builder.slice(rows[0], axis: axis, i..<count)) }
      let table = builder.concatenate(parts, axis: axis)
      var plain = Array(own.prefix(solve.rhs.parameterCount - 2))
      plain[delays.past] = builder.reshape(
        table,
        to: state.extents.dropLast() + [.fixed(count * delays.rowLength(length))])
      return builder.inline(solve.rhs, [given[0], y] + solve.parameters(plain, at: given[0]))[0]
    }
    var parts = [y]
    for k in 0..<directions {
      var sensitivity = builder.slice(
        given[1], axis: axis, (length * (1 + k))..<(length * (2 + k)))
      let moved = delay(k, own, &builder)
      for i in 0..<count {
        var rates: [Value] = []
        if registers > 0 {
          let row = builder.slice(behind, axis: axis, i..<(i + 1))
          let place = length * (1 + directions) + k
          let rate = builder.slice(row, axis: axis + 1, place..<(place + 1))
          rates.append(builder.reshape(rate, to: state.extents.dropLast()))
        }
        if let moved {
          let last = builder.type(moved).rank - 1
          let one = builder.slice(moved, axis: last, i..<(i + 1))
          let rate = builder.reshape(one, to: builder.type(one).extents.dropLast())
          let axes = Array((axis - last)..<axis)
          rates.append(
            builder.convert(
              builder.broadcast(rate, to: state.extents.dropLast(), axes: axes), to: state.element))
        }
        let jump = builder.sub(slopes[i], slopes[i + 1])
        for rate in rates { sensitivity = builder.add(sensitivity, builder.scaled(jump, by: rate)) }
      }
      parts.append(sensitivity)
    }
    if registers > 0 {
      let first = length * (1 + directions)
      parts.append(builder.slice(given[1], axis: axis, first..<(first + registers)))
    }
    let result = builder.concatenate(parts, axis: axis)
    return try Simplify.run(try builder.finish([result]))
  }

  /// The history, and its derivative by time behind it.
  private func withRate(_ history: Region) throws(IRError) -> Region {
    let tangent = try ForwardMode.differentiate(history, wrt: [0])
    var builder = RegionBuilder(parameters: history.parameterTypes)
    let given = builder.parameters
    let one = builder.constant(1, builder.type(given[0]))
    return try builder.finish(builder.inline(tangent, given + [one]))
  }

  // MARK: Rows

  /// [lanes?, delays, numbers of a row].
  private func table(_ past: Value, _ builder: inout RegionBuilder) -> Value {
    let outer = builder.type(past).extents.dropLast()
    return builder.reshape(past, to: outer + [.fixed(count), .fixed(rowLength)])
  }

  /// The state (0) or one of its derivatives.
  private func part(_ table: Value, _ k: Int, _ builder: inout RegionBuilder) -> Value {
    builder.slice(
      table, axis: builder.type(table).rank - 1, (length * k)..<(length * (k + 1)))
  }

  private func rate(_ table: Value, _ k: Int, _ builder: inout RegionBuilder) -> Value {
    let start = total + length * k
    return builder.slice(table, axis: builder.type(table).rank - 1, start..<(start + length))
  }

  private func rows(_ part: Value, _ rate: Value?, _ builder: inout RegionBuilder) -> Value {
    let whole =
      rate.map { builder.concatenate([part, $0], axis: builder.type(part).rank - 1) } ?? part
    let extents = builder.type(whole).extents
    let flat = (extents.last?.fixedLength ?? 0) * count
    return builder.reshape(whole, to: extents.dropLast(2) + [.fixed(flat)])
  }
}

extension [Value] {
  /// Puts a longer place for earlier states where that of a solve's operands is.
  mutating func widen(
    _ operand: Int, _ builder: inout RegionBuilder, _ parameters: ([ValueType]) -> [ValueType]
  ) {
    let types = self[Solve.Operand.parameters...].map { builder.type($0) }
    let type = parameters(types)[operand - Solve.Operand.parameters]
    self[operand] = builder.constant(0, type)
  }
}
