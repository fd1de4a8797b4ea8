/// The instant of an event under way: a step that ends there is taken again and again, by the secant rule, until the root function
/// of its end is zero. So the instant is that of the steps, which gradients go through, and not of their dense output.
///
/// A root function that jumps over zero has no root: then the instant is halved in, and is the first time behind the jump.
struct EventLanding {
  /// Where the cut step ends.
  private(set) var time: Double
  /// The root function has not passed zero at the one, and has at the other.
  private var low: Double
  private var high: Double
  /// The place among the crossings of the one that is looked for, and of all that happen with it.
  let crossing: Int
  var fires: [Int]
  /// Change of the root function with time.
  private var slope: Double
  /// The try before: its end and root function.
  private var before: (time: Double, value: Double)?
  private var tries = 0

  init(
    time: Double, low: Double, high: Double, crossing: Int, fires: [Int], slope: Double
  ) {
    self.time = time
    self.low = low
    self.high = high
    self.crossing = crossing
    self.fires = fires
    self.slope = slope
  }

  /// Takes down what the root function is at the end of the cut step, which was on a side of zero before. True if this is the instant;
  /// otherwise there is a better time.
  mutating func take(_ value: Double, before side: Int8, _ scale: Double) -> Bool {
    tries += 1
    let isBefore = side > 0 ? value > 0 : value < 0
    if isBefore { low = time } else { high = time }
    if let before, before.time != time, before.value != value {
      slope = (value - before.value) / (time - before.time)
    }
    let isNear = abs(value) <= 1e-6 * scale
    let isWorse = before.map { abs($0.value) <= abs(value) } ?? false
    before = (time, value)
    var next = time - value / slope
    let finest = 2 * max(abs(low), abs(high)).ulp
    let isStill = next.isFinite && abs(next - time) <= finest
    if value == 0 || (isNear && (isWorse || isStill)) || tries > 100 { return true }
    if abs(high - low) <= finest {
      if time == high { return true }
      next = high
    } else if !next.isFinite || abs(next - low) + abs(high - next) > abs(high - low)
      || next == low || next == high || tries > 12
    {
      next = low + (high - low) / 2
    }
    time = next
    return false
  }
}
