import NodalIR
import NodalOperations

/// Earlier states of a solve whose state is followed by its derivatives in n directions, (y, S₁ … Sₙ): each row of the past
/// is as long, and an equation's derivative by y(t - τ) meets Sₖ(t - τ) - y'(t - τ) τ̇ₖ.
///
/// The equations' corners move with τ, but nothing jumps there while the solution begins where its history ends; so the derivatives of the pieces are
/// all there is.
struct EarlierStates {
  let delays: Delays
  /// Numbers of the state itself, delays, and directions.
  let length, count, directions: Int
  /// The delays are among what is differentiated by.
  let delaysVary: Bool

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
    if timesVary { throw refuse(.byTimes) }
    if delaysVary, delays.hasRates { throw refuse(.second) }
    if delaysVary, !delays.isContinuous { throw refuse(.acrossJump) }
  }

  var hasRates: Bool { delays.hasRates || delaysVary }
  /// Numbers of a state with its derivatives, and of a row.
  private var total: Int { length * (1 + directions) }
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
      builder.concatenate(column, axis: builder.type(column[0]).rank - 1)
    }
    return try Simplify.run(try builder.finish(results))
  }

  /// The delays of the longer state.
  func followed(_ history: Region) -> Delays {
    var result = delays
    result.history = history
    result.hasRates = hasRates
    return result
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
