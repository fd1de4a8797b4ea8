import Foundation
import NodalBasics
import Testing

/// What noise is made of, against the laws of Brownian motion.
@Suite
struct ChanceTests {
  private func path(_ i: Int) -> BrownianPath {
    BrownianPath(NormalPairs(Double(i), 12345, component: 0))
  }

  private static let count = 20_000

  /// The second moments of values and areas at two times: E W(s)W(t) = min(s, t), E A(s)A(t) = s²(3t - s)/6 and
  /// E W(s)A(t) = s t - s²/2 for s ≤ t.
  @Test(arguments: [(0.25, 0.75), (0.3, 0.301), (0.1, 1.0), (0.618, 0.999)])
  func moments(_ s: Double, _ t: Double) {
    var sums = (ww: 0.0, aa: 0.0, wa: 0.0, w: 0.0, square: 0.0)
    for i in 0..<Self.count {
      let (a, b) = (path(i).at(s), path(i).at(t))
      sums.ww += a.value * b.value
      sums.aa += a.area * b.area
      sums.wa += a.value * b.area
      sums.w += b.value
      let step = b.value - a.value
      sums.square += step * step
    }
    let n = Double(Self.count)
    let error = 4 / n.squareRoot()
    #expect(abs(sums.w / n) < error * t.squareRoot())
    #expect(abs(sums.ww / n - s) < error * (2 * s * t).squareRoot())
    #expect(abs(sums.aa / n - s * s * (3 * t - s) / 6) < error * t * t * t)
    #expect(abs(sums.wa / n - (s * t - s * s / 2)) < error * s.squareRoot() * t)
    #expect(abs(sums.square / n / (t - s) - 1) < error * 2.0.squareRoot())
  }

  /// Increments over steps that don't overlap don't know of each other.
  @Test func incrementsAreIndependent() {
    let times = [0.0, 0.1, 0.15, 0.4, 0.401, 0.9, 1]
    var products = [[Double]](repeating: [Double](repeating: 0, count: 6), count: 6)
    for i in 0..<Self.count {
      let values: [Double] = times.map { path(i).at($0).value }
      let steps: [Double] = (0..<6).map { k -> Double in
        let length: Double = times[k + 1] - times[k]
        return (values[k + 1] - values[k]) / length.squareRoot()
      }
      for j in 0..<6 { for k in 0..<6 { products[j][k] += steps[j] * steps[k] } }
    }
    for j in 0..<6 {
      for k in 0..<6 {
        let mean = products[j][k] / Double(Self.count)
        #expect(abs(mean - (j == k ? 1 : 0)) < 0.04, "\(j) and \(k): \(mean)")
      }
    }
  }

  /// The area is the integral of the value.
  @Test func areaIsTheIntegral() {
    let one = path(7)
    let n = 200_000
    var sum = 0.0
    for i in 0..<n { sum += one.at((Double(i) + 0.5) / Double(n)).value / Double(n) }
    #expect(abs(sum - one.at(1).area) < 1e-5)
    #expect(one.at(0).value == 0 && one.at(0).area == 0)
    // Continuous where intervals meet.
    for t in [0.5, 0.25, 0.6875] {
      let (before, after) = (one.at(t.nextDown), one.at(t))
      #expect(abs(before.value - after.value) < 1e-7 && abs(before.area - after.area) < 1e-12)
    }
  }

  /// Numbers for different times, components and keys are different ones, and each a standard normal one.
  @Test func numbersOfTimes() {
    var (sum, square, product) = (0.0, 0.0, 0.0)
    for i in 0..<Self.count {
      let pair = NormalPairs(3, 4, component: 0).at(Double(i) * 0.01)
      sum += pair.0
      square += pair.0 * pair.0
      product += pair.0 * pair.1
    }
    let n = Double(Self.count)
    #expect(abs(sum / n) < 4 / n.squareRoot() && abs(product / n) < 4 / n.squareRoot())
    #expect(abs(square / n - 1) < 6 / n.squareRoot())
    let seen = [
      NormalPairs(1, 2, component: 0).at(0.5).0, NormalPairs(1, 2, component: 1).at(0.5).0,
      NormalPairs(2, 1, component: 0).at(0.5).0, NormalPairs(1, 2, component: 0).at(0.5.nextUp).0,
      NormalPairs(1, 2, component: 0).at(0.5).1,
    ]
    #expect(Set(seen).count == seen.count)
  }
}
