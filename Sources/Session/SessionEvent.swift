import NodalIR
import NodalData
import NodalTypes
import NodalExecution
package import NodalBasics
package import NodalDiagnostics
package import NodalReporting
package import NodalTraining

/// What a session has to say, as it goes: a shell shows it to people, or writes it as lines of JSON.
package enum SessionEvent: Sendable {
  case diagnostic(Diagnostic)
  /// `print`: the text for people, and the value as JSON.
  case printed(label: String, text: String, value: JSONValue)
  /// A training run's beginning in words, before its first step.
  case trainingBegan(name: String, header: String)
  case trainingStep(TrainingProgress, stage: String)
  case trainingEnded(name: String, summary: String, value: JSONValue)
  case plotted(path: String)
  /// A plot without a file: the figure, for the shell to draw.
  case figure(Figure)
  case wrote(path: String, what: String)
  case testPassed(title: String)
  case testFailed(title: String, Diagnostic)
  case benched(BenchResult)
  case benchFailed(title: String, Diagnostic)
  /// Something short that a person may want to know.
  case note(String)
}

/// A statement that failed: the session goes on, or stops, as its shell says.
package struct SessionFailure: Error, Sendable {
  package var diagnostic: Diagnostic
  package init(_ diagnostic: Diagnostic) { self.diagnostic = diagnostic }
  package init(
    _ code: DiagnosticCode, _ message: String, at span: Span?, help: [String] = []
  ) {
    diagnostic = Diagnostic(code, message, at: span.map { Label($0) }, help: help)
  }
}
