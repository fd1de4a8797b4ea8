import Foundation

/// Derivatives of the logarithm of the gamma function.
///
/// Source: Abramowitz and Stegun, 6.3.5, 6.3.7, 6.3.18, 6.4.6, 6.4.7, 6.4.11: recurrence up to
/// where the asymptotic series converges to machine precision.
package enum Polygamma {
  /// B₂, B₄, … B₂₀.
  private static let bernoulli: [Double] = [
    1.0 / 6, -1.0 / 30, 1.0 / 42, -1.0 / 30, 5.0 / 66, -691.0 / 2730, 7.0 / 6, -3617.0 / 510,
    43867.0 / 798, -174611.0 / 330,
  ]

  /// ψ(x), the derivative of log |Γ|. NaN at 0, -1, -2 … and at -inf.
  package static func digamma(_ x: Double) -> Double {
    if x.isNaN || x == .infinity { return x }
    if x <= 0 {
      guard x.isFinite, x != x.rounded() else { return .nan }
      // tan of the fraction only: π x of a large x has lost it.
      let fraction = x - x.rounded()
      return digamma(1 - x) - .pi / tan(.pi * fraction)
    }
    var x = x
    var shift = 0.0
    while x < 10 {
      shift -= 1 / x
      x += 1
    }
    let inverse = 1 / (x * x)
    var sum = 0.0
    for k in stride(from: 8, through: 1, by: -1) {
      sum = (sum + bernoulli[k - 1] / Double(2 * k)) * inverse
    }
    return shift + log(x) - 0.5 / x - sum
  }

  /// ψ⁽ⁿ⁾(x) for n = 0, 1 … 20. NaN where the order is none of these, at the poles, and left of
  /// -10000, where the recurrence would take too long.
  package static func value(order: Double, _ x: Double) -> Double {
    guard order >= 0, order <= 20, order == order.rounded() else { return .nan }
    if order == 0 { return digamma(x) }
    if x.isNaN { return x }
    if x == .infinity { return 0 }
    guard x > -10_000, x > 0 || x != x.rounded() else { return .nan }
    var x = x
    var sum = 0.0
    let power = -(order + 1)
    // Σ (x + k)^-(n+1), the first terms one by one.
    while x < 12 + order {
      sum += pow(x, power)
      x += 1
    }
    // The rest by Euler and Maclaurin, divided by n!.
    let first = pow(x, -order)
    sum += first / order + 0.5 * first / x
    // (2k+n-1)! / ((2k)! n!), from one k to the next.
    var factor = (order + 1) / 2
    var powers = first / (x * x)
    for k in 1...9 {
      sum += bernoulli[k - 1] * factor * powers
      powers /= x * x
      let m = Double(2 * k)
      factor *= (m + order) * (m + order + 1) / ((m + 1) * (m + 2))
    }
    let sign = order.truncatingRemainder(dividingBy: 2) == 0 ? -1.0 : 1.0
    return sign * tgamma(order + 1) * sum
  }
}
