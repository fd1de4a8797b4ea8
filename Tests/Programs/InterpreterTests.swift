import Nodal
import Testing

/// The facade as an embedding program uses it.
@Suite struct InterpreterTests {
  static let decay = """
    ode decay {
      state x = 1
      param k = 0.5 in (0, inf)
      x' = -k*x
    }
    const gain = 2
    data obs = simulate(decay, over: 0..2, every: 0.1, with: {k: 0.8})
    loss fit(w) = mse(solve(decay, at: w.t, solver: tsit5(rtol: 1e-9, atol: 1e-9)).x, w.x)
    """

  func prepared() -> Recorder {
    let recorder = Recorder(files: [:])
    #expect(recorder.run(Self.decay) == .finished, "\(recorder.errors.map(\.text).joined())")
    return recorder
  }

  @Test func evaluates() throws {
    let interpreter = try #require(prepared().interpreter)
    #expect(try interpreter.evaluate("1 + 2*gain").number == 5)
    #expect(try interpreter.evaluate("[1, 2, 3]").shape == [3])
    let s = try interpreter.solve("decay", "over: 0..2, every: 0.5")
    let x = try #require(s["final"]?["x"]?.number)
    // exp(-0.5*2) to the default tolerance.
    #expect(abs(x - 0.36787944117144233) < 1e-6)
    #expect(s["t"]?.numbers == [0, 0.5, 1, 1.5, 2])
  }

  @Test func mistakesAreThrown() throws {
    let interpreter = try #require(prepared().interpreter)
    let failure = #expect(throws: ProgramFailure.self) { try interpreter.evaluate("gian + 1") }
    let found = try #require(failure?.diagnostics.first)
    #expect(found.code == "E0201")
    #expect(found.place?.line == 1 && found.place?.column == 1 && found.place?.endColumn == 5)
    #expect(found.text.contains("gain"))
    #expect(throws: ProgramFailure.self) { try interpreter.evaluate("let a = 1") }
    #expect(throws: ProgramFailure.self) { try interpreter.evaluate("(1 + ") }
    #expect(throws: ProgramFailure.self) { try interpreter.evaluate("") }
    #expect(throws: ProgramFailure.self) { try interpreter.train("fit", on: "nothing", "") }
  }

  @Test func arraysBeyondMemoryHaveAPlace() throws {
    let recorder = Recorder(files: [:])
    #expect(
      recorder.run("let n = 2\nprint 1 + sum(n*linspace(0, 1, 1_000_000_000))") == .failed)
    let found = try #require(recorder.errors.first)
    #expect(found.code == "E0901")
    #expect(found.place?.line == 2 && found.place?.column == 15, "\(found.text)")
  }

  @Test func checkingLeavesNothingBehind() throws {
    let recorder = Recorder(files: [:])
    #expect(recorder.interpreter.check(Program(text: Self.decay)).isEmpty)
    #expect(recorder.interpreter.declarations.isEmpty)
    #expect(recorder.interpreter.check(Program(text: "print q")).map(\.code) == ["E0201"])
    #expect(recorder.events.isEmpty)
  }

  @Test func gradientIsThatOfDifferences() throws {
    let interpreter = try #require(prepared().interpreter)
    let found = try interpreter.gradient(of: "fit", on: "obs")
    func loss(_ k: Double) throws -> Double {
      try interpreter.setWeight("decay.k", to: [k])
      return try interpreter.gradient(of: "fit", on: "obs").value
    }
    let h = 1e-5
    let difference = try (loss(0.5 + h) - loss(0.5 - h)) / (2 * h)
    let gradient = try #require(found.gradient["decay.k"]?.first)
    #expect(abs(gradient - difference) < 1e-6 * abs(difference))
  }

  @Test func weightsAreSetWithinTheirDomain() throws {
    let interpreter = try #require(prepared().interpreter)
    try interpreter.setWeight("decay.k", to: [0.25])
    #expect(interpreter.weight("decay.k")?.values == [0.25])
    #expect(try interpreter.evaluate("decay.k").number == 0.25)
    #expect(throws: WeightFailure.self) { try interpreter.setWeight("decay.k", to: [-1]) }
    #expect(throws: WeightFailure.self) { try interpreter.setWeight("decay.k", to: [.nan]) }
    #expect(throws: WeightFailure.self) { try interpreter.setWeight("decay.k", to: [1, 2]) }
    #expect(throws: WeightFailure.self) { try interpreter.setWeight("decay.j", to: [1]) }
  }

  @Test func trains() throws {
    let interpreter = try #require(prepared().interpreter)
    var steps: [Int] = []
    let run = try interpreter.train("fit", on: "obs", "optimize: lbfgs(), steps: 30") {
      steps.append($0.step)
    }
    #expect(run.loss < 1e-10)
    #expect(steps == Array(1...run.losses.count))
    let k = try #require(interpreter.weight("decay.k")?.values.first)
    #expect(abs(k - 0.8) < 1e-4)
    #expect(!run.wasCancelled)
  }

  @Test func cancellationKeepsTheBest() throws {
    let interpreter = try #require(prepared().interpreter)
    let run = try interpreter.train("fit", on: "obs", "optimize: adam(lr: 1e-2), steps: 1000") {
      if $0.step == 5 { interpreter.cancellation.cancel() }
    }
    #expect(run.wasCancelled)
    #expect(run.losses.count == 5)
    #expect(run.loss <= run.losses.min() ?? 0)
    #expect(interpreter.weight("decay.k")?.values != [0.5])
    interpreter.cancellation.reset()
    #expect(try interpreter.evaluate("1 + 1").number == 2)
  }

  /// Few weights without a gradient are named one by one, many in one go.
  @Test func whatDoesNotMoveIsNamed() {
    func warnings(layers: Int) -> [String] {
      let recorder = Recorder(files: [:])
      let outcome = recorder.run(
        """
        layer net(y: Real[2]) {
          var h = y
          for _ in 1..\(layers) { h = h |> dense(2) }
          h
        }
        param a = 1.0
        data points = generate(two_moons(), count: 5)
        loss fit(e) = (a - e.x[0])^2 + 0*sum(net(e.x))
        train fit on points { optimize: sgd(lr: 1e-3), steps: 2 }
        """)
      #expect(outcome == .finished)
      return recorder.events.compactMap {
        if case .diagnostic(let found) = $0, found.code == "W1001" { found.message } else { nil }
      }
    }
    let few = warnings(layers: 2)
    #expect(few.count == 4 && few.contains { $0.hasPrefix("`net.dense_2.bias` gets no gradient") })
    #expect(
      warnings(layers: 10) == [
        "`net.dense_1.weight` and 19 more get no gradient from `fit`: they will not move"
      ])
  }

  @Test func settingsReplaceConstants() {
    let recorder = Recorder(files: [:])
    recorder.interpreter.set("gain", to: "7")
    #expect(recorder.run("const gain = 2\nprint gain") == .finished)
    #expect(recorder.printed == ["gain = 7"])
    let wrong = Recorder(files: [:])
    wrong.interpreter.set("gian", to: "7")
    #expect(wrong.run("const gain = 2\nprint gain") == .wrong)
  }

  @Test func emitsWhatThePassesMake() throws {
    let recorder = Recorder(files: [:])
    let program = Program(text: Self.decay + "\ntrain fit on obs { optimize: lbfgs(), steps: 5 }")
    let regions = try recorder.interpreter.emit(program, of: "fit")
    #expect(regions.first?.pass == "lower")
    #expect(regions.map(\.pass).contains("gradient"))
    #expect(regions.allSatisfy { $0.text.hasPrefix("region(") })
    #expect(recorder.interpreter.weight("decay.k")?.values == [0.5])
  }

  /// The same bits for any number of threads.
  @Test func threadsChangeNothing() throws {
    let program = """
      seed 3
      layer net(y: Real[2]) = y |> dense(8) |> tanh |> dense(2)
      ode model(y: Real[2]) { y' = net(y) }
      data points = generate(two_moons(noise: 0.1), count: 64)
      loss gap(e) = mse(solve(model, from: e.x, over: 0..1).final.y, [0.5, 0.5])
      train gap on points { batch: shuffled(48); optimize: adam(lr: 1e-2), steps: 4 }
      """
    let values = [1, 2, 3].map { threads -> [[UInt64]] in
      let recorder = Recorder(files: [:], threads: threads)
      #expect(recorder.run(program) == .finished, "\(recorder.errors.map(\.text).joined())")
      return recorder.interpreter.weights.map { $0.values.map(\.bitPattern) }
    }
    #expect(!values[0].isEmpty)
    #expect(values[0] == values[1])
    #expect(values[0] == values[2])
  }

  /// Rackauckas et al.'s figures for this problem.
  @Test func lotkaVolterra() throws {
    let recorder = Recorder(files: [:])
    recorder.run(
      """
      ode lotka {
        state x = 1, y = 1
        x' = 1.5*x - x*y
        y' = -3*y + x*y
      }
      let s = solve(lotka, over: 0..10, solver: dop853(rtol: 1e-12, atol: 1e-12))
      """)
    let x = try #require(try recorder.interpreter.evaluate("s.final.x").number)
    let y = try #require(try recorder.interpreter.evaluate("s.final.y").number)
    #expect(abs(x - 1.0263447675750954) < 1e-9)
    #expect(abs(y - 0.9096910781360358) < 1e-9)
  }
}
