import Foundation

/// Student's distribution.
package enum StudentT {
  /// The number below which it falls with probability `p`; without a freedom the standard normal one.
  ///
  /// By halving intervals of the cumulative distribution, which is an incomplete beta function.
  package static func quantile(_ p: Double, freedom: Int?) -> Double {
    let normal = NormalDistribution.quantile(p)
    guard let freedom, freedom > 0 else { return normal }
    let n = Double(freedom)
    // Bisection: the cumulative distribution is monotone, and sixty halvings are nothing here.
    var (low, high) = (0.0, 1.0)
    let target = max(p, 1 - p)
    while cumulative(high, n) < target, high < 1e12 { high *= 2 }
    for _ in 0..<200 where high - low > 1e-12 * high {
      let middle = 0.5 * (low + high)
      if cumulative(middle, n) < target { low = middle } else { high = middle }
    }
    let size = 0.5 * (low + high)
    return p < 0.5 ? -size : size
  }

  /// Of t ≥ 0: 1 - I(n/(n + t²); n/2, 1/2)/2.
  private static func cumulative(_ t: Double, _ n: Double) -> Double {
    1 - 0.5 * incompleteBeta(n / (n + t * t), n / 2, 0.5)
  }

  /// The regularised incomplete beta function by its continued fraction (Abramowitz and Stegun 26.5.8, evaluated by Lentz's method).
  static func incompleteBeta(_ x: Double, _ a: Double, _ b: Double) -> Double {
    if x <= 0 { return 0 }
    if x >= 1 { return 1 }
    if x > (a + 1) / (a + b + 2) { return 1 - incompleteBeta(1 - x, b, a) }
    let front =
      exp(
        lgamma(a + b) - lgamma(a) - lgamma(b) + a * log(x) + b * log1p(-x)) / a
    var (c, d) = (1.0, 1 - (a + b) * x / (a + 1))
    d = 1 / (abs(d) < 1e-300 ? 1e-300 : d)
    var fraction = d
    for m in 1..<500 {
      let k = Double(m)
      for step in [
        k * (b - k) * x / ((a + 2 * k - 1) * (a + 2 * k)),
        -(a + k) * (a + b + k) * x / ((a + 2 * k) * (a + 2 * k + 1)),
      ] {
        d = 1 + step * d
        d = 1 / (abs(d) < 1e-300 ? 1e-300 : d)
        c = 1 + step / c
        if abs(c) < 1e-300 { c = 1e-300 }
        fraction *= c * d
      }
      if abs(c * d - 1) < 1e-15 { break }
    }
    return front * fraction
  }
}
