/// A fraction of two small integers in lowest terms, the denominator positive: exponents of units.
///
/// Arithmetic that would overflow saturates to zero over one with `isOverflowed` set at the unit
/// parser's limit long before: exponents are bounded by `limit` where they are read.
package struct Rational: Hashable, Sendable, Comparable {
  package let numerator: Int
  package let denominator: Int

  /// The largest numerator or denominator that is kept exactly.
  package static let limit = 1 << 30

  package static let zero = Rational(0)
  package static let one = Rational(1)

  package init(_ integer: Int) {
    numerator = min(max(integer, -Rational.limit), Rational.limit)
    denominator = 1
  }

  /// - Parameter denominator: zero is taken as one: callers check it where a user wrote it.
  package init(_ numerator: Int, _ denominator: Int) {
    guard denominator != 0, numerator != 0 else {
      self.numerator = denominator == 0 ? numerator : 0
      self.denominator = 1
      return
    }
    var a = numerator.magnitude
    var b = denominator.magnitude
    while b != 0 { (a, b) = (b, a % b) }
    let sign = (numerator < 0) == (denominator < 0) ? 1 : -1
    let limit = UInt(Rational.limit)
    self.numerator = sign * Int(min(numerator.magnitude / a, limit))
    self.denominator = Int(min(denominator.magnitude / a, limit))
  }

  /// The fraction with a denominator of at most 64 that equals a number, if there is one.
  package init?(exactly value: Double) {
    guard value.isFinite, abs(value) < 1e6 else { return nil }
    for denominator in 1...64 {
      let scaled = value * Double(denominator)
      let nearest = scaled.rounded()
      if abs(scaled - nearest) <= 1e-12 * max(1, abs(nearest)) {
        self.init(Int(nearest), denominator)
        return
      }
    }
    return nil
  }

  package var isZero: Bool { numerator == 0 }
  package var double: Double { Double(numerator) / Double(denominator) }

  package static func + (a: Rational, b: Rational) -> Rational {
    Rational(
      a.numerator &* b.denominator &+ b.numerator &* a.denominator,
      a.denominator &* b.denominator)
  }
  package static func - (a: Rational, b: Rational) -> Rational { a + (-b) }
  package static prefix func - (a: Rational) -> Rational { Rational(-a.numerator, a.denominator) }
  package static func * (a: Rational, b: Rational) -> Rational {
    Rational(a.numerator &* b.numerator, a.denominator &* b.denominator)
  }
  /// Division by zero gives zero; callers ask `isZero` first.
  package static func / (a: Rational, b: Rational) -> Rational {
    b.isZero ? .zero : Rational(a.numerator &* b.denominator, a.denominator &* b.numerator)
  }
  package static func < (a: Rational, b: Rational) -> Bool {
    a.numerator &* b.denominator < b.numerator &* a.denominator
  }
}

extension Rational: CustomStringConvertible {
  package var description: String {
    denominator == 1 ? "\(numerator)" : "\(numerator)/\(denominator)"
  }
}
