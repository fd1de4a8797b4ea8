/// Where a statement stands.
package enum StatementSite: Sendable, Hashable, CaseIterable {
  case file, test, bench
  /// In an ode, and in a `for` of one.
  case ode, loop
  /// In the body of a function, a layer, a loss, a closure.
  case block
  /// In the braces behind a command: its options.
  case option
  /// In the body of an event.
  case event
}

/// A word that begins a statement, and where it does.
///
/// For tools: the parser itself knows them by what it does. Tests hold the two together.
package struct StatementWord: Sendable {
  package let word: String
  package let sites: Set<StatementSite>
  /// What the statement does, in a few words.
  package let summary: String

  private init(_ word: String, _ sites: Set<StatementSite>, _ summary: String) {
    self.word = word
    self.sites = sites
    self.summary = summary
  }

  private static let commands: Set<StatementSite> = [.file, .test, .bench]

  /// Words of commands that have a result, and so may stand on the right side of a `let`.
  package static let studies = ["train", "infer", "uncertainty", "residuals"]

  package static let all: [StatementWord] = [
    .init("import", [.file], "brings in the declarations of a file or a module"),
    .init("precision", [.file], "f32 or f64, for the whole file"),
    .init("seed", [.file], "where random numbers begin"),
    .init("const", [.file, .ode, .block], "a value that is known before anything runs"),
    .init("param", [.file, .ode, .block], "a value that is learned"),
    .init("fn", [.file], "a function"),
    .init("layer", [.file, .ode], "a function with weights of its own"),
    .init("ode", [.file], "a model: states, equations, events"),
    .init("solver", [.file], "a method with its settings, by a name"),
    .init("data", [.file], "a data set: read, simulated or generated"),
    .init("loss", [.file], "what training makes small"),
    .init("test", [.file], "checks that `nodal test` runs"),
    .init("bench", [.file], "work that `nodal bench` times"),
    .init("let", [.file, .test, .bench, .ode, .block], "a name for a value"),
    .init("train", commands, "fits what is learned to data"),
    .init("infer", commands, "draws from a posterior"),
    .init("uncertainty", commands, "intervals for what a run has learned"),
    .init("residuals", commands, "what a run leaves of its data"),
    .init("explain", commands, "how much each term contributes along a solution"),
    .init("check", commands, "compares gradients found in several ways"),
    .init("plot", commands, "draws, into the terminal or a file"),
    .init("print", commands, "shows values"),
    .init("write", commands, "writes a table of values to a file"),
    .init("save", commands, "writes weights to a file"),
    .init("load", commands, "reads weights from a file"),
    .init("assert", commands, "stops where a condition does not hold"),
    .init("gradient", [.bench], "the gradient of a loss, as the work that is timed"),
    .init("state", [.ode], "what the equations move, and where it begins"),
    .init("known", [.ode], "a term of an equation, by a name"),
    .init("learned", [.ode], "a term of an equation that is learned"),
    .init("part", [.ode], "another ode inside this one"),
    .init("input", [.ode], "what drives the ode from outside"),
    .init("noise", [.ode], "what drives a state at random"),
    .init("output", [.ode], "a value along a solution, computed from its states"),
    .init("event", [.ode], "what happens when a condition comes true"),
    .init("override", [.ode], "replaces an equation of the parent"),
    .init("var", [.block], "a name that may be given new values"),
    .init("for", [.ode, .loop, .block], "a loop over a range"),
    .init("stop", [.event], "ends the solution"),
  ]

  /// Words that begin a clause in the middle of a statement.
  package static let clauses = [
    "extends", "where", "per", "on", "of", "along", "against", "log", "as", "to", "from",
    "gradients",
    "rising", "falling",
  ]
}
