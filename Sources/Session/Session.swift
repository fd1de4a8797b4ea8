import NodalIR
import NodalData
import NodalTraining
package import NodalBasics
package import NodalChecking
package import NodalDiagnostics
package import NodalExecution
import NodalParsing
import NodalReferenceExecutor
package import NodalSyntax
import NodalTypes

/// A program on its way: what has been declared, what weights and names hold, and the world it runs in.
/// `run FILE` is a session of one file; a prompt feeds it line by line.
///
/// What a redefinition means: the name has the new meaning from then on, and what reads it is elaborated anew against it.
/// Learned weights are kept where their path and shape persist; a weight with another shape starts afresh. Values that were
/// computed before (`let`) stay as they are.
///
/// Belongs to one thread at a time.
package final class Session {
  package let host: Host
  package var options: SessionOptions
  package let sink: (SessionEvent) -> Void
  /// Set it from anywhere to stop what runs; it is polled at each step of a solve.
  package let cancel: CancelFlag

  package internal(set) var environment = Environment()
  /// Everything elaborated so far.
  package internal(set) var program = TypedProgram.empty
  package internal(set) var weights = WeightStore()
  package internal(set) var values: [String: SessionValue] = [:]
  package private(set) var sources: [SourceID: SourceFile] = [:]
  /// Files read as data, so that a message can show their lines.
  let texts = SourceRegistry()
  let schemas = SchemaCache()
  /// Lengths that the data gave.
  var lengths: [SizeVariable: Int] = [:]
  let executor: any Executor
  /// The folder that relative paths start from.
  package private(set) var directory: String
  /// What was entered at a prompt.
  var journal = SessionJournal()
  /// What was known before each entry, the last one last.
  var past: [SessionSnapshot] = []
  /// Arrays that an embedding program has given, by name.
  var given: [String: [NamedArray]] = [:]
  /// Names for values that only a single statement needs.
  var temporaries = 0
  /// Those of them that hold something just now, the oldest first.
  var liveTemporaries: [String] = []
  /// Warnings given, with their places.
  var warned: Set<PlacedWarning> = []
  /// Where trainings are taken down; nil where nobody asks for it.
  package var recorder: RunRecorder?
  /// What is compiled for several fits of a training; nil where each program has one user.
  var compiled: CompiledPrograms?
  /// How many sessions work beside each other, this one among them.
  var sharers = 1
  /// Tests are collected, or run.
  package var runsTests = false
  /// Which `bench` blocks are run, by their titles.
  package var runsBenches: @Sendable (String) -> Bool = { _ in false }

  package init(
    host: Host, options: SessionOptions = SessionOptions(), directory: String = ".",
    cancel: CancelFlag = CancelFlag(), executor: any Executor = ReferenceExecutor(),
    sink: @escaping (SessionEvent) -> Void
  ) {
    self.executor = executor
    self.host = host
    self.options = options
    self.directory = directory
    self.cancel = cancel
    self.sink = sink
  }

  /// How a file, or a line, came out.
  package enum Outcome: Sendable, Hashable {
    case finished
    /// The text is wrong: nothing was run.
    case wrong
    /// A statement failed while it ran; those before it have had their effect.
    case failed
  }

  // MARK: Running

  /// Checks a text, and if it is fine runs its statements in order.
  package func run(_ source: SourceFile) -> Outcome {
    do {
      guard let checked = try check(source) else { return .wrong }
      return execute(checked)
    } catch {
      sink(.diagnostic(describe(error, at: nil)))
      return .failed
    }
  }

  /// Takes what was checked into the session, and runs its statements.
  /// - Parameter onFailure: called with the statement that failed, if it was one.
  func execute(
    _ checked: CheckResult, onFailure: (TypedStatement?) -> Void = { _ in }
  ) -> Outcome {
    adopt(checked)
    var current: TypedStatement?
    do {
      try prepareWeights()
      for statement in checked.program.statements {
        current = statement
        if cancel.isSet { throw SessionFailure(.cancelled, "stopped", at: nil) }
        try execute(statement)
      }
      return .finished
    } catch {
      var found = describe(error, at: nil)
      // A cancellation knows no place, but for the statement that it hit.
      if found.code == .cancelled, found.primary == nil, let span = current?.span {
        found = Diagnostic(
          .cancelled, found.message, at: Label(span, "while this was running"), help: found.help)
      }
      sink(.diagnostic(found))
      onFailure(current)
    }
    return .failed
  }

  /// Checks a text without running it; nil where it has errors, which the sink has been told.
  /// - Throws: `SessionFailure` where it was cancelled.
  package func check(_ source: SourceFile) throws -> CheckResult? {
    let (tree, found) = try parse(source)
    // What the parser could make of the rest is checked too: all mistakes of a file come out at once.
    let checked = try check(tree, source, besides: found)
    return found.hasErrors ? nil : checked
  }

  /// The tree of a text, and what is wrong with its grammar, which the sink has been told.
  func parse(_ source: SourceFile) throws -> (tree: File, found: [Diagnostic]) {
    remember(source)
    let (tree, found) = try alone {
      let (tree, diagnostics) = Parser.parse(source)
      return (tree, diagnostics)
    }
    for diagnostic in found { sink(.diagnostic(diagnostic)) }
    return (tree, found)
  }

  func adopt(_ checked: CheckResult) {
    environment = checked.environment
    program = checked.program
  }

  /// `found` is what the parser has said of the same text: a mistake on a line that it has complained of is not told again.
  func check(
    _ tree: File, _ source: SourceFile, besides found: [Diagnostic] = [],
    of parameters: [FunctionParameter] = []
  ) throws -> CheckResult? {
    let result = try looked(at: tree, source, besides: found, of: parameters)
    return result.isRunnable ? result.checked : nil
  }

  /// The tree of a text, and what each of its names stands for; what is wrong with the text the sink is told.
  package func symbols(in source: SourceFile) throws -> (tree: File, symbols: [SymbolMention]) {
    let (tree, found) = try parse(source)
    let looked = try looked(at: tree, source, besides: found, recordsSymbols: true)
    return (tree, looked.checked.symbols)
  }

  private func looked(
    at tree: File, _ source: SourceFile, besides found: [Diagnostic],
    of parameters: [FunctionParameter] = [], recordsSymbols: Bool = false
  ) throws -> (checked: CheckResult, isRunnable: Bool) {
    let (environment, checkerHost) = (environment, checkerHost())
    let result = try alone {
      Check.check(
        tree, source: source, in: environment, host: checkerHost, parameters: parameters,
        recordsSymbols: recordsSymbols)
    }
    sources.merge(texts.all) { first, _ in first }
    let lines = Set(
      found.compactMap { $0.primary }.filter { $0.span.source == source.id }
        .map { source.line(at: $0.span.start) })
    for diagnostic in result.diagnostics {
      if let span = diagnostic.primary?.span, span.source == source.id,
        lines.contains(source.line(at: span.start))
      {
        continue
      }
      sink(.diagnostic(diagnostic))
    }
    if result.diagnostics.hasErrors { return (result, false) }
    if !found.hasErrors, let place = result.unexplained.first {
      sink(
        .diagnostic(
          Diagnostic(
            .internalInconsistency, "the checker lost this without saying why", at: Label(place),
            help: ["this is a bug of Nodal; please report the program"])))
      return (result, false)
    }
    let late = foreseen(in: result)
    for diagnostic in late { sink(.diagnostic(diagnostic)) }
    return (result, !late.hasErrors)
  }

  package func remember(_ source: SourceFile) { sources[source.id] = source }

  /// Of a text that declared nothing, and that no message is about: who evaluates for ever must not keep all that was asked.
  package func forget(_ source: SourceFile) {
    sources[source.id] = nil
    environment.forgetText(source.id)
  }

  /// The seed in force: `--seed`, or the program's.
  package var seed: UInt64 { UInt64(bitPattern: Int64(options.seed ?? program.seed)) }

  func execute(_ statement: TypedStatement) throws {
    switch statement {
    case .data(let instance): try makeData(instance)
    case .let(let name, let expression):
      let value = try evaluate(expression, named: name)
      values[name] = value
      learn(expression.type, value)
    case .train(let command): try train(command)
    case .uncertainty(let command): try uncertainty(command)
    case .residuals(let command): try residuals(command)
    case .print(let items, _):
      for item in items { try print(item) }
    case .show(let item, _): try print(item, isLook: true)
    case .plot(let plot): try self.plot(plot)
    case .portrait(let portrait): try self.portrait(portrait)
    case .explain(let instance): try explain(instance)
    case .checkGradients(let loss, let data, let options, let span):
      try checkGradients(loss, data, options, span)
    case .write(let expression, let file, let span): try write(expression, file, span)
    case .save(let owner, let weights, let file, let span):
      try save(owner, weights, file, span)
    case .load(let owner, let weights, let file, let span):
      try load(owner, weights, file, span)
    case .assert(let condition, let sides, let text, let span):
      try assert(condition, sides, text, span)
    case .test(let test): try self.test(test)
    case .bench(let bench): try self.bench(bench)
    case .group(let statements): for statement in statements { try execute(statement) }
    }
  }

  /// Runs a test block against a snapshot: what it changes is taken back.
  private func test(_ test: TestInstance) throws {
    guard runsTests else { return }
    let (savedWeights, savedValues) = (weights, values)
    defer { (weights, values) = (savedWeights, savedValues) }
    do {
      for statement in test.statements { try execute(statement) }
      sink(.testPassed(title: test.title))
    } catch let failure as SessionFailure {
      sink(.testFailed(title: test.title, failure.diagnostic))
    } catch {
      sink(.testFailed(title: test.title, describe(error, at: test.span)))
    }
  }

  // MARK: Paths

  package var outputDirectory: String {
    options.outputDirectory ?? Path.join(directory, "runs")
  }

  var policy: PathPolicy {
    PathPolicy(
      readable: [directory, outputDirectory] + options.dataDirectories + options.allowedReads,
      writable: [outputDirectory] + options.allowedWrites)
  }
}

/// Sources that come up while a program is checked or run: modules, data files.
final class SourceRegistry: @unchecked Sendable {
  private let lock = Lock()
  private var files: [SourceID: SourceFile] = [:]
  private var next = 1_000

  /// A source with an id of its own.
  func add(path: String, text: String) -> SourceFile {
    lock.withLock {
      if let known = files.values.first(where: { $0.path == path && $0.text == text }) {
        return known
      }
      let file = SourceFile(id: SourceID(next), path: path, text: text)
      next += 1
      files[file.id] = file
      return file
    }
  }

  var all: [SourceID: SourceFile] { lock.withLock { files } }
}
