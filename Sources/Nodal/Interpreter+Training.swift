import NodalChecking
import NodalDiagnostics
import NodalSession

/// A loss at the weights as they are, and its derivative by each of them.
public struct LossGradient: Sendable {
  /// The mean over the examples; of a loss with `~` the negative log-posterior.
  public let value: Double
  /// By path, row-major, in the weight's own unit (not that of the unconstrained number behind it).
  public let gradient: [String: [Double]]
}

extension Interpreter {
  /// Trains a loss; the best parameters are kept in the weights, also after a cancellation.
  ///
  /// ```swift
  /// let run = try interpreter.train("fit", on: "obs", "optimize: adam(lr: 1e-2), steps: 500") { step in
  ///   if step.loss < 1e-4 { interpreter.cancellation.cancel() }
  /// }
  /// ```
  /// - Parameters:
  ///   - data: an expression for a data set; nil for a loss that reads none.
  ///   - options: what stands between the braces of `train`.
  ///   - onStep: called after each step; may cancel.
  /// - Throws: `ProgramFailure`.
  @discardableResult
  public func train(
    _ loss: String, on data: String? = nil, _ options: String,
    onStep: ((TrainingStep) -> Void)? = nil
  ) throws -> TrainingRun {
    let on = data.map { " on \($0)" } ?? ""
    let text = "train \(loss)\(on) { \(options) }"
    return try throwing {
      for statement in try prepared(text) {
        guard case .train(var command) = statement else {
          try session.perform(statement)
          continue
        }
        command.name = nil
        let (run, wasCancelled) = try observing(onStep) { try session.trainReturning(command) }
        return TrainingRun(run, wasCancelled: wasCancelled)
      }
      throw ProgramFailure(diagnostics: [])
    }
  }

  /// The value of a loss and its gradient, at the weights as they are.
  /// - Parameter data: an expression for a data set; nil for a loss that reads none.
  /// - Throws: `ProgramFailure`.
  public func gradient(of loss: String, on data: String? = nil) throws -> LossGradient {
    let on = data.map { " on \($0)" } ?? ""
    return try throwing {
      for statement in try prepared("check gradients of \(loss)\(on)") {
        guard case .checkGradients(let loss, let data, _, _) = statement else {
          try session.perform(statement)
          continue
        }
        let found = try session.gradient(of: loss, on: data)
        return LossGradient(
          value: found.value,
          gradient: Dictionary(found.gradient.map { ($0.path, $0.values) }) { first, _ in first })
      }
      throw ProgramFailure(diagnostics: [])
    }
  }

  /// Statements of a text, checked; none where it has errors, which `throwing` sees.
  private func prepared(_ text: String) throws -> [TypedStatement] {
    let source = self.source(Program.unread(text: text, path: "<call>"))
    return try session.prepare(source) ?? []
  }
}
