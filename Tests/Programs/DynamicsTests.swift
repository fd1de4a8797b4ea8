import Foundation
import Nodal
import TestSupport
import Testing

/// Laws of what is asked of an ode at a point.
@Suite struct DynamicsTests {
  /// x* = K (1 - d/r), and its derivatives by r up to the third.
  @Test(arguments: [Backend.automatic, .reference])
  func derivativesOfAClosedForm(_ backend: Backend) throws {
    let program = """
      ode growth { state x = 3; param r = 2.0, K = 5.0, d = 0.5; x' = r*x*(1 - x/K) - d*x }
      fn rest(r) = steady(growth, with: {r: r}).x
      fn one(r) = grad(rest(r), wrt: r)
      fn two(r) = grad(one(r), wrt: r)
      fn three(r) = grad(two(r), wrt: r)
      """
    let found = try Recorder.numbers(
      program, "[rest(2.0), one(2.0), two(2.0), three(2.0)]", backend)
    for (a, b) in zip(found, [3.75, 0.625, -0.625, 0.9375]) { #expect(abs(a - b) < 1e-9) }
  }

  /// Three substances with fast and slow reactions, and an algebraic equation: gradients against differences.
  @Test func gradientsAgainstDifferences() throws {
    let program = """
      ode reactor {
        state a = 1, b = 0.1, c = 0, whole = 1
        param k1 = 0.04, k2 = 1e4, k3 = 3e3, feed = 0.1, out = 0.2
        a' = feed - k1*a + k2*b*c - out*a
        b' = k1*a - k2*b*c - k3*b^2 - out*b
        c' = k3*b^2 - out*c
        0 = a + b + c - whole
        output share = c/whole
      }
      fn rest(k: Real[3]) = steady(reactor, with: {k1: k[0], k2: k[1]*1e4, feed: k[2]}).share
      let at = [0.04, 1.0, 0.1]
      let up = [0.00004, 0.0, 0.0], over = [0.0, 0.001, 0.0], on = [0.0, 0.0, 0.0001]
      """
    let found = try Recorder.numbers(
      program,
      "[grad(rest(at), wrt: at), (rest(at + up) - rest(at - up))/0.00008, (rest(at + over) - rest(at - over))/0.002, (rest(at + on) - rest(at - on))/0.0002]"
    )
    for k in 0..<3 { #expect(abs(found[k] - found[3 + k]) < 1e-5 * (1 + abs(found[k]))) }
  }

  /// From anywhere in the basin of a focus, or of one of two nodes, the flow leads there.
  @Test func roughStarts() throws {
    let program = """
      ode brusselator { state x = 0, y = 0; param a = 1.0, b = 1.5; x' = a - (b + 1)*x + x^2*y; y' = b*x - x^2*y }
      ode hill { state x = 0; x' = 0.1 + x^4/(1 + x^4) - 0.5*x }
      let xs = [0.01, 5, 20, 0.5, 3], ys = [10.0, 0, 20, 9, 7]
      let many = steady(brusselator, from: {x: xs, y: ys})
      """
    let found = try Recorder.numbers(program, "[many.x, many.y]")
    for k in 0..<5 { #expect(abs(found[k] - 1) < 1e-8 && abs(found[5 + k] - 1.5) < 1e-8) }
    let states = try Recorder.numbers(program, "steady(hill, from: {x: [0.0, 100, 1.9]}).x")
    let slopes = states.map { x in 0.1 + pow(x, 4) / (1 + pow(x, 4)) - 0.5 * x }
    for slope in slopes { #expect(abs(slope) < 1e-12) }
    #expect(abs(states[1] - states[2]) < 1e-9 && states[0] < 0.3)
  }

  /// Units of states and time are of no account: the same numbers come out of the same model in others.
  @Test func scalesPlayNoPart() throws {
    func model(_ scale: Double, _ rate: Double) -> String {
      """
      ode f { state x = \(5 * scale), y = 1; x' = \(rate)*(\(scale) + \(scale)*y - x); y' = \(rate)*(2 - y - (x/\(scale))^2/4) }
      """
    }
    let plain = try Recorder.numbers(model(1, 1), "[steady(f).x, steady(f).y]")
    for (scale, rate) in [(1e-12, 1.0), (1e9, 1e-6), (1.0, 1e12)] {
      let found = try Recorder.numbers(model(scale, rate), "[steady(f).x, steady(f).y]")
      #expect(abs(found[0] / scale - plain[0]) < 1e-9 && abs(found[1] - plain[1]) < 1e-9)
    }
  }

  @Test func linearPartsAreDerivatives() throws {
    let program = """
      import physics
      let p = {x: 1.0, y: 2.0, z: 3.0}
      let l = linearize(lorenz, at: p, with: {ρ: 28.0, σ: 10.0, β: 2.0})
      """
    #expect(
      try Recorder.numbers(program, "flatten(l.jacobian)") == [-10, 10, 0, 25, -1, -1, 2, 1, -2])
    #expect(try Recorder.numbers(program, "l.slope") == [10, 23, -4])
  }

  /// Sprott, Chaos and Time-Series Analysis (2003): 0.906, 0, -14.57; their sum is the divergence.
  @Test func exponentsOfLorenz() throws {
    let program = """
      ode lorenz { state x = 1, y = 1, z = 20; param σ = 10.0, ρ = 28.0, β = 8/3; x' = σ*(y - x); y' = x*(ρ - z) - y; z' = x*y - β*z }
      let on = solve(lorenz, over: 0..20).final
      """
    let found = try Recorder.numbers(
      program,
      "lyapunov(lorenz, over: 0..1000, from: on, every: 0.5, solver: tsit5(rtol: 1e-8, atol: 1e-8))"
    )
    for (a, b) in zip(found, [0.906, 0, -14.57]) { #expect(abs(a - b) < 0.02, "\(found)") }
    let sum: Double = found.reduce(0, +)
    let divergence: Double = -41.0 / 3
    #expect(abs(sum - divergence) < 1e-5)
  }

  /// Of a linear system they are the real parts, up to one over the span; fast decay is not lost while the state is long at rest.
  @Test(arguments: [Backend.automatic, .reference])
  func exponentsOfLinearSystems(_ backend: Backend) throws {
    let program = """
      ode two { state x = 1, y = 1; x' = -x + 3*y; y' = -2*y }
      ode turning { state x = 1, y = 0, z = 1; x' = 0.1*x - 2*y; y' = 2*x + 0.1*y; z' = -30*z }
      """
    let two = try Recorder.numbers(program, "lyapunov(two, over: 0..200)", backend)
    for (a, b) in zip(two, [-1.0, -2]) { #expect(abs(a - b) < 0.01, "\(two)") }
    let turning = try Recorder.numbers(
      program, "lyapunov(turning, over: 0..20, every: 0.2)", backend)
    for (a, b) in zip(turning, [0.1, 0.1, -30]) { #expect(abs(a - b) < 0.01, "\(turning)") }
  }

  /// Van der Pol's oscillator; Lorenz's shortest orbit, which is unstable (Viswanath, Nonlinearity 16, 2003).
  @Test(arguments: Effort.isLong ? [Backend.automatic, .reference] : [.automatic])
  func closedSolutions(_ backend: Backend) throws {
    let program = """
      ode vdp { state x = 2, y = 0; param μ = 1.0; x' = y; y' = μ*(1 - x^2)*y - x }
      ode lorenz { state x = -13.7, y = -19.6, z = 27; x' = 10*(y - x); y' = x*(28 - z) - y; z' = x*y - 8/3*z }
      fn T(μ) = cycle(vdp, period: 6.6, with: {μ: μ}).period
      let μ = 1.0
      let c = cycle(lorenz, period: 1.5)
      let back = solve(lorenz, from: c.start, over: 0..c.period, solver: dop853(rtol: 1e-12, atol: 1e-12)).final
      """
    let own = try Recorder.numbers(
      program, "[T(μ), grad(T(μ), wrt: μ), (T(1.001) - T(0.999))/0.002]", backend)
    #expect(abs(own[0] - 6.6632868593) < 1e-6 && abs(own[1] - own[2]) < 1e-4)
    let found = try Recorder.numbers(
      program, "[c.period, eigenvalues(c.monodromy).re, back.x - c.start.x, back.z - c.start.z]",
      backend)
    #expect(abs(found[0] - 1.5586522107) < 1e-6 && abs(found[1] - 4.713) < 0.001, "\(found)")
    #expect(abs(found[2] - 1) < 1e-5 && abs(found[3]) < 1e-5)
    #expect(abs(found[4]) < 1e-5 && abs(found[5]) < 1e-5)
  }

  @Test func portraitsAreDrawn() throws {
    let recorder = Recorder(Configuration(outputDirectory: try Repository.temporaryFolder().path))
    let outcome = recorder.run(
      """
      ode lv { state u = 1, v = 1; param a = 1.5, b = 1.0, c = 3.0, d = 1.0; u' = a*u - b*u*v; v' = -c*v + d*u*v }
      plot lv as phase to "lv.svg" { x: 0..7; y: 0..4; from: [[1, 1], [2, 1]], over: 0..10; with: {a: 1.2} }
      """)
    #expect(outcome == .finished, "\(recorder.errors.map(\.text))")
    let notes = recorder.events.compactMap { event -> String? in
      if case .note(let text) = event { text } else { nil }
    }
    #expect(notes.contains("u = 0, v = 0: saddle"))
    #expect(notes.contains("u = 3, v = 1.2: centre of the linear part"))
  }
}
