import Foundation
import Nodal
import NodalBasics
import Testing

/// Recorded runs: what their folders hold, what pages of them tell, and what becomes of a run that can't be recorded.
@Suite struct ReportTests {
  private static let program = """
    data d = csv("d.csv", time: "t", experiment: "who")
    param k = 0.8 in (0, inf) ~ lognormal(0, 1)
    param a = 1.5
    loss fit(w) = mse(a*exp(-k*w.t), w.x)
    let run = train fit on d { optimize: lm(), steps: 30 }
    print "<b>k</b>", k
    """
  private static let csv =
    "t,who,x\n"
    + ["p", "<q>"].map { who in
      (0..<9).map {
        let t = 0.5 * Double($0)
        return "\(t),\(who),\(2 * exp(-0.5 * t) + 0.02 * Double($0 % 3 - 1))\n"
      }.joined()
    }.joined()

  private static func run(
    _ text: String = program, files: [String: String] = [:], as name: String = "decay.run",
    spoil: (MemoryWorld) -> Void = { _ in }
  ) -> (Interpreter.Outcome, Recorder, MemoryWorld) {
    let world = MemoryWorld(files: ["/project/d.csv": csv].merging(files) { _, new in new })
    spoil(world)
    var configuration = Configuration(
      settings: ["c": "2"], directory: "/project", outputDirectory: "/project/out")
    if !text.contains("const c") { configuration.settings = [:] }
    configuration.host = world.host
    let recorder = Recorder(configuration)
    let outcome = recorder.interpreter.run(
      Program(text: text, path: "decay.node"), recordedAs: name, by: "nodal 9")
    return (outcome, recorder, world)
  }

  @Test func holdsTheRun() throws {
    let (outcome, recorder, world) = Self.run()
    #expect(recorder.errors.map(\.text) == [])
    #expect(outcome == .finished)
    let folder = "/project/out/decay.run"
    #expect(world.text(folder + "/program.node") == Self.program)
    #expect(world.bytes(folder + "/weights.safetensors") != nil)
    let json = try #require(world.text(folder + "/run.json"))
    #expect(json.contains("\"nodal\":\"nodal 9\"") && json.contains("\"outcome\":\"finished\""))
    #expect(json.contains("1970-01-01T00:00:00Z"))
    let html = try Report(ofRunAt: folder, host: world.host).html
    for part in [
      "Training of fit", "lognormal(0, 1)", "who p", "who &lt;q&gt;", "&lt;b&gt;k&lt;/b&gt;",
      "d.csv",
      "hold 95 %", "class=\"bar\"", "<polyline", "loss fit(w)",
    ] {
      #expect(html.contains(part), "\(part)")
    }
    #expect(!html.contains("<b>") && !html.contains("<q>"))
    #expect(!html.contains("http://") && !html.contains("https://") && !html.contains("<script"))
    // The weights are those of the run, as `load` reads them.
    let k = try #require(recorder.interpreter.weight("k")?.values.first)
    let again = Recorder(recorder.interpreter.configuration)
    again.run("param k = 0.8 in (0, inf)\nload k from \"decay.run/weights.safetensors\"\n")
    #expect(again.errors.map(\.text) == [])
    #expect(again.interpreter.weight("k")?.values == [k])
  }

  /// Recording changes nothing of what is learned, a second one replaces the first, and a run without a training has a record, too.
  @Test func changesNothing() throws {
    let (_, recorded, world) = Self.run()
    let plain = Recorder(files: ["/project/d.csv": Self.csv])
    plain.run(Self.program)
    #expect(plain.interpreter.weights == recorded.interpreter.weights)
    let again = Recorder(recorded.interpreter.configuration)
    #expect(
      again.interpreter.run(
        Program(text: "print 1\nprint 1/0\n", path: "x.node"), recordedAs: "decay.run", by: "n")
        == .finished)
    let html = try Report(ofRunAt: "/project/out/decay.run", host: world.host).html
    #expect(html.contains("<h1>x</h1>") && !html.contains("Training of"))
  }

  /// A parameter of which nothing is known has no lowest point: looking for it says nothing of its own and comes to an end.
  @Test func looksInSilence() throws {
    let text = """
      ode decay { state x = 3 in (0, inf); param k = 0.8 in (0, inf); x' = -k*x }
      data d = csv("d.csv", time: "t", experiment: "who")
      loss fit(w) { w.x ~ normal(solve(decay, at: w.t, from: {x: 2}).x, 0.05) }
      let run = train fit on d { optimize: lbfgs(), steps: 30 }
      """
    let (outcome, recorder, _) = Self.run(text)
    #expect(outcome == .finished)
    let codes = recorder.events.compactMap { event -> String? in
      if case .diagnostic(let found) = event { found.code } else { nil }
    }
    #expect(codes.allSatisfy { $0 == "W1001" || $0 == "W1008" }, "\(codes)")
  }

  /// A network has no intervals, and a run that fails has a record of what came before.
  @Test func saysWhatIsMissing() throws {
    let text = """
      layer net = mlp(4, out: 1)
      data d = csv("d.csv", time: "t", experiment: "who")
      loss fit(w) = mse(net([w.t[0]])[0], w.x[0])
      train fit on d { optimize: adam(lr: 1e-2), steps: 3 }
      assert 1 == 2
      """
    let (outcome, recorder, world) = Self.run(text)
    #expect(outcome == .failed, "\(recorder.errors.map(\.text))")
    let html = try Report(ofRunAt: "/project/out/decay.run", host: world.host).html
    #expect(html.contains("No intervals: `fit` learns no `param`"))
    #expect(html.contains("failed after") && html.contains("E1005"))
  }

  @Test func refusesFolders() throws {
    func code(_ found: (Interpreter.Outcome, Recorder, MemoryWorld)) -> [String] {
      #expect(found.0 == .failed)
      #expect(found.1.printed == [])
      return found.1.errors.map(\.code)
    }
    #expect(code(Self.run(as: "../elsewhere")) == ["E1007"])
    #expect(code(Self.run(as: "/project")) == ["E1007"])
    #expect(code(Self.run(files: ["/project/out/decay.run": "a file"])) == ["E1006"])
    #expect(code(Self.run(files: ["/project/out/decay.run/mine.txt": "mine"])) == ["E1006"])
    // A program that is wrong leaves nothing behind.
    let (outcome, _, world) = Self.run("print q")
    #expect(outcome == .wrong)
    #expect(world.paths == ["/project/d.csv"])
  }

  /// A disk that is full when the run is over: it has run, and this is told.
  @Test func tellsAFullDisk() {
    let path = "/project/out/decay.run/run.json"
    let (outcome, recorder, _) = Self.run(spoil: {
      $0.fail(path, with: .diskFull(path: path))
    })
    #expect(outcome == .failed)
    #expect(recorder.errors.map(\.code) == ["E1006"])
    #expect(recorder.printed.count == 2)
  }

  @Test(.enabled(if: Command.path != nil, "the command is not built"))
  func byTheCommand() throws {
    let folder = try Repository.temporaryFolder()
    let script = folder.appending(path: "a.node")
    try "param k = 1.0\nprint k\n".write(to: script, atomically: true, encoding: .utf8)
    #expect(try Command.run(["run", script.path, "--record"]).status == 0)
    #expect(try Command.run(["run", script.path, "--record", "b"]).status == 0)
    let runs = folder.appending(path: "runs")
    #expect(try Command.run(["report", runs.appending(path: "a.run").path]).status == 0)
    let page = try String(
      contentsOf: runs.appending(path: "a.run/report.html"), encoding: .utf8)
    #expect(page.contains("param k = 1.0"))
    let target = folder.appending(path: "b.html").path
    #expect(
      try Command.run(["report", runs.appending(path: "b").path, "--to", target]).status == 0)
    #expect(FileManager.default.fileExists(atPath: target))
    #expect(try Command.run(["report", folder.path]).status == 64)
    #expect(try Command.run(["report", "missing"]).status == 64)
    #expect(
      try Command.run(["report", runs.appending(path: "b").path, "--to", "/no/where.html"]).status
        == 1)
  }
}
