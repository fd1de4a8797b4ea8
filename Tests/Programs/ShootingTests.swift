import Foundation
import Nodal
import Testing

/// Multiple shooting: windows find what the whole hides, and what is learned in the end is what the whole loss wants.
@Suite struct ShootingTests {
  private static let oscillator = """
    ode truth { state x = 1, x' = 0; x'' = -9*x - 0.05*x' }
    ode spring {
      state x = 1, x' = 0
      param ω = OMEGA in (0, inf)
      param c = 0.2 in (0, inf)
      x'' = -ω^2*x - c*x'
    }
    data obs = simulate(truth, from: {x: 1, x': 0}, at: linspace(0, 60, 301), noise: normal(0, 0.02))

    """
  private static let loss = "loss fit(w) { let s = solve(spring, at: w.t); mse(s.x, w.x) }\n"

  private static func program(_ guess: String, _ options: String) -> String {
    oscillator.replacing("OMEGA", with: guess) + loss
      + "let run = train fit on obs { \(options) }\n"
  }

  /// Of 29 periods the damping is known and the frequency isn't: a plain fit stays flat; windows come to it from far away.
  @Test func theStuckOscillator() throws {
    func known(_ text: String) -> String {
      text.replacing("param c = 0.2 in (0, inf)", with: "const c = 0.05")
    }
    let plain = Recorder.ran(known(Self.program("2.0", "optimize: lbfgs(), steps: 200")))
    #expect(try plain.numbers("run.loss")[0] > 0.3)
    for (guess, optimizer) in [("0.5", "lbfgs"), ("2.0", "lm"), ("6.0", "lm")] {
      let options = "shooting: multiple(length: 10); optimize: \(optimizer)(), steps: 200"
      let found = try Recorder.ran(known(Self.program(guess, options)))
        .numbers("[run.loss, spring.ω]")
      #expect(found[0] < 5e-4 && abs(found[1] - 3) < 1e-3, "\(found)")
    }
  }

  /// Where windows are joined at last, it doesn't matter how long they were nor how much gaps counted; and `run` knows the whole loss, and no more
  /// parameters than there are.
  @Test func whatIsFoundIsOfTheWhole() throws {
    var all: [[Double]] = []
    for options in [
      "shooting: multiple(length: 7); optimize: lbfgs(), steps: 300",
      "shooting: multiple(length: 20, continuity: 1e4, stages: 4); optimize: lm(), steps: 100",
    ] {
      let recorder = Recorder.ran(Self.program("2.5", options))
      all.append(try recorder.numbers("[spring.ω, spring.c, run.loss]"))
      #expect(try recorder.numbers("run.parameters + 0.0") == [2])
    }
    #expect(zip(all[0], all[1]).allSatisfy { abs($0 - $1) < 1e-6 * abs($1) + 1e-9 }, "\(all)")
  }

  /// Not joined, continuity decides how far windows hang together: the more it counts, the nearer they come.
  @Test func gapsCloseWithContinuity() throws {
    func found(_ continuity: String) throws -> Double {
      let options =
        "shooting: multiple(length: 10, continuity: \(continuity), join: false); optimize: lm(), steps: 100"
      return try Recorder.ran(Self.program("2.5", options)).numbers("spring.ω")[0]
    }
    let joined = try Recorder.ran(
      Self.program("2.5", "shooting: multiple(length: 10); optimize: lm(), steps: 100")
    ).numbers("spring.ω")[0]
    let (loose, tight) = (abs(try found("1e-3") - joined), abs(try found("1e3") - joined))
    #expect(tight < loose && tight < 1e-4, "\(loose), \(tight)")
  }

  /// Several experiments of different lengths, a likelihood, learned initial values with domains, minibatches of windows, parameters that are frozen.
  @Test func allKindsOfLosses() throws {
    var csv = "time,Subject,x\n"
    for (name, rate, count) in [("a", 0.5, 9), ("b", 1.0, 5), ("c", 2.0, 13)] {
      for k in 0..<count {
        csv += "\(0.25 * Double(k)),\(name),\(3 * exp(-rate * 0.25 * Double(k)))\n"
      }
    }
    let text = """
      data all = csv("all.csv", time: "time", experiment: "Subject")
      ode f {
        state x = 1 in (0, inf)
        param k per subject = 0.8 in (0, inf)
        x' = -k*x
      }
      loss fit(w) { let s = solve(f, at: w.time); w.x ~ normal(s.x, 0.01) }

      """
    for (options, bound) in [
      ("shooting: multiple(length: 4); optimize: lbfgs(), steps: 300", 1e-3),
      (
        "shooting: multiple(length: 3); batch: shuffled(4); optimize: adam(lr: 0.02), steps: 600",
        0.1
      ),
    ] {
      let recorder = Recorder.ran(
        text + "train fit on all { \(options) }", files: ["/project/all.csv": csv])
      let found = try recorder.numbers("f.k") + recorder.numbers("f.x.initial")
      #expect(
        zip(found, [0.5, 1, 2, 3]).allSatisfy { abs($0 - $1) < bound * $1 }, "\(options): \(found)")
    }
  }

  /// What can't be cut is refused before anything runs, and says what would do.
  @Test(arguments: [
    ("horizon: grow(from: 5); shooting: multiple(length: 10)", "both cut the data"),
    ("shooting: multiple(length: 1000)", "leave every experiment in one piece"),
    ("shooting: multiple(length: 0)", "positive integer"),
    ("shooting: multiple(length: 10, continuity: -1)", "above 0"),
    ("shooting: single(length: 10)", "takes a way to cut the data"),
    ("shooting: multiple(length: 10); batch: windows(length: 5)", "cut already"),
  ])
  func refusals(_ options: String, _ words: String) {
    let recorder = Recorder.ran(Self.program("2.0", options + "; optimize: lbfgs(), steps: 5"))
    #expect(recorder.errors.contains { $0.text.contains(words) }, "\(recorder.errors.map(\.text))")
  }

  @Test(arguments: [
    ("mse(solve(spring, over: 0..60, at: w.t).x, w.x)", "begins elsewhere"),
    ("mse(solve(spring, at: linspace(0, 1, 5)).x, 0)", "doesn't solve over the times"),
    ("mean(w.x)", "solves nothing"),
  ])
  func lossesThatCannotBeCut(_ body: String, _ words: String) {
    let recorder = Recorder.ran(
      Self.oscillator.replacing("OMEGA", with: "2.0") + "loss fit(w) = \(body)\n"
        + "train fit on obs { shooting: multiple(length: 10); optimize: lbfgs(), steps: 5 }\n")
    #expect(recorder.errors.contains { $0.text.contains(words) }, "\(recorder.errors.map(\.text))")
  }
}
