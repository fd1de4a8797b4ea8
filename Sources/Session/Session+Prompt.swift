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

  /// Runs what was typed so far, if it is complete. Bare values are shown; redefinitions are told, with what they change.
  package func enter(_ source: SourceFile) -> Entered {
    remember(source)
    switch Parser.parseEntry(source) {
    case .incomplete: return .incomplete
    case .complete(let statements, let found):
      for diagnostic in found { sink(.diagnostic(diagnostic)) }
      if found.hasErrors { return .ran(.wrong) }
      let tree = File(source: source.id, statements: statements, span: source.span)
      let result: CheckResult?
      do {
        result = try check(tree, source)
      } catch {
        sink(.diagnostic(describe(error, at: nil)))
        return .ran(.failed)
      }
      guard let checked = result else { return .ran(.wrong) }
      for redefinition in checked.program.redefined { tell(redefinition) }
      return .ran(execute(checked))
    }
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
    let tree = File(source: source.id, statements: statements, span: source.span)
    guard let checked = try check(tree, source) else { return nil }
    adopt(checked)
    try prepareWeights()
    var value = SessionValue.nothing
    for statement in checked.program.statements {
      guard case .show(let item, _) = statement else {
        try execute(statement)
        continue
      }
      switch item {
      case .value(_, let expression): value = try evaluate(expression)
      case .declaration(_, _, let ids):
        value = .record(
          ids.compactMap { program.weights[$0] }.compactMap { weight in
            guard let entry = weights[weight.path] else { return nil }
            return .init(
              weight.path, .array(Tensor(.f64, shape: entry.shape, entry.values)))
          })
      }
    }
    return value
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
