/// An unevaluated sum of two `Double`s, about 32 significant digits: enough to tell a mistyped
/// digit of a published coefficient from rounding. Used for the coefficients of methods and their
/// order conditions, never in a solve.
///
/// The error-free transformations (Knuth's two-sum, the fused two-product) follow Dekker (1971) and
/// Hida, Li and Bailey (2001). They hold while nothing overflows; coefficients are of order one.
package struct DoubleDouble: Sendable, Equatable {
  package let high: Double
  package let low: Double

  package init(_ value: Double) {
    high = value
    low = 0
  }

  init(high: Double, low: Double) {
    self.high = high
    self.low = low
  }

  package static let zero = DoubleDouble(0)
  package static let one = DoubleDouble(1)

  /// The nearest `Double`.
  package var value: Double { high }

  package var isZero: Bool { high == 0 }

  package var magnitude: Double { high.magnitude }

  /// Exact sum of two doubles with |a| ≥ |b|.
  private static func fastSum(_ a: Double, _ b: Double) -> DoubleDouble {
    let sum = a + b
    return DoubleDouble(high: sum, low: b - (sum - a))
  }

  /// Exact sum of any two doubles.
  private static func exactSum(_ a: Double, _ b: Double) -> DoubleDouble {
    let sum = a + b
    let part = sum - a
    return DoubleDouble(high: sum, low: (a - (sum - part)) + (b - part))
  }

  package static func + (a: DoubleDouble, b: DoubleDouble) -> DoubleDouble {
    let high = exactSum(a.high, b.high)
    let low = exactSum(a.low, b.low)
    let first = fastSum(high.high, high.low + low.high)
    return fastSum(first.high, first.low + low.low)
  }

  package static prefix func - (a: DoubleDouble) -> DoubleDouble {
    DoubleDouble(high: -a.high, low: -a.low)
  }

  package static func - (a: DoubleDouble, b: DoubleDouble) -> DoubleDouble { a + (-b) }

  package static func * (a: DoubleDouble, b: DoubleDouble) -> DoubleDouble {
    let product = a.high * b.high
    let error = (-product).addingProduct(a.high, b.high)
    return fastSum(product, error + (a.high * b.low + a.low * b.high))
  }

  package static func / (a: DoubleDouble, b: DoubleDouble) -> DoubleDouble {
    let first = a.high / b.high
    let rest = a - b * DoubleDouble(first)
    let second = rest.high / b.high
    let last = rest - b * DoubleDouble(second)
    return fastSum(first, second) + DoubleDouble(last.high / b.high)
  }

  package static func += (a: inout DoubleDouble, b: DoubleDouble) { a = a + b }
}

extension DoubleDouble {
  /// Reads `-12`, `0.25`, `1.5e-3` or a fraction of two such numbers, `-2187/6784`; nil for
  /// anything else.
  package init?(_ text: some StringProtocol) {
    let parts = text.split(separator: "/", omittingEmptySubsequences: false)
    guard let first = parts.first, let numerator = DoubleDouble.decimal(first) else { return nil }
    switch parts.count {
    case 1: self = numerator
    case 2:
      guard let denominator = DoubleDouble.decimal(parts[1]), !denominator.isZero else {
        return nil
      }
      self = numerator / denominator
    default: return nil
    }
  }

  private static func decimal(_ text: some StringProtocol) -> DoubleDouble? {
    var rest = Substring(text)
    let negative = rest.hasPrefix("-")
    if negative { rest.removeFirst() }
    var exponent = 0
    if let mark = rest.firstIndex(of: "e") {
      guard let power = Int(rest[rest.index(after: mark)...]), power.magnitude < 300 else {
        return nil
      }
      exponent = power
      rest = rest[..<mark]
    }
    let ten = DoubleDouble(10)
    var value = zero
    var digits = 0
    var pointSeen = false
    for character in rest {
      if character == ".", !pointSeen {
        pointSeen = true
        continue
      }
      guard let digit = character.wholeNumberValue, character.isASCII else { return nil }
      value = value * ten + DoubleDouble(Double(digit))
      digits += 1
      if pointSeen { exponent -= 1 }
    }
    guard digits > 0 else { return nil }
    var scale = one
    for _ in 0..<exponent.magnitude { scale = scale * ten }
    value = exponent < 0 ? value / scale : value * scale
    return negative ? -value : value
  }
}
