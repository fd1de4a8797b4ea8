package import NodalDiagnostics

/// A PEtab problem (version 1): a model, what was measured of it under which conditions, and what is to be estimated.
package struct PEtabProblem: Sendable {
  package var name: String
  package var model: SBMLModel
  package var conditions: [Condition] = []
  package var observables: [Observable] = []
  package var parameters: [Parameter] = []
  package var measurements: [Measurement] = []
  /// What the files say and the program will not.
  package var notes: [String] = []

  package struct Condition: Sendable {
    package var id: String
    /// Other values for what the model has by these names: numbers, or names of parameters.
    package var values: [String: Formula]
    package var span: Span
  }

  package struct Observable: Sendable {
    package var id: String
    package var formula: Formula
    package var noise: Formula
    package var transformation: Scale
    package var distribution: Distribution
    package var span: Span

    package enum Distribution: String, Sendable, CaseIterable {
      case normal, laplace
    }
  }

  package enum Scale: String, Sendable, CaseIterable {
    case linear = "lin"
    case log, log10
  }

  package struct Parameter: Sendable {
    package var id: String
    package var scale: Scale
    package var lower: Double
    package var upper: Double
    package var nominal: Double?
    package var isEstimated: Bool
    package var prior: Prior?
    package var span: Span
  }

  package struct Prior: Sendable, Equatable {
    package var kind: Kind
    package var first: Double
    package var second: Double

    package enum Kind: String, Sendable, CaseIterable {
      case uniform, normal, laplace, logNormal, logLaplace
      case parameterScaleUniform, parameterScaleNormal, parameterScaleLaplace
    }
  }

  package struct Measurement: Sendable {
    package var observable: String
    package var condition: String
    package var preequilibration: String?
    /// Infinite at rest.
    package var time: Double
    package var value: Double
    package var observableParameters: [Formula]
    package var noiseParameters: [Formula]
    package var span: Span
  }
}
