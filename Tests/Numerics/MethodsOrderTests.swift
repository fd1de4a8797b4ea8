import Foundation
import NodalMethods
import Testing

/// The order that a method shows on problems with known solutions, errors from 1e-3 to 1e-11.
@Suite("Observed order")
struct MethodsOrderTests {
  static let problems: [KnownProblem] = [
    KnownProblem(
      description: "y' = y cos t", end: 6,
      rhs: { t, y in [y[0] * cos(t)] }, solution: { t in [exp(sin(t))] }),
    // A spiral onto a limit cycle. (On Kepler's problem the leading error terms of dop853 cancel
    // for some step sizes, and the slope between them says nothing.)
    KnownProblem(
      description: "limit cycle",
      end: 6,
      rhs: { _, y in
        let s = 1 - y[0] * y[0] - y[1] * y[1]
        return [s * y[0] - 2 * y[1], 2 * y[0] + s * y[1]]
      },
      solution: { t in
        let r = 1 / (1 + 24 * exp(-2 * t)).squareRoot()
        return [r * cos(2 * t), r * sin(2 * t)]
      }),
    KnownProblem(
      description: "y' = -2ty²", end: 4,
      rhs: { t, y in [-2 * t * y[0] * y[0]] }, solution: { t in [1 / (1 + t * t)] }),
  ]

  @Test("slope of the method and of its dense output", arguments: Tableau.all)
  func slopes(_ tableau: Tableau) throws {
    for problem in Self.problems {
      var mainPoints: [(h: Double, error: Double)] = []
      var densePoints: [(h: Double, error: Double)] = []
      var steps = 8.0
      // Low orders need many steps to come below 1e-3, and few points to show a slope.
      let ratio = tableau.order <= 2 ? 2.0 : 1.25
      while steps <= 131_072 {
        let (main, dense) = errors(tableau, problem, steps: Int(steps))
        let h = problem.end / steps.rounded(.down)
        mainPoints.append((h, main))
        densePoints.append((h, dense))
        if main < 1e-11, dense < 1e-11 { break }
        steps *= ratio
      }
      let main = try #require(slope(mainPoints))
      let dense = try #require(slope(densePoints))
      let name = tableau.name.padding(toLength: 9, withPad: " ", startingAt: 0)
      print(
        name, "order \(tableau.order) observed", String(format: "%.2f", main),
        "  dense \(tableau.dense.order) observed", String(format: "%.2f", dense),
        "  ", problem.description)
      #expect(main >= Double(tableau.order) - 0.3, "\(problem)")
      #expect(dense >= Double(tableau.dense.order) - 0.3, "\(problem)")
    }
  }

  /// The largest errors over the steps' ends, and inside the steps.
  private func errors(
    _ tableau: Tableau, _ problem: KnownProblem, steps: Int
  ) -> (main: Double, dense: Double) {
    let stepper = PlainStepper(tableau: tableau, rhs: problem.rhs)
    let h = problem.end / Double(steps)
    var y = problem.solution(0)
    var main = 0.0
    var inside = 0.0
    for index in 0..<steps {
      let t = Double(index) * h
      let step = stepper.step(t, h, y)
      for theta in [0.15, 0.4, 0.5, 0.6, 0.85] {
        inside = max(
          inside,
          distance(stepper.dense(theta, h, y, step), problem.solution(t + theta * h)))
      }
      y = step.y1
      main = max(main, distance(y, problem.solution(t + h)))
    }
    return (main, inside)
  }

  private func distance(_ a: [Double], _ b: [Double]) -> Double {
    zip(a, b).map { abs($0 - $1) }.reduce(0) { $1.isFinite ? max($0, $1) : .infinity }
  }

  /// Least-squares slope of log error over log h, of the points with errors from 1e-3 to 1e-11.
  private func slope(_ points: [(h: Double, error: Double)]) -> Double? {
    let used = points.filter { $0.error <= 1e-3 && $0.error >= 1e-11 }
    guard used.count >= 3 else { return nil }
    let x = used.map { log($0.h) }
    let y = used.map { log($0.error) }
    let mx = x.reduce(0, +) / Double(x.count)
    let my = y.reduce(0, +) / Double(y.count)
    let covariance = zip(x, y).reduce(0) { $0 + ($1.0 - mx) * ($1.1 - my) }
    let variance = x.reduce(0) { $0 + ($1 - mx) * ($1 - mx) }
    return variance > 0 ? covariance / variance : nil
  }
}
