/// A passage of zero between two places of a step, made narrower by regula falsi with halved weights (Illinois).
struct RootBracket {
  struct Point {
    var theta: Double
    var value: Double
  }

  /// The place of the event among the crossings.
  let crossing: Int
  /// On which side of zero the root function is before: 1 or -1.
  let side: Int8
  private(set) var low: Point
  private(set) var high: Point
  /// `low` is on that side. It isn't where an event has just happened: there the root function is zero, or beyond by rounding.
  private(set) var hasLow: Bool
  private(set) var isDone = false
  /// Change of the root function with θ.
  private(set) var slope: Double
  private var weights = (low: 1.0, high: 1.0)
  private var lastSide: Int8 = 0
  private var turns = 0

  init(crossing: Int, side: Int8, low: Point, high: Point, hasLow: Bool) {
    self.crossing = crossing
    self.side = side
    self.low = low
    self.high = high
    self.hasLow = hasLow
    slope = (high.value - low.value) / (high.theta - low.theta)
    isDone = hasLow && high.value == 0
  }

  /// The first place that is known to be past zero.
  var root: Double { high.theta }

  /// The place to look at next.
  var next: Double {
    let middle = low.theta + (high.theta - low.theta) / 2
    // One turn in five is a bisection: so much for functions that are flat on one side.
    guard hasLow, turns % 5 != 4 else { return middle }
    let (a, b) = (weights.low * low.value, weights.high * high.value)
    let guess = (low.theta * b - high.theta * a) / (b - a)
    return guess > low.theta && guess < high.theta ? guess : middle
  }

  /// Takes down the value that was found at a place inside.
  mutating func narrow(_ theta: Double, _ value: Double) {
    turns += 1
    let found: Int8 = value > 0 ? 1 : value < 0 ? -1 : 0
    if found == side {
      if hasLow, lastSide == side { weights.high /= 2 }
      (low, weights.low) = (Point(theta: theta, value: value), 1)
      hasLow = true
    } else {
      if hasLow, lastSide != side, lastSide != 0 { weights.low /= 2 }
      (high, weights.high) = (Point(theta: theta, value: value), 1)
    }
    lastSide = found == side ? side : -side
    let width = high.theta - low.theta
    // Closer together the two say more of rounding than of the function.
    if hasLow, width > 1e-5 { slope = (high.value - low.value) / width }
    isDone = width <= 1e-14 || (hasLow && value == 0)
  }
}
