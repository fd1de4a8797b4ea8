/// A mistake as a case with data, which can put itself into words.
///
/// Every phase has one enum of these (`ParseError`, `UnitError`, `SolveError`, …): the code that finds a
/// mistake names the case and hands over spans, names and types; only `diagnostic` knows English.
/// So a test can compare cases, and the wording has one home.
package protocol DiagnosableError: Error, Sendable {
  var diagnostic: Diagnostic { get }
}

/// Collects what a phase finds. Pass it `inout`.
package struct DiagnosticSink: Sendable {
  package private(set) var diagnostics: [Diagnostic] = []

  package init() {}

  package mutating func report(_ error: some DiagnosableError) {
    diagnostics.append(error.diagnostic)
  }

  package mutating func report(_ diagnostic: Diagnostic) { diagnostics.append(diagnostic) }

  package var hasErrors: Bool { diagnostics.hasErrors }
}
