import Foundation
import Nodal
import Testing

/// Parameters with a value for each experiment: whose value is read, what priors make of them, what is said where nobody knows.
@Suite struct GroupTests {
  /// Three decays from 1, at times of their own, in no order of names; each with its rate.
  private static let files: [String: String] = {
    let rates = ["b": 0.5, "a": 1.0, "c": 2.0]
    let times = ["b": [0.0, 1, 2, 3], "a": [0.0, 0.5, 1], "c": [0.0, 0.2, 0.4, 0.6, 0.8]]
    func rows(_ names: [String]) -> String {
      "time,Subject,x\n"
        + names.flatMap { name in
          times[name, default: []].map { "\($0),\(name),\(exp(-rates[name, default: 0] * $0))" }
        }.joined(separator: "\n") + "\n"
    }
    return [
      "/project/all.csv": rows(["b", "a", "c"]), "/project/two.csv": rows(["c", "a"]),
      "/project/one.csv": rows(["b"]),
      "/project/rows.csv": "Site,y\nn,1.0\ns,3.0\nn,2.0\ns,5.0\nn,3.0\nw,8.0\n",
    ]
  }()

  private static let decay = """
    ode f { state x = 1; param k per subject = 0.8 in (0, inf); x' = -k*x }
    loss fit(w) = mse(solve(f, at: w.time, solver: dopri5(rtol: 1e-9, atol: 1e-11)).x, w.x)

    """

  private static func run(_ text: String) throws -> Recorder {
    let recorder = Recorder.ran(text, files: files)
    #expect(recorder.errors.map(\.text) == [])
    return recorder
  }

  private static func expect(_ found: [Double], _ wanted: [Double], within bound: Double) {
    #expect(
      found.count == wanted.count && zip(found, wanted).allSatisfy { abs($0 - $1) < bound },
      "\(found), not \(wanted)")
  }

  /// All at once, in windows, and with one taken out: each experiment moves its own value alone.
  @Test func eachLearnsItsOwn() throws {
    let data = "data all = csv(\"all.csv\", time: \"time\", experiment: \"Subject\")\n"
    for (options, wanted, bound) in [
      ("optimize: lbfgs(), steps: 80", [0.5, 1, 2], 1e-6),
      ("optimize: lbfgs(), steps: 80; validate: all.last(0.34)", [0.5, 1, 0.8], 1e-6),
      ("optimize: adam(lr: 0.05), steps: 400; batch: shuffled(1)", [0.5, 1, 2], 1e-2),
    ] {
      let recorder = try Self.run(data + Self.decay + "train fit on all { \(options) }\n")
      Self.expect(try recorder.numbers("f.k"), wanted, within: bound)
    }
    let windows = try Self.run(
      data + """
        ode f { state x = 1; param k per subject = 0.8 in (0, inf); x' = -k*x }
        loss fit(w) = mse(solve(f, from: {x: w.x[0]}, at: w.time, solver: dopri5(rtol: 1e-9, atol: 1e-11)).x, w.x)
        train fit on all { batch: windows(2, count: 8); optimize: adam(lr: 0.05), steps: 400 }
        """)
    Self.expect(try windows.numbers("f.k"), [0.5, 1, 2], within: 2e-2)
  }

  /// Subjects of several files have one value each, in the order in which the files name them.
  @Test func filesShareSubjects() throws {
    let recorder = try Self.run(
      """
      data one = csv("one.csv", time: "time", experiment: "Subject")
      data two = csv("two.csv", time: "time", experiment: "Subject")
      """ + "\n" + Self.decay + "train fit on two { optimize: lbfgs(), steps: 80 }\n")
    Self.expect(try recorder.numbers("f.k"), [0.8, 2, 1], within: 1e-6)
    recorder.run("print f\n")
    #expect(recorder.printed.last?.contains("\nb         0.8") == true, "\(recorder.printed)")
  }

  /// Rows of sites, a mean for each: what is most probable of them and of the mean of all is known.
  @Test func populationOfSites() throws {
    let recorder = try Self.run(
      """
      data rows = csv("rows.csv", experiment: "Site")
      param μ = 0
      param a per site = 0 ~ normal(μ, 0.7)
      loss fit(w) { w.y ~ normal(a, 0.5) }
      train fit on rows { optimize: lbfgs(), steps: 100 }
      """)
    let (within, between) = (1 / 0.25, 1 / 0.49)
    let sums = [(6.0, 3.0), (8, 2), (8, 1)]
    // μ is the mean of the a, and a = (Σy/σ² + μ/τ²)/(n/σ² + 1/τ²).
    let shares = sums.map { within / ($0.1 * within + between) }
    let mean =
      zip(sums, shares).reduce(0) { $0 + $1.0.0 * $1.1 }
      / zip(sums, shares).reduce(0) { $0 + $1.0.1 * $1.1 }
    let wanted = zip(sums, shares).map { $1 * ($0.0 + mean * between / within) }
    Self.expect(try recorder.numbers("a"), wanted, within: 1e-5)
    Self.expect(try recorder.numbers("μ"), [mean], within: 1e-5)
  }

  /// The examples of a data set by its name; draws of their own to start from; gradients by every way.
  @Test func examplesOfADataSet() throws {
    let recorder = try Self.run(
      """
      ode truth { state x = 1; param k = 1; x' = -k*x }
      data made = simulate(truth, over: 0..2, every: 0.25, with: {k: [0.5, 1, 3, 2]})
      ode f { state x = 1; param k per made = sample uniform(0.8, 1.2) in (0, inf); x' = -k*x }
      loss fit(w) = mse(solve(f, at: w.t, solver: dopri5(rtol: 1e-10, atol: 1e-12)).x, w.x)
      let started = f.k
      check gradients of fit on made
      train fit on made { optimize: lbfgs(), steps: 80 }
      let all = solve(f, over: 0..1, with: {k: f.k}, solver: dopri5(rtol: 1e-10, atol: 1e-12)).final.x
      let second = solve(f, over: 0..1, with: {k: f.k[1]}, solver: dopri5(rtol: 1e-10, atol: 1e-12)).final.x
      """)
    Self.expect(try recorder.numbers("f.k"), [0.5, 1, 3, 2], within: 1e-6)
    let started = try recorder.numbers("started")
    #expect(Set(started).count == 4 && started.allSatisfy { $0 > 0.8 && $0 < 1.2 }, "\(started)")
    #expect(recorder.printed.joined().contains("fine"))
    Self.expect(
      try recorder.numbers("all"), [0.5, 1, 3, 2].map { exp(-$0) }, within: 1e-6)
    Self.expect(try recorder.numbers("second"), [exp(-1)], within: 1e-6)
  }

  @Test(arguments: [
    ("print solve(f, over: 0..1).final.x", "E0613"),
    ("print steady(f)", "E0613"),
    ("train fit on single { optimize: adam(), steps: 1 }", "E0613"),
    ("param q per subjekt = 1\nprint q", "E0612"),
    ("param q per single = 1\nprint q", "E0612"),
  ])
  func whatIsRefused(_ line: String, _ code: String) {
    let recorder = Recorder(files: Self.files)
    recorder.run(
      """
      data all = csv("all.csv", time: "time", experiment: "Subject")
      data single = csv("one.csv", time: "time")

      """ + Self.decay + line + "\n")
    #expect(recorder.errors.map(\.code) == [code], "\(recorder.errors.map(\.text))")
  }
}
