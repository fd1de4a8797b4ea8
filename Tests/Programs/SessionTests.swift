import Foundation
import Nodal
import NodalBasics
import Testing

/// What a prompt does with a session beside running entries.
@Suite struct SessionTests {
  static func recorder(_ entries: [String] = [], files: [String: String] = [:]) -> Recorder {
    let recorder = Recorder(files: files)
    for entry in entries {
      #expect(recorder.interpreter.enter(entry) == .ran(.finished), "\(entry)")
    }
    _ = recorder.take()
    return recorder
  }

  static let decay = [
    "/// A decay.\node f { state x = 1; param k = 0.5 in (0, inf); x' = -k*x }",
    "data obs = simulate(f, over: 0..2, every: 0.1, with: {k: 0.8})",
    "loss fit(w) = mse(solve(f, at: w.t).x, w.x)",
  ]

  // MARK: taking back

  @Test func undoTakesBackWhatChangedSomething() throws {
    let interpreter = Self.recorder(
      Self.decay + ["train fit on obs { optimize: lbfgs(), steps: 30 }", "const c = 2", "c"]
    ).interpreter!
    #expect(interpreter.undo() == "const c = 2")
    #expect(throws: ProgramFailure.self) { try interpreter.evaluate("c") }
    #expect(abs(try #require(interpreter.evaluate("f.k").number) - 0.8) < 1e-6)
    #expect(interpreter.undo() == "train fit on obs { optimize: lbfgs(), steps: 30 }")
    #expect(try interpreter.evaluate("f.k").number == 0.5)
    interpreter.reset()
    #expect(interpreter.declarations.isEmpty)
    #expect(interpreter.undo() == ":reset")
    #expect(interpreter.declarations.map(\.name) == ["f", "obs", "fit"])
    for _ in 0..<3 { #expect(interpreter.undo() != nil) }
    #expect(interpreter.undo() == nil)
  }

  /// A wrong entry has changed nothing, and is none to be taken back.
  @Test func undoPassesOverMistakes() {
    let recorder = Self.recorder(["const c = 2"])
    #expect(recorder.interpreter.enter("const d = nope") == .ran(.wrong))
    #expect(recorder.interpreter.undo() == "const c = 2")
  }

  // MARK: saving

  @Test func saveWritesAProgramThatRunsToTheSame() throws {
    let recorder = Self.recorder(
      ["const c = 2", "fn g(x) = c*x", "const c = 5, d = 1", "const d = 3"] + Self.decay + [
        "train fit on obs { optimize: lbfgs(), steps: 30 }", "f.k", "plot obs.x against t",
        "let s = solve(f, over: 0..1)",
      ])
    // A mistake and a run that failed aren't part of it.
    #expect(recorder.interpreter.enter("assert g(1) == 2") == .ran(.failed))
    let saved = try recorder.interpreter.saveSession(to: "/project/kept.node")
    #expect(saved.weights == "/project/kept.safetensors")
    #expect(saved.leftOut == [])
    let host = recorder.interpreter.configuration.host
    let text = try host.files.text("/project/kept.node")
    #expect(
      text == """
        // Saved from a session of Nodal.

        fn g(x) = c*x
        const c = 5
        const d = 3
        /// A decay.
        ode f { state x = 1; param k = 0.5 in (0, inf); x' = -k*x }
        data obs = simulate(f, over: 0..2, every: 0.1, with: {k: 0.8})
        loss fit(w) = mse(solve(f, at: w.t).x, w.x)
        // What came of this is loaded below:
        //   train fit on obs { optimize: lbfgs(), steps: 30 }
        load f from "kept.safetensors"
        let s = solve(f, over: 0..1)

        """)
    // As a file, in a world with the same files.
    var configuration = Configuration(directory: "/project")
    configuration.host = host
    let other = Recorder(configuration)
    #expect(other.interpreter.run(Program(text: text, path: "/project/kept.node")) == .finished)
    let expected = try recorder.interpreter.evaluate("s.final.x").number
    #expect(try other.interpreter.evaluate("s.final.x").number == expected)
    #expect(try other.interpreter.evaluate("g(2)").number == 10)
    // And as an entry, which can be saved again over itself, and taken back.
    let third = Recorder(configuration)
    #expect(
      third.interpreter.enter(file: Program(text: text, path: "/project/kept.node")) == .finished)
    _ = try third.interpreter.saveSession(to: "/project/kept.node")
    let again = try host.files.text("/project/kept.node")
    #expect(
      again
        == text.split(separator: "\n", omittingEmptySubsequences: false)
        .filter { !$0.hasPrefix("//") || $0.hasPrefix("///") || $0.hasPrefix("// Saved") }
        .joined(separator: "\n"))
    #expect(third.interpreter.undo() != nil)
    #expect(third.interpreter.declarations.isEmpty)
  }

  /// A run that has a name is trained again, as something may read it.
  @Test func saveKeepsRunsThatHaveNames() throws {
    let recorder = Self.recorder(
      Self.decay + [
        "train fit on obs { optimize: lbfgs(), steps: 2 }",
        "let run = train fit on obs { optimize: lbfgs(), steps: 3 }", "run.loss",
        "train fit on obs { optimize: lbfgs(), steps: 4 }",
      ])
    _ = try recorder.interpreter.saveSession(to: "/project/kept.node")
    let text = try recorder.interpreter.configuration.host.files.text("/project/kept.node")
    #expect(text.contains("\ntrain fit on obs { optimize: lbfgs(), steps: 2 }\n"))
    #expect(text.contains("\nlet run = train fit on obs { optimize: lbfgs(), steps: 3 }\n"))
    #expect(text.contains("\n//   train fit on obs { optimize: lbfgs(), steps: 4 }\nload f from"))
  }

  /// What only a session knows, a value of a name's older meaning, stands in the file as a comment, with the reason.
  @Test func saveTellsWhatAFileCannotHold() throws {
    let recorder = Self.recorder(["let a = 1", "let b = a", "let a = b + 1", "print a"])
    let saved = try recorder.interpreter.saveSession(to: "/project/kept.node")
    #expect(saved.leftOut.count == 3)
    let text = try recorder.interpreter.configuration.host.files.text("/project/kept.node")
    #expect(text.contains("// Left out, as in a file `a` is not defined here:\n//   let b = a\n"))
    #expect(Recorder(files: [:]).run(text) == .finished)
  }

  @Test func saveSparesFilesOfPeople() throws {
    let recorder = Self.recorder(["const c = 2"], files: ["/project/mine.node": "const mine = 1\n"])
    let error = #expect(throws: ProgramFailure.self) {
      try recorder.interpreter.saveSession(to: "/project/mine.node")
    }
    #expect(error?.diagnostics.first?.help.contains { $0.contains(":save!") } == true)
    _ = try recorder.interpreter.saveSession(to: "/project/mine.node", overwriting: true)
    #expect(
      try recorder.interpreter.configuration.host.files.text("/project/mine.node")
        .hasSuffix("const c = 2\n"))
  }

  @Test func saveHoldsSettings() throws {
    let recorder = Self.recorder(["const c = 2"])
    try recorder.interpreter.change("c", to: "3")
    recorder.interpreter.seed = 7
    _ = try recorder.interpreter.saveSession(to: "/project/kept.node")
    #expect(
      try recorder.interpreter.configuration.host.files.text("/project/kept.node")
        .hasSuffix("\nseed 7\nconst c = 3\n"))
  }

  // MARK: looking

  @Test func types() throws {
    let interpreter = Self.recorder(
      Self.decay + ["const g = 9.81<m/s^2>", "let s = solve(f, over: 0..1, every: 0.5)"]
    ).interpreter!
    #expect(try interpreter.typeText(of: "g") == "Real<m/s^2>")
    #expect(try interpreter.typeText(of: "s.x") == "Real[3]")
    #expect(try interpreter.typeText(of: "f") == "ode f")
    #expect(try interpreter.typeText(of: "1 < 2") == "Bool")
    #expect(throws: ProgramFailure.self) { try interpreter.typeText(of: "nope") }
    #expect(throws: ProgramFailure.self) { try interpreter.typeText(of: "const a = 1") }
    #expect(throws: ProgramFailure.self) { try interpreter.typeText(of: "(1") }
    #expect(try interpreter.emit(expression: "g*2").last?.text.contains("19.62") == true)
  }

  @Test func times() {
    let recorder = Self.recorder(Self.decay)
    guard case .benchmark(.finished) = recorder.interpreter.time("solve(f, over: 0..1).final.x")
    else {
      Issue.record("an expression is timed again and again")
      return
    }
    #expect(recorder.take().contains { if case .benched = $0 { true } else { false } })
    guard
      case .benchmark(.finished) = recorder.interpreter.time(
        "train fit on obs { optimize: adam(), steps: 3 }")
    else {
      Issue.record("a step of training is timed")
      return
    }
    guard
      case .once(let seconds, .finished) = recorder.interpreter.time("let s = solve(f, over: 0..1)")
    else {
      Issue.record("a statement runs once")
      return
    }
    #expect(seconds >= 0)
    #expect((try? recorder.interpreter.evaluate("s.final.x")) != nil)
    guard case .benchmark(.wrong) = recorder.interpreter.time("nope") else {
      Issue.record("a mistake is one")
      return
    }
  }

  // MARK: settings

  @Test func aConstantChanges() throws {
    let recorder = Self.recorder(["const c = 2", "fn g(x) = c*x", "let before = g(1)"])
    try recorder.interpreter.change("c", to: "5")
    #expect(
      recorder.take().contains {
        if case .note(let text) = $0 { text.contains("`c` has a new meaning") } else { false }
      })
    #expect(try recorder.interpreter.evaluate("g(1)").number == 5)
    #expect(try recorder.interpreter.evaluate("before").number == 2)
    #expect(throws: ProgramFailure.self) { try recorder.interpreter.change("nope", to: "5") }
    #expect(throws: ProgramFailure.self) { try recorder.interpreter.change("c", to: "nope(") }
    #expect(try recorder.interpreter.evaluate("g(1)").number == 5)
  }

  @Test func aConstantOfAnOdeChanges() throws {
    let recorder = Self.recorder(["ode f { state x = 1; const k = 1; x' = -k*x }"])
    try recorder.interpreter.change("f.k", to: "0")
    #expect(try recorder.interpreter.evaluate("solve(f, over: 0..1).final.x").number == 1)
  }

  // MARK: what is piped

  /// A file means at a prompt what it means as a file; names that are declared again begin a new entry.
  @Test func feedsWholeTexts() {
    let recorder = Recorder(files: [:])
    let text = "print g(1)\nfn g(x) = c*x\nconst c = 2\nconst c = 3\ng(1)\n"
    #expect(recorder.interpreter.feed(Program(text: text)) == .finished)
    #expect(recorder.printed == ["g(1) = 2", "g(1) = 3"])
    // Up to the first mistake, with its place.
    _ = recorder.take()
    let wrong = "const d = 1\nprint d\nconst d = nope\nprint d\n"
    #expect(recorder.interpreter.feed(Program(text: wrong)) == .wrong)
    #expect(recorder.printed == ["d = 1"])
    #expect(recorder.errors.first?.place?.line == 3)
    #expect(recorder.interpreter.feed(Program(text: "ode f {\n  state x")) == .wrong)
  }
}
