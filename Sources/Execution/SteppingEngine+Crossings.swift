import NodalIR
import NodalMethods

/// Where root functions pass zero. Each accepted step is looked at where it begins, at some places inside of it, by the method's dense output, and
/// where it ends. A step in which an event happens is withdrawn, and taken again with the length that ends there.
extension SteppingEngine {
  /// Places inside of a step. Two passages of zero between neighbours are seen where the function turns near zero, and not otherwise.
  private static let places = [0.25, 0.5, 0.75]
  /// So far into a step a root function that begins at zero is asked for the side that it leaves to.
  private static let departure = 1.0 / 1_048_576

  private var crossings: [EventWatch.Crossing] { program.events?.crossings ?? [] }

  // MARK: After a step

  /// Looks for events in the accepted steps. Gives how many of these it has withdrawn.
  func meetEvents(_ workspace: any Workspace) throws(ExecutionError) -> Int {
    var withdrawn = 0
    if !crossings.isEmpty {
      var found: [Int: [RootBracket]] = [:]
      let samples = try sample(workspace)
      let turns = try turns(samples, workspace)
      for slot in 0..<slots where isAccepted[slot] {
        let i = lanes[slot]
        if trajectories[i].events?.landing != nil {
          if !land(slot, samples.last?.values ?? []) {
            isAccepted[slot] = false
            withdrawn += 1
          }
        } else {
          let candidates = candidates(slot, samples.with(turns[slot]))
          if !candidates.isEmpty { found[slot] = candidates }
        }
      }
      if !found.isEmpty { withdrawn += try refine(&found, workspace) }
    }
    for slot in 0..<slots where isAccepted[slot] { takeScheduled(lanes[slot]) }
    return withdrawn
  }

  /// The root functions of all slots at one place of their steps: [crossing * slots + slot].
  fileprivate struct Sample {
    var theta: Double
    var values: [Double]
  }

  /// One more place for slots in whose step a root function comes near zero and turns: it may have passed zero twice. The place is the vertex
  /// of the parabola through three neighbours.
  private func turns(
    _ samples: [Sample], _ workspace: any Workspace
  ) throws(ExecutionError) -> [Int: Sample] {
    var places = [Double](repeating: 0, count: slots)
    var found: [Int] = []
    for slot in 0..<slots where isAccepted[slot] {
      guard let events = trajectories[lanes[slot]].events, events.landing == nil else { continue }
      for c in crossings.indices {
        let points =
          [RootBracket.Point(theta: 0, value: events.values[c])]
          + samples.map { .init(theta: $0.theta, value: $0.values[c * slots + slot]) }
        if let place = Self.turn(points) {
          places[slot] = place
          found.append(slot)
          break
        }
      }
    }
    guard !found.isEmpty else { return [:] }
    let values = try roots(places, workspace)
    return Dictionary(
      uniqueKeysWithValues: found.map { ($0, Sample(theta: places[$0], values: values)) })
  }

  /// Where a function that has one sign at all points may have the other between them.
  private static func turn(_ points: [RootBracket.Point]) -> Double? {
    for k in points.indices.dropFirst().dropLast() {
      let (a, b, c) = (points[k - 1], points[k], points[k + 1])
      let isTurning = abs(b.value) < abs(a.value) && abs(b.value) < abs(c.value)
      guard isTurning, side(a.value) == side(b.value), side(b.value) == side(c.value) else {
        continue
      }
      let left = (b.value - a.value) / (b.theta - a.theta)
      let right = (c.value - b.value) / (c.theta - b.theta)
      let bend = (right - left) / (c.theta - a.theta)
      let slope = left + bend * (b.theta - a.theta)
      let vertex = b.theta - slope / (2 * bend)
      let value = b.value - slope * slope / (4 * bend)
      // The parabola is not the function: half of the way to zero is near enough to look.
      if vertex > a.theta, vertex < c.theta, value * b.value <= 0.5 * b.value * b.value {
        return vertex
      }
    }
    return nil
  }

  private func sample(_ workspace: any Workspace) throws(ExecutionError) -> [Sample] {
    var samples: [Sample] = []
    // A cut step is asked for its end alone.
    let isWhole = (0..<slots).contains { slot in
      isAccepted[slot] && trajectories[lanes[slot]].events?.landing == nil
    }
    let isFresh = (0..<slots).contains { slot in
      isAccepted[slot] && trajectories[lanes[slot]].events?.sides.contains(0) == true
    }
    for theta in isWhole ? (isFresh ? [Self.departure] : []) + Self.places : [] {
      let places = [Double](repeating: theta, count: slots)
      samples.append(Sample(theta: theta, values: try roots(places, workspace)))
    }
    let t = times.typed(Double.self)
    let h = sizes.typed(Double.self)
    let ends = (0..<slots).map { t[$0] + h[$0] }
    samples.append(Sample(theta: 1, values: try roots(at: ends, on: 1, workspace.results[0])))
    return samples
  }

  /// The root functions at a place of each slot's step, by dense output.
  private func roots(
    _ places: [Double], _ workspace: any Workspace
  ) throws(ExecutionError) -> [Double] {
    let t = times.typed(Double.self)
    let h = sizes.typed(Double.self)
    // It reads by the dense output, too, and overwrites what that has given.
    try fillPastForRoots { (t[$0] + places[$0] * h[$0], places[$0]) }
    let theta = scratch[0].reserve(8 * slots).assumingMemoryBound(to: Double.self)
    for slot in 0..<slots { theta[slot] = places[slot] }
    denseInputs[0] = UnsafeRawPointer(theta)
    denseInputs[1] = UnsafeRawPointer(sizes.pointer)
    denseInputs[2] = UnsafeRawPointer(state.pointer)
    denseInputs[3] = workspace.results[0]
    denseInputs[4] = workspace.results[program.recordResult]
    try dense.run(denseInputs.pointer, inner(lanes: slots))
    return try roots(of: (0..<slots).map { t[$0] + places[$0] * h[$0] }, dense.results[0])
  }

  /// The root functions at instants that are beginnings of steps (side 0) or ends (1).
  private func roots(
    at instants: [Double], on side: Double, _ states: UnsafeRawPointer
  ) throws(ExecutionError) -> [Double] {
    try fillPastForRoots { (instants[$0], side) }
    return try roots(of: instants, states)
  }

  private func fillPastForRoots(_ outlook: Outlook) throws(ExecutionError) {
    if program.events?.readsPast == true { try fillPast(outlook) }
  }

  private func roots(
    of instants: [Double], _ states: UnsafeRawPointer
  ) throws(ExecutionError) -> [Double] {
    guard let roots else { return [] }
    let t = rootValues.reserve(8 * slots).assumingMemoryBound(to: Double.self)
    for slot in 0..<slots { t[slot] = instants[slot] }
    pointInputs[0] = UnsafeRawPointer(t)
    pointInputs[1] = states
    defer {
      pointInputs[0] = UnsafeRawPointer(times.pointer)
      pointInputs[1] = UnsafeRawPointer(state.pointer)
    }
    try roots.run(pointInputs.pointer, inner(lanes: slots))
    return crossings.indices.flatMap { c in
      let values = roots.results[c].assumingMemoryBound(to: Double.self)
      return (0..<slots).map { values[$0] }
    }
  }

  /// The sides on which root functions begin. Where an event has just happened they are at zero but for rounding, and begin on the side that
  /// they leave to; an event can't happen at its own beginning.
  func lookAround(_ wanted: [Int], after fired: [[Int]]? = nil) throws(ExecutionError) {
    guard !crossings.isEmpty, !wanted.isEmpty else { return }
    let t = times.typed(Double.self)
    let now = try roots(at: (0..<slots).map { t[$0] }, on: 0, UnsafeRawPointer(state.pointer))
    for (place, slot) in wanted.enumerated() {
      let i = lanes[slot]
      for (c, crossing) in crossings.enumerated() {
        let value = now[c * slots + slot]
        let isOwn = fired.map { $0[place].contains(crossing.event) } ?? false
        let isZero = isOwn && abs(value) <= 1e-8 * (trajectories[i].events?.scales[c] ?? 0)
        trajectories[i].events?.sides[c] = isZero ? 0 : Self.side(value)
        trajectories[i].events?.values[c] = value
      }
      trajectories[i].events?.landing = nil
    }
    if wanted.contains(where: { trajectories[lanes[$0]].events?.sides.contains(0) == true }) {
      try lookAhead(wanted, from: now)
    }
  }

  /// The sides that root functions at zero leave to, along the slope: a step's own output would show only where a short hop has led.
  private func lookAhead(_ wanted: [Int], from now: [Double]) throws(ExecutionError) {
    guard let hop else { return }
    try fillPoint()
    let t = times.typed(Double.self)
    var instants = (0..<slots).map { t[$0] }
    let distances = scratch[2].reserve(8 * slots).assumingMemoryBound(to: Double.self)
    for slot in 0..<slots { distances[slot] = .ulpOfOne }
    for slot in wanted {
      let trajectory = trajectories[lanes[slot]]
      let span = trajectory.events?.span ?? 0
      let stride = isAdaptive && trajectory.proposal > 0 ? min(trajectory.proposal, span) : span
      distances[slot] = trajectory.direction * stride * Self.departure
      instants[slot] += distances[slot]
    }
    for k in 0..<2 { hopInputs[k] = pointInputs[k] }
    hopInputs[2] = UnsafeRawPointer(distances)
    for p in parameters.indices { hopInputs[3 + p] = pointInputs[2 + p] }
    try hop.run(hopInputs.pointer, inner(lanes: slots))
    let ahead = hop.results[0]
    let later = try roots(at: instants, on: 0, ahead)
    for slot in wanted {
      for c in crossings.indices where trajectories[lanes[slot]].events?.sides[c] == 0 {
        let place = c * slots + slot
        trajectories[lanes[slot]].events?.sides[c] = Self.side(later[place] - now[place])
      }
    }
  }

  /// Zero but for rounding: of what happens at a given time, at the end or with something else, rounding is not to tell the order.
  private func isZero(_ value: Double, _ scale: Double) -> Bool {
    let rounding = stateType.element == .f32 ? Double(Float.ulpOfOne) : Double.ulpOfOne
    return abs(value) <= 64 * rounding * scale
  }

  private static func side(_ value: Double) -> Int8 { value > 0 ? 1 : value < 0 ? -1 : 0 }

  // MARK: Passages of zero

  /// The first wanted passage of each crossing in a slot's step. The sides of the others go with the step.
  private func candidates(_ slot: Int, _ samples: [Sample]) -> [RootBracket] {
    guard var events = trajectories[lanes[slot]].events else { return [] }
    var found: [RootBracket] = []
    let target = trajectories[lanes[slot]].target
    let isGoal = target == trajectories[lanes[slot]].end || target == events.nextTime
    for (c, crossing) in crossings.enumerated() {
      var side = events.sides[c]
      var low = RootBracket.Point(theta: 0, value: events.values[c])
      var hasLow = side != 0 && Self.side(low.value) == side
      events.scales[c] = abs(low.value)
      for sample in samples {
        var here = RootBracket.Point(theta: sample.theta, value: sample.values[c * slots + slot])
        events.scales[c] = max(events.scales[c], abs(here.value))
        if sample.theta == 1, isGoal, isZero(here.value, events.scales[c]) { here.value = 0 }
        if side == 0 {
          side = Self.side(here.value - low.value)
          hasLow = Self.side(here.value) == side
        } else if here.value == 0 || Self.side(here.value) == -side {
          if crossing.isWanted(from: side) {
            found.append(
              RootBracket(crossing: c, side: side, low: low, high: here, hasLow: hasLow))
            break
          }
          side = -side
          hasLow = here.value != 0
        } else {
          hasLow = true
        }
        if hasLow { low = here }
      }
      guard found.isEmpty else { continue }
      events.sides[c] = side
      events.values[c] = samples.last?.values[c * slots + slot] ?? 0
    }
    trajectories[lanes[slot]].events?.scales = events.scales
    if found.isEmpty { trajectories[lanes[slot]].events = events }
    return earliest(found)
  }

  /// Those that can be the first.
  private func earliest(_ candidates: [RootBracket]) -> [RootBracket] {
    let first = candidates.map(\.root).min() ?? 1
    return candidates.filter { $0.root <= first }
  }

  /// Finds the instants on the dense output, and begins the landings there. Gives how many steps it withdraws.
  private func refine(
    _ found: inout [Int: [RootBracket]], _ workspace: any Workspace
  ) throws(ExecutionError) -> Int {
    let waves = found.values.map(\.count).max() ?? 0
    for wave in 0..<waves {
      for _ in 0..<120 {
        var places = [Double](repeating: 0, count: slots)
        var isBusy = false
        for (slot, candidates) in found where wave < candidates.count && !candidates[wave].isDone {
          places[slot] = candidates[wave].next
          isBusy = true
        }
        if !isBusy { break }
        let values = try roots(places, workspace)
        for slot in found.keys {
          guard let count = found[slot]?.count, wave < count, found[slot]?[wave].isDone == false
          else { continue }
          let c = found[slot]?[wave].crossing ?? 0
          found[slot]?[wave].narrow(places[slot], values[c * slots + slot])
        }
      }
    }
    var withdrawn = 0
    for (slot, candidates) in found {
      // An event that happens again before its root function has left zero does so without end.
      if let stuck = candidates.first(where: { !$0.hasLow }) {
        fail(slot, .eventsWithoutEnd, h: 0, event: crossings[stuck.crossing].event)
      } else if begin(slot, candidates) {
        continue
      }
      isAccepted[slot] = false
      withdrawn += 1
    }
    return withdrawn
  }

  // MARK: Landing

  /// Sets out to land on the first of the instants found; true if the step ends there as it is.
  private func begin(_ slot: Int, _ candidates: [RootBracket]) -> Bool {
    let i = lanes[slot]
    let (t, h) = (times.typed(Double.self)[slot], sizes.typed(Double.self)[slot])
    guard let first = candidates.min(by: { $0.root < $1.root }) else { return true }
    let together = candidates.filter { $0.root - first.root <= 1e-12 }
    let target = trajectories[i].target
    var time = t + first.root * h
    if first.root >= 1 || abs(target - time) <= 2 * target.ulp { time = target }
    trajectories[i].events?.landing = EventLanding(
      time: time, low: t, high: target, crossing: first.crossing,
      fires: together.map { crossings[$0.crossing].event }, slope: first.slope / h)
    guard time == target else { return false }
    fire(i)
    return true
  }

  /// Whether a cut step has come to the instant; otherwise the landing is told a better one.
  private func land(_ slot: Int, _ ends: [Double]) -> Bool {
    let i = lanes[slot]
    guard var landing = trajectories[i].events?.landing else { return true }
    let value = ends[landing.crossing * slots + slot]
    let scale = trajectories[i].events?.scales[landing.crossing] ?? 0
    if landing.take(value, before: trajectories[i].events?.sides[landing.crossing] ?? 0, scale) {
      trajectories[i].events?.landing = landing
      join(slot, ends)
      fire(i)
      return true
    }
    trajectories[i].events?.landing = landing
    return false
  }

  /// Other events whose root functions have passed zero by now happen with the one that was looked for.
  private func join(_ slot: Int, _ ends: [Double]) {
    let i = lanes[slot]
    guard var events = trajectories[i].events, var landing = events.landing else { return }
    for (c, crossing) in crossings.enumerated() where !landing.fires.contains(crossing.event) {
      let (side, value) = (events.sides[c], ends[c * slots + slot])
      let isPast = Self.side(value) == -side || isZero(value, events.scales[c])
      if side != 0, isPast, crossing.isWanted(from: side) {
        landing.fires.append(crossing.event)
      }
    }
    events.landing = landing
    trajectories[i].events = events
  }

  /// What was landed on is due.
  private func fire(_ i: Int) {
    guard let events = trajectories[i].events, let landing = events.landing else { return }
    trajectories[i].events?.due = landing.fires.sorted().map {
      EventState.Due(event: $0, occurrence: events.counts[$0])
    }
  }
}

extension [SteppingEngine.Sample] {
  /// With another sample in its place among them.
  fileprivate func with(_ other: SteppingEngine.Sample?) -> Self {
    guard let other else { return self }
    let place = firstIndex { $0.theta >= other.theta } ?? endIndex
    return self[..<place] + [other] + self[place...]
  }
}
