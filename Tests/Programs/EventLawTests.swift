import Foundation
import Nodal
import Testing

/// Laws of events: the orders of methods hold across them, and executors agree.
@Suite struct EventLawTests {
  /// An oscillator that is hit at q = 0.3: its motion is smooth on both sides, and no polynomial.
  private static let oscillator = """
    ode hit {
      state q = 1, p = 0
      q' = p
      p' = -q
      event wall: q == 0.3 falling { p = -0.8*p; q = q + 0.01 }
    }

    """

  /// The number of steps is doubled; events cut steps at places of their own, so that slopes vary a little.
  @Test(arguments: [
    ("midpoint", 2.0, 100), ("heun", 2, 100), ("bs3", 3, 80), ("rk4", 4, 40), ("dopri5", 5, 24),
    ("tsit5", 5, 24), ("dopri8", 8, 6), ("dop853", 8, 6),
  ])
  func orderHoldsAcrossEvents(_ method: String, _ order: Double, _ count: Int) throws {
    let exact = try Recorder.number(
      Self.oscillator, "solve(hit, over: 0..3, solver: dop853(rtol: 1e-13, atol: 1e-14)).final.q")
    let errors = try [1, 2, 4].map { factor in
      abs(
        try Recorder.number(
          Self.oscillator,
          "solve(hit, over: 0..3, solver: \(method)(steps: \(count * factor))).final.q") - exact)
    }
    let slope = log2(errors[0] / errors[2]) / 2
    #expect(slope > order - 1, "\(method): \(errors), slope \(slope)")
  }

  /// With steps of their own, errors follow the tolerance.
  @Test(arguments: ["bs3", "dopri5", "tsit5", "dopri8", "dop853", "taylor"])
  func errorsFollowTolerances(_ method: String) throws {
    let exact = try Recorder.number(
      Self.oscillator, "solve(hit, over: 0..3, solver: dop853(rtol: 1e-13, atol: 1e-14)).final.q")
    for tolerance in [1e-5, 1e-8, 1e-10] {
      let found = try Recorder.number(
        Self.oscillator,
        "solve(hit, over: 0..3, solver: \(method)(rtol: \(tolerance), atol: \(tolerance))).final.q")
      #expect(abs(found - exact) < 100 * tolerance, "\(method) at \(tolerance)")
    }
  }

  @Test(arguments: [
    "solve(hit, over: 0..3).final.q", "solve(hit, over: 0..3).events.wall[0]",
    "grad(end(x), wrt: x)", "grad(wall(x), wrt: x)", "hessian(wall(x), wrt: x)",
  ])
  func executorsAgree(_ expression: String) throws {
    let program =
      Self.oscillator + """
        fn end(x) = solve(hit, from: {q: x, p: 0}, over: 0..3, solver: tsit5(gradient: direct)).final.q
        fn wall(x) = solve(hit, from: {q: x, p: 0}, over: 0..3, solver: tsit5(gradient: direct)).events.wall[0]
        let x = 1.0

        """
    let native = try Recorder.number(program, expression)
    let reference = try Recorder.number(program, expression, .reference)
    #expect(abs(native - reference) <= 1e-10 * max(1, abs(reference)))
  }

  /// cos t = 0.3/x, so t = arccos(0.3/x).
  @Test func instantsAreExact() throws {
    let found = try Recorder.number(
      Self.oscillator,
      "solve(hit, over: 0..3, solver: dop853(rtol: 1e-12, atol: 1e-13)).events.wall[0]")
    #expect(abs(found - acos(0.3)) < 1e-12)
  }
}
