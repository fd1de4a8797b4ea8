import Foundation
import Nodal
import Testing

/// `auto` where stretches are stiff: two methods take turns, in one solve.
@Suite struct TurnTests {
  /// Follows cos 5t; between t = 10 and t = 20 it is drawn there 10⁴ times as hard as elsewhere.
  private static let phases = """
    ode phases { state y = 1; param depth = 1e4
      let λ = 1 + depth/((1 + exp(-4*(t - 10)))*(1 + exp(4*(t - 20))))
      y' = -λ*(y - cos(5*t)) - 5*sin(5*t) }
    let saves = linspace(0, 100, 101)

    """

  @Test(arguments: [Backend.automatic, .reference])
  func thereAndBack(_ backend: Backend) throws {
    let found = try Recorder.numbers(
      Self.phases + """
        let s = solve(phases, over: 0..100, at: saves)
        let whole = solve(phases, over: 0..100, at: [100], solver: rodas5p())
        """,
      "[s.stats.switches, max(abs(s.y - cos(5*s.t))), s.stats.evaluations/whole.stats.evaluations]",
      backend)
    #expect(found[0] == 2 && found[1] < 1e-5 && found[2] < 0.7, "\(found)")
  }

  /// And far fewer evaluations than the explicit method takes.
  @Test func aSeventhOfTheExplicitMethod() throws {
    let share = try Recorder.number(
      Self.phases,
      "solve(phases, over: 0..100, at: [100]).stats.evaluations/solve(phases, over: 0..100, at: [100], solver: tsit5()).stats.evaluations"
    )
    #expect(share < 0.2, "\(share)")
  }

  /// Each of a batch by itself, with the numbers that it has alone.
  @Test func batches() throws {
    let program =
      Self.phases + """
        let depths = [0, 1e4, 1, 1e6, 1e5]
        let many = solve(phases, over: 0..100, at: saves, with: {depth: depths})
        let one = solve(phases, over: 0..100, at: saves, with: {depth: 1e6})

        """
    let found = try Recorder.numbers(
      program,
      "[many.stats.switches[0], many.stats.switches[1], many.stats.switches[2], many.stats.switches[3], 0, max(abs(many.y - cos(5*many.t))), max(abs(many.y[3] - one.y))]"
    )
    #expect(found[0] == 0 && found[2] == 0 && found[3] == 2)
    #expect(found[5] < 1e-4 && found[6] == 0, "\(found)")
  }

  /// Events that are looked for and given ones, a held input and one between samples, and what is counted of them.
  @Test func withEventsAndInputs() throws {
    let declared = """
      const times = linspace(0, 80, 81)
      ode f { state y = 1, n = 0, z = 0; param depth = 1e4; input u, w
        let λ = 1 + depth/((1 + exp(-4*(t - 10)))*(1 + exp(4*(t - 20))))
        y' = -λ*(y - cos(5*t)) - 5*sin(5*t); n' = 0; z' = u + w*y
        event up: y == 0.5 rising { n = n + 1 }
        event given: t in [3, 12, 15, 31] { z = z + y } }
      fn end(depth, solver) = solve(f, over: 0..80, with: {depth: depth},
        input: {u: hold(times: times, values: sin(times)), w: linear(times: times, values: cos(times))}, solver: solver)

      """
      .replacing("(depth, solver)", with: "(depth)")
    func program(_ solver: String) -> String {
      declared.replacing("solver: solver", with: "solver: \(solver)")
        + "let s = end(1e4)\n"
    }
    let (own, exact) = (program("auto()"), program("rodas5p(rtol: 1e-10, atol: 1e-12)"))
    let a = try Recorder.numbers(own, "[s.final.y, s.final.n, s.final.z, s.stats.switches]")
    let b = try Recorder.numbers(exact, "[s.final.y, s.final.n, s.final.z]")
    #expect(a[3] == 2)
    for k in 0..<3 { #expect(abs(a[k] - b[k]) < 2e-5 * (1 + abs(b[k])), "\(k): \(a), \(b)") }
  }

  /// Gradients of what two methods took turns in, either way, against differences.
  @Test(arguments: ["auto", "forward", "direct", "adjoint", "interpolated"])
  func gradients(_ mode: String) throws {
    let program = """
      ode lag { state y = 2, x = 0.3; param a = 1.0
        let λ = 1 + 1e4/((1 + exp(-4*(t - 10)))*(1 + exp(4*(t - 20))))
        x' = -0.1*x + a*cos(t)
        y' = -λ*(y - x) }
      fn end(a) = solve(lag, over: 0..30, with: {a: a}, solver: auto(rtol: 1e-9, atol: 1e-11, gradient: \(mode))).final.y
      let at = 1.3, d = 1e-3

      """
    let found = try Recorder.numbers(
      program,
      "[grad(end(at), wrt: at), (end(at + d) - end(at - d))/(2*d), jvp(end(at), wrt: at, tangent: 1.0)]"
    )
    let size = 1 + abs(found[0])
    #expect(abs(found[0] - found[1]) < 1e-6 * size, "\(mode): \(found)")
    #expect(abs(found[2] - found[0]) < 1e-6 * size, "\(mode): \(found)")
  }

  /// An oscillator of relaxations is stiff between its jumps: as often as it turns, its path is that of one method.
  @Test func relaxation() throws {
    let program = """
      ode vdp { state x = 2, v = 0; x' = v; v' = 1000*(1 - x^2)*v - x }

      """
    func end(_ solver: String) throws -> Double {
      try Recorder.number(
        program, "solve(vdp, over: 0..3000, at: [3000], solver: \(solver)).final.x")
    }
    let exact = try end("radau5(rtol: 1e-11, atol: 1e-13)")
    #expect(abs(try end("auto(rtol: 1e-7, atol: 1e-10)") - exact) < 1e-4 * abs(exact))
    let switches = try Recorder.number(
      program, "solve(vdp, over: 0..3000, at: [3000]).stats.switches")
    #expect(switches >= 1 && switches < 30, "\(switches)")
  }
}
