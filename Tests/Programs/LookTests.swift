import Foundation
import Nodal
import Testing

/// `test:` and `log:` of `train`: what is looked at while training goes on, and decides nothing.
@Suite struct LookTests {
  private static let values = [1.0, 2, 4, 5, 3, 6, 9, 10]
  private static let files = [
    "/project/d.csv": "x\n" + values.map { "\($0)\n" }.joined()
  ]
  private static let program = """
    data d = csv("d.csv")
    param a = 0.0
    loss fit(w) = (a - w.x)^2
    loss away(w) = abs(a - w.x)

    """

  private static func trained(_ options: String) -> Recorder {
    Recorder.ran(program + "let run = train fit on d { \(options) }\n", files: files)
  }

  /// A slice is taken out of what is trained on, and what is kept is tested on it.
  @Test func aSliceIsHeldOut() throws {
    let recorder = Self.trained("optimize: lbfgs(), steps: 50; test: d.last(0.25)")
    let mean = Self.values.prefix(6).reduce(0, +) / 6
    let wanted = (pow(mean - 9, 2) + pow(mean - 10, 2)) / 2
    #expect(abs(try recorder.numbers("a")[0] - mean) < 1e-6)
    #expect(abs(try recorder.numbers("run.test.last")[0] - wanted) < 1e-4)
    #expect(try recorder.numbers("run.test.history") == [])
    let both = Self.trained(
      "optimize: lbfgs(), steps: 50; validate: d[4..<6], every: 1; test: d.last(0.25)")
    #expect(abs(try both.numbers("run.validation")[0] - (pow(3 - 3, 2) + 9) / 2) < 1e-4)
    #expect(abs(try both.numbers("a")[0] - 3) < 1e-6)
  }

  /// By steps, and by epochs where a stage counts these; of the parameters on the way, and without any effect on them.
  @Test func looksDecideNothing() throws {
    let stage = "optimize: adam(lr: 0.3), steps: 20"
    let plain = Self.trained(stage)
    let looked = Self.trained(stage + "; test: away on d, every: 5")
    #expect(try looked.numbers("a") == plain.numbers("a"))
    #expect(try looked.numbers("run.test.steps") == [5, 10, 15, 20])
    let history = try looked.numbers("run.test.history")
    #expect(history.count == 4 && history[0] > history[3])
    let epochs = Self.trained(
      "batch: shuffled(2); optimize: adam(lr: 0.1), epochs: 3; test: away on d, every: 1")
    #expect(try epochs.numbers("run.test.steps") == [4, 8, 12])
  }

  @Test func whatCannotBeLookedAt() {
    let overlap = Self.trained(
      "optimize: lbfgs(), steps: 5; validate: d.last(0.5); test: d.last(0.25)")
    #expect(overlap.errors.contains { $0.text.contains("take the same data") })
    let without = Recorder.ran(
      Self.program
        + "let run = train fit on d { optimize: lbfgs(), steps: 5 }\nprint run.test.last\n",
      files: Self.files)
    #expect(without.errors.contains { $0.text.contains("was trained without `test:`") })
    let ending = Self.trained("optimize: lbfgs(), steps: 5; log: \"fit.txt\"")
    #expect(ending.errors.flatMap(\.help) == ["log: \"fit.csv\""])
  }

  private static func inFolder(_ body: (URL) throws -> Void) throws {
    let folder = try Repository.temporaryFolder()
    defer { try? FileManager.default.removeItem(at: folder) }
    try files["/project/d.csv"]?.write(
      to: folder.appending(path: "d.csv"), atomically: true, encoding: .utf8)
    try body(folder)
  }

  private static func run(
    _ options: String, in folder: URL, resumes: Bool = false, stop: Int? = nil
  ) -> Interpreter.Outcome {
    var configuration = Configuration(directory: folder.path)
    configuration.resumes = resumes
    let cancellation = Cancellation()
    var steps = 0
    let interpreter = Interpreter(configuration, cancellation: cancellation) { event in
      guard case .trainingStep = event else { return }
      steps += 1
      if steps == stop { cancellation.cancel() }
    }
    return interpreter.run(
      Program(text: program + "let run = train fit on d { \(options) }\n", path: "test.node"))
  }

  private static func lines(_ name: String, in folder: URL) throws -> [String] {
    try String(contentsOf: folder.appending(path: "runs/\(name)"), encoding: .utf8)
      .split(separator: "\n").map(String.init)
  }

  /// A line for each so many steps, for each look, and for a stage's end.
  @Test func lines() throws {
    try Self.inFolder { folder in
      let options = "optimize: adam(lr: 0.1), steps: 25; validate: away on d, every: 8"
      #expect(Self.run(options + "; log: \"fit.csv\", every: 10", in: folder) == .finished)
      let table = try Self.lines("fit.csv", in: folder)
      #expect(table[0].hasPrefix("step,stage,loss,value,validation,test,"))
      #expect(
        table.dropFirst().map { $0.prefix { $0 != "," } } == ["8", "10", "16", "20", "24", "25"])
      #expect(
        table.allSatisfy { $0.split(separator: ",", omittingEmptySubsequences: false).count == 10 })
      #expect(Self.run(options + "; log: \"fit.jsonl\"", in: folder) == .finished)
      let records = try Self.lines("fit.jsonl", in: folder).map {
        try JSONSerialization.jsonObject(with: Data($0.utf8)) as? [String: Any]
      }
      #expect(records.map { $0?["step"] as? Int } == Array(1...25))
      #expect(records.filter { $0?["validation"] is Double }.count == 3)
    }
  }

  /// A run that is resumed goes on behind the step that it begins with, whatever was written after the last checkpoint.
  @Test(arguments: ["fit.csv", "fit.jsonl"])
  func aLogGoesOn(_ name: String) throws {
    try Self.inFolder { folder in
      let options =
        "optimize: adam(lr: 0.1), steps: 30; checkpoint: \"fit\", every: 7; log: \"\(name)\""
      _ = Self.run(options, in: folder, stop: 17)
      // As of a run that was killed later than its checkpoint was written.
      let url = folder.appending(path: "runs/\(name)")
      let text = try String(contentsOf: url, encoding: .utf8)
      let extra = name == "fit.csv" ? "25,\"adam\",1\n" : "{\"step\":25,\"loss\":1}\n"
      try (text + extra).write(to: url, atomically: true, encoding: .utf8)
      #expect(Self.run(options, in: folder, resumes: true) == .finished)
      let steps = try Self.lines(name, in: folder).compactMap {
        Int($0.drop { !$0.isNumber }.prefix(while: \.isNumber))
      }
      #expect(steps == Array(1...30))
    }
  }
}
