/// An optimiser of the language: `optimize: adam(lr: 1e-2)`.
package struct OptimizerRow: Sendable {
  package let name: String
  /// One sentence for the manual.
  package let summary: String
  /// Where its formulas are from.
  package let source: String
  /// Its arguments. `lr` is always among them; there a schedule may stand instead of a number.
  package let hyperparameters: [Hyperparameter]
  /// It compares values between points: through its stage the objective must be one function, of
  /// the same data and draws.
  package let wantsOneFunction: Bool
  /// Its steps read the curvature of the objective.
  package let wantsCurvature: Bool
  private let build: @Sendable (HyperparameterValues) -> any Optimizer

  package init(
    name: String, summary: String, source: String, hyperparameters: [Hyperparameter],
    wantsOneFunction: Bool = false, wantsCurvature: Bool = false,
    build: @escaping @Sendable (HyperparameterValues) -> any Optimizer
  ) {
    self.name = name
    self.summary = summary
    self.source = source
    self.hyperparameters = hyperparameters
    self.wantsOneFunction = wantsOneFunction
    self.wantsCurvature = wantsCurvature
    self.build = build
  }

  /// A fresh optimiser with these hyperparameters, and its rate where no schedule is given.
  package func make(
    _ given: [String: Double] = [:]
  ) throws(HyperparameterError) -> ConfiguredOptimizer {
    let values = try HyperparameterValues(given.mapValues { [$0] }, table: hyperparameters)
    return ConfiguredOptimizer(row: self, optimizer: build(values), rate: values["lr"])
  }

  package static func named(_ name: String) -> OptimizerRow? { all.first { $0.name == name } }

  /// All optimisers, in the order of the manual.
  package static let all: [OptimizerRow] = [sgd, rmsprop, adam, adamw, lbfgs, lm]
}

/// An optimiser with its hyperparameters, at its beginning.
package struct ConfiguredOptimizer: Sendable {
  package let row: OptimizerRow
  package let optimizer: any Optimizer
  /// `lr` as a number.
  package let rate: Double
}
