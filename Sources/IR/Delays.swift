/// Earlier states in a solve's equations: y' = f(t, y(t), y(t - τ₁), y(t - τ₂), …), with delays τ that stay as they are.
///
/// The right-hand side finds the earlier states in one of its parameters, which whoever runs the solve fills in; the operand there is only a
/// place for them. They are *rows*, one behind the other: of each delay the state [d], and with `hasRates` its derivative by time.
package struct Delays: Sendable, Hashable {
  /// (t, p…) → the state before the beginning [d], and with `hasRates` its derivative by t. With the axis of lanes of the results of `rhs`.
  package var history: Region
  /// Place among the parameters p… of the delays, f64[m].
  package var lags: Int
  /// Place among the parameters of the rows.
  package var past: Int
  package var hasRates: Bool
  /// The state that the solve begins with is that of the history there. Otherwise it jumps at the beginning, and a delay later the right-hand side
  /// does, at a time that moves with the delay.
  package var isContinuous: Bool
  /// (t, y, the rows before it, p… with the rows behind it) → the state behind a break, a time at which the right-hand side jumps as what it reads does.
  /// The state itself is the same on both sides, but its derivatives jump there where the break moves. nil where no such are followed.
  package var kick: Region?
  /// How many corners that follow from each other are ends of steps; nil: as many as the method makes use of derivatives.
  package var depth: Int?

  package init(
    history: Region, lags: Int, past: Int, hasRates: Bool = false, isContinuous: Bool
  ) {
    self.history = history
    self.lags = lags
    self.past = past
    self.hasRates = hasRates
    self.isContinuous = isContinuous
  }

  /// How long the row of one delay is, for a state of d numbers.
  package func rowLength(_ d: Int) -> Int { hasRates ? 2 * d : d }

  /// Its text form's attribute.
  var text: String {
    "past(\(lags), \(past), \(hasRates), \(isContinuous)\(depth.map { ", \($0)" } ?? ""))"
  }

  /// - Parameter arguments: of the right-hand side.
  func check(_ arguments: [ValueType], sharesClock: Bool) throws(IRError) {
    try expect(!sharesClock, "solve: delays under a shared clock")
    let places = arguments.indices.dropFirst(2)
    try expect(
      places.contains(2 + lags) && places.contains(2 + past),
      "delays: no parameters \(lags), \(past)")
    try expectParameters(history, [arguments[0]] + arguments[2...], "history")
    let state = arguments[1]
    try expect(
      history.resultTypes == Array(repeating: state, count: hasRates ? 2 : 1),
      "history gives \(history.resultTypes)")
    if let kick {
      try expectParameters(
        kick, [arguments[0], state, arguments[2 + past]] + arguments[2...], "kick")
      try expect(kick.resultTypes == [state], "kick gives \(kick.resultTypes)")
    }
    guard let d = state.extents.last?.fixedLength,
      let m = arguments[2 + lags].extents.last?.fixedLength
    else { throw IRError("delays \(arguments[2 + lags]) of \(state)") }
    try expect(
      arguments[2 + lags].element == .f64
        && arguments[2 + past]
          == ValueType(state.element, state.extents.dropLast() + [.fixed(m * rowLength(d))]),
      "delays: \(m) earlier states as \(arguments[2 + past])")
  }
}

extension Solve {
  /// How many delays its equations have.
  package var delayCount: Int {
    delays.flatMap { rhs.parameterTypes[2 + $0.lags].extents.last?.fixedLength } ?? 0
  }
}
