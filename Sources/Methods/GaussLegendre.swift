import Foundation

/// The formula of Gauss and Legendre on 0...1: with n points it integrates polynomials of degree 2n - 1 exactly.
struct GaussLegendre {
  let points: [Double]
  let weights: [Double]

  /// Roots of the Legendre polynomial by Newton's method, from a start that is near enough for each.
  /// Source: Abramowitz and Stegun, 22.16.6 and 25.4.29.
  init(_ n: Int) {
    var (points, weights): ([Double], [Double]) = ([], [])
    for i in 0..<n {
      var x = -cos(Double.pi * (Double(i) + 0.75) / (Double(n) + 0.5))
      var slope = 1.0
      for _ in 0..<20 {
        var (value, before) = (1.0, 0.0)
        for k in 0..<n {
          (value, before) = (
            (Double(2 * k + 1) * x * value - Double(k) * before) / Double(k + 1), value
          )
        }
        slope = Double(n) * (before - x * value) / (1 - x * x)
        let step = value / slope
        x -= step
        if abs(step) < 1e-15 { break }
      }
      points.append((1 + x) / 2)
      weights.append(1 / ((1 - x * x) * slope * slope))
    }
    self.points = points
    self.weights = weights
  }
}
