package import NodalChecking
package import NodalDiagnostics
import NodalExecution
import NodalIR
import NodalParsing
import NodalSyntax
import NodalTypes

/// What a prompt does with a session: entries of one line or several, single expressions.
extension Session {
  package enum Entered: Sendable {
    /// A bracket or a block is open: the text is to go on.
    case incomplete
    case ran(Outcome)
  }

  /// Whether a bracket or a block is open.
  package static func isIncomplete(_ source: SourceFile) -> Bool {
    if case .incomplete = Parser.parseEntry(source) { true } else { false }
  }

  /// Whether a text is one expression and nothing else.
  package static func isExpression(_ source: SourceFile) -> Bool {
    guard case .complete(let statements, let found) = Parser.parseEntry(source), !found.hasErrors,
      statements.count == 1, case .expression = statements[0]
    else { return false }
    return true
  }

  /// Runs what was typed so far, if it is complete. Bare values are shown; redefinitions are told, with what they change.
  package func enter(_ source: SourceFile) -> Entered {
    remember(source)
    switch Parser.parseEntry(source) {
    case .incomplete: return .incomplete
    case .complete(let statements, let found):
      for diagnostic in found { sink(.diagnostic(diagnostic)) }
      if found.hasErrors { return .ran(.wrong) }
      return .ran(run(statements, of: source))
    }
  }

  /// Runs a file as one entry: it may declare names anew.
  package func enter(file source: SourceFile) -> Outcome {
    do {
      let (tree, found) = try parse(source)
      guard let checked = try check(tree, source, besides: found), !found.hasErrors else {
        return .wrong
      }
      return execute(checked, tree.statements, of: source)
    } catch {
      sink(.diagnostic(describe(error, at: nil)))
      return .failed
    }
  }

  /// Runs a text as if it had been typed: declarations and commands up to one that declares a name of theirs anew are one entry, so that a
  /// file means at a prompt what it means as a file. Ends at the first entry that goes wrong.
  package func feed(_ source: SourceFile) -> Outcome {
    remember(source)
    guard case .complete(let statements, let found) = Parser.parseEntry(source) else {
      for diagnostic in Parser.parse(source).diagnostics { sink(.diagnostic(diagnostic)) }
      return .wrong
    }
    for diagnostic in found { sink(.diagnostic(diagnostic)) }
    if found.hasErrors { return .wrong }
    for entry in Self.entries(of: statements) {
      let outcome = run(entry, of: source)
      if outcome != .finished { return outcome }
    }
    return .finished
  }

  /// Statements in stretches that declare each name once.
  private static func entries(of statements: [Statement]) -> [[Statement]] {
    var entries: [[Statement]] = []
    var names: Set<String> = []
    for statement in statements {
      let own = statement.declaredNames.map(\.spelling)
      if entries.isEmpty || !names.isDisjoint(with: own) {
        entries.append([])
        names = []
      }
      names.formUnion(own)
      entries[entries.count - 1].append(statement)
    }
    return entries
  }

  /// Checks an entry that could be read, tells what has a new meaning by it, and runs it.
  private func run(_ statements: [Statement], of source: SourceFile) -> Outcome {
    do {
      let tree = File(source: source.id, statements: statements, span: source.span)
      guard let checked = try check(tree, source) else { return .wrong }
      for redefinition in checked.program.redefined { tell(redefinition) }
      return execute(checked, statements, of: source)
    } catch {
      sink(.diagnostic(describe(error, at: nil)))
      return .failed
    }
  }

  /// Runs what was entered, so that it can be taken back and saved.
  private func execute(
    _ checked: CheckResult, _ statements: [Statement], of source: SourceFile
  ) -> Outcome {
    if let first = statements.first(where: \.changesSession) {
      keepPast(before: String(source.text(of: first.span).prefix { !$0.isNewline }))
    }
    var failed: TypedStatement?
    let outcome = execute(checked) { failed = $0 }
    journal.add(statements, of: source) { span in
      outcome == .finished || failed?.span.map { span.end <= $0.start } ?? false
    }
    return outcome
  }

  /// Gives a constant another value: what reads it is elaborated anew.
  package func change(_ constant: String, to expression: String) throws {
    guard let redefinition = environment.renew(String(constant.prefix { $0 != "." })) else {
      throw SessionFailure(
        .unknownName, "`\(constant)` is no constant of this session", at: nil,
        help: ["`:list` shows what you declared"])
    }
    options.settings[constant] = expression
    tell(redefinition)
  }

  private func tell(_ redefinition: Redefinition) {
    var text = "`\(redefinition.name)` has a new meaning from here on"
    let readers = redefinition.dependants.prefix(8).map { "`\($0)`" }
    if !readers.isEmpty {
      text +=
        ", and so " + (readers.count == 1 ? "has " : "have ") + readers.joined(separator: ", ")
      if redefinition.dependants.count > readers.count { text += ", …" }
    }
    sink(.note(text))
  }

  /// The value of one expression, or of a declared thing's weights as a record by path; nil where the text has errors,
  /// which the sink has been told.
  /// - Throws: `SessionFailure` when it fails while it is computed.
  package func value(of source: SourceFile) throws -> SessionValue? {
    guard let item = try item(of: source) else { return nil }
    let value: SessionValue
    switch item {
    case .value(_, let expression): value = try evaluate(expression)
    case .declaration(_, _, _, let ids):
      value = .record(
        ids.compactMap { program.weights[$0] }.compactMap { weight in
          guard let entry = weights[weight.path] else { return nil }
          return .init(weight.path, .array(Tensor(.f64, shape: entry.shape, entry.values)))
        })
    }
    forget(source)
    return value
  }

  /// The type of an expression, or what a name is declared as; nil where the text has errors, which the sink has been told. Nothing is
  /// computed.
  package func typeText(of source: SourceFile) throws -> String? {
    guard let checked = try checkExpression(source), let item = checked.shown else { return nil }
    switch item {
    case .value(_, let expression): return checked.environment.text(of: expression.type)
    case .declaration(let name, let kind, _, _): return "\(kind) \(name)"
    }
  }

  /// An expression as it was checked; nil where the text has errors, or names what has no value.
  package func expression(of source: SourceFile) throws -> TypedExpression? {
    guard case .value(_, let expression)? = try item(of: source) else { return nil }
    return expression
  }

  /// What is to be shown of an expression, with the data that it reads made.
  private func item(of source: SourceFile) throws -> PrintItem? {
    guard let checked = try checkExpression(source) else { return nil }
    try take(checked)
    return checked.shown
  }

  /// Takes a checked expression into the session, and makes the data that it reads.
  func take(_ checked: CheckResult) throws {
    adopt(checked)
    try prepareWeights()
    for statement in checked.program.statements {
      if case .show = statement { continue }
      try execute(statement)
    }
  }

  /// - Parameter parameters: names that it is a function of.
  func checkExpression(
    _ source: SourceFile, of parameters: [FunctionParameter] = []
  ) throws -> CheckResult? {
    remember(source)
    guard case .complete(let statements, let found) = Parser.parseEntry(source) else {
      throw SessionFailure(
        .unclosedBracket, "the expression is not complete", at: source.span.after)
    }
    for diagnostic in found { sink(.diagnostic(diagnostic)) }
    if found.hasErrors { return nil }
    guard statements.count == 1, case .expression = statements[0] else {
      throw SessionFailure(
        .expectedExpression, "this is no single expression", at: source.span,
        help: ["statements are run, not evaluated"])
    }
    return try check(
      File(source: source.id, statements: statements, span: source.span), source, of: parameters)
  }

  /// The statements of a text, checked and taken into the session, but not run; nil where it has errors.
  package func prepare(_ source: SourceFile) throws -> [TypedStatement]? {
    guard let checked = try check(source) else { return nil }
    adopt(checked)
    try prepareWeights()
    return checked.program.statements
  }

  /// All sources that a message may point into.
  package var sourceMap: SourceMap {
    SourceMap(Array(sources.values) + Array(texts.all.values))
  }
}

extension Session {
  /// Trains, and says what came of it, a cancellation being no failure.
  package func trainReturning(_ command: TrainCommand) throws -> (run: RunValue, wasCancelled: Bool)
  {
    let name = "%run"
    var command = command
    command.name = name
    values[name] = nil
    defer { values[name] = nil }
    var failure: (any Error)?
    do { try train(command) } catch { failure = error }
    guard case .run(let run)? = values[name] else {
      throw failure
        ?? SessionFailure(.internalInconsistency, "a training run without result", at: command.span)
    }
    if let failure, !cancel.isSet { throw failure }
    return (run, failure != nil)
  }

  /// Runs one statement that was checked here.
  /// - Throws: `SessionFailure` and what the floors below throw; `diagnostic(of:)` puts words to it.
  package func perform(_ statement: TypedStatement) throws { try execute(statement) }

  package func diagnostic(of error: any Error) -> Diagnostic { describe(error, at: nil) }
}

extension Session {
  /// Gives a weight other numbers; does nothing where there is no such weight, or their count is another.
  package func setWeight(_ path: String, _ values: [Double]) { weights.setValues(path, values) }
}

extension CheckResult {
  /// What a bare value shows.
  var shown: PrintItem? {
    for case .show(let item, _) in program.statements { return item }
    return nil
  }
}
