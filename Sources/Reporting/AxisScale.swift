import Foundation
import NodalBasics

/// Maps the values of an axis to 0…1 and chooses its ticks.
struct AxisScale: Sendable {
  let low: Double
  let high: Double
  let isLogarithmic: Bool

  /// Covers all finite values (positive ones, if logarithmic), widened where they are all one.
  init(_ values: [Double], axis: Plot.Axis) {
    isLogarithmic = axis.isLogarithmic
    func coordinate(_ x: Double) -> Double { axis.isLogarithmic ? log10(x) : x }
    var low = Double.infinity
    var high = -Double.infinity
    let given = axis.range.map { [$0.lowerBound, $0.upperBound] }
    for value in given ?? values {
      let x = coordinate(value)
      guard x.isFinite else { continue }
      low = min(low, x)
      high = max(high, x)
    }
    guard low <= high else {
      (self.low, self.high) = (0, 1)
      return
    }
    // Halves, so that the span of the greatest numbers does not overflow.
    let span = high / 2 - low / 2
    let least = max(abs(low), abs(high)) * 1e-12
    if span <= least {
      let room = max(abs(low) * 0.05, 0.5)
      (self.low, self.high) = (low - room, high + room)
    } else {
      (self.low, self.high) = (low, high)
    }
  }

  private init(low: Double, high: Double, isLogarithmic: Bool) {
    self.low = low
    self.high = high
    self.isLogarithmic = isLogarithmic
  }

  /// The same middle with a longer span.
  func widened(to span: Double) -> AxisScale {
    let room = (span - (high - low)) / 2
    guard room.isFinite, room > 0, !isLogarithmic else { return self }
    return AxisScale(low: low - room, high: high + room, isLogarithmic: false)
  }

  /// Where a value lies between the ends; nil when it cannot be shown.
  func fraction(_ value: Double) -> Double? {
    let x = isLogarithmic ? log10(value) : value
    let fraction = (x / 2 - low / 2) / (high / 2 - low / 2)
    return fraction.isFinite && fraction >= -1e-9 && fraction <= 1 + 1e-9 ? fraction : nil
  }

  /// Round values inside the axis, at most `count` of them, and how they are written.
  func ticks(_ count: Int) -> [(fraction: Double, label: String)] {
    let span = high - low
    guard span.isFinite, span > 0, count > 0 else { return [] }
    let raw = span / Double(count)
    let power = pow(10, log10(raw).rounded(.down))
    guard power > 0, power.isFinite else { return [] }
    var step = 10 * power
    for factor in [1.0, 2, 5] where factor * power >= raw {
      step = factor * power
      break
    }
    if isLogarithmic { step = max(1, step.rounded(.up)) }
    let first = (low / step).rounded(.up)
    let last = (high / step + 1e-9).rounded(.down)
    guard last >= first, last - first <= 1000, abs(first) < 1e15 else { return [] }
    return stride(from: first, through: last, by: 1).map { index in
      let x = index * step
      let label =
        isLogarithmic
        ? "1e\(NumberFormat.significant(x, 4))" : NumberFormat.significant(x == 0 ? 0 : x, 6)
      return ((x - low) / span, label)
    }
  }
}
