package import NodalDiagnostics
package import NodalTypes

/// A loss as elaborated for the data that it is trained on.
package struct LossInstance: Sendable {
  package enum Body: Sendable {
    /// A scalar for one example, averaged over examples.
    case value(TypedExpression)
    /// The log-likelihood of one example, summed over all: `bindings` hold, then each term is a scalar.
    case logDensity(TypedExpression)
  }

  package var name: String
  package var dataset: String?
  /// One example, a record.
  package var parameter: LocalID
  package var parameterType: Type
  package var body: Body
  /// What it reads, in order of first use, buffers included.
  package var weights: [WeightID]
  package var odes: [OdeID]
  package var span: Span

  /// What it computes of one example.
  package var expression: TypedExpression {
    switch body {
    case .value(let expression), .logDensity(let expression): expression
    }
  }
}
