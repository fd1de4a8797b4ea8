/// Something that happens in a solve at an instant, and changes the state there.
///
/// The regions see one trajectory as `rhs` does, and get its axis of lanes with it. Behind time and state they take how
/// often the event has happened before (i64), or for given times the place of this one among them.
package struct SolveEvent: Sendable, Hashable {
  package enum Direction: String, Sendable, Hashable, CaseIterable { case rising, falling, either }

  package enum Trigger: Sendable, Hashable {
    /// Where the root function passes zero, in the order of travel.
    case crossing(Direction)
    /// At the times that a parameter of the solve holds, f64[n], in any order. What is no number or outside of the span is
    /// none.
    case times(parameter: Int)
  }

  package var trigger: Trigger
  /// (t, y, occurrence, p…) → f64: zero where the event happens. For given times it is the distance from the time, which
  /// derivatives need.
  package var root: Region
  /// (t, y, occurrence, p…) → y: the state after the event from the one before.
  package var jump: Region
  /// The trajectory stands still from here on.
  package var stops: Bool
  /// The jump tells also how the state moves with the instant: it is a map between states at a fixed time, and needs nothing
  /// more to be differentiated. See `SaltatedJump`.
  package var holdsMotion: Bool

  package init(
    trigger: Trigger, root: Region, jump: Region, stops: Bool = false, holdsMotion: Bool = false
  ) {
    self.trigger = trigger
    self.root = root
    self.jump = jump
    self.stops = stops
    self.holdsMotion = holdsMotion
  }

  /// The same event with other regions.
  package func mapRegions(
    _ transform: (Region) throws(IRError) -> Region
  ) throws(IRError) -> SolveEvent {
    var event = self
    event.root = try transform(root)
    event.jump = try transform(jump)
    return event
  }
}

extension Solve {
  /// The types that an event's regions take, from those of the right-hand side.
  func checkEvents(_ arguments: [ValueType], isLaned: Bool) throws(IRError) {
    for event in events {
      try expect(!sharesClock, "solve: events under a shared clock")
      let time = arguments[0]
      let given = Array(arguments[..<2]) + [time.with(.i64)] + arguments[2...]
      for region in [event.root, event.jump] {
        try expect(
          region.parameterTypes == given,
          "solve: an event's region takes \(region.parameterTypes), given \(given)")
      }
      try expect(event.root.resultTypes == [time], "solve: root gives \(event.root.resultTypes)")
      try expect(
        event.jump.resultTypes == [arguments[1]], "solve: jump gives \(event.jump.resultTypes)")
      guard case .times(let parameter) = event.trigger else { continue }
      try expect(arguments.indices.contains(2 + parameter), "solve: no times \(parameter)")
      let own = arguments[2 + parameter]
      let times = isLaned && own.isBatched ? own.droppingFirst() : own
      try expect(
        times.element == .f64 && times.rank == 1, "solve: times of an event \(times)")
    }
  }
}

// MARK: The text form

extension SolveEvent {
  /// `event(falling, false, false)`, `times(2, true, false)`.
  var text: String {
    switch trigger {
    case .crossing(let direction): "event(\(direction.rawValue), \(stops), \(holdsMotion))"
    case .times(let parameter): "times(\(parameter), \(stops), \(holdsMotion))"
    }
  }

  /// Names of the regions of event k.
  static func labels(_ k: Int) -> [String] { ["root\(k)", "jump\(k)"] }
}
