import Foundation
import Nodal
import Testing

/// Laws of equations with delays: orders, executors that agree, gradients beside differences, failures.
@Suite struct DelayLawTests {
  private static let blood = """
    ode f { state x = 0.6; param b = 0.4, τ = 2; x' = b*x(t - τ)/(1 + x(t - τ)^6) - 0.1*x }

    """

  /// Earlier states are as exact as the method: its order is what it is without them.
  @Test(arguments: [
    ("euler", 1.0), ("heun", 2), ("midpoint", 2), ("bs3", 3), ("rk4", 4), ("dopri5", 5),
    ("tsit5", 5), ("kvaerno3", 3), ("kvaerno5", 5), ("radau5", 5),
  ])
  func order(_ method: String, _ order: Double) throws {
    let end = "solve(f, over: 0..10, solver: "
    // Both cut every delay into whole steps.
    let errors = try Recorder.numbers(
      Self.blood + "let exact = \(end)dop853(rtol: 1e-13, atol: 1e-14)).final.x\n",
      "abs([\(end)\(method)(steps: 20)).final.x, \(end)\(method)(steps: 80)).final.x] - exact)")
    let (rough, close) = (errors[0], errors[1])
    let slope = log2(rough / close) / 2
    #expect(slope > order - 0.4, "\(method): \(slope), from \(rough) to \(close)")
  }

  @Test func executorsAgree() throws {
    let declared =
      Self.blood
        + """
        fn end(τ, b) = solve(f, over: 0..20, with: {τ: τ, b: b}, solver: dop853(rtol: 1e-8, atol: 1e-10)).final.x
        fn back(τ, b) = solve(f, over: 0..20, with: {τ: τ, b: b}, solver: dop853(rtol: 1e-8, atol: 1e-10, gradient: interpolated)).final.x
        ode g extends f { event high: x == 0.9 rising { x = 0.4*x^2 } }
        fn dosed(τ, b) = solve(g, over: 0..20, with: {τ: τ, b: b}, solver: dop853(rtol: 1e-8, atol: 1e-10)).final.x
        let τ = 1.7, b = 0.35

        """
    let answers = [
      "sum(solve(f, over: 0..20, with: {τ: [0.5, 2, 7]}, every: 5, solver: dopri5(rtol: 1e-8, atol: 1e-10)).x)",
      "grad(end(τ, b), wrt: τ)", "grad(end(τ, b), wrt: b)", "grad(back(τ, b), wrt: τ)",
      "grad(dosed(τ, b), wrt: τ)", "grad(dosed(τ, b), wrt: b)",
    ]
    let all = "[\(answers.joined(separator: ", "))]"
    let native = try Recorder.numbers(declared, all)
    let reference = try Recorder.numbers(declared, all, .reference)
    for (k, answer) in answers.enumerated() {
      #expect(abs(native[k] - reference[k]) < 1e-9 * max(1, abs(reference[k])), "\(answer)")
    }
  }

  /// Several delays of several states, a network that reads two of them: backwards and forwards, with steps of their own choice and given ones.
  @Test(arguments: [
    "dopri5(rtol: 1e-9, atol: 1e-11)", "dop853(rtol: 1e-9, atol: 1e-11)", "rk4(dt: 0.05)",
    "tsit5(steps: 120)",
  ])
  func gradientsOfNetworks(_ solver: String) throws {
    let recorder = Recorder()
    recorder.run(
      """
      ode two {
        state x = 0.6, y = 0.1
        param b = 0.4, p = 1.3, q = 0.55
        let earlier = [x(t - p), y(t - q)]
        learned push = mlp(4)(earlier)
        x' = b*x(t - p)/(1 + x(t - p)^4) - 0.1*x + 0.2*push
        y' = 0.2*x - y*x(t - q)
      }
      data seen = simulate(two, from: {x: [0.3, 0.6, 0.9]}, over: 0..6, every: 0.5, with: {b: 0.5, p: 1.1})
      loss fit(w) { let s = solve(two, from: {x: w.x[0]}, at: w.t, solver: \(solver)); mse(s.x, w.x) + mse(s.y, w.y) }
      check gradients of fit on seen
      """)
    #expect(recorder.errors.map(\.text) == [])
    let rows = recorder.printed.joined().split(separator: "\n")
    for way in ["interpolated", "forward"] {
      let row = try #require(rows.first { $0.hasPrefix(way) }).split(separator: " ")
      #expect(try #require(Double(row[1])) < 1e-6 && row.contains("fine"), "\(row)")
    }
  }

  /// Inputs with corners, which rows at t and at t + τ pass at different times.
  @Test(arguments: ["linear", "akima"])
  func gradientsWithInputs(_ kind: String) throws {
    let given = "\(kind)([0, 0.7, 1.3, 2.2, 4], [0.1, 0.5, 0.3, 0.9, 0.2])"
    let recorder = Recorder()
    recorder.run(
      """
      ode fed {
        state x = 1, y = 0.5
        param τ = 0.9, σ = 0.4, k = 1
        input u
        learned f = mlp(3)([x(t - τ), u])
        x' = u*y(t - σ) - k*x(t - τ) + 0.3*f
        y' = x - y*u
      }
      data seen = simulate(fed, over: 0..4, every: 0.5, with: {k: 1.2, τ: 0.8}, input: {u: \(given)})
      loss fit(w) = mse(solve(fed, at: w.t, input: {u: \(given)}, solver: dopri5(rtol: 1e-9, atol: 1e-11)).x, w.x)
      check gradients of fit on seen
      """)
    #expect(recorder.errors.map(\.text) == [])
    let rows = recorder.printed.joined().split(separator: "\n")
    for way in ["interpolated", "forward"] {
      let row = try #require(rows.first { $0.hasPrefix(way) }).split(separator: " ")
      #expect(try #require(Double(row[1])) < 1e-5 && row.contains("fine"), "\(row)")
    }
  }

  /// For several experiments that begin at places of their own.
  @Test func gradients() {
    let recorder = Recorder()
    recorder.run(
      Self.blood
        + """
        data seen = simulate(f, from: {x: [0.3, 0.6, 0.9]}, over: 0..10, every: 1, with: {b: 0.5, τ: 3})
        loss fit(w) = mse(solve(f, from: {x: w.x[0]}, at: w.t, solver: dopri5(rtol: 1e-9, atol: 1e-11)).x, w.x)
        check gradients of fit on seen
        """)
    #expect(recorder.errors.map(\.text) == [])
    let table = recorder.printed.joined()
    #expect(table.contains("fine") && !table.contains("\ndirect "), "\(table)")
  }

  /// Steps meet events and what follows from them: orders hold across both.
  @Test(arguments: [("midpoint", 2.0, 60), ("bs3", 3, 40), ("rk4", 4, 30), ("tsit5", 5, 20)])
  func orderAcrossEvents(_ method: String, _ order: Double, _ count: Int) throws {
    let declared = """
      ode f { state x = 0.6, n = 0
        x' = 0.4*x(t - 1.3)/(1 + x(t - 1.3)^6) - 0.1*x; n' = x(t - 0.7)
        event high: x == 0.8 rising { x = 0.4*x; n = n + x }
        event given: t in [1.1, 2.2] { x = x + 0.05*n } }

      """
    let end = "solve(f, over: 0..8, solver: "
    let exact = try Recorder.number(declared, end + "dop853(rtol: 1e-13, atol: 1e-14)).final.n")
    let errors = try [1, 4].map { factor in
      abs(
        try Recorder.number(declared, end + "\(method)(steps: \(count * factor))).final.n") - exact)
    }
    let slope = log2(errors[0] / errors[1]) / 2
    #expect(slope > order - 1, "\(method): \(errors), slope \(slope)")
  }

  /// A fast component that follows a slow one: stiff methods take few steps, `auto` finds one, derivatives go both ways, through events, too.
  @Test(arguments: ["kvaerno3", "kvaerno5", "radau5", "bdf", "auto"])
  func stiff(_ method: String) throws {
    let declared = """
      ode f { state x = 0.6, y = 0.6; param b = 0.4, τ = 2
        x' = b*y(t - τ)/(1 + y(t - τ)^6) - 0.1*x; y' = 1e4*(x - y)
        event high: x == 0.9 rising { x = 0.5*x } }
      ode g { state x = 0.6, y = 0.6; param b = 0.4, τ = 2
        x' = b*y(t - τ)/(1 + y(t - τ)^6) - 0.1*x; y' = 1e4*(x - y) }
      fn ahead(b, τ) = solve(g, over: 0..10, with: {b: b, τ: τ}, solver: \(method)(rtol: 1e-8, atol: 1e-10, gradient: forward)).final.x
      fn back(b, τ) = solve(g, over: 0..10, with: {b: b, τ: τ}, solver: \(method)(rtol: 1e-8, atol: 1e-10, gradient: interpolated)).final.x
      fn dosed(b, τ) = solve(f, over: 0..10, with: {b: b, τ: τ}, solver: \(method)(rtol: 1e-8, atol: 1e-10)).final.x
      let b = 0.4, τ = 2.0, d = 1e-3

      """
    let steps = try Recorder.number(
      declared, "solve(g, over: 0..30, solver: \(method)(rtol: 1e-6, atol: 1e-8)).stats.accepted")
    #expect(steps < 600, "\(method): \(steps) steps")
    let answers = [
      "grad(ahead(b, τ), wrt: b)", "grad(back(b, τ), wrt: b)", "grad(ahead(b, τ), wrt: τ)",
      "grad(dosed(b, τ), wrt: b)", "grad(dosed(b, τ), wrt: τ)",
    ]
    let own = try Recorder.numbers(declared, "[\(answers.joined(separator: ", "))]")
    // Both functions at b ± d and τ ± d.
    let moved = try Recorder.numbers(
      declared + "let bs = [b + d, b - d, b, b], τs = [τ, τ, τ + d, τ - d]\n",
      "[map(0..<4) { (i) -> ahead(bs[i], τs[i]) }, map(0..<4) { (i) -> dosed(bs[i], τs[i]) }]")
    let slopes = stride(from: 0, to: 8, by: 2).map { (moved[$0] - moved[$0 + 1]) / 2e-3 }
    for (k, slope) in [0, 0, 1, 2, 3].enumerated() {
      let (found, other) = (own[k], slopes[slope])
      #expect(
        abs(found - other) < 1e-4 * max(1, abs(other)),
        "\(method), \(answers[k]): \(found), \(other)")
    }
  }

  @Test(arguments: [
    ("print solve(f, over: 0..3, with: {τ: -1}).final", "E1045"),
    ("param e = 1.0\nprint solve(f, over: 3..e).final", "E1045"),
    ("print solve(f, over: 0..3, with: {τ: 1e-9}).final", "E1003"),
    (
      "fn g(τ) = solve(f, over: 0..3, with: {τ: τ}).final.x\nlet τ = 1.0\nprint hessian(g(τ), wrt: τ)",
      "E1046"
    ),
    ("fn g(e) = solve(f, over: 0..e).final.x\nlet e = 3.0\nprint grad(g(e), wrt: e)", "E1046"),
  ])
  func refusals(_ line: String, _ code: String) {
    let recorder = Recorder()
    recorder.run(Self.blood + line)
    #expect(recorder.errors.map(\.code) == [code], "\(recorder.errors.map(\.text))")
  }
}
