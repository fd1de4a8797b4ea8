package import NodalChecking
package import NodalDiagnostics
import NodalExecution
import NodalIR
import NodalTypes

/// An expression as a function of some of its names: compiled once, called often. It reads weights as they are when it is called; what else
/// it reads is as it was when it was made.
package final class SessionFunction {
  package let parameters: [FunctionParameter]
  private let session: Session
  private let lowered: LoweredProgram
  private let runner: Runner

  init(
    _ parameters: [FunctionParameter], _ body: TypedExpression, _ locals: [LocalID],
    _ session: Session
  )
    throws
  {
    self.parameters = parameters
    self.session = session
    let (program, known) = (session.program, try session.lengths(in: body))
    let declared = zip(locals, parameters).map { (local: $0, type: $1.type) }
    lowered = try session.lower(body) {
      try Lowering.lower(body, parameters: declared, of: program, lengths: known)
    }
    runner = try session.compile(lowered, runsOnce: false)
  }

  /// - Parameter arguments: row-major numbers, as many for each parameter as its shape has places.
  package func callAsFunction(_ arguments: [[Double]]) throws -> SessionValue {
    let types = lowered.region.parameterTypes
    var inputs: [Tensor] = []
    for (place, (parameter, numbers)) in zip(parameters, arguments).enumerated() {
      inputs.append(Tensor(types[place].element, shape: parameter.shape, numbers))
    }
    inputs += try session.bind(lowered)
    let (results, report) = try session.perform(lowered) { () throws(ExecutionError) in
      try runner.run(inputs, session.runOptions)
    }
    session.tell(report, lowered)
    return SessionValue(lowered.layout, results)
  }
}

extension Session {
  /// Makes a function of an expression in which these names stand for numbers that are given later; nil where the text has errors, which the
  /// sink has been told.
  package func function(
    of source: SourceFile, _ parameters: [FunctionParameter]
  ) throws -> SessionFunction? {
    guard let checked = try checkExpression(source, of: parameters) else { return nil }
    guard case .value(_, let body)? = checked.shown else {
      throw SessionFailure(.expectedExpression, "this has no value", at: source.span)
    }
    try take(checked)
    return try SessionFunction(parameters, body, checked.parameters, self)
  }
}
