import NodalChecking
import NodalDiagnostics

extension TypedStatement {
  /// Its place in the text, or that of what it is about; nil for no statement at all.
  var span: Span? {
    switch self {
    case .data(let instance): instance.span
    case .let(_, let value): value.span
    case .train(let command): command.span
    case .uncertainty(let command): command.span
    case .residuals(let command): command.span
    case .plot(let instance): instance.span
    case .portrait(let instance): instance.plot.span
    case .explain(let instance): instance.span
    case .test(let test): test.span
    case .bench(let bench): bench.span
    case .print(_, let span), .show(_, let span), .checkGradients(_, _, _, let span),
      .write(_, _, let span), .save(_, _, _, let span), .load(_, _, _, let span),
      .assert(_, _, _, let span):
      span
    case .group(let statements): statements.first?.span
    }
  }
}
