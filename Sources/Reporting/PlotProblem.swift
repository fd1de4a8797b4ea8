package import NodalDiagnostics

/// A plot that could not be drawn, at the command that asks for it.
package struct PlotProblem: DiagnosableError, Equatable {
  package let error: PlotError
  package let request: Span?

  package init(_ error: PlotError, request: Span?) {
    self.error = error
    self.request = request
  }

  package var diagnostic: Diagnostic {
    let code: DiagnosticCode
    switch error {
    case .host: code = .writeFailed
    case .unknownFormat: code = .unknownPlotKind
    case .noGnuplot, .gnuplotFailed, .nothingToDraw, .notPositive: code = .plotFailed
    }
    return Diagnostic(code, error.message, at: request.map { Label($0) }, help: error.help)
  }
}
