/// What a run leaves behind in `run.json`: all that a report of it tells. Numbers that JSON lacks are the strings "nan", "inf" and "-inf".
package struct RunRecord: Sendable, Equatable, Codable {
  /// The form of the file; another one is refused.
  package static let form = 1

  package var form = Self.form
  /// What wrote it: `nodal 0.1.0`.
  package var nodal: String
  /// When the run began, in UTC: `2026-03-09T14:05:00Z`.
  package var date: String
  /// The program as it was named.
  package var program: String
  /// `finished`, `failed`, `cancelled`.
  package var outcome: String
  package var seconds: Double
  package var seed: Int
  package var settings: [Setting] = []
  package var data: [DataSet] = []
  package var trainings: [Training] = []
  package var contributions: [Contributions] = []
  package var printed: [Printed] = []
  /// Warnings, and the error that ended the run, as people read them.
  package var diagnostics: [String] = []
  /// Names of pictures in the folder's `plots`.
  package var plots: [String] = []
  /// What was left out, in words.
  package var omissions: [String] = []

  package init(
    nodal: String, date: String, program: String, outcome: String, seconds: Double, seed: Int
  ) {
    self.nodal = nodal
    self.date = date
    self.program = program
    self.outcome = outcome
    self.seconds = seconds
    self.seed = seed
  }

  package struct Setting: Sendable, Equatable, Codable {
    package var name, value: String
    package init(_ name: String, _ value: String) {
      self.name = name
      self.value = value
    }
  }

  package struct DataSet: Sendable, Equatable, Codable {
    package var name: String
    /// `csv`, `idx`, `generate`, `simulate`.
    package var source: String
    package var file: String?
    package var examples, rows: Int
    package var fields: [String]
    /// Tells sets apart by names, shapes and numbers.
    package var hash: String

    package init(
      name: String, source: String, file: String?, examples: Int, rows: Int, fields: [String],
      hash: String
    ) {
      self.name = name
      self.source = source
      self.file = file
      self.examples = examples
      self.rows = rows
      self.fields = fields
      self.hash = hash
    }
  }

  package struct Training: Sendable, Equatable, Codable {
    package var loss: String
    package var header, summary: String
    package var seconds: Double
    package var evaluations: Int
    package var stages: [Stage] = []
    package var history: Curve
    package var validations = Curve()
    package var tests = Curve()
    package var parameters: [Parameter] = []
    /// What the intervals are, or why there are none.
    package var uncertainty: String = ""
    /// What is to be said of parameters and residuals.
    package var sentences: [String] = []
    package var fields: [Field] = []

    package init(
      loss: String, header: String, summary: String, seconds: Double, evaluations: Int,
      history: Curve
    ) {
      self.loss = loss
      self.header = header
      self.summary = summary
      self.seconds = seconds
      self.evaluations = evaluations
      self.history = history
    }
  }

  package struct Stage: Sendable, Equatable, Codable {
    package var name, extent, end: String
    package init(name: String, extent: String, end: String) {
      self.name = name
      self.extent = extent
      self.end = end
    }
  }

  /// Values by step.
  package struct Curve: Sendable, Equatable, Codable {
    package var steps: [Int]
    package var values: [Double]

    package init(_ steps: [Int] = [], _ values: [Double] = []) {
      self.steps = steps
      self.values = values
    }
  }

  package struct Parameter: Sendable, Equatable, Codable {
    package var name: String
    package var value: Double
    package var lower, upper: Double?
    package var unit, prior: String?
    package var domain: String

    package init(
      _ name: String, _ value: Double, bounds: (lower: Double, upper: Double)?, unit: String?,
      prior: String?, domain: String
    ) {
      self.name = name
      self.value = value
      lower = bounds?.lower
      upper = bounds?.upper
      self.unit = unit
      self.prior = prior
      self.domain = domain
    }
  }

  /// A field of the data beside what the model says.
  package struct Field: Sendable, Equatable, Codable {
    package var name: String
    package var observations: Int
    package var mean, spread, correlation, signChanges, normality: Double
    /// The first of them.
    package var experiments: [Experiment]
    package var experimentCount: Int

    package init(
      name: String, observations: Int, mean: Double, spread: Double, correlation: Double,
      signChanges: Double, normality: Double, experiments: [Experiment], experimentCount: Int
    ) {
      self.name = name
      self.observations = observations
      self.mean = mean
      self.spread = spread
      self.correlation = correlation
      self.signChanges = signChanges
      self.normality = normality
      self.experiments = experiments
      self.experimentCount = experimentCount
    }
  }

  package struct Experiment: Sendable, Equatable, Codable {
    /// What a column of the data calls it.
    package var name: String?
    /// Empty where there are no times.
    package var times: [Double]
    package var observed, fitted, residuals: [Double]

    package init(
      name: String?, times: [Double], observed: [Double], fitted: [Double], residuals: [Double]
    ) {
      self.name = name
      self.times = times
      self.observed = observed
      self.fitted = fitted
      self.residuals = residuals
    }
  }

  /// What the terms of an ode add along a solution.
  package struct Contributions: Sendable, Equatable, Codable {
    package var ode, along: String
    package var terms: [Term]

    package init(ode: String, along: String, terms: [Term]) {
      self.ode = ode
      self.along = along
      self.terms = terms
    }
  }

  package struct Term: Sendable, Equatable, Codable {
    package var equation, term, kind: String
    package var rms, share: Double

    package init(equation: String, term: String, kind: String, rms: Double, share: Double) {
      self.equation = equation
      self.term = term
      self.kind = kind
      self.rms = rms
      self.share = share
    }
  }

  package struct Printed: Sendable, Equatable, Codable {
    package var label, text: String

    package init(_ label: String, _ text: String) {
      self.label = label
      self.text = text
    }
  }
}
