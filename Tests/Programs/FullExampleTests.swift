import Foundation
import Nodal
import TestSupport
import Testing

/// The programs in `examples/` as they are, with the figures that they are there for.
@Suite(.long, .serialized) struct FullExampleTests {
  struct Figure: Sendable, CustomTestStringConvertible {
    let example: String
    /// Of what is bounded, behind the program; nil: what its last fit came to.
    var expression: String?
    let bound: Double
    /// Of so many seeds the median: where fits end in one optimum or another by the last bits.
    var seeds = 1
    var testDescription: String { "\(example): \(expression ?? "loss")" }
  }

  /// One for each example but those that have a test of their own below. Runs are reproducible; what is above the figure is for
  /// machines whose `exp` rounds otherwise.
  static let figures = [
    Figure(example: "alpha_pinene", bound: 19.873),
    Figure(
      example: "areas", expression: "mse(said, swept)/mse(swept, mean(swept))", bound: 0.1),
    Figure(example: "arrivals", bound: 22),
    Figure(example: "ball", bound: 1e-12),
    Figure(example: "blood_cells", expression: "abs(blood.τ/9<day> - 1)", bound: 0.02),
    Figure(example: "delayed_feedback", expression: "abs(learned.τ/9<day> - 1)", bound: 0.05),
    Figure(example: "digits", expression: "run.validation", bound: 0.05),
    Figure(example: "flow", expression: "-mean(log_density(moons.x[0..<500]))", bound: 1),
    Figure(example: "gas_oil", bound: 5.2367e-3),
    Figure(
      example: "hamiltonian", expression: "mse(s.q[0..<61], exact.θ[0..<61])", bound: 0.01),
    Figure(example: "heat", expression: "abs(heat.D - 0.08)", bound: 5e-4),
    Figure(example: "intervention", bound: 1e-12),
    Figure(example: "latent_spirals", bound: 6200),
    Figure(
      example: "missing_physics",
      expression: "mae(s.x[0..<50], solve(truth, over: 0..5, every: 0.05).x[0..<50])", bound: 0.1,
      seeds: 3),
    Figure(example: "moving_weights", expression: "run.loss", bound: 0.1),
    Figure(example: "noisy_well", bound: -143),
    // What the test set for solvers (Mazzia and Magherini 2008) gives, by tolerances that are not looser than 1e-8.
    Figure(
      example: "robertson", expression: "abs(s.final.y1/0.2083340149701255e-7 - 1)", bound: 1e-4),
    // Millivolts, of an output up to 250, over 65 seconds.
    Figure(example: "silverbox", expression: "held[1]", bound: 0.5),
    Figure(example: "spheres", expression: "run.loss", bound: 0.05),
    Figure(example: "spots", expression: "abs(mean(s.u[3]) - A)", bound: 1e-3),
    // Two ways find the frequency, and a plain fit doesn't.
    Figure(
      example: "stuck", expression: "abs(grown.ω - 3) + abs(shot.ω - 3) - run0.loss", bound: -0.3),
    Figure(example: "subjects", expression: "abs(uptake - 1.5634)", bound: 1e-3),
    Figure(example: "swing", expression: "run.loss", bound: 1e-3),
    Figure(example: "swing_up", bound: 0.05),
    Figure(example: "theophylline", bound: 2.08),
    Figure(example: "toggle", expression: "abs(toggle.strength - 2.8513)", bound: 1e-4),
  ]
  private static let others = ["double_pendulum", "lynx_hare", "real_pendulum", "spiral"]

  /// The interpreter behind an example that has run to its end.
  private static func ran(_ example: String, seed: Int? = nil) throws -> Recorder {
    let url = Repository.root.appending(path: "examples/\(example).node")
    let recorder = Recorder(
      Configuration(
        seed: seed, directory: url.deletingLastPathComponent().path,
        outputDirectory: try Repository.temporaryFolder().path,
        dataDirectories: Repository.dataDirectories))
    let program = Program(
      text: try String(contentsOf: url, encoding: .utf8), path: url.lastPathComponent)
    if let missing = recorder.interpreter.check(program).first(where: { $0.code == "E0701" }) {
      try Test.cancel("\(example): \(missing.message)")
    }
    let outcome = recorder.interpreter.run(program)
    #expect(outcome == .finished, "\(example): \(recorder.errors.map(\.text))")
    return recorder
  }

  private static func number(_ expression: String, _ recorder: Recorder) throws -> Double {
    try #require(recorder.interpreter.evaluate(expression).number, "\(expression) is no number")
  }

  @Test func everyExampleHasAFigure() {
    let examples = ExampleTests.examples.map { String($0.dropLast(".node".count)) }
    #expect(examples.sorted() == (Self.figures.map(\.example) + Self.others).sorted())
  }

  @Test(arguments: figures)
  func reaches(_ figure: Figure) throws {
    let all = try (0..<figure.seeds).map { seed in
      let recorder = try Self.ran(figure.example, seed: figure.seeds == 1 ? nil : seed)
      return try figure.expression.map { try Self.number($0, recorder) }
        ?? #require(recorder.losses.last, "\(figure.example) fits nothing")
    }
    let found = all.sorted()[figure.seeds / 2]
    print("\(figure.testDescription) = \(found), of \(all)")
    #expect(found <= figure.bound)
  }

  /// The mode that L-BFGS-B of SciPy finds too, and not the poor one at 171.6.
  @Test func lynxAndHareFindTheMode() throws {
    let losses = try Self.ran("lynx_hare").losses
    #expect(losses.count == 1)
    for loss in losses { #expect(abs(loss - 127.08) < 0.05) }
  }

  @Test(arguments: 0..<3)
  func spiral(seed: Int) throws {
    let found = try Self.number("mae(s.y, track.y)", Self.ran("spiral", seed: seed))
    print("spiral, seed \(seed): \(found)")
    #expect(found <= 0.10)
  }

  /// Physics alone, a network alone, and both: the rollout's error, the median of five seeds.
  @Test func realPendulum() throws {
    var errors: [[Double]] = []
    for seed in 0..<5 {
      let recorder = try Self.ran("real_pendulum", seed: seed)
      errors.append(
        try ["a", "b", "c"].map { try Self.number("sqrt(mse(\($0).θ, held.θ))", recorder) })
    }
    let medians = (0..<3).map { k in errors.map { $0[k] }.sorted()[2] }
    print("real_pendulum: \(errors), medians \(medians)")
    #expect(medians[0] <= 0.04)
    #expect(medians[1] <= 0.20)
    #expect(medians[2] <= 0.045)
  }

  /// Physics without friction and a network lose the trajectory; with learned friction it is held to the end, nearer than with linear friction. Medians of
  /// three seeds.
  @Test func doublePendulum() throws {
    var found: [[Double]] = []
    for seed in 0..<3 {
      let recorder = try Self.ran("double_pendulum", seed: seed)
      found.append(
        try (0..<4).flatMap {
          [try Self.number("horizon[\($0)]", recorder), try Self.number("error[\($0)]", recorder)]
        })
    }
    let medians = (0..<8).map { k in found.map { $0[k] }.sorted()[1] }
    print("double_pendulum: \(found), medians \(medians)")
    #expect(medians[0] <= 1.2 && medians[6] <= 1.5)
    #expect(medians[2] >= 3.5 && medians[4] >= 3.5)
    #expect(medians[5] <= 0.045 && medians[3] <= 0.056)
  }
}

/// Every way to differentiate, on the losses of all examples, against differences.
@Suite(.long, .serialized) struct ExampleGradientTests {
  /// The data that each example's losses are looked at on, all that it trains on or a beginning of it; nil where they read none.
  static let data = [
    "alpha_pinene": "obs", "areas": "paths.first(0.004)", "arrivals": "events", "ball": nil,
    "blood_cells": "counts",
    "delayed_feedback": "counts",
    "digits": "places.first(0.01)", "double_pendulum": "trials[0..<1].first(0.03)",
    "flow": "moons", "gas_oil": "obs",
    "hamiltonian": "obs",
    "heat": "measured", "intervention": nil, "latent_spirals": "tracks",
    "lynx_hare": "pelts", "missing_physics": "obs", "moving_weights": "moons",
    "noisy_well": "paths",
    "real_pendulum": "record.first(0.02)", "robertson": nil, "silverbox": "rig[50000..<50040]",
    "spheres": "rings",
    "spiral": "track.first(0.02)", "stuck": "obs.first(0.2)",
    "swing": "obs", "subjects": "trials", "swing_up": nil, "theophylline": "trials", "toggle": nil,
  ]

  /// What stands before the first training, and odes and losses of one line behind it: declarations, of small networks in f64. They
  /// are smooth: where a whole layer of `relu` is at its kink, as one of zero weights is, differences give the mean of two slopes.
  private static func declarations(_ text: String) -> String {
    var text = ExampleTests.shortened(text).replacing("precision f32", with: "precision f64")
    text = text.replacing("relu", with: "tanh")
    for word in ["dense", "zeros", "mlp"] {
      if let pattern = try? Regex("\\b\(word)\\(([0-9]+)", as: (Substring, Substring).self) {
        ExampleTests.cut(pattern, to: 8, in: &text)
      }
    }
    let training = #/^(let \w+ = )?train /#
    let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
      .filter { !$0.hasPrefix("check gradients of ") }
    let first = lines.prefix { $0.firstMatch(of: training) == nil }
    let later = lines.dropFirst(first.count).filter {
      $0.hasPrefix("ode ") || $0.hasPrefix("loss ")
    }
    return (first + later).joined(separator: "\n")
  }

  /// Nothing in it is fitted.
  private static let withoutLoss = ["spots.node"]

  @Test(arguments: ExampleTests.examples.filter { !withoutLoss.contains($0) })
  func agree(_ file: String) throws {
    let url = Repository.root.appending(path: "examples/\(file)")
    let text = try String(contentsOf: url, encoding: .utf8)
    let data = try #require(
      Self.data[String(file.dropLast(".node".count))], "\(file) has no data to look at")
    let losses = text.matches(of: #/(?m)^loss (\w+)/#).map { String($0.output.1) }
    #expect(!losses.isEmpty)
    let on = data.map { " on \($0)" } ?? ""
    let checks = losses.map { "check gradients of \($0)\(on)" }
    // Two go through delays, and one more back over steps that can be undone.
    let methodCount = text.contains("(t - ") ? 2 : text.contains("leapfrog(") ? 5 : 4
    let program = Program(
      text: ([Self.declarations(text)] + checks).joined(separator: "\n"), path: file)
    let recorder = Recorder(
      Configuration(
        directory: url.deletingLastPathComponent().path,
        outputDirectory: try Repository.temporaryFolder().path,
        dataDirectories: Repository.dataDirectories))
    if let missing = recorder.interpreter.check(program).first(where: { $0.code == "E0701" }) {
      try Test.cancel("\(file): \(missing.message)")
    }
    #expect(
      recorder.interpreter.run(program) == .finished, "\(file): \(recorder.errors.map(\.text))")
    let tables = recorder.values(labelled: "check gradients of ")
    #expect(tables.count == losses.count)
    for table in tables {
      let methods = try #require((table as? [String: Any])?["methods"] as? [[String: Any]])
      let rows = methods.filter { $0["gradient"] as? String != "differences" }
      #expect(rows.count == methodCount, "\(file): \(recorder.printed)")
      for row in rows {
        // Differences may be too rough for a verdict, where a step more or less is taken; their error says enough here.
        let error = try #require(row["error"] as? Double)
        #expect(error <= 1e-3, "\(file): \(row)")
      }
    }
  }
}

extension Recorder {
  /// What the training runs came to.
  fileprivate var losses: [Double] {
    events.compactMap { event in
      guard case .trainingEnded(_, _, let json) = event,
        let object = try? JSONSerialization.jsonObject(with: Data(json.utf8)) as? [String: Any]
      else { return nil }
      return object["loss"] as? Double
    }
  }

  /// Printed values whose label begins like this.
  fileprivate func values(labelled label: String) -> [Any] {
    events.compactMap { event in
      guard case .printed(let found, _, let json) = event, found.hasPrefix(label) else {
        return nil
      }
      return try? JSONSerialization.jsonObject(with: Data(json.utf8))
    }
  }
}
