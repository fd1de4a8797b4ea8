import Foundation
import Nodal
import Testing
import TestSupport

/// `starts:` run side by side: what comes of them is the same, bit for bit, on any number of threads, whatever each finds on its way.
@Suite struct StartsTests {
  struct Case: Sendable, CustomTestStringConvertible {
    let name: String
    let program: String
    let answer: String
    var testDescription: String { name }
  }

  static let cases = [
    Case(
      name: "a curve with several minima",
      program: """
        param x = 1.2 in (-10, 10)
        loss curve(_) = (x^2 - 4)^2/100 + x/10 + sin(3*x)
        let run = train curve { starts: 12; optimize: lbfgs(), steps: 50 }
        """, answer: "x"),
    Case(
      // Some starts turn out to be stiff, and their solves change the method; others' numbers must not depend on when.
      name: "some of them stiff",
      program: """
        ode f { state x = 1, y = 0; param k = 5 in (1e-1, 1e5), m = 0.3 in (0.01, 10)
          x' = -k*(x - cos(t)) - m*y; y' = x - y }
        data obs = simulate(f, over: 0..2, every: 0.1, with: {k: 40, m: 0.5})
        loss fit(w) = mse(solve(f, at: w.t, solver: auto(rtol: 1e-6)).y, w.y)
        let run = train fit on obs { starts: 6; optimize: adam(lr: 0.05), steps: 8; then: lbfgs(), steps: 8 }
        """, answer: "stack(f.k, f.m)"),
    Case(
      name: "squares, priors, a validation and a measure",
      program: """
        ode f { state x = 1; param k = 0.5 in (0, inf) ~ lognormal(0, 1), c = 0.1; x' = -k*x + c }
        data obs = simulate(f, over: 0..4, every: 0.1, with: {k: 0.8, c: 0.2}, noise: normal(0, 0.01))
        loss fit(w) { w.x ~ normal(solve(f, at: w.t).x, 0.01) }
        loss off(w) = mse(solve(f, at: w.t).x, w.x)
        let run = train fit on obs { starts: 4; optimize: lm(), steps: 10; validate: off on obs, every: 2
          report: f.k, every: 5 }
        """, answer: "stack(f.k, f.c, run.validation)"),
    Case(
      name: "windows",
      program: """
        ode f { state x = 1, v = 0; param ω = 2.5 in (0.5, 8); x' = v; v' = -ω^2*x }
        data obs = simulate(f, over: 0..5, every: 0.125, with: {ω: 3})
        loss fit(w) = mse(solve(f, at: w.t).x, w.x)
        let run = train fit on obs { starts: 3; shooting: multiple(length: 10, stages: 2); optimize: lbfgs(), steps: 15 }
        """, answer: "stack(f.ω, run.loss)"),
    Case(
      name: "networks, and batches of them",
      program: """
        layer net(x: Real[1]) = x |> dense(4) |> tanh |> dense(1)
        data d = generate(uniform(), count: 40)
        loss fit(w) = (net(stack(w.x))[0] - sin(6*w.x))^2
        let run = train fit on d { starts: 3; batch: shuffled(8); optimize: adam(lr: 0.02), epochs: 4 }
        """, answer: "net([0.3])"),
  ]

  struct Outcome: Equatable {
    var numbers: [Double]
    var said: [String]
  }

  /// What is said of how long something took is left out.
  static func said(_ recorder: Recorder) -> [String] {
    recorder.events.compactMap { event in
      switch event {
      case .note(let text): text.replacing(/, [\d.]+ (ns|µs|ms|s|min|h)$/, with: "")
      case .diagnostic(let found): found.text
      case .printed(_, let text, _): text
      default: nil
      }
    }
  }

  static func run(_ test: Case, threads: Int) throws -> Outcome {
    let recorder = Recorder(Configuration(threads: threads))
    #expect(recorder.run(test.program + "\n") == .finished)
    #expect(recorder.errors.map(\.text) == [])
    let numbers = try ["run.optima", "run.history", test.answer].flatMap {
      try recorder.interpreter.evaluate($0).numbers ?? []
    }
    return Outcome(numbers: numbers, said: said(recorder))
  }

  @Test(arguments: cases) func theSameOnAnyNumberOfThreads(_ test: Case) throws {
    let alone = try Self.run(test, threads: 1)
    #expect(alone.numbers.count > 3)
    // Of what several of them find, one is enough to be told.
    #expect(alone.said.count { $0.contains("W1002") } == (test.name.contains("stiff") ? 1 : 0))
    for threads in Effort.isLong ? [2, 3, 4, 8] : [2, 4] {
      let several = try Self.run(test, threads: threads)
      #expect(several.numbers.map(\.bitPattern) == alone.numbers.map(\.bitPattern), "\(threads)")
      #expect(several.said == alone.said, "\(threads)")
    }
  }

  /// A start from which there is no solution is none, on any number of threads; where all are such, the first failure is the run's.
  @Test(arguments: [1, 2, 4]) func someFail(_ threads: Int) throws {
    let program = """
      ode f { state x = 1; param k = 0.5 in (1e-2, 1e4); x' = k*x^2 }
      data obs = csv("d.csv", time: "t")
      loss fit(w) = mse(solve(f, at: w.t, solver: tsit5(max_steps: 200)).x, w.x)
      let run = train fit on obs { starts: 5; optimize: lbfgs(), steps: 20 }

      """
    let files = ["/project/d.csv": "t,x\n0,1\n0.5,1.33\n1,2\n"]
    let recorder = Recorder(files: files, threads: threads)
    #expect(recorder.run(program) == .finished)
    let optima = try #require(try recorder.interpreter.evaluate("run.optima").numbers)
    #expect(optima.count == 5 && optima[0] < 1e-4)
    let lost = optima.filter(\.isNaN).count
    #expect(lost > 0)
    let failed = Self.said(recorder).filter { $0.contains("step 1:") }
    #expect(failed.count == lost)
    let none = Recorder(files: files, threads: threads)
    #expect(
      none.run(program.replacing("k = 0.5 in (1e-2, 1e4)", with: "k = 2 in (1.5, 1e4)")) == .failed)
    #expect(none.errors.count == 1 && none.errors.first?.text.contains("step 1") == true)
  }

  /// Stopped while several run, all end, and the best of what there is is kept.
  @Test(.timeLimit(.minutes(1)), arguments: [1, 2, 4]) func stopped(_ threads: Int) throws {
    let cancellation = Cancellation()
    var found: [Diagnostic] = []
    let interpreter = Interpreter(Configuration(threads: threads), cancellation: cancellation) {
      if case .diagnostic(let diagnostic) = $0 { found.append(diagnostic) }
      if case .trainingBegan = $0 {
        DispatchQueue.global().asyncAfter(deadline: .now() + 0.2) { cancellation.cancel() }
      }
    }
    let text = """
      param x = 1.2 in (-10, 10)
      loss curve(_) = (x^2 - 4)^2/100 + x/10 + sin(3*x)
      train curve { starts: 4; optimize: sgd(lr: 1e-6), steps: 100_000_000 }

      """
    #expect(interpreter.run(Program(text: text, path: "test.node")) == .cancelled)
    #expect(found.map(\.code) == ["E1008"])
  }
}
