package import NodalDiagnostics
package import NodalTypes

/// A `data` declaration as checked: how the values come about, and the type they have.
package struct DataInstance: Sendable {
  package var name: String
  package var type: DatasetType
  package var source: DataSource
  package var span: Span
}

package enum DataSource: Sendable {
  case call(DataCall)
  /// A record of columns (time first), evaluated once with the initial parameters.
  case simulate(TypedExpression)
}

/// `csv("file.csv", time: "t")`, `generate(two_moons(noise: 0.1), count: 2000)` and the like: plain values.
package struct DataCall: Sendable {
  package enum Function: String, Sendable, Hashable, CaseIterable {
    case csv, idx, npz, npy, generate
    /// Arrays of the program that embeds this one.
    case given
  }

  package indirect enum Argument: Sendable {
    case number(Double)
    case integer(Int)
    case boolean(Bool)
    case text(String)
    /// `["V1", "V2"]`, of names.
    case texts([String])
    case interval(Double, Double)
    case array([Double], shape: [Int])
    case record([(name: String, value: Argument)])
    /// `two_moons(noise: 0.1)`: a generator, a distribution, or `rate(…)`.
    case call(String, [LabelledArgument])
    /// `"V2"<V>`; the shift is what its numbers are raised by to be in that unit (`degC` is kept in K).
    case column(String, unit: Unit)
    /// A function of one number, `(t) -> 2 + sin(t)`.
    case function(LocalID, TypedExpression)
  }
  package struct LabelledArgument: Sendable {
    package var label: String?
    package var value: Argument
    package var span: Span

    package init(label: String?, value: Argument, span: Span) {
      self.label = label
      self.value = value
      self.span = span
    }
  }

  package var function: Function
  package var arguments: [LabelledArgument]
  package var span: Span

  package init(function: Function, arguments: [LabelledArgument], span: Span) {
    self.function = function
    self.arguments = arguments
    self.span = span
  }

  package func argument(_ label: String) -> LabelledArgument? {
    arguments.first { $0.label == label }
  }
}

/// What the checker knows of data: their columns, not their numbers.
package struct DataSchema: Sendable {
  package struct Column: Sendable {
    package var name: String
    /// Of one sample (behind the time axis, if there is one): `[]` for a plain column, `[1, 28, 28]`, `[2]`.
    package var shape: [Int]
    package var element: Element
    package var hasGaps: Bool
    /// Whether it runs along the time axis; a constant of the experiment otherwise.
    package var alongTime: Bool
    /// Text columns are named in messages, and can't be computed with.
    package var isText: Bool
    package init(
      name: String, shape: [Int] = [], element: Element = .real, hasGaps: Bool = false,
      alongTime: Bool = true, isText: Bool = false
    ) {
      self.name = name
      self.shape = shape
      self.element = element
      self.hasGaps = hasGaps
      self.alongTime = alongTime
      self.isText = isText
    }
  }

  package var columns: [Column]
  /// Name of the time column; nil where an example is a row.
  package var timeColumn: String?
  /// Samples along time, where all examples have the same and it is known.
  package var length: Int?
  /// Experiments (or rows); nil: one experiment.
  package var count: Int?
  /// Experiments of different length.
  package var isRagged: Bool
  package var experiments: DatasetType.Experiments?
  /// Columns that the call names as inputs.
  package var inputs: [String]

  package init(
    columns: [Column], timeColumn: String? = nil, length: Int? = nil, count: Int? = nil,
    isRagged: Bool = false, experiments: DatasetType.Experiments? = nil, inputs: [String] = []
  ) {
    self.columns = columns
    self.timeColumn = timeColumn
    self.length = length
    self.count = count
    self.isRagged = isRagged
    self.experiments = experiments
    self.inputs = inputs
  }
}

/// Looks at a file's head, or at a generator's row: `.failure` carries the diagnostic.
package typealias SchemaProvider = @Sendable (DataCall) -> SchemaResult

package enum SchemaResult: Sendable {
  case schema(DataSchema)
  case failure(Diagnostic)
}
