import Foundation
import Nodal
import NodalBasics
import Testing

/// What a run says beside its values: warnings, notes, words of its failures.
@Suite struct RunTimeTests {
  private func said(_ text: String, files: [String: String] = [:]) -> (
    errors: [String], warnings: [String], printed: [String], notes: [String]
  ) {
    let recorder = Recorder(files: files)
    recorder.run(text)
    let found = recorder.events.compactMap { event -> Diagnostic? in
      if case .diagnostic(let one) = event { one } else { nil }
    }
    return (
      found.filter(\.isError).map(\.text), found.filter { !$0.isError }.map(\.text),
      recorder.printed,
      recorder.events.compactMap { if case .note(let text) = $0 { text } else { nil } }
    )
  }

  @Test func windowsAreScaledUpToAllTimes() throws {
    // The loss of the first step is that of all data, whatever the windows, where every sample is the same.
    func first(_ batch: String) throws -> Double {
      let recorder = Recorder(files: [
        "/project/d.csv": "t,x\n" + (0..<100).map { "\($0),1.5" }.joined(separator: "\n")
      ])
      recorder.run(
        """
        param a = 1 ~ normal(0, 1)
        data d = csv("d.csv", time: "t")
        loss fit(w) { w.x ~ normal(a, 1) }
        train fit on d { batch: \(batch); optimize: sgd(lr: 1e-9), steps: 1 }
        """)
      return try #require(
        recorder.events.compactMap { event -> Double? in
          if case .trainingStep(let step) = event { step.loss } else { nil }
        }.first)
    }
    let whole = try first("all")
    for batch in [
      "windows(length: 10, count: 10)", "windows(length: 1, count: 10)",
      "windows(length: 7, count: 3)",
    ] {
      #expect(abs(try first(batch) - whole) < 1e-9 * whole, "\(batch)")
    }
  }

  /// A record of steps that memory has no room for ends the run, whatever runs the steps; the adjoint needs none.
  @Test(arguments: [Backend.automatic, .reference], [2, 200])
  func aRecordHasToFit(_ backend: Backend, _ dimension: Int) throws {
    func run(_ gradient: String) -> [Diagnostic] {
      var configuration = Configuration(backend: backend, directory: "/project")
      configuration.host = Host.memory()
      configuration.host.memory = { 1 << 14 }
      let recorder = Recorder(configuration)
      recorder.run(
        """
        param k = 1
        ode turning(x: Real[\(dimension)]) { x' = k*reverse(x) - k*x }
        loss l() { sum(solve(turning, from: linspace(0, 1, \(dimension)), over: 0..100, solver: dopri5(rtol: 1e-11, atol: 1e-11, gradient: \(gradient))).final.x^2) }
        train l { optimize: sgd(lr: 1e-9), steps: 1 }
        """)
      return recorder.errors
    }
    let found = try #require(run("direct").first)
    #expect(found.code == "E1016", "\(found.text)")
    #expect(found.text.contains("`turning`") && found.text.contains("adjoint"))
    #expect(run("adjoint").isEmpty)
  }

  @Test func gradientsAtAnOptimumAreTrusted() throws {
    let text = try #require(
      said(
        """
        ode decay { state x = 1; param k = 0.8 in (0, inf); x' = -k*x }
        data obs = simulate(decay, at: linspace(0, 2, 9))
        loss fit(w) = mse(solve(decay, at: w.t).x, w.x)
        check gradients of fit on obs
        """
      ).printed.first)
    #expect(!text.contains("not to be trusted"), "\(text)")
    #expect(text.contains("next to 0"))
  }

  @Test func stiffnessIsNamedWhereStepsRunOut() throws {
    let errors = said(
      """
      ode stiff { state x = 1; x' = -1e6*(x - cos(t)) }
      print solve(stiff, over: 0..10, solver: tsit5(max_steps: 3000)).final
      """
    ).errors
    #expect(errors.count == 1 && errors[0].contains("E1003") && errors[0].contains("looks stiff"))
  }

  @Test func stepsThatAreTooLongAreWarnedOf() {
    let found = said(
      """
      ode decay { state x = 1; x' = -30*x }
      print solve(decay, over: 0..1, solver: euler(dt: 0.1)).final.x
      """)
    #expect(found.errors.isEmpty && found.warnings.count == 1)
    #expect(found.warnings.first?.contains("W1005") == true)
  }

  @Test func anOddTermsLastBiasIsNoReasonToWarn() {
    let found = said(
      """
      ode m { state x = 1; param k = 0.5; learned net = mlp(3)(x) where odd(x); x' = -k*x + net }
      ode truth { state x = 1; x' = -x^3 }
      data d = simulate(truth, at: linspace(0, 1, 5))
      loss fit(w) = mse(solve(m, at: w.t).x, w.x)
      train fit on d { optimize: adam(), steps: 2 }
      """)
    #expect(found.errors.isEmpty && found.warnings.isEmpty, "\(found.warnings)")
  }

  @Test func decimalCommasHaveAWayOut() {
    let files = ["/project/d.csv": "t;x\n0;1,5\n1;2,5\n"]
    let wrong = said("data d = csv(\"d.csv\")\nprint d.x", files: files)
    #expect(wrong.errors.first?.contains("decimal: \",\"") == true)
    let right = said("data d = csv(\"d.csv\", decimal: \",\")\nprint d.x", files: files)
    #expect(right.printed == ["d.x = [1.5, 2.5]"])
  }

  @Test func assertionsShowWhatTheyCompare() {
    let error =
      said("let a = sum([1.0, 2]), b = sum([2.0, 2])\nassert a > 1 && (a > 9 || all([b, a] > 9))")
      .errors.first ?? ""
    #expect(error.contains("`a` is 3") && error.contains("`[b, a]` is [4, 3]"), "\(error)")
  }

  @Test func whatALogarithmHasNoPlaceForIsSaid() {
    let found = said("plot [1.0, 0, 2, -1] against [1.0, 2, 3, 4] log y to \"a.txt\"")
    #expect(found.notes.contains { $0.contains("2 of 4 points") }, "\(found)")
  }

  @Test func phasesOfTwoQuantitiesAreDrawn() {
    let found = said(
      """
      ode swing { state u = 1, v = 0; u' = v; v' = -u }
      let s = solve(swing, over: 0..6, every: 0.1)
      plot [s.u, s.v] as phase to "a.txt"
      plot s.u as phase to "b.txt"
      """)
    #expect(found.errors.count == 1 && found.errors[0].contains("b.txt"))
  }

  @Test func loadingIntoNothingIsRefused() {
    let found = said("ode truth { state x = 1; x' = -x }\nload truth from \"a.safetensors\"")
    #expect(found.errors.count == 1 && found.errors[0].contains("has no weights"))
  }

  @Test func networksAreLearnedAndPhysicsIsKnown() {
    let text =
      said(
        """
        layer net(x: Real) = x |> dense(3) |> tanh |> dense()
        ode m { state x = 1; param k = 0.5; x' = -k*x + net(x) }
        explain m along solve(m, over: 0..1, every: 0.1)
        """
      ).printed.first ?? ""
    #expect(
      text.contains("known") && text.contains("learned") && !text.contains("other"), "\(text)")
  }
}
