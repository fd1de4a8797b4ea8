import Nodal
import Testing

/// Inputs of learned terms are centred and scaled by what they are in the states of the training data.
@Suite struct StandardizeTests {
  private static let data = """
    ode truth { state x, x'; x'' = -9*x }
    data obs = simulate(truth, from: {x: 2, x': 0}, at: linspace(0, 6*3.14159265358979, 401))

    """

  private static func scales(_ terms: String, from: String) throws -> [Double] {
    let recorder = Recorder.ran(
      data + """
        ode model {
          state a, a'
          learned f = \(terms)
          a'' = -a + f
        }
        loss fit(w) { let s = solve(model, from: \(from), at: w.t); mse(s.a, w.x) }
        train fit on obs { optimize: sgd(lr: 1e-12), steps: 1 }
        """)
    #expect(recorder.errors.isEmpty)
    return try recorder.inputs("center") + recorder.inputs("scale")
  }

  /// x = 2 cos 3t over nine periods: its mean square is 2, that of its slope 18.
  @Test func statesBeginInColumnsOfOtherNames() throws {
    let found = try Self.scales("mlp(4)([a, a'])", from: "{a: w.x[0], a': w.x'[0]}")
    #expect(
      zip(found, [0, 0, 2.0.squareRoot(), 18.0.squareRoot()]).allSatisfy { abs($0 - $1) < 0.1 })
  }

  /// A velocity that always begins at 0 is known by how its state changes.
  @Test func velocitiesWithoutData() throws {
    let found = try Self.scales("mlp(4)([a, a'])", from: "{a: w.x[0], a': 0}")
    #expect(
      zip(found, [0, 0, 2.0.squareRoot(), 18.0.squareRoot()]).allSatisfy { abs($0 - $1) < 0.1 })
  }

  /// Expressions have the scale that they have, and constants, which vary by nothing, have none.
  @Test func expressions() throws {
    let found = try Self.scales(
      "mlp(4)([a' - 3*a, a^2, 7])", from: "{a: w.x[0], a': w.x'[0]}")
    let wanted = [0, 2, 0, 6, 2.0.squareRoot(), 1]
    #expect(zip(found, wanted).allSatisfy { abs($0 - $1) < 0.1 }, "\(found)")
  }

  /// What begins where weights say tells nothing of the data.
  @Test func learnedBeginningsAreNoData() throws {
    let recorder = Recorder.ran(
      Self.data + """
        ode model {
          state a in (-inf, inf), b in (-inf, inf)
          learned f = mlp(4)([a, b])
          a' = f; b' = -f
        }
        layer start(x: Real[2]) = x |> dense(2)
        loss fit(w) {
          let z = start([w.x[0], w.x[1]])
          let s = solve(model, from: {a: z[0], b: w.x[0]}, at: w.t)
          mse(s.a, w.x)
        }
        train fit on obs { optimize: sgd(lr: 1e-12), steps: 1 }
        """)
    #expect(recorder.errors.isEmpty)
    let scale = try recorder.inputs("scale")
    #expect(scale[0] == 1 && abs(scale[1] - 2.0.squareRoot()) < 0.1, "\(scale)")
  }
}

extension Recorder {
  /// What is kept of the term's input.
  fileprivate func inputs(_ name: String) throws -> [Double] {
    try #require(interpreter.weight("model.f.mlp_1.input.\(name)")).values
  }
}
