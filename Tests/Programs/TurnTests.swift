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
    func own(_ expression: String) throws -> Double {
      try Recorder.number(
        Self.phases + "let s = solve(phases, over: 0..100, at: saves)\n", expression, backend)
    }
    #expect(try own("s.stats.switches") == 2)
    #expect(try own("max(abs(s.y - cos(5*s.t)))") < 1e-5)
    let whole = try own(
      "solve(phases, over: 0..100, solver: rodas5p()).stats.evaluations")
    let explicit = try own("solve(phases, over: 0..100, solver: tsit5()).stats.evaluations")
    let taken = try own("s.stats.evaluations")
    #expect(taken < 0.7 * whole && taken < 0.2 * explicit, "\(taken), \(whole), \(explicit)")
  }

  /// Each of a batch by itself, with the numbers that it has alone.
  @Test func batches() throws {
    let program =
      Self.phases + """
        let depths = [0, 1e4, 1, 1e6, 1e5]
        let many = solve(phases, over: 0..100, at: saves, with: {depth: depths})
        let one = solve(phases, over: 0..100, at: saves, with: {depth: 1e6})

        """
    #expect(try Recorder.number(program, "many.stats.switches[0]") == 0)
    #expect(try Recorder.number(program, "many.stats.switches[2]") == 0)
    #expect(try Recorder.number(program, "many.stats.switches[3]") == 2)
    #expect(try Recorder.number(program, "max(abs(many.y - cos(5*many.t)))") < 1e-4)
    #expect(try Recorder.number(program, "max(abs(many.y[3] - one.y))") == 0)
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
    #expect(try Recorder.number(own, "s.stats.switches") == 2)
    for field in ["y", "n", "z"] {
      let (a, b) = (
        try Recorder.number(own, "s.final.\(field)"), try Recorder.number(exact, "s.final.\(field)")
      )
      #expect(abs(a - b) < 2e-5 * (1 + abs(b)), "\(field): \(a), \(b)")
    }
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
    let own = try Recorder.number(program, "grad(end(at), wrt: at)")
    let differences = try Recorder.number(program, "(end(at + d) - end(at - d))/(2*d)")
    #expect(abs(own - differences) < 1e-6 * (1 + abs(own)), "\(mode): \(own), \(differences)")
    let jet = try Recorder.number(program, "jvp(end(at), wrt: at, tangent: 1.0)")
    #expect(abs(jet - own) < 1e-6 * (1 + abs(own)), "\(jet), \(own)")
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
