/// A step length along a descent direction that satisfies the strong Wolfe conditions
/// `φ(α) ≤ φ(0) + c₁ α φ'(0)` and `|φ'(α)| ≤ c₂ |φ'(0)|`.
///
/// Nocedal and Wright, Numerical Optimization (2006), algorithms 3.5 and 3.6, with cubic
/// interpolation (their equation 3.59) kept inside the interval. A trial without a finite value
/// counts as one that is infinitely high: the search comes back from it by halving.
struct StrongWolfeSearch: Sendable {
  var decrease = 1e-4
  var curvature = 0.9
  /// The most trials of a search.
  var budget = 25

  /// A length with what was found there; the beginning has no trial.
  struct Point {
    var step: Double
    var value: Double
    var slope: Double
    var trial: Trial?
  }

  /// The far end of an interval: a point, or a length at which there is no value.
  private enum End {
    case point(Point)
    case unusable(step: Double)

    var step: Double {
      switch self {
      case .point(let point): point.step
      case .unusable(let step): step
      }
    }
  }

  private typealias Probe = (_ step: Double) throws -> Point?

  /// The accepted point, or where the trials run out the lowest found, if it is a decrease in the
  /// first condition's sense; nil otherwise. `slope` must be negative, `first` positive.
  func search(
    value: Double, slope: Double, first: Double, probe: (_ step: Double) throws -> Point?
  ) throws -> Point? {
    let start = Point(step: 0, value: value, slope: slope, trial: nil)
    var previous = start
    var step = first
    for turn in 0..<budget {
      guard step.isFinite else { break }
      guard let point = try probe(step) else {
        return try zoom(
          start, low: previous, high: .unusable(step: step), left: budget - turn - 1, probe)
      }
      if !decreases(point, from: start) || (turn > 0 && point.value >= previous.value) {
        return try zoom(start, low: previous, high: .point(point), left: budget - turn - 1, probe)
      }
      if isFlat(point, start) { return point }
      if point.slope >= 0 {
        return try zoom(start, low: point, high: .point(previous), left: budget - turn - 1, probe)
      }
      let width = point.step - previous.step
      let guess = Self.cubicMinimum(previous, point) ?? .infinity
      step = min(max(guess, point.step + 1.1 * width), point.step + 4 * width)
      previous = point
    }
    return previous.trial == nil ? nil : previous
  }

  /// Algorithm 3.6: `low` is the lowest point so far that decreases enough, and an acceptable one
  /// lies between it and `high`.
  private func zoom(
    _ start: Point, low: Point, high: End, left: Int, _ probe: Probe
  ) throws -> Point? {
    var low = low
    var high = high
    for turn in 0..<max(0, left) {
      let width = high.step - low.step
      // Closer than rounding: nothing lies between.
      if width.magnitude <= 4 * (low.step.magnitude + high.step.magnitude).ulp { break }
      var step = low.step + 0.5 * width
      // Every third turn halves, so that the interval shrinks whatever the cubic says.
      if turn % 3 != 2, case .point(let point) = high,
        let guess = Self.cubicMinimum(low, point)
      {
        let part = (guess - low.step) / width
        step = low.step + min(0.9, max(0.1, part)) * width
      }
      guard let point = try probe(step) else {
        high = .unusable(step: step)
        continue
      }
      if !decreases(point, from: start) || point.value >= low.value {
        high = .point(point)
        continue
      }
      if isFlat(point, start) { return point }
      if point.slope * width >= 0 { high = .point(low) }
      low = point
    }
    return low.trial == nil ? nil : low
  }

  private func decreases(_ point: Point, from start: Point) -> Bool {
    point.value <= start.value + decrease * point.step * start.slope
  }

  private func isFlat(_ point: Point, _ start: Point) -> Bool {
    point.slope.magnitude <= -curvature * start.slope
  }

  /// Where the cubic through two values and slopes has its minimum; nil where it has none, or
  /// rounding hides it.
  static func cubicMinimum(_ a: Point, _ b: Point) -> Double? {
    let width = b.step - a.step
    guard width != 0 else { return nil }
    let d1 = a.slope + b.slope - 3 * (b.value - a.value) / width
    let square = d1 * d1 - a.slope * b.slope
    guard square >= 0 else { return nil }
    let d2 = width > 0 ? square.squareRoot() : -square.squareRoot()
    let bottom = b.slope - a.slope + 2 * d2
    guard bottom != 0 else { return nil }
    let minimum = b.step - width * (b.slope + d2 - d1) / bottom
    return minimum.isFinite ? minimum : nil
  }
}
