import Foundation
import Nodal
import NodalBasics
import Testing

/// `folds:` of `train`: every experiment is held out once, from a fit that knows nothing of it.
@Suite struct FoldsTests {
  private static let values = [1.0, 2, 4, 5, 3, 6, 9]
  private static let files = [
    "/project/d.csv": "x\n" + values.map { "\($0)\n" }.joined(),
    "/project/obs.csv": "who,t,x\n"
      + (0..<6).flatMap { who in
        (0..<(who % 2 == 0 ? 6 : 9)).map { i in
          let t = 0.25 * Double(i)
          let noise = 0.01 * sin(Double(17 * who + 5 * i))
          return "\(who),\(t),\((1 + 0.2 * Double(who)) * exp(-0.7 * t) + noise)\n"
        }
      }.joined(),
  ]
  private static let program = """
    data d = csv("d.csv")
    param a = 0.0
    loss fit(w) = (a - w.x)^2

    """
  private static let decay = """
    data obs = csv("obs.csv", time: "t", experiment: "who")
    ode f { state x = 1; param k = 0.3 in (0, inf); x' = -k*x }
    loss fit(w) = mse(solve(f, from: {x: w.x[0]}, at: w.t).x, w.x)

    """

  private static func ran(_ text: String, threads: Int = 2) -> Recorder {
    let recorder = Recorder(files: files, threads: threads)
    recorder.run(text + "\n")
    return recorder
  }

  /// One at a time: a mean of the others is what each is held against; and what is kept has seen all.
  @Test func leaveOneOut() throws {
    let run = Self.ran(
      Self.program
        + "let run = train fit on d { folds: 7; optimize: lbfgs(tolerance: 1e-12), steps: 50 }")
    let sum = Self.values.reduce(0, +)
    let wanted = Self.values.map { pow($0 - (sum - $0) / 6, 2) }.sorted()
    let found = try run.numbers("run.folds").sorted()
    #expect(zip(found, wanted).allSatisfy { abs($0 - $1) < 1e-6 } && found.count == 7)
    #expect(abs(try run.numbers("a")[0] - sum / 7) < 1e-6)
    // By the seed; and each is in one fold only, so the mean over all depends on nothing else.
    let other = Self.ran(
      "seed 5\n" + Self.program
        + "let run = train fit on d { folds: 7; optimize: lbfgs(tolerance: 1e-12), steps: 50 }")
    #expect(try other.numbers("run.folds") != (try run.numbers("run.folds")))
    #expect(abs(try other.numbers("mean(run.folds)")[0] - wanted.reduce(0, +) / 7) < 1e-6)
  }

  /// What is fitted of all is what a run without folds fits, and the number of threads changes no bit.
  @Test(arguments: [
    "optimize: lbfgs(), steps: 20", "batch: shuffled(3); optimize: adam(lr: 0.05), epochs: 5",
    "shooting: multiple(length: 4, stages: 2); optimize: lbfgs(), steps: 10",
    "horizon: grow(from: 0.5, stages: 2); optimize: lm(), steps: 5",
    "validate: obs.last(0.2), every: 1; optimize: lbfgs(), steps: 5",
  ])
  func foldsLeaveTheFitAsItIs(_ options: String) throws {
    let plain = Self.ran(Self.decay + "let run = train fit on obs { \(options) }")
    let one = Self.ran(
      Self.decay + "let run = train fit on obs { folds: 3; \(options) }", threads: 1)
    let four = Self.ran(
      Self.decay + "let run = train fit on obs { folds: 3; \(options) }", threads: 4)
    #expect(try one.numbers("f.k") == plain.numbers("f.k"))
    #expect(try one.numbers("run.history") == plain.numbers("run.history"))
    #expect(try one.numbers("run.folds") == four.numbers("run.folds"))
    #expect(try one.numbers("run.folds").allSatisfy { $0 > 0 && $0 < 0.05 })
    #expect(StartsTests.said(one) == StartsTests.said(four))
  }

  /// Of a likelihood an example's share counts, and nothing that is believed beforehand.
  @Test func likelihoods() throws {
    let run = Self.ran(
      """
      data d = csv("d.csv")
      param a = 0.0 ~ normal(100, 30)
      loss fit(w) { w.x ~ normal(a, 1) }
      let run = train fit on d { folds: 2; optimize: lbfgs(), steps: 50 }
      """)
    let found = try run.numbers("run.folds")
    #expect(found.count == 2 && found.allSatisfy { $0 > 0.9 && $0 < 20 }, "\(found)")
  }

  /// A fold is the very fit of a run without those data, which are tested on at last: inputs of learned terms are scaled alike, too.
  @Test func aFoldIsAFitWithout() throws {
    func numbers(_ option: String, _ answer: String) throws -> [Double] {
      try Self.ran(
        """
        data obs = csv("obs.csv", time: "t", experiment: "who")
        ode f { state x = 1; learned g = mlp(3)(x); x' = -0.7*x + g }
        loss fit(w) = mse(solve(f, from: {x: w.x[0]}, at: w.t).x, w.x)
        let run = train fit on obs { \(option); optimize: adam(lr: 0.02), steps: 15 }
        """
      ).numbers(answer)
    }
    let folds = try numbers("folds: 6", "run.folds")
    #expect(Set(folds).count == 6)
    for who in [0, 3, 5] {
      let alone = try numbers("test: obs[\(who)..<\(who + 1)]", "run.test.last")
      #expect(folds.contains(alone[0]), "\(who): \(alone) among \(folds)")
    }
  }

  @Test func whatCannotBeDealt() {
    func refused(_ options: String, _ text: String = Self.program) -> String {
      let data = text == Self.program ? "d" : "obs"
      let run = Self.ran(
        text + "let run = train fit on \(data) { \(options); optimize: lbfgs(), steps: 5 }")
      #expect(run.errors.map { $0.code } == ["E0804"], "\(options): \(run.errors.map(\.text))")
      #expect(run.errors.first?.help.isEmpty == false)
      return run.errors.first?.text ?? ""
    }
    #expect(refused("folds: 8").contains("from 2 to the number of examples, here 7"))
    #expect(refused("folds: 1").contains("not 1"))
    #expect(refused("folds: 3; starts: 2").contains("several fits"))
    #expect(refused("folds: 3; checkpoint: \"d\"").contains("several"))
    #expect(refused("folds: 3; log: \"d.csv\"").contains("several"))
    let single = Self.decay.replacing(", experiment: \"who\"", with: "").replacing(
      "obs.csv", with: "one.csv")
    let files = ["/project/one.csv": "t,x\n0,1\n1,0.5\n2,0.25\n"]
    let one = Recorder(files: files)
    one.run(single + "train fit on obs { folds: 2; optimize: lbfgs(), steps: 5 }\n")
    #expect(one.errors.first?.text.contains("the data are one") == true)
    #expect(
      refused("folds: 2", Self.decay.replacing("param k =", with: "param k per who ="))
        .contains("none that was fitted"))
    let without = Self.ran(
      Self.program + "let run = train fit on d { optimize: lbfgs(), steps: 5 }\nprint run.folds")
    #expect(without.errors.first?.text.contains("trained without `folds:`") == true)
  }

  /// Stopped among them, the weights are as they were.
  @Test(.timeLimit(.minutes(1)), arguments: [1, 2]) func stopped(_ threads: Int) throws {
    let cancellation = Cancellation()
    var found: [Diagnostic] = []
    var configuration = Configuration(threads: threads, directory: "/project")
    configuration.host = MemoryWorld(files: Self.files).host
    let interpreter = Interpreter(configuration, cancellation: cancellation) {
      if case .diagnostic(let diagnostic) = $0 { found.append(diagnostic) }
      if case .trainingBegan = $0 {
        DispatchQueue.global().asyncAfter(deadline: .now() + 0.2) { cancellation.cancel() }
      }
    }
    let text =
      Self.program + "train fit on d { folds: 3; optimize: sgd(lr: 1e-6), steps: 100_000_000 }\n"
    #expect(interpreter.run(Program(text: text, path: "test.node")) == .cancelled)
    #expect(found.map(\.code) == ["E1008"])
    cancellation.reset()
    #expect(try interpreter.evaluate("a").numbers == [0])
  }

  /// A fold that comes to nothing is NaN among the others.
  @Test(arguments: [1, 3]) func oneComesToNothing(_ threads: Int) throws {
    let recorder = Recorder(files: ["/project/d.csv": "x\n1\n5\n6\n"], threads: threads)
    recorder.run(
      """
      data d = csv("d.csv")
      param a = 0.0
      loss fit(w) = (a - w.x)^2 - 1e-3*log(w.x - a)
      let run = train fit on d { folds: 3; optimize: lbfgs(), steps: 20 }

      """)
    #expect(try recorder.numbers("run.folds").filter(\.isNaN).count == 1)
    #expect(StartsTests.said(recorder).contains { $0.contains("1 came to nothing") })
  }
}
