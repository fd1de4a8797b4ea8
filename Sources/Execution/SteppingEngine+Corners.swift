import NodalIR
import NodalMethods

/// Times that steps end at because something is not smooth there: the right-hand side, at the solve's corners, or the solution, where delays make
/// it so.
extension SteppingEngine {
  /// Times of corners, ascending, NaN at the end for none.
  struct CornerTimes {
    var first: UnsafePointer<Double>
    var count: Int
    /// From one trajectory's first to the next one's; 0 where all have the same.
    var stride: Int
    /// The right-hand side itself jumps there.
    var isJump: Bool

    func of(_ trajectory: Int) -> UnsafeBufferPointer<Double> {
      UnsafeBufferPointer(start: first + stride * trajectory, count: count)
    }
  }

  enum Corner { case bend, jump }

  /// Looks where the run has its corners.
  func beginCorners() {
    corners.removeAll(keepingCapacity: true)
    guard let given = solve.corners else { return }
    for (places, isJump) in [(given.bends, false), (given.jumps, true)] {
      for place in places {
        let operand = Solve.Operand.parameters + place
        let count = program.parameterTypes[operand].extents.last?.fixedLength ?? 0
        corners.append(
          CornerTimes(
            first: inputs[operand].assumingMemoryBound(to: Double.self), count: count,
            stride: batched[operand] ? count : 0, isJump: isJump))
      }
    }
    if isJoint, corners.contains(where: { $0.stride > 0 }) { shareCorners() }
  }

  /// Steps that all trajectories share end at the corners of each.
  private func shareCorners() {
    var all: [Double] = []
    for i in trajectories.indices {
      for times in corners { all += times.of(i).filter { !$0.isNaN } }
    }
    all.sort()
    let memory = commonCorners.reserve(8 * max(1, all.count)).assumingMemoryBound(to: Double.self)
    for (k, time) in all.enumerated() { memory[k] = time }
    // Of times of several nobody is the first or the last.
    corners = [CornerTimes(first: UnsafePointer(memory), count: all.count, stride: 0, isJump: true)]
  }

  /// The first corner that trajectory i meets on its way from a time to `end`, or the end. What is so near that no step leads there has been met.
  func nextCorner(_ i: Int, from time: Double, before end: Double) -> Double {
    guard hasCorners else { return end }
    let direction = trajectories[i].direction
    let here = time + direction * StepController.shortest(at: time)
    var next = end
    func meet(_ corner: Double?) {
      if let corner, (next - corner) * direction > 0 { next = corner }
    }
    // What the end is as good as at is met there.
    if let delays = trajectories[i].delays, let place = delays.breaks.next(from: here, direction),
      !StepController.isTooSmall(next - place, at: place)
    {
      meet(place)
    }
    for times in corners { meet(times.of(i).next(from: here, direction)) }
    return next
  }

  /// What a time is for trajectory i; nil where all is smooth.
  private func corner(_ i: Int, at time: Double) -> Corner? {
    if trajectories[i].delays?.hasBreak(at: time) == true { return .jump }
    var isBend = false
    for times in corners {
      let own = times.of(i)
      guard let place = own.place(of: time) else { continue }
      // Nothing is said of what is outside of the first and the last.
      if times.isJump || place == 0 || place + 1 >= own.count || own[place + 1].isNaN {
        return .jump
      }
      isBend = true
    }
    return isBend ? .bend : nil
  }

  /// The accepted steps that have ended at a corner.
  func passCorners(record: any Workspace) throws(ExecutionError) {
    guard hasCorners else { return }
    var jumped: [Int] = []
    var breaking: [Int] = []
    for slot in 0..<slots where isAccepted[slot] && !isDone[slot] {
      guard pass(slot, at: trajectories[lanes[slot]].target) else { continue }
      jumped.append(slot)
      if trajectories[lanes[slot]].delays?.hasBreak(at: trajectories[lanes[slot]].target) == true {
        breaking.append(slot)
      }
    }
    try kick(breaking, record)
    try restart(jumped.filter { !isDone[$0] })
  }

  /// The same for one slot, which is where a step has ended.
  func passCorner(_ slot: Int) throws(ExecutionError) {
    guard hasCorners, pass(slot, at: times.typed(Double.self)[slot]) else { return }
    try restart([slot])
  }

  /// At a jump the method begins anew, which is left to do: true. At a bend what it remembers is still right, but how its errors have followed
  /// each other is of the past.
  private func pass(_ slot: Int, at time: Double) -> Bool {
    let i = lanes[slot]
    guard let corner = corner(i, at: time) else { return false }
    trajectories[i].history = StepHistory()
    if isJoint { jointHistory = StepHistory() }
    trajectories[i].isAtCorner = true
    if let length = trajectories[i].behindCorner {
      trajectories[i].proposal = min(trajectories[i].proposal, length)
    }
    switch corner {
    case .jump: return true
    case .bend: return false
    }
  }

  /// The next step's length behind one that is tried or taken.
  func propose(_ i: Int, _ h: Double, _ decision: StepController.Decision) {
    var length = abs(h) * decision.factor
    if let cornerPace, decision.accepted {
      let wanted = min(trajectories[i].proposal, trajectories[i].delays?.longestStep ?? .infinity)
      if abs(h) < wanted, decision.factor >= cornerPace.leastFactor { length = max(length, wanted) }
      if trajectories[i].isAtCorner {
        trajectories[i].isAtCorner = false
        trajectories[i].behindCorner = cornerPace.lengthBehind * length
      }
    }
    trajectories[i].proposal = length
  }

  /// Tells the right-hand side at the slots' times which piece of it is meant: that ahead.
  func fillPhases() {
    guard solve.corners != nil else { return }
    for slot in 0..<slots { fillPhase(slot) }
  }

  func fillPhase(_ slot: Int) {
    guard solve.corners != nil else { return }
    let (i, time) = (lanes[slot], times.typed(Double.self)[slot])
    let next = nextCorner(i, from: time, before: trajectories[i].end)
    phases.typed(Double.self)[slot] = time + (next - time) / 2
  }

  /// Points the right-hand side's inputs to the phases.
  func bindPhases() {
    guard let phase = solve.corners?.phase else { return }
    let middles = UnsafeRawPointer(phases.reserve(8 * slots))
    pointInputs[2 + phase] = middles
    beginInputs[4 + phase] = middles
  }

  /// What the right-hand side is given at the slots' times, or at the ends of their steps, beside time, state and parameters.
  func fillPoint(atEnd: Bool = false) throws(ExecutionError) {
    fillPhases()
    try fillPast(atEnd: atEnd)
  }
}

extension RandomAccessCollection<Double> where Index == Int {
  /// Of ascending numbers, NaN at the end for none: the first one above x, or, in the direction of -1, the last one below.
  func next(from x: Double, _ direction: Double) -> Double? {
    if direction > 0 {
      let place = firstIndex { !($0 <= x) }
      return place < endIndex && !self[place].isNaN ? self[place] : nil
    }
    let place = firstIndex { !($0 < x) }
    return place > startIndex ? self[place - 1] : nil
  }

  /// Where a number stands among them.
  func place(of x: Double) -> Int? {
    let place = firstIndex { !($0 < x) }
    return place < endIndex && self[place] == x ? place : nil
  }

  /// By bisection: a condition holds from some place on.
  private func firstIndex(_ holds: (Double) -> Bool) -> Int {
    var (low, high) = (startIndex, endIndex)
    while low < high {
      let middle = (low + high) / 2
      if holds(self[middle]) { high = middle } else { low = middle + 1 }
    }
    return low
  }
}
