import NodalBasics
import NodalDiagnostics
import NodalExecution
import NodalIR
import NodalSession

/// What a prompt needs beside running entries: looking, timing, taking back, saving.
extension Interpreter {
  /// Whether a bracket or a block of a text is open, so that more has to come.
  public func isIncomplete(_ text: String) -> Bool {
    Session.isIncomplete(source(Program.unread(text: text, path: "<prompt>")))
  }

  /// Runs the statements of a text in turn as if they were typed at a prompt, up to the first that goes wrong. Bare values are shown, and a
  /// name may be declared anew.
  public func feed(_ program: Program) -> Outcome { outcome(session.feed(source(program))) }

  /// Runs a file as one entry: it may declare names anew, and can be taken back. Its folder may be read from then on.
  public func enter(file program: Program) -> Outcome {
    let folder = Path.directory(program.path)
    if !session.options.dataDirectories.contains(folder) {
      session.options.dataDirectories.append(folder)
    }
    return outcome(session.enter(file: source(program)))
  }

  /// The type of an expression with its shape and unit, or what a name is declared as. Nothing is computed.
  /// - Throws: `ProgramFailure`.
  public func typeText(of expression: String) throws -> String {
    let source = self.source(Program.unread(text: expression, path: "<expression>"))
    return try throwing { try session.typeText(of: source) ?? "" }
  }

  /// What the passes make of an expression. Data that it reads are made; nothing else runs.
  /// - Throws: `ProgramFailure`.
  public func emit(expression: String) throws -> [EmittedRegion] {
    let source = self.source(Program.unread(text: expression, path: "<expression>"))
    return try throwing {
      var regions: [EmittedRegion] = []
      guard let typed = try session.expression(of: source) else { return [] }
      try session.observePasses(of: typed) { pass, region in
        regions.append(EmittedRegion(of: expression, behind: pass, region))
      }
      return regions
    }
  }

  /// How long something took.
  public enum Timing: Sendable {
    /// An expression or a step of training was timed several times: `benched` tells the figures.
    case benchmark(Outcome)
    /// Anything else ran once, as an entry; seconds, checking and compiling among them.
    case once(seconds: Double, Outcome)
  }

  /// Times an entry: an expression and `train … { … }` as a `bench` block does, so that compiling is apart, anything else by running it.
  public func time(_ entry: String) -> Timing {
    let isRepeatable =
      Session.isExpression(source(Program.unread(text: entry, path: "<prompt>")))
      || entry.drop(while: \.isWhitespace).hasPrefix("train ")
    if isRepeatable {
      let title = entry.split(whereSeparator: \.isWhitespace).joined(separator: " ")
        .filter { $0 != "\"" && $0 != "\\" }
      return .benchmark(bench(Program(text: "bench \"\(title)\" {\n\(entry)\n}", path: "<time>")))
    }
    let start = session.host.monotonicClock()
    let outcome = feed(Program.unread(text: entry, path: "<prompt>"))
    return .once(seconds: session.host.monotonicClock() - start, outcome)
  }

  // MARK: Taking back, and keeping

  /// Takes back the last entry that changed something (not what it wrote into files), up to 100 of them.
  /// - Returns: the entry's first line; nil where nothing is left.
  public func undo() -> String? { session.undo() }

  /// Forgets all declarations, values and weights; `undo` brings them back.
  public func reset() { session.reset() }

  /// A session as a file.
  public struct SavedSession: Sendable {
    /// The program.
    public let path: String
    /// The weights beside it; nil where nothing was learned.
    public let weights: String?
    /// Statements that the program holds as comments only, each with the reason.
    public let leftOut: [String]
  }

  /// Writes what was entered as a program that runs, each name with its last meaning, and beside it the weights that were learned, which
  /// it loads instead of training again.
  /// - Parameter overwriting: a file that is there and was written by hand is written over.
  /// - Throws: `ProgramFailure`.
  public func saveSession(to path: String, overwriting: Bool = false) throws -> SavedSession {
    try throwing {
      let saved = try session.save(to: path, overwrites: overwriting)
      return SavedSession(
        path: saved.path, weights: saved.weights,
        leftOut: saved.leftOut.map { "\($0.text) (\($0.reason))" })
    }
  }

  // MARK: Settings

  /// In force for what runs from now on; nil: the program's own.
  public var seed: Int? {
    get { session.options.seed }
    set { session.options.seed = newValue }
  }

  /// Threads that work on a batch; results are the same for any number.
  public var threads: Int {
    get { session.options.threads.count }
    set { session.options.threads = .init(newValue) }
  }

  /// Constants that were given other values, with the text of an expression each.
  public var settings: [String: String] { session.options.settings }

  /// Gives a constant another value now: what reads it has a new meaning from here on, which is told as if the constant had been declared
  /// anew.
  /// - Throws: `ProgramFailure` where there is no such constant, or the value is wrong.
  public func change(_ constant: String, to expression: String) throws {
    let (name, value) = (
      source(Program.unread(text: constant, path: "<set>")),
      source(Program.unread(text: expression, path: "<set>"))
    )
    try throwing {
      _ = try session.typeText(of: name)
      _ = try session.typeText(of: value)
    }
    try throwing { try session.change(constant, to: expression) }
  }
}
