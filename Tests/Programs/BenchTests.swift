import Foundation
import Nodal
import Testing

/// `bench` blocks: what they measure, and that they leave nothing behind.
@Suite struct BenchTests {
  /// x = e^(-kt), by Euler's method in steps of 0.1: (1 - 0.1k)^10 at t = 1.
  private static let decay = """
    ode decay { state x = 1; param k = 0.5; x' = -k*x }
    solver plain = euler(dt: 0.1, gradient: direct)
    loss last() = solve(decay, over: 0..1, solver: plain).final.x

    """

  /// The project's own say nothing when they are checked, and each is called as its file is.
  @Test(arguments: Repository.files(in: "benchmarks", ending: ".node").map(\.lastPathComponent))
  func workloadsAreRight(_ name: String) throws {
    let url = Repository.root.appending(path: "benchmarks/\(name)")
    let text = try String(contentsOf: url, encoding: .utf8)
    let found = Recorder().interpreter.check(Program(text: text, path: name))
    #expect(found.isEmpty, "\(found.map(\.text))")
    let titles = text.matches(of: /(?m)^bench "(.*?)"/).map { String($0.output.1) }
    #expect(Set(titles).count == titles.count)
    let prefix = name.dropLast(".node".count).uppercased() + " "
    #expect(titles.allSatisfy { $0.hasPrefix(prefix) })
  }

  private func benchmarks(
    _ text: String, _ outcome: Interpreter.Outcome = .finished
  ) -> [Benchmark] {
    let recorder = Recorder()
    let found = recorder.interpreter.bench(Program(text: text, path: "test.node"))
    #expect(found == outcome)
    #expect(recorder.errors.isEmpty, "\(recorder.errors.map(\.text))")
    return recorder.events.compactMap {
      if case .benched(let benchmark) = $0 { benchmark } else { nil }
    }
  }

  @Test func errorsAreThoseOfKnownSolutions() throws {
    let found = benchmarks(
      Self.decay + """
        bench "stated", reference: exp(-0.5), repeats: 4, warmup: 2 {
          solve(decay, over: 0..1, solver: plain).final.x
        }
        bench "found", tolerance: 1e-12, repeats: 3 { solve(decay, over: 0..1, solver: plain).final.x }
        bench "none", repeats: 3 { solve(decay, over: 0..1, solver: plain).final.x }
        bench "gradient", repeats: 3 { gradient of last }
        """)
    #expect(found.map(\.title) == ["stated", "found", "none", "gradient"])
    let (h, k) = (0.1, 0.5)
    let error = abs(pow(1 - h * k, 10) - exp(-k)) / exp(-k)
    #expect(abs((found[0].error ?? .nan) - error) < 1e-14)
    #expect(abs((found[1].error ?? .nan) - error) < 1e-11)
    #expect(found[2].error == nil)
    // The derivative by k of both: -nh(1 - hk)^(n - 1), and -e^(-k).
    let slope = abs(pow(1 - h * k, 9) - exp(-k)) / exp(-k)
    #expect(abs((found[3].error ?? .nan) - slope) < 1e-11)
    #expect(found[0].times.count == 4)
    #expect(found[0].warmup == 2)
    #expect(found[0].evaluations == 10)
    #expect(found[0].steps == 10)
    #expect(found[3].evaluations > 10)
    for benchmark in found {
      #expect(benchmark.minimum > 0 && benchmark.minimum <= benchmark.median)
      #expect(benchmark.compile > 0)
    }
  }

  @Test func singlePrecisionIsComparedWithDouble() throws {
    let found = benchmarks(
      """
      precision f32
      ode decay { state x = 1; param k = 0.5; x' = -k*x }
      data obs = simulate(decay, at: linspace(0, 1, 11), with: {k: 0.8})
      loss fit(w) = mse(solve(decay, at: w.t, solver: dopri5(rtol: 1e-6, atol: 1e-6)).x, w.x)
      bench "value", tolerance: 1e-12, repeats: 3 {
        solve(decay, over: 0..1, solver: dopri5(rtol: 1e-7, atol: 1e-7)).final.x
      }
      bench "step", repeats: 3 {
        train fit on obs { optimize: adam(lr: 1e-2), steps: 2 }
      }
      """)
    for benchmark in found {
      let error = try #require(benchmark.error)
      #expect(error > 0 && error < 1e-4, "\(benchmark.title): \(error)")
    }
    // A run of two steps begins anew.
    #expect(found.last?.times.count == 3)
  }

  @Test func blocksLeaveNothingBehind() throws {
    let text =
      Self.decay + """
        let a = 1
        bench "train", repeats: 3 {
          let a = 2
          assert a == 2
          train last { optimize: sgd(lr: 1), steps: 5 }
        }
        bench "hides", reference: a, repeats: 3 {
          let a = 2.0
          exp(a - 2)
        }
        print a, decay.k
        """
    let recorder = Recorder()
    let program = Program(text: text, path: "test.node")
    #expect(recorder.interpreter.bench(program) == .finished)
    #expect(recorder.printed == ["a = 1", "decay.k = 0.5"])
    // The reference is what the name means around the block.
    #expect(
      recorder.events.contains { event in
        if case .benched(let benchmark) = event { benchmark.error == 0 } else { false }
      })
    // Elsewhere they are not run.
    for run in [recorder.interpreter.run, recorder.interpreter.test] {
      _ = recorder.take()
      #expect(run(program) == .finished)
      #expect(!recorder.events.contains { if case .benched = $0 { true } else { false } })
    }
    #expect(recorder.interpreter.bench(program) { $0 == "other" } == .finished)
    #expect(!recorder.events.contains { if case .benched = $0 { true } else { false } })
  }

  @Test func whatFailsDoesNotStopTheOthers() throws {
    let recorder = Recorder()
    let text = """
      ode grow { state x = 1; x' = x^2 }
      ode decay { state x = 1; x' = -x }
      bench "explodes" { solve(grow, over: 0..2).final.x }
      bench "counts wrongly", reference: [1, 2] { solve(decay, over: 0..1).final.x }
      bench "does not hold" { assert 1 == 2
        solve(decay, over: 0..1).final.x }
      bench "fine", repeats: 3 { solve(decay, over: 0..1).final.x }
      """
    #expect(recorder.interpreter.bench(Program(text: text, path: "test.node")) == .failed)
    let told = recorder.events.compactMap { event -> String? in
      switch event {
      case .benched(let benchmark): benchmark.title
      case .benchFailed(let title, let found): "\(title) \(found.code)"
      default: nil
      }
    }
    #expect(told == ["explodes E1001", "counts wrongly E0804", "does not hold E1005", "fine"])
  }

  @Test func batchesAreTimed() throws {
    let found = benchmarks(
      """
      ode decay { state x = 1; param k = 0.5; x' = -k*x }
      bench "many", tolerance: 1e-12, repeats: 3 {
        let rates = linspace(0.1, 1, 7)
        solve(decay, over: 0..1, with: {k: rates}, solver: rk4(dt: 0.1)).final.x
      }
      """)
    #expect(found.first?.steps == 70)
    #expect(found.first?.evaluations == 280)
    #expect(found.first.flatMap(\.error).map { $0 < 1e-6 } == true)
  }
}

extension CommandTests {
  private static let bench = """
    ode decay { state x = 1; x' = -x }
    bench "euler", reference: exp(-1), repeats: 3, warmup: 1 {
      solve(decay, over: 0..1, solver: euler(dt: 0.1)).final.x
    }
    bench "no reference", repeats: 3 { solve(decay, over: 0..1, solver: euler(dt: 0.1)).final.x }
    """

  @Test func benchesAreATable() throws {
    let result = try Command.run(["bench", "-", "-q"], input: Self.bench)
    #expect(result.status == 0)
    #expect(result.errors.isEmpty)
    // Times are not the same twice.
    let masked = result.output.replacing(/\ *[0-9.e+]+ (µs|ms|s)\b/, with: " _")
      .replacing(/\ +/, with: " ")
    #expect(
      masked == """
        bench median minimum repeats evaluations steps error compile
        euler _ _ 3 10 10 5.22e-2 _
        no reference _ _ 3 10 10 _

        """)
    #expect(
      try Command.run(["bench", "-", "--only", "eul"], input: Self.bench).output.split(
        separator: "\n"
      ).count == 2)
    #expect(try Command.run(["bench", "-"], input: "bench \"b\" { 1/q }").status == 2)
    #expect(try Command.run(["bench"]).status == 64)
    let failed = try Command.run(
      ["bench", "-"], input: "bench \"b\" { assert 1 == 2\n sqrt(2.0) }")
    #expect(failed.status == 1)
    #expect(failed.output == "FAIL  b\n")
  }

  @Test func benchesAreObjects() throws {
    let result = try Command.run(["bench", "-", "--json"], input: Self.bench)
    let objects = try result.output.split(separator: "\n").map { line in
      try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any] ?? [:]
    }
    #expect(objects.map { $0["kind"] as? String } == ["bench", "bench"])
    #expect(
      Set(objects.first?.keys.map { $0 } ?? []) == [
        "kind", "title", "work", "median", "minimum", "repeats", "warmup", "compile",
        "evaluations", "forward", "backward", "steps", "error",
      ])
    #expect(objects.last?["error"] is NSNull)
    #expect(objects.first?["warmup"] as? Int == 1)
  }
}
