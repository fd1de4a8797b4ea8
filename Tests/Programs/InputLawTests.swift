import Foundation
import Nodal
import TestSupport
import Testing

/// Laws of inputs made of pieces: steps end where these meet, so methods have their order, and see the piece that they are in.
@Suite struct InputLawTests {
  /// A bent line that isn't even in time. The same solution is known piece by piece, of lines without bends, or as a formula.
  private static let bent = """
    ode f { state x = 0.5; input u = 0; param k = 1; x' = k*u*cos(x) - 0.3*x^2 }
    ode driven { state z = 0.1; input u = 0; param k = 0; z' = (0.5 + 2*z^2)*u' - k*z }
    const ts = [0, 0.5, 0.75, 2, 2.5, 3]
    const us = [0.5, -0.4, 0.5, 0.2, 0.9, 0.1]
    const sharp = dop853(rtol: 1e-13, atol: 1e-15)
    fn piece(x, a, b, c, d) = solve(f, from: {x: x}, over: a..b, input: {u: (t) -> c + (d - c)*(t - a)/(b - a)}, solver: sharp).final.x
    fn early(x) = piece(piece(piece(x, 0, 0.5, 0.5, -0.4), 0.5, 0.75, -0.4, 0.5), 0.75, 2, 0.5, 0.2)
    // dz/(½ + 2z²) = du
    fn turned(z, i, j) = 0.5*tan(atan(2*z) + us[j] - us[i])

    """
  private static let exact = "piece(piece(early(0.5), 2, 2.5, 0.2, 0.9), 2.5, 3, 0.9, 0.1)"

  @Test(arguments: [
    ("euler", 1.0, 96), ("heun", 2, 48), ("bs3", 3, 48), ("rk4", 4, 24), ("tsit5", 5, 24),
    ("dopri5", 5, 24), ("dop853", 8, 12), ("taylor", 8, 12), ("rosenbrock23", 2, 96),
    ("rodas5p", 5, 96), ("kvaerno3", 3, 48), ("radau5", 5, 24),
  ])
  func order(_ method: String, _ order: Double, _ steps: Int) throws {
    for (end, exact) in [
      ("f, over: 0..3", Self.exact), ("driven, over: 0..3", "turned(0.1, 0, 5)"),
    ] {
      let state = end.hasPrefix("f") ? "x" : "z"
      func found(_ steps: Int) -> String {
        "solve(\(end), input: {u: linear(ts, us)}, solver: \(method)(steps: \(steps))).final.\(state)"
      }
      // Both cut every piece into whole steps.
      let errors = try Recorder.numbers(
        Self.bent + "let exact = \(exact)\n",
        "abs([\(found(steps)), \(found(2 * steps))] - exact)")
      let (rough, close) = (errors[0], errors[1])
      let slope = log2(rough / close)
      #expect(slope > order - 0.5, "\(method), \(end): \(slope), from \(rough) to \(close)")
    }
  }

  /// Steps of their own choice, in both directions of time: exact to the tolerance, and next to none in vain.
  @Test(arguments: [
    "bs3", "tsit5", "dopri5", "dop853", "taylor", "rosenbrock23", "rodas5p", "kvaerno5", "radau5",
    "bdf",
  ])
  func tolerance(_ method: String) throws {
    let solver = "solver: \(method)(rtol: 1e-7, atol: 1e-9)"
    for (solved, exact) in [
      ("f, over: 0..3, input: {u: linear(ts, us)}", Self.exact),
      ("driven, over: 0..3, input: {u: linear(ts, us)}", "turned(0.1, 0, 5)"),
      ("driven, over: 3..0, input: {u: linear(ts, us)}", "turned(0.1, 5, 0)"),
      // Pieces that begin and end inside of the span.
      ("driven, over: -1..4, input: {u: linear(ts, us)}", "turned(0.1, 0, 5)"),
      ("driven, over: 4..-1, input: {u: hermite(ts, us)}", "turned(0.1, 5, 0)"),
      ("driven, over: 0..3, input: {u: akima(ts, us)}", "turned(0.1, 0, 5)"),
    ] {
      let state = solved.hasPrefix("f") ? "x" : "z"
      let run = "solve(\(solved), \(solver))"
      let found = try Recorder.numbers(
        Self.bent + "let s = \(run)\n",
        "[s.final.\(state) - \(exact), s.stats.rejected, s.stats.accepted]")
      let (error, rejected, accepted) = (abs(found[0]), found[1], found[2])
      #expect(error < 1e-5, "\(method), \(solved): \(error)")
      #expect(rejected <= 2 + 0.2 * accepted, "\(method), \(solved): \(rejected) of \(accepted)")
    }
  }

  /// Steps between samples are taken by loops of machine code, as are those back.
  @Test(arguments: [
    "linear(ts, us)", "akima(ts, us)", "hold(ts, us)", "bandlimited(0.5*[0, 1, 2, 3, 4, 5], us)",
    "(t) -> sin(t)",
  ])
  func loops(_ input: String) throws {
    let recorder = Recorder()
    let text =
      Self.bent + """
        param k = 1
        loss l() { solve(f, at: [0, 1, 2], with: {k: k}, input: {u: \(input)}, solver: tsit5(gradient: direct)).x[2] }
        train l { optimize: adam(lr: 1e-2), steps: 1 }

        """
    let codes = try recorder.interpreter.emitNative(
      Program(text: text, path: "test.node"), of: "l", as: .llvm)
    let all = codes.flatMap(\.modules).map { String(decoding: $0, as: UTF8.self) }
    #expect(all.contains { $0.contains("_loop(") })
    #expect(all.contains { $0.contains("_scan(") })
  }

  private static func many(_ solver: String) -> String {
    bent + """
      fn end(i) = solve(driven, over: 0..3, with: {k: 0.5}, input: {u: linear(times[i], values[i])}, solver: \(solver)).final.z
      fn close(i) = solve(driven, over: 0..3, with: {k: 0.5}, input: {u: linear(times[i], values[i])}, solver: sharp).final.z
      const times = [[0, 0.5, 2, 3], [0, 1.1, 1.2, 3], [0.2, 1, 2.9, nan], [-1, 0.1, 2, 4]]
      const values = [[0.0, 1, 0.2, 1], [1, 0.5, 0.9, 0.1], [0, -1, 0, nan], [0.3, 0.1, 0.2, 0]]

      """
  }

  /// Each of a batch has corners of its own, one clock those of all, and the interpreter those of machine code.
  @Test(arguments: [
    "tsit5(rtol: 1e-9, atol: 1e-11)", "bdf(rtol: 1e-7, atol: 1e-9)", "rk4(dt: 0.01)",
    "tsit5(rtol: 1e-9, atol: 1e-11, batching: joint)",
  ])
  func batches(_ solver: String) throws {
    let program = Self.many(solver)
    let each = "[end(0), end(1), end(2), end(3)]"
    let alones = try Recorder.numbers(program, each)
    let references = try Recorder.numbers(program, each, .reference)
    let all = try Recorder.numbers(program, "map(0..<4) { (i) -> end(i) }")
    let exact = try Recorder.numbers(program, "[close(0), close(1), close(2), close(3)]")
    for i in 0..<4 {
      let (alone, among, reference, close) = (alones[i], all[i], references[i], exact[i])
      #expect(abs(alone - reference) < 1e-12, "\(solver), \(i)")
      #expect(abs(alone - close) < 1e-6, "\(solver), \(i): \(alone - close)")
      if solver.contains("joint") {
        #expect(abs(among - close) < 1e-7, "\(solver), \(i): \(among - close)")
      } else {
        #expect(abs(alone - among) < 1e-12, "\(solver), \(i)")
      }
    }
  }

  /// By a parameter and by samples, in every way; in the long suite, in each for every kind.
  @Test(arguments: ["direct", "adjoint", "interpolated", "forward"])
  func gradients(_ mode: String) throws {
    for (kind, ode, state) in [
      ("linear", "f", "x"), ("linear", "driven", "z"), ("hermite", "driven", "z"),
      ("akima", "f", "x"),
    ] where Effort.isLong || mode == "direct" || kind == "linear" {
      let program =
        Self.bent + """
          fn end(k, us, a, b) = solve(\(ode), over: a..b, with: {k: k}, input: {u: \(kind)(ts, us)}, solver: tsit5(rtol: 1e-10, atol: 1e-12, gradient: \(mode))).final.\(state)
          fn many(k, us) = sum(solve(\(ode), at: [0, 0.5, 1.7, 2.5, 3], with: {k: k}, input: {u: \(kind)(ts, us)}, solver: tsit5(rtol: 1e-10, atol: 1e-12, gradient: \(mode))).\(state))
          fn timed(ts) = solve(\(ode), over: 0..3, with: {k: 0.2}, input: {u: \(kind)(ts, us)}, solver: tsit5(rtol: 1e-10, atol: 1e-12, gradient: \(mode))).final.\(state)
          let times = 1.0*ts
          let k = 0.2, samples = us*1.0, e = [0.0, 0, 1, 0, 0, 0], h = 1e-5

          """
      // Steps end at samples wherever these are: only where equations jump there is more to a moved sample than its pieces.
      if ode == "f" {
        let byTime = try Recorder.number(program, "grad(timed(times), wrt: times)[2]")
        let moved = try Recorder.number(program, "(timed(ts + h*e) - timed(ts - h*e))/(2*h)")
        #expect(abs(byTime - moved) < 1e-6 * max(1, abs(moved)), "\(mode), \(kind) by a time")
      }
      for call in ["end(#, 0, 3)", "end(#, 3.5, -1)", "many(#)"] {
        func at(_ k: String, _ us: String) -> String {
          call.replacing("#", with: "\(k), \(us)")
        }
        let found = try Recorder.numbers(
          program + "let moves = [[k + h, k - h, k, k], [0.0, 0, h, -h]]\n"
            + "let at = map(0..<4) { (i) -> \(at("moves[0, i]", "us + moves[1, i]*e")) }\n",
          """
          [grad(\(at("k", "samples")), wrt: k), (at[0] - at[1])/(2*h), grad(\(at("k", "samples")), wrt: samples)[2], (at[2] - at[3])/(2*h)]
          """)
        let (byParameter, moved, bySample, shifted) = (found[0], found[1], found[2], found[3])
        #expect(
          abs(byParameter - moved) < 1e-6 * max(1, abs(moved)), "\(mode), \(kind), \(call) by k")
        #expect(
          abs(bySample - shifted) < 1e-6 * max(1, abs(shifted)),
          "\(mode), \(kind), \(call) by a sample: \(bySample), \(shifted)")
      }
    }
  }
}
