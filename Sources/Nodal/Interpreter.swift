import NodalBasics
import NodalDiagnostics
import NodalSession

/// Checks and runs programs, and holds what they have made: declarations, values, weights.
///
/// A program after another goes on where the first left off; so does a line at a prompt. A name that is declared again
/// has the new meaning from then on, and so has what reads it; learned weights are kept where their path and shape
/// persist; values computed before stay as they are.
///
/// Belongs to one thread at a time; only `cancellation` may be used from others. Nothing here prints, exits, or keeps
/// state outside of the object. Very deep programs want a thread with a large stack.
///
/// ```swift
/// let interpreter = Interpreter { event in
///   if case .printed(_, let text, _) = event { log(text) }
/// }
/// let outcome = interpreter.run(try Program(contentsOf: "pendulum.node"))
/// let θ = try interpreter.evaluate("s.final.θ").number
/// ```
public final class Interpreter {
  /// How a program came out.
  public enum Outcome: Sendable, Hashable {
    /// All its statements ran.
    case finished
    /// The text is wrong: nothing was run.
    case wrong
    /// A statement failed while it ran; those before it have had their effect.
    case failed
    /// `cancellation` stopped it.
    case cancelled
  }

  /// What became of a text typed at a prompt.
  public enum Entry: Sendable, Hashable {
    /// A bracket or a block is open: the text is to go on.
    case incomplete
    /// It was run.
    case ran(Outcome)
  }

  /// The version of the library: `0.1.0`.
  public static var version: String { NodalVersion.text }
  /// Stops what runs, from any thread.
  public let cancellation: Cancellation
  /// What it was made with.
  public let configuration: Configuration

  let session: Session
  private let relay: Relay
  private var nextSource = 1_000_000

  /// - Parameters:
  ///   - onEvent: called on the thread that runs, for each thing that happens.
  public init(
    _ configuration: Configuration = Configuration(), cancellation: Cancellation = Cancellation(),
    onEvent: @escaping (Event) -> Void = { _ in }
  ) {
    self.configuration = configuration
    self.cancellation = cancellation
    let relay = Relay(onEvent)
    self.relay = relay
    session = Session(
      host: configuration.host, options: configuration.sessionOptions(),
      directory: configuration.directory, cancel: cancellation.flag,
      executor: configuration.backend.executor(configuration.host)
    ) { relay.receive($0) }
    relay.session = session
  }

  // MARK: Running

  /// Checks a program without running it. What it declares does not enter the interpreter.
  /// - Returns: everything that is wrong, in the order of the text; warnings too.
  public func check(_ program: Program) -> [Diagnostic] {
    relay.collecting {
      do {
        _ = try session.check(source(program))
      } catch {
        session.sink(.diagnostic(session.diagnostic(of: error)))
      }
    }
  }

  /// Checks a program, and if it is fine runs its statements in order. Mistakes are events.
  @discardableResult
  public func run(_ program: Program) -> Outcome {
    outcome(session.run(source(program)))
  }

  /// Runs a program, and those of its `test` blocks that it holds; each is an event.
  /// - Returns: `failed` also where a test did not hold.
  public func test(_ program: Program) -> Outcome {
    session.runsTests = true
    defer { session.runsTests = false }
    relay.failedTests = 0
    let outcome = run(program)
    return outcome == .finished && relay.failedTests > 0 ? .failed : outcome
  }

  /// Runs a program, and times those of its `bench` blocks that are asked for; each is an event.
  /// - Parameter isWanted: by the block's title.
  /// - Returns: `failed` also where a block could not be run.
  public func bench(
    _ program: Program, where isWanted: @escaping @Sendable (String) -> Bool = { _ in true }
  ) -> Outcome {
    session.runsBenches = isWanted
    defer { session.runsBenches = { _ in false } }
    relay.failedBenches = 0
    let outcome = run(program)
    return outcome == .finished && relay.failedBenches > 0 ? .failed : outcome
  }

  /// Runs what was typed at a prompt so far, if it is complete. Bare values are shown as `printed`.
  public func enter(_ text: String, named path: String = "<prompt>") -> Entry {
    switch session.enter(source(Program.unread(text: text, path: path))) {
    case .incomplete: .incomplete
    case .ran(let outcome): .ran(self.outcome(outcome))
    }
  }

  /// The value of an expression, of a name, or of a declared thing's weights as a record by path.
  ///
  /// ```swift
  /// try interpreter.evaluate("s.final.θ").number
  /// ```
  /// - Throws: `ProgramFailure`.
  public func evaluate(_ expression: String) throws -> Value {
    let source = self.source(Program.unread(text: expression, path: "<expression>"))
    return Value(try throwing { try session.value(of: source) ?? .nothing })
  }

  /// Solves an ode.
  ///
  /// ```swift
  /// let s = try interpreter.solve("pendulum", "over: 0..10, every: 0.1, from: {θ: 2, θ': 0}")
  /// ```
  /// - Parameter arguments: as `solve` takes them in the language.
  /// - Throws: `ProgramFailure`.
  public func solve(_ ode: String, _ arguments: String) throws -> Value {
    try evaluate("solve(\(ode), \(arguments))")
  }

  // MARK: Settings

  /// Gives a constant another value, as the text of an expression: in force for what is checked from now on.
  public func set(_ constant: String, to expression: String) {
    session.options.settings[constant] = expression
  }

  // MARK: Inside

  func outcome(_ outcome: Session.Outcome) -> Outcome {
    switch outcome {
    case .finished: .finished
    case .wrong: .wrong
    case .failed: cancellation.isCancelled ? .cancelled : .failed
    }
  }

  /// The diagnostics that come up meanwhile, instead of events.
  func collecting(_ body: () -> Void) -> [Diagnostic] { relay.collecting(body) }

  func source(_ program: Program) -> SourceFile {
    nextSource += 1
    return SourceFile(id: SourceID(nextSource), path: program.path, text: program.text)
  }

  /// Errors that are found meanwhile are thrown instead of told.
  func throwing<R>(_ body: () throws -> R) throws -> R {
    var result: Result<R, any Error>?
    var found = relay.collecting {
      result = Result { try body() }
    }
    let errors = found.filter(\.isError)
    do {
      guard let result else { throw ProgramFailure(diagnostics: found) }
      let value = try result.get()
      if errors.isEmpty { return value }
      throw ProgramFailure(diagnostics: found)
    } catch let failure as ProgramFailure {
      // Where there is nothing to go on with, what was found says why.
      throw failure.diagnostics.isEmpty ? ProgramFailure(diagnostics: found) : failure
    } catch {
      found.append(Diagnostic(session.diagnostic(of: error), in: session.sourceMap))
      throw ProgramFailure(diagnostics: found)
    }
  }

  /// All events go here, too, while the closure runs.
  func logging<R>(_ log: RunLog, _ body: () throws -> R) rethrows -> R {
    relay.log = log
    defer { relay.log = nil }
    return try body()
  }

  /// Steps of training go here while the closure runs, and to `onEvent`.
  func observing<R>(_ onStep: ((TrainingStep) -> Void)?, _ body: () throws -> R) rethrows -> R {
    relay.onStep = onStep
    defer { relay.onStep = nil }
    return try body()
  }
}

/// Turns what the session says into events.
private final class Relay {
  weak var session: Session?
  private let handler: (Event) -> Void
  var log: RunLog?
  var onStep: ((TrainingStep) -> Void)?
  var failedTests = 0
  var failedBenches = 0
  private var collected: [Diagnostic]?

  init(_ handler: @escaping (Event) -> Void) { self.handler = handler }

  private func onEvent(_ event: Event) {
    log?.receive(event)
    handler(event)
  }

  /// The diagnostics that come up meanwhile: they are not told.
  func collecting(_ body: () -> Void) -> [Diagnostic] {
    let outer = collected
    collected = []
    body()
    defer { collected = outer }
    return collected ?? []
  }

  func receive(_ event: SessionEvent) {
    if session?.recorder?.isLooking == true { return }
    switch event {
    case .diagnostic(let diagnostic): tell(worded(diagnostic))
    case .printed(let label, let text, let value):
      let lines = text.hasSuffix("\n") ? String(text.dropLast()) : text
      onEvent(.printed(label: label, text: lines, json: value.text))
    case .trainingBegan(let name, let header):
      onEvent(.trainingBegan(name: name, header: header))
    case .trainingStep(let progress, let stage):
      let step = TrainingStep(progress, stage: stage)
      onStep?(step)
      onEvent(.trainingStep(step))
    case .trainingEnded(let name, let summary, let value):
      onEvent(.trainingEnded(name: name, summary: summary, json: value.text))
    case .plotted(let path): onEvent(.plotted(path: path))
    case .figure(let figure): onEvent(.picture(Picture(figure)))
    case .wrote(let path, let what): onEvent(.wrote(path: path, what: what))
    case .testPassed(let title): onEvent(.testPassed(title: title))
    case .testFailed(let title, let diagnostic):
      failedTests += 1
      onEvent(.testFailed(title: title, worded(diagnostic)))
    case .benched(let result): onEvent(.benched(Benchmark(result)))
    case .benchFailed(let title, let diagnostic):
      failedBenches += 1
      onEvent(.benchFailed(title: title, worded(diagnostic)))
    case .note(let text): onEvent(.note(text))
    }
  }

  private func worded(_ diagnostic: NodalDiagnostics.Diagnostic) -> Diagnostic {
    Diagnostic(diagnostic, in: session?.sourceMap ?? SourceMap())
  }

  private func tell(_ diagnostic: Diagnostic) {
    if collected == nil {
      onEvent(.diagnostic(diagnostic))
    } else {
      collected?.append(diagnostic)
    }
  }
}
