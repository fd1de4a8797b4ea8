import Nodal
import Testing

/// Slopes are fitted before trajectories: a fit begins near where it belongs.
@Suite struct CollocationTests {
  private static let data = """
    ode truth { state x, v; x' = v; v' = -9*x - 0.05*v }
    data obs = simulate(truth, from: {x: [1, 0.5], v: [0, 2]}, at: linspace(0, 40, 401), noise: normal(0, 0.01))

    """

  /// From a third of the frequency, over 19 periods; of two experiments, and from columns of other names.
  @Test(arguments: ["lbfgs(), steps: 100", "adam(lr: 0.1), steps: 300"])
  func anOscillatorFromFarAway(_ rule: String) throws {
    let model = """
      ode spring {
        state p, q
        param ω = 1 in (0, inf)
        param c = 0.5 in (0, inf)
        p' = q; q' = -ω^2*p - c*q
      }
      loss fit(w) { let s = solve(spring, from: {p: w.x[0], q: w.v[0]}, at: w.t); mse(s.p, w.x) }

      """
    let begun = Recorder.ran(
      Self.data + model
        + "train fit on obs { collocation: \(rule); optimize: lm(), steps: 50 }")
    #expect(try abs(begun.numbers("spring.ω")[0] - 3) < 2e-3)
    #expect(try abs(begun.numbers("spring.c")[0] - 0.05) < 2e-3)
    let alone = Recorder.ran(
      Self.data + model
        + "train fit on obs { collocation: \(rule); optimize: sgd(lr: 1e-12), steps: 1 }")
    #expect(try abs(alone.numbers("spring.ω")[0] - 3) < 0.05)
  }

  /// What is frozen stays where it is.
  @Test func frozenWeightsStay() throws {
    let found = Recorder.ran(
      Self.data + """
        ode spring {
          state x, v
          param ω = 1 in (0, inf)
          param c = 0.5 in (0, inf)
          x' = v; v' = -ω^2*x - c*v
        }
        loss fit(w) { let s = solve(spring, from: {x: w.x[0], v: w.v[0]}, at: w.t); mse(s.x, w.x) }
        train fit on obs { collocation: lbfgs(), steps: 50; optimize: sgd(lr: 1e-12), steps: 1; freeze: spring.c }
        """)
    #expect(try found.numbers("spring.c")[0] == 0.5)
    #expect(try abs(found.numbers("spring.ω")[0] - 3) < 0.1)
  }

  /// A velocity without data is taken from its state, an input from its column; what a network learns of slopes is what it is to learn.
  @Test func velocitiesInputsAndNetworks() throws {
    let found = Recorder.ran(
      """
      ode truth { state x, x'; input u; x'' = -4*x + u - x^3 }
      data push = simulate(truth, from: {x: 1, x': 0}, at: linspace(0, 20, 401), input: {u: (t) -> sin(0.7*t)})
      ode model {
        state x, x'
        input u
        param k = 1
        learned f = mlp(8)(x)
        x'' = -k*x + u + f
      }
      loss fit(w) {
        let s = solve(model, from: {x: w.x[0], x': 0}, at: w.t, input: {u: (t) -> sin(0.7*t)})
        mse(s.x, w.x)
      }
      """)
    #expect(found.errors.isEmpty)
    // There is no column `u`.
    #expect(
      found.run("train fit on push { collocation: lbfgs(), steps: 9; optimize: lm(), steps: 1 }")
        != .finished)
    #expect(found.errors.last?.message.contains("nothing of `u`") == true)
    let both = Recorder.ran(
      """
      ode truth { state x, x', u; x'' = -4*x + u - x^3; u' = 0.7*cos(0.7*t) }
      data push = simulate(truth, from: {x: 1, x': 0, u: 0}, at: linspace(0, 20, 401))
      ode model {
        state x, x'
        input u
        learned f = mlp(8)(x)
        x'' = u + f
      }
      loss fit(w) {
        let s = solve(model, from: {x: w.x[0], x': 0}, at: w.t, input: {u: linear(w.t, w.u)})
        mse(s.x, w.x)
      }
      train fit on push { collocation: lbfgs(), steps: 300; optimize: sgd(lr: 1e-12), steps: 1 }
      let s = solve(model, from: {x: 1, x': 0}, at: push.t[0..<60], input: {u: linear(push.t, push.u)})
      """)
    #expect(both.errors.isEmpty)
    #expect(try both.numbers("sqrt(mse(s.x, push.x[0..<60]))")[0] < 0.05)
  }
}
