import Foundation
import Nodal
import NodalBasics
import NodalDiagnostics
import NodalExecution
import NodalIR
import NodalReferenceExecutor
import NodalSession
import Synchronization
import Testing

/// What is told of the cost of gradients, and what a validation costs.
@Suite struct CostTests {
  static let decay = """
    ode decay { state x = 1; param k = 0.5 in (0, inf), c = 0.1; x' = -k*x + c }
    data obs = simulate(decay, over: 0..2, every: 0.1, with: {k: 0.8})

    """

  /// The values printed under a label, as JSON.
  static func printed(_ label: String, by recorder: Recorder) throws -> [[String: Any]] {
    try recorder.events.compactMap { event in
      guard case .printed(label, _, let json) = event else { return nil }
      return try JSONSerialization.jsonObject(with: Data(json.utf8)) as? [String: Any]
    }
  }

  /// The rows of `check gradients`, by name.
  static func checked(_ solver: String) throws -> [String: [String: Any]] {
    let recorder = Recorder(files: [:])
    let outcome = recorder.run(
      decay + """
        loss fit(w) = mse(solve(decay, at: w.t, solver: \(solver)).x, w.x)
        check gradients of fit on obs
        """)
    #expect(outcome == .finished, "\(recorder.errors.map(\.text))")
    let table = try #require(try printed("check gradients of fit", by: recorder).first)
    #expect(table["threshold"] as? Double == 1e-3)
    #expect(table["parameters"] as? Int == 2 && table["directions"] as? Int == 2)
    let rows = try #require(table["methods"] as? [[String: Any]])
    return Dictionary(uniqueKeysWithValues: rows.map { ($0["gradient"] as? String ?? "?", $0) })
  }

  @Test func gradientsAreComparedAndOneIsAdvised() throws {
    let rows = try Self.checked("tsit5(rtol: 1e-9, atol: 1e-9)")
    #expect(Set(rows.keys) == ["direct", "adjoint", "interpolated", "forward", "differences"])
    for (name, row) in rows {
      let error = try #require(row["error"] as? Double)
      #expect(error < 1e-6, "\(name)")
      #expect(row["trusted"] as? Bool == true)
      #expect(try #require(row["seconds"] as? Double) >= 0)
      #expect(try #require(row["bytes"] as? Int) > 0)
    }
  }

  /// 20 gaps, each one step of 4 evaluations; a reversed step goes back through the same 4.
  @Test func evaluationsAreCountedApart() throws {
    let rows = try Self.checked("rk4(dt: 0.1)")
    func count(_ name: String, _ half: String) -> Int? { rows[name]?[half] as? Int }
    #expect(count("direct", "forward") == 80)
    #expect(count("direct", "backward") == 80)
    #expect(count("interpolated", "forward") == 80)
    #expect(count("interpolated", "backward") == 80)
    #expect(count("adjoint", "backward") == 80)
    #expect(count("forward", "forward") == 80)
    #expect(count("forward", "backward") == 0)
    // Four values along each of two directions.
    #expect(count("differences", "forward") == 8 * 80)
    #expect(rows["direct"]?["evaluations"] as? Int == 160)
  }

  /// Steps of the whole span, by number: stretches between observations have their shares.
  @Test func stretchesShareANumberOfSteps() throws {
    let rows = try Self.checked("rk4(steps: 20)")
    for name in ["direct", "adjoint", "interpolated"] {
      #expect(rows[name]?["forward"] as? Int == 80, "\(name)")
      #expect(rows[name]?["backward"] as? Int == 80, "\(name)")
    }
  }

  /// Undone step by step, whatever their number.
  @Test(arguments: ["reversible_heun", "asynchronous_leapfrog"])
  func memoryIsThatOfAStep(_ method: String) throws {
    let few = try Self.checked("\(method)(steps: 200)")
    let many = try Self.checked("\(method)(steps: 20_000)")
    #expect(few["reversible"]?["bytes"] as? Double == many["reversible"]?["bytes"] as? Double)
    #expect(many["reversible"]?["trusted"] as? Bool == true)
  }

  /// The memory of a trace grows with the steps; that of the adjoint and of the forward sensitivities does not.
  @Test func memoryIsThatOfTraces() throws {
    let few = try Self.checked("rk4(dt: 0.001)")
    let many = try Self.checked("rk4(dt: 0.0001)")
    func growth(_ name: String) throws -> Double {
      let small = try #require(few[name]?["bytes"] as? Double)
      return try #require(many[name]?["bytes"] as? Double) / small
    }
    #expect(try growth("direct") > 5)
    #expect(try growth("interpolated") > 5)
    #expect(try growth("adjoint") == 1)
    #expect(try growth("forward") == 1)
    #expect(try growth("differences") == 1)
  }

  @Test func aLossWithoutParametersHasNoGradient() {
    let recorder = Recorder(files: [:])
    #expect(
      recorder.run(
        """
        ode f { state x = 1; x' = -x }
        data obs = simulate(f, over: 0..1, every: 0.5)
        loss fit(w) = mse(solve(f, at: w.t).x, w.x)
        check gradients of fit on obs
        """) == .failed)
    #expect(recorder.errors.map(\.message).first?.contains("has no gradient") == true)
  }

  /// Each ode's own, for one example, forward and backward: the other one's, the minibatch and the validation don't enter.
  @Test func reportsTheEvaluationsOfAnOde() throws {
    let recorder = Recorder(files: [:])
    let outcome = recorder.run(
      """
      ode slow { state x = 1; param k = 0.5; x' = -k*x }
      ode fast { state y = 1; param c = 0.5; y' = -c*y }
      data points = generate(two_moons(), count: 12)
      loss gap(e) {
        let a = solve(slow, from: {x: e.x[0]}, over: 0..1, solver: euler(steps: 7))
        let b = solve(fast, from: {y: e.x[1]}, over: 0..1, solver: rk4(steps: 5))
        mse(a.final.x, b.final.y)
      }
      train gap on points {
        batch: shuffled(4); optimize: sgd(lr: 1e-3), steps: 6
        validate: points.last(0.25), every: 2
        report: nfe(slow); report: nfe(fast)
      }
      """)
    #expect(outcome == .finished, "\(recorder.errors.map(\.text))")
    let slow = try #require(try Self.printed("nfe(slow)", by: recorder).first)
    #expect(slow["ode"] as? String == "slow")
    #expect(slow["forward"] as? [Double] == Array(repeating: 7, count: 5))
    #expect(slow["backward"] as? [Double] == Array(repeating: 7, count: 5))
    let fast = try #require(try Self.printed("nfe(fast)", by: recorder).first)
    #expect(fast["forward"] as? [Double] == Array(repeating: 20, count: 5))
    #expect(fast["backward"] as? [Double] == Array(repeating: 20, count: 5))
  }

  @Test func aRunSaysWhatItTook() throws {
    let recorder = Recorder(files: [:])
    let outcome = recorder.run(
      Self.decay + """
        loss fit(w) = mse(solve(decay, at: w.t, solver: rk4(dt: 0.1)).x, w.x)
        let run = train fit on obs { optimize: adam(), steps: 3 }
        print run.evaluations, run.steps, run.parameters, run.penalty
        assert run.peak_memory > 0 && run.seconds >= 0 && run.history[0] > run.loss
        """)
    #expect(outcome == .finished, "\(recorder.errors.map(\.text))")
    // Of each step 80 forward and 80 backward, and 80 more to see where the last one led.
    #expect(
      recorder.printed == [
        "run.evaluations = 640", "run.steps = 3", "run.parameters = 2", "run.penalty = 0",
      ])
  }

  // MARK: The best so far

  /// Of each step what is called best, or the mean.
  static func standings(_ options: String) throws -> [(best: Double?, mean: Double?, loss: Double)]
  {
    let recorder = Recorder(files: [:])
    let outcome = recorder.run(
      decay + """
        loss fit(w) = mse(solve(decay, from: {x: w.x[0]}, at: w.t).x, w.x)
        train fit on obs { \(options) }
        """)
    #expect(outcome == .finished, "\(recorder.errors.map(\.text))")
    return recorder.events.compactMap {
      if case .trainingStep(let step) = $0 { (step.best, step.mean, step.loss) } else { nil }
    }
  }

  @Test func bestIsTheLowestWhereStepsSeeAllTheData() throws {
    let steps = try Self.standings("optimize: adam(lr: 0.3), steps: 12")
    for (i, step) in steps.enumerated() {
      #expect(step.best == steps[...i].map(\.loss).min() && step.mean == nil)
    }
    // The steps are so long that some go up.
    #expect(steps.contains { $0.best ?? 0 < $0.loss })
  }

  @Test func minibatchesHaveAMeanInstead() throws {
    let steps = try Self.standings(
      "batch: windows(length: 4, count: 1); optimize: sgd(lr: 1e-3), steps: 60")
    for (i, step) in steps.enumerated() {
      let last = steps[...i].suffix(50).map(\.loss)
      #expect(step.mean == last.reduce(0, +) / Double(last.count) && step.best == nil)
    }
  }

  @Test func bestIsOfTheValidationWhereThereIsOne() throws {
    let steps = try Self.standings(
      "batch: windows(length: 4, count: 1); optimize: sgd(lr: 1e-3), steps: 9; validate: obs.last(0.3), every: 3"
    )
    #expect(steps.allSatisfy { $0.mean == nil && $0.best != nil })
    #expect(steps[0].best == steps[1].best && steps[0].best != steps[0].loss)
    #expect(zip(steps, steps.dropFirst()).allSatisfy { $0.best ?? 0 >= $1.best ?? 0 })
  }

  // MARK: Compiling

  /// Counts what it compiles.
  private final class CountingExecutor: Executor {
    private let inner = ReferenceExecutor()
    private let counted = Atomic<Int>(0)
    var count: Int { counted.load(ordering: .relaxed) }
    func compile(_ region: Region) throws -> any Executable {
      counted.add(1, ordering: .relaxed)
      return try inner.compile(region)
    }
  }

  /// A second look at the validation compiles nothing.
  @Test func validationIsCompiledOnce() throws {
    func compiled(looksEvery every: Int) throws -> Int {
      let executor = CountingExecutor()
      let session = Session(host: .system, executor: executor) { _ in }
      let text =
        Self.decay + """
          data held = simulate(decay, over: 0..2, every: 0.2, with: {k: 0.9})
          loss fit(w) = mse(solve(decay, at: w.t).x, w.x)
          loss far(w) = mae(solve(decay, at: w.t).x, w.x)
          train fit on obs { optimize: adam(), steps: 8; validate: far on held, every: \(every) }
          """
      let source = SourceFile(id: SourceID(1), path: "test.node", text: text)
      #expect(session.run(source) == .finished)
      return executor.count
    }
    let once = try compiled(looksEvery: 8)
    #expect(once > 0)
    #expect(try compiled(looksEvery: 1) == once)
  }
}
