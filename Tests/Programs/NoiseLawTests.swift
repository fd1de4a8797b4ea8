import Foundation
import Nodal
import Testing

/// Laws of stochastic methods: orders along single paths and of means, moments, and executors that agree.
@Suite struct NoiseLawTests {
  /// Where noise depends on the state, and where it depends on time alone.
  private static let growth = "ode f { state x = 1; x' = 0.5*x; noise x = 0.8*x }\n"
  private static let additive =
    "ode f { state x = 1; x' = sin(3*x) - x; noise x = 0.8*exp(-t) }\n"

  /// The mean distance from the same paths by a method of higher order, or by far smaller steps.
  @Test(arguments: [
    ("euler_maruyama", growth, "milstein(steps: 2048, ", 0.5),
    ("milstein", growth, "milstein(steps: 4096, ", 1),
    ("euler_maruyama", additive, "srk(steps: 1024, ", 1),
    ("milstein", additive, "srk(steps: 1024, ", 1),
    ("srk", additive, "srk(steps: 2048, ", 1.5),
  ])
  func strongOrder(_ method: String, _ ode: String, _ fine: String, _ order: Double) throws {
    let rest = "seed: 7, path: bridge)).final.x"
    let paths = "solve(f, from: fill(1.0, 400), over: 0..1, solver: "
    func distance(_ steps: Int) -> String {
      "mean(abs(\(paths)\(method)(steps: \(steps), \(rest) - exact))"
    }
    let distances = try Recorder.numbers(
      ode + "let exact = \(paths)\(fine)\(rest)\n", "[\(distance(16)), \(distance(256))]")
    let (rough, close) = (distances[0], distances[1])
    let slope = log2(rough / close) / 4
    #expect(
      slope > order - 0.15 && slope < order + 0.25, "\(method): \(slope), from \(rough) to \(close)"
    )
  }

  /// Means of Euler and Maruyama's method are those of Euler's: of weak order 1.
  @Test func weakOrder() throws {
    let ode = "ode f { state x = 1; x' = 1.5*x; noise x = 0.1*x }\n"
    var errors: [Double] = []
    for steps in [8, 16, 32, 64] {
      let mean = try Recorder.number(
        ode,
        "mean(solve(f, from: fill(1.0, 20000), over: 0..1, solver: euler_maruyama(steps: \(steps))).final.x)"
      )
      #expect(
        abs(mean - pow(1 + 1.5 / Double(steps), Double(steps))) < 4 * 0.47 / 20000.0.squareRoot())
      errors.append(abs(mean - exp(1.5)))
    }
    let slope = log2(errors[0] / errors[3]) / 3
    #expect(abs(slope - 1) < 0.2, "\(errors)")
  }

  /// Adaptive steps, taken again where they were too long, leave the distribution what it is.
  @Test func stationaryVariance() throws {
    let ode = "ode f { state x = 0; x' = -x; noise x = 0.5 }\n"
    let n = 6000
    let square = try Recorder.number(
      ode,
      "mean(solve(f, from: fill(0.0, \(n)), over: 0..5, solver: srk(rtol: 1e-2, atol: 1e-3)).final.x^2)"
    )
    let wanted = 0.125 * (1 - exp(-10))
    #expect(abs(square - wanted) < 4 * wanted * (2 / Double(n)).squareRoot(), "\(square)")
  }

  /// What common motions correlate.
  @Test func covariance() throws {
    let ode =
      "ode f { state x = 0, y = 0; x' = 0; y' = 0; noise [x, y] = [[1, 0.5], [0, 2]] }\n"
    let n = 10_000
    let s =
      "solve(f, from: {x: fill(0.0, \(n))}, over: 0..2, solver: euler_maruyama(steps: 4, seed: 1)).final"
    let found = try Recorder.numbers(
      ode + "let s = \(s)\n", "[mean(s.x^2), mean(s.x*s.y), mean(s.y^2)]")
    let (xx, xy, yy) = (found[0], found[1], found[2])
    #expect(abs(xx - 2.5) < 0.15 && abs(xy - 2) < 0.2 && abs(yy - 8) < 0.5, "\(xx) \(xy) \(yy)")
  }

  /// Machine code and the reference take the same steps along the same paths, in one precision and the other.
  @Test(arguments: [
    "euler_maruyama(steps: 50)", "milstein(dt: 0.03)", "euler_maruyama(dt: 0.03, path: bridge)",
  ])
  func executorsAgree(_ solver: String) throws {
    for precision in ["", "precision f32\n"] {
      let program = precision + Self.growth
      for start in ["1.0", "fill(1.0, 70)"] {
        let answer = "sum(solve(f, from: \(start), over: 0..1, every: 0.25, solver: \(solver)).x)"
        let native = try Recorder.number(program, answer)
        let reference = try Recorder.number(program, answer, .reference)
        let tolerance = precision.isEmpty ? 1e-11 : 1e-3
        #expect(abs(native - reference) < tolerance * abs(reference), "\(native) \(reference)")
      }
    }
    let adaptive = "solve(f, over: 0..1, every: 0.25, solver: srk(rtol: 1e-3)).x[4]"
    let native = try Recorder.number(Self.additive, adaptive)
    let reference = try Recorder.number(Self.additive, adaptive, .reference)
    // Steps that differ by a rounding meet the path elsewhere.
    #expect(abs(native - reference) < 1e-3)
  }
}
