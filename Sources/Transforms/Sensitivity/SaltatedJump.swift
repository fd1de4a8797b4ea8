import NodalIR
import NodalOperations

/// The jump of an event as a map between states at one fixed time, whose derivatives know that the instant moves.
///
/// With g the root function, f the right-hand side and J the jump: the instant is t + δ with g(t + δ, φ(δ)) = 0, where φ(δ) is the state carried
/// from t to t + δ. The state after the event is J there, carried back by δ. At the instant itself δ is 0, so that this changes no value. But its
/// derivatives are those of the instant: δ comes from two steps of Newton's rule, the second with the slope of the first, and states are carried up to
/// terms of the second order (`LocalFlow`), which makes the first and the second derivatives exact. (The first are those of the saltation matrix.)
///
/// Where an event reads earlier states they are carried, too, along their derivatives by time: those are a parameter behind all others then.
///
/// Where an event stops the trajectory, it stands still behind it, and nothing is carried back.
enum SaltatedJump {
  /// (t, y, occurrence, p…, rates of earlier states if events read these) → y, and δ if it is wanted.
  static func region(
    _ event: SolveEvent, of solve: Solve, tellsInstant: Bool = false, looksBack: Bool = false
  ) throws(IRError) -> Region {
    if event.holdsMotion { return event.jump }
    let types = event.jump.parameterTypes
    let past = looksBack ? solve.delays?.past : nil
    var builder = RegionBuilder(parameters: types + [past.map { types[3 + $0] }].compactMap { $0 })
    let given = builder.parameters
    let (t, y, occurrence) = (given[0], given[1], given[2])
    let shared = solve.parameters(Array(given[3..<types.count]), at: t)
    let rates = past == nil ? [] : [given[types.count]]
    let flow = try LocalFlow(solve, shared)
    func root(_ t: Value, _ y: Value, _ shared: [Value]) -> Value {
      builder.inline(event.root, [t, y, occurrence] + shared)[0]
    }
    /// The parameters with earlier states at t + δ.
    func carried(_ delta: Value) -> [Value] {
      guard let past, let rates = rates.first else { return shared }
      var moved = shared
      moved[past] = builder.add(shared[past], builder.scaled(rates, by: delta))
      return moved
    }
    func carried(_ t: Value, _ y: Value, by delta: Value) -> Value {
      flow.carried(t, y, by: delta, &builder)
    }

    let delta: Value
    let there: Value
    switch event.trigger {
    case .times:
      // The root function is the distance from the given time.
      delta = builder.neg(root(t, y, shared))
      there = carried(t, y, by: delta)
    case .crossing:
      let tangent = try ForwardMode.differentiate(
        event.root, wrt: [0, 1] + [past].compactMap { $0.map { 3 + $0 } })
      let one = builder.constant(1, builder.type(t))
      let both = builder.inline(
        tangent, [t, y, occurrence] + shared + [one, flow.slope(t, y, &builder)] + rates)
      let (value, rate) = (both[0], both[1])
      // Where the root function only touches zero, the instant has no derivative.
      let isTouching = builder.equal(rate, builder.zeros(like: rate))
      let inverse = builder.select(
        isTouching, builder.zeros(like: rate),
        builder.div(one, builder.select(isTouching, one, rate)))
      let guess = builder.neg(builder.mul(value, inverse))
      let near = carried(t, y, by: guess)
      let rest = root(builder.add(t, guess), near, carried(guess))
      delta = builder.sub(guess, builder.mul(rest, inverse))
      there = carried(t, y, by: delta)
    }
    let instant = builder.add(t, delta)
    let after = builder.inline(event.jump, [instant, there, occurrence] + carried(delta))[0]
    let back =
      event.stops ? after : carried(instant, after, by: builder.neg(delta))
    return try Simplify.run(try builder.finish(tellsInstant ? [back, delta] : [back]))
  }
}

extension Solve {
  /// The solve's events for a state (y, x₁ …) of which `y` is the leading part: root functions read y alone, and the jump is `jump`.
  func events(
    forState state: ValueType, parameters: [ValueType], _ earlier: EarlierStates?,
    jump: (SolveEvent) throws(IRError) -> Region
  ) throws(IRError) -> [SolveEvent] {
    try events.map { (event) throws(IRError) in
      let types = event.root.parameterTypes
      let axis = types[1].rank - 1
      let d = types[1].extents[axis].fixedLength ?? 0
      var builder = RegionBuilder(parameters: [types[0], state, types[2]] + parameters)
      let given = builder.parameters
      let y = builder.slice(given[1], axis: axis, 0..<d)
      var plain = Array(given[3..<types.count])
      if let earlier {
        plain[earlier.delays.past] = earlier.plain(plain[earlier.delays.past], &builder)
      }
      let value = builder.inline(event.root, [given[0], y, given[2]] + plain)
      return SolveEvent(
        trigger: event.trigger, root: try builder.finish(value), jump: try jump(event),
        stops: event.stops, holdsMotion: true)
    }
  }
}
