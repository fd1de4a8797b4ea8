import NodalIR
import NodalOperations

/// The regions of a solve's events, compiled.
struct EventWatch: Sendable {
  /// (t, y, p…) → the root function of each crossing event; nil without such.
  let roots: (any Executable)?
  /// Of the events that `roots` tells of: their numbers and directions.
  let crossings: [Crossing]
  /// (t, y, occurrence, p…) → y, of each event.
  let jumps: [any Executable]
  /// (t, y, h, p…) → the state that a step of Euler's method leads to; nil without crossings.
  let hop: (any Executable)?
  /// Root functions read earlier states.
  let readsPast: Bool

  struct Crossing: Sendable {
    let event: Int
    let direction: SolveEvent.Direction

    /// Whether a passage of zero from this side is one that the event is about.
    func isWanted(from sign: Int8) -> Bool {
      switch direction {
      case .rising: sign < 0
      case .falling: sign > 0
      case .either: true
      }
    }
  }

  /// nil for a solve without events.
  init?(_ solve: Solve, _ executor: any Executor) throws {
    guard !solve.events.isEmpty else { return nil }
    // A step that is withdrawn would have added to sums over lanes.
    guard solve.quadrature == nil || !solve.events.contains(where: \.isCrossing),
      !solve.sharesClock
    else { throw IRError("crossings in a solve with integrals, or events with a shared clock") }
    var crossings: [Crossing] = []
    var builder = RegionBuilder(parameters: solve.rhs.parameterTypes)
    let given = builder.parameters
    let never = builder.constant(0, builder.type(given[0]).with(.i64))
    var values: [Value] = []
    for (k, event) in solve.events.enumerated() {
      guard case .crossing(let direction) = event.trigger else { continue }
      crossings.append(Crossing(event: k, direction: direction))
      values += builder.inline(event.root, Array(given[..<2]) + [never] + given[2...])
    }
    self.crossings = crossings
    let combined = try builder.finish(values)
    readsPast = solve.delays.map { combined.reads(2 + $0.past) } ?? false
    roots = crossings.isEmpty ? nil : try executor.compile(combined)
    jumps = try solve.events.map { try executor.compile($0.jump) }
    hop = crossings.isEmpty ? nil : try executor.forRareUse.compile(try Self.hop(solve))
  }

  /// y + h f, and where the equations are M y' = f the linearly implicit step, (M/h - ∂f/∂y) Δy = f + h ∂f/∂t.
  private static func hop(_ solve: Solve) throws(IRError) -> Region {
    let types = solve.rhs.parameterTypes
    var b = RegionBuilder(parameters: [types[0], types[1], types[0]] + types[2...])
    let given = b.parameters
    let (y, h) = (given[1], given[2])
    let point = given[..<2] + given[3...]
    let slope = b.inline(solve.rhs, Array(point))[0]
    guard let mass = solve.mass, let jacobian = solve.jacobian else {
      return try b.finish([b.add(y, b.scaled(slope, by: h))])
    }
    let derivatives = b.inline(jacobian, Array(point))
    let matrix = b.sub(
      b.scaled(b.inline(mass, Array(point))[0], by: b.reciprocal(h)), derivatives[0])
    let right = b.add(slope, b.scaled(derivatives[1], by: h))
    let factors = b.value(.factorize(nil), [matrix])
    let change = b.value(.linearSolve(LinearSolve()), [matrix, factors, right])
    return try b.finish([b.add(y, change)])
  }
}

extension SolveEvent {
  /// It has to be looked for.
  var isCrossing: Bool {
    switch trigger {
    case .crossing: true
    case .times: false
    }
  }
}

/// What the events of a solve have come to for one trajectory.
struct EventState {
  /// Of each crossing event, the side of zero that its root function was last on; 0: it begins at zero.
  var sides: [Int8]
  /// The root functions where the step under way begins.
  var values: [Double]
  /// The sizes that they have had in the last step.
  var scales: [Double]
  /// How often each event has happened.
  var counts: [Int]
  /// Given times, in the order of travel, then of declaration.
  var schedule: [Scheduled] = []
  var nextScheduled = 0
  /// The whole span, of which given steps are parts.
  var span = 0.0
  /// A step that is being cut where an event happens.
  var landing: EventLanding?
  /// What happens at the end of the step under way, in order of declaration.
  var due: [Due] = []
  /// When a root function last passed zero, how long after the one before, and how many times in a row the time between has become shorter.
  var last: Double?
  var gap = Double.infinity
  var shrinking = 0

  struct Due {
    var event: Int
    var occurrence: Int
  }

  struct Scheduled {
    var time: Double
    var due: Due
  }

  /// The next given time.
  var nextTime: Double? {
    nextScheduled < schedule.count ? schedule[nextScheduled].time : nil
  }
}
