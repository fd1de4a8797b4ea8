import Foundation
import Testing

/// The prompt at a terminal, as a person sees it: readline and all.
@Suite(.serialized, .enabled(if: Command.path != nil, "the command is not built"))
struct PromptTests {
  static let prompt = "nodal> "

  /// A prompt at a terminal, in a home of its own.
  static func open(home: URL) throws -> PseudoTerminal {
    let terminal = try PseudoTerminal(
      Command.path ?? "",
      environment: [
        "TERM": "xterm", "LC_ALL": "C.UTF-8", "NO_COLOR": "1", "INPUTRC": "/dev/null",
        "XDG_STATE_HOME": home.path, "NODAL_DATA": "",
      ])
    try terminal.wait(for: "Ctrl-D leaves.")
    try terminal.wait(for: prompt)
    return terminal
  }

  /// Types a line, and gives what the screen shows up to the next prompt, the line's echo included.
  @discardableResult
  static func ask(_ terminal: PseudoTerminal, _ line: String) throws -> String {
    try terminal.enter(line)
    return try terminal.wait(for: prompt)
  }

  @Test(.timeLimit(.minutes(5))) func definesSolvesAndErrs() throws {
    let terminal = try Self.open(home: Repository.temporaryFolder())
    try Self.ask(terminal, "const gain = 2")
    #expect(try Self.ask(terminal, "gain + 1").contains("gain + 1 = 3\n"))
    // A mistake ends nothing.
    let wrong = try Self.ask(terminal, "print gian")
    #expect(wrong.contains("error[E0201]: `gian` is not defined here"))
    #expect(wrong.contains("^^^^"))
    // An open bracket goes on over the next lines.
    try terminal.enter("ode decay {")
    try terminal.wait(for: "...> ")
    try terminal.enter("  state x = 1")
    try terminal.wait(for: "...> ")
    try terminal.enter("  x' = -gain*x")
    try terminal.wait(for: "...> ")
    try Self.ask(terminal, "}")
    let final = try Self.ask(terminal, "solve(decay, over: 0..1).final.x")
    #expect(final.contains("= 0.135335"))
    // What reads a name that is declared again is told.
    let again = try Self.ask(terminal, "const gain = 1")
    #expect(again.contains("`gain` has a new meaning from here on, and so has `decay`"))
    #expect(try Self.ask(terminal, "solve(decay, over: 0..1).final.x").contains("= 0.367879"))
    #expect(try Self.ask(terminal, ":list").contains("const gain"))
    #expect(try Self.ask(terminal, ":nonsense").contains("there is no command `:nonsense`"))
    // A plot without a file is drawn here.
    try Self.ask(terminal, "let s = solve(decay, over: 0..1, every: 0.1)")
    #expect(
      try Self.ask(terminal, "plot s.x against t").unicodeScalars.contains { $0.value >> 8 == 0x28 }
    )
    try terminal.press(.end)
    #expect(try terminal.waitForEnd() == 0)
  }

  @Test(.timeLimit(.minutes(5))) func recallsAndCompletes() throws {
    let home = try Repository.temporaryFolder()
    var terminal = try Self.open(home: home)
    try Self.ask(terminal, "const velocity = 7")
    // Tab completes the name of something declared, and one with primes and Greek letters.
    try terminal.type("print velo")
    try terminal.press(.tab)
    try terminal.wait(for: "velocity")
    try terminal.press(.enter)
    #expect(try terminal.wait(for: Self.prompt).contains("velocity = 7"))
    try Self.ask(terminal, "const θmax = 3")
    try terminal.type("print θm")
    try terminal.press(.tab)
    try terminal.wait(for: "θmax")
    try terminal.press(.enter)
    #expect(try terminal.wait(for: Self.prompt).contains("θmax = 3"))
    // Arrow up: the line before, and the one before that.
    try terminal.press(.up)
    try terminal.wait(for: "print θmax")
    try terminal.press(.up)
    try terminal.wait(for: "const θmax = 3")
    try terminal.press(.down)
    try terminal.wait(for: "print θmax")
    try terminal.press(.enter)
    #expect(try terminal.wait(for: Self.prompt).contains("θmax = 3"))
    try terminal.press(.end)
    #expect(try terminal.waitForEnd() == 0)
    // What was typed is kept for the next time.
    terminal = try Self.open(home: home)
    try terminal.press(.up)
    try terminal.wait(for: "print θmax")
    try terminal.press(.interrupt)
    try terminal.wait(for: Self.prompt)
    try terminal.enter(":quit")
    #expect(try terminal.waitForEnd() == 0)
  }

  @Test(.timeLimit(.minutes(5))) func completesByContext() throws {
    let terminal = try Self.open(home: Repository.temporaryFolder())
    try Self.ask(terminal, "ode fall { state h = 1; h' = -1 }")
    try Self.ask(terminal, "let r = {alpha: 1, beta: 2}")
    for (typed, completed) in [
      ("print \\the", "θ"), ("r.al", "r.alpha"), ("solve(fall, ov", "over:"),
      ("solve(fall, over: 0..1).fi", "final"), (":he", ":help"), (":type r.be", "r.beta"),
      ("let a<m", ""), ("pri", "print"),
    ] {
      try terminal.type(typed)
      try terminal.press(.tab)
      if !completed.isEmpty { try terminal.wait(for: completed) }
      try terminal.press(.interrupt)
      try terminal.wait(for: Self.prompt)
    }
    // What an entry's first lines declare, its later ones complete.
    try terminal.enter("ode spring {")
    try terminal.wait(for: "...> ")
    try terminal.enter("  param stiffness = 2")
    try terminal.wait(for: "...> ")
    try terminal.type("  x' = -stif")
    try terminal.press(.tab)
    try terminal.wait(for: "-stiffness")
    try terminal.press(.interrupt)
    try terminal.wait(for: Self.prompt)
    // Several that begin so: shown by a second Tab, on a line of its own.
    try terminal.type("let s = solve(fall, s")
    try terminal.press(.tab)
    try terminal.press(.tab)
    try terminal.wait(for: "solver:")
    // Shown anew behind the list.
    try terminal.wait(for: "solve(fall, s")
    try terminal.press(.interrupt)
    try terminal.wait(for: Self.prompt)
    try terminal.enter(":quit")
    #expect(try terminal.waitForEnd() == 0)
  }

  @Test(.timeLimit(.minutes(5))) func historyKeepsEntriesWholeAndOnce() throws {
    let home = try Repository.temporaryFolder()
    var terminal = try Self.open(home: home)
    for line in ["1 + 1", "2 + 2", "1 + 1"] { try Self.ask(terminal, line) }
    for _ in 0..<4 { try terminal.press(.up) }
    try terminal.press(.enter)
    #expect(try terminal.wait(for: Self.prompt).contains("2 + 2 = 4\n"))
    try terminal.enter("let sum = 3 + (")
    try terminal.wait(for: "...> ")
    try Self.ask(terminal, "4)")
    // The prompt beside it keeps what it adds, too.
    let other = try Self.open(home: home)
    try Self.ask(other, "5 + 5")
    try other.press(.end)
    #expect(try other.waitForEnd() == 0)
    try terminal.press(.end)
    #expect(try terminal.waitForEnd() == 0)
    terminal = try Self.open(home: home)
    try terminal.press(.up)
    try terminal.wait(for: "5 + 5")
    try terminal.press(.up)
    try terminal.press(.enter)
    try terminal.wait(for: Self.prompt)
    #expect(try Self.ask(terminal, "sum").contains("sum = 7"))
    try terminal.press(.end)
    #expect(try terminal.waitForEnd() == 0)
  }

  /// What is pasted comes as one entry, whatever line ends are in it.
  @Test(.timeLimit(.minutes(5))) func takesWhatIsPasted() throws {
    let terminal = try Self.open(home: Repository.temporaryFolder())
    try terminal.type("\u{1B}[200~let a = 2\nlet b = a*3\u{1B}[201~")
    try terminal.press(.enter)
    try terminal.wait(for: Self.prompt)
    #expect(try Self.ask(terminal, "b").contains("b = 6"))
    try terminal.press(.end)
    #expect(try terminal.waitForEnd() == 0)
  }

  @Test(.timeLimit(.minutes(5))) func interruptsGiveThePromptBack() throws {
    let terminal = try Self.open(home: Repository.temporaryFolder())
    // In the middle of a line: it is dropped.
    try terminal.type("print 1 + never")
    try terminal.wait(for: "never")
    try terminal.press(.interrupt)
    try terminal.wait(for: Self.prompt)
    #expect(try Self.ask(terminal, "print 2 + 3").contains("2 + 3 = 5"))
    // In the middle of a declaration: all of it is dropped.
    try terminal.enter("ode half {")
    try terminal.wait(for: "...> ")
    try terminal.press(.interrupt)
    try terminal.wait(for: Self.prompt)
    // In a long solve, which has begun: the statement before it has printed.
    try Self.ask(terminal, "ode f { state x = 1, v = 0; x' = v; v' = -x }")
    try terminal.enter(
      "print \"begun\"; let s = solve(f, over: 0..1e9, solver: tsit5(max_steps: 1_000_000_000))")
    try terminal.wait(for: "= begun\n")
    try terminal.press(.interrupt)
    #expect(try terminal.wait(for: Self.prompt).contains("error[E1008]: stopped"))
    // In training: one line that changes, and what was learned is kept.
    try Self.ask(terminal, "ode g { state x = 1; param k = 0.5 in (0, inf); x' = -k*x }")
    try Self.ask(terminal, "data obs = simulate(g, over: 0..1, every: 0.25, with: {k: 0.8})")
    try Self.ask(terminal, "loss fit(w) = mse(solve(g, at: w.t).x, w.x)")
    try terminal.enter("train fit on obs { optimize: adam(lr: 1e-3), steps: 1_000_000 }")
    let line = try terminal.wait(for: " left")
    for word in ["adam", "/1000000", "loss ", "best ", " evals", " steps/s"] {
      #expect(line.contains(word))
    }
    // The second line comes when steps have been taken.
    _ = try terminal.wait(for: " left")
    try terminal.press(.interrupt)
    let stopped = try terminal.wait(for: Self.prompt)
    #expect(stopped.contains("fit: loss"))
    #expect(stopped.contains("the best parameters so far are kept"))
    #expect(!(try Self.ask(terminal, "g.k")).contains("g.k = 0.5\n"))
    // Nothing is left over for what comes next.
    #expect(try Self.ask(terminal, "solve(g, over: 0..1).stats.accepted > 0").contains("= true"))
    try terminal.press(.end)
    #expect(try terminal.waitForEnd() == 0)
  }
}
