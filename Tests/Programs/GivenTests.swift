import Nodal
import Testing

/// Arrays and constants that an embedding program gives.
@Suite struct GivenTests {
  static let program = """
    data obs = given("obs", time: "t", columns: {x: "height"<m>})
    ode f { state x: Real<m> = 1<m>; param k = 0.5 in (0, inf); x' = -k*x }
    loss fit(w) = mse(solve(f, at: w.t).x, w.x)
    """
  static let times = [0.0, 0.5, 1, 1.5, 2]

  static func decay(_ rate: Double) -> [GivenArray] {
    [
      GivenArray("t", times), GivenArray("height", times.map { exp(-rate * $0) }),
      GivenArray("other", [1, 2, 3, 4, .nan]),
    ]
  }

  /// By its series: no library is wanted for it.
  private static func exp(_ x: Double) -> Double {
    var (term, sum) = (1.0, 1.0)
    for k in 1..<60 {
      term *= x / Double(k)
      sum += term
    }
    return sum
  }

  @Test func areData() throws {
    let recorder = Recorder(files: [:])
    recorder.interpreter.give(Self.decay(0.8), as: "obs")
    #expect(recorder.run(Self.program) == .finished, "\(recorder.errors.map(\.text))")
    let options = "optimize: lm(), steps: 20"
    try recorder.interpreter.train("fit", on: "obs", options)
    #expect(abs(try #require(recorder.interpreter.weight("f.k")?.values.first) - 0.8) < 1e-6)
    #expect(try recorder.interpreter.evaluate("obs.other").numbers?.last?.isNaN == true)
    // Others under the same name: what reads them reads the new ones.
    recorder.interpreter.give(Self.decay(0.3), as: "obs")
    try recorder.interpreter.train("fit", on: "obs", options)
    #expect(abs(try #require(recorder.interpreter.weight("f.k")?.values.first) - 0.3) < 1e-6)
    // And of another length.
    recorder.interpreter.give(
      [GivenArray("t", [0, 1]), GivenArray("height", [1, Self.exp(-0.5)])], as: "obs")
    try recorder.interpreter.train("fit", on: "obs", options)
    #expect(abs(try #require(recorder.interpreter.weight("f.k")?.values.first) - 0.5) < 1e-6)
  }

  @Test func experimentsAreAnAxis() throws {
    let recorder = Recorder(files: [:])
    recorder.interpreter.give(
      [
        GivenArray("t", [0, 1, 0, 2], shape: [2, 2]),
        GivenArray("x", [1, 2, 3, 4], shape: [2, 2]),
      ],
      as: "obs")
    #expect(
      recorder.run("data d = given(\"obs\", time: \"t\")\nprint d[1].x") == .finished,
      "\(recorder.errors.map(\.text))")
    #expect(recorder.printed == ["d[1].x = [3, 4]"])
  }

  @Test func whatIsNotGivenIsTold() {
    let recorder = Recorder(files: [:])
    recorder.interpreter.give(Self.decay(1), as: "here")
    #expect(recorder.run("data d = given(\"obs\", time: \"t\")") == .wrong)
    #expect(recorder.errors.first?.message == "nothing is given as `obs`")
    #expect(recorder.errors.first?.help.first?.contains("`here`") == true)
    for wrong in [
      "given()", "given(3)", "given(\"here\", \"there\")", "given(\"here\", time: \"q\")",
    ] {
      #expect(Recorder(files: [:]).run("data d = \(wrong)") == .wrong, "\(wrong)")
    }
  }

  @Test func constantsAreArrays() throws {
    let recorder = Recorder(files: [:])
    recorder.interpreter.set("a", to: [1.5, -2, 1e-300, .infinity], shape: [2, 2])
    recorder.interpreter.set("b", to: [0.1], shape: [])
    #expect(
      recorder.run("const a = [[0.0, 0], [0, 0]], b = 1.0") == .finished,
      "\(recorder.errors.map(\.text))")
    #expect(try recorder.interpreter.evaluate("a").numbers == [1.5, -2, 1e-300, .infinity])
    #expect(try recorder.interpreter.evaluate("a").shape == [2, 2])
    #expect(try recorder.interpreter.evaluate("b").number == 0.1)
  }
}
