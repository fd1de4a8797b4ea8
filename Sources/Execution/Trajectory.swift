import NodalMethods

/// What the engine knows of one trajectory besides its state.
struct Trajectory {
  var end = 0.0
  /// 1 forwards, -1 backwards.
  var direction = 1.0
  var status = SolveStatus.ok
  var evaluations = 0
  var accepted = 0
  var rejected = 0
  var tries: Int { accepted + rejected }
  /// The first save time that hasn't been reached.
  var nextSave = 0
  /// The size of the next step, positive: adaptive steps only.
  var proposal = 0.0
  var history = StepHistory()
  var stiffness = StiffnessMonitor()
  /// When it was first called stiff.
  var stiffFrom: Double?
  /// Where methods take turns: when to look whether it is time for the other one.
  var look = LookPace()
  /// It leaves the engine where the step under way ends, for the method that takes turns with this one.
  var leaves = false
  /// How often it has left.
  var switches = 0
  /// Adaptive steps only: it is at a corner, and how long the first step behind the last one should have been.
  var isAtCorner = false
  var behindCorner: Double?
  /// Given steps only: the stretch under way, and how long they may be.
  var gap = StepGap()
  var longest = Double.infinity
  /// Entries of the trace: accepted steps, and the jumps of events.
  var logged = 0
  /// What the solve's events have come to; nil without events.
  var events: EventState?
  /// nil without delays.
  var delays: DelayState?
  /// The step under way ends here, and the trajectory with it.
  var target = 0.0
  var lands = false
}

/// Every how many steps a trajectory is looked at, which costs as much as some ten steps do: after the first steps, then more and more seldom,
/// but at each step while there is a suspicion. Its own steps alone count, so that company changes nothing.
struct LookPace {
  private static let first = 64
  private static let last = 1024
  /// The steps that have been tried when the next look is due.
  private(set) var due = first
  private var pause = first

  init() {}

  /// From a number of tried steps on.
  init(from tries: Int) { due = tries + Self.first }

  mutating func pass(_ tries: Int, isHit: Bool) {
    pause = isHit ? Self.first : min(2 * pause, Self.last)
    due = tries + (isHit ? 1 : pause)
  }
}

/// A stretch of time cut into equal steps.
struct StepGap {
  private(set) var start = 0.0
  private(set) var end = 0.0
  private(set) var count = 0
  private(set) var done = 0
  private(set) var h = 0.0

  init() {}

  /// Steps no longer than `longest`, at most one more than `limit` of them.
  init(from start: Double, to end: Double, longest: Double, limit: Int) {
    // A quotient that rounding lifted above a whole number must not cost another step.
    let quotient = (abs(end - start) / longest * (1 - 1e-12)).rounded(.up)
    let count = quotient >= 1 ? (quotient <= Double(limit) ? Int(quotient) : limit + 1) : 1
    self.init(from: start, to: end, count: count)
  }

  init(from start: Double, to end: Double, count: Int) {
    self.start = start
    self.end = end
    self.count = max(1, count)
    h = (end - start) / Double(self.count)
  }

  /// As a compiled loop has left it.
  init(start: Double, end: Double, h: Double, count: Int, done: Int) {
    (self.start, self.end, self.h, self.count, self.done) = (start, end, h, count, done)
  }

  var isDone: Bool { done >= count }
  /// The end of the step under way; the last is exact.
  var next: Double { done + 1 >= count ? end : start + Double(done + 1) * h }
  mutating func advance() { done += 1 }
}
