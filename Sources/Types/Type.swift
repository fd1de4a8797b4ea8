/// What one number of an array is, in the language.
package enum Element: String, Hashable, Sendable {
  case real = "Real"
  case integer = "Int"
  case boolean = "Bool"
}

/// The unit of an array: one for all its elements, or one for each part along its first axis, as a
/// state vector `[θ, θ']` has.
package enum UnitLabel: Hashable, Sendable {
  case uniform(Unit)
  /// One unit for each index of the leading axis of the array that was joined (which lies
  /// `depth` axes in, after lifting).
  case mixed([Unit], depth: Int)

  package static let one = UnitLabel.uniform(.one)
}

/// An array of numbers (a scalar has no axes).
package struct TensorType: Hashable, Sendable {
  package var element: Element
  package var shape: Shape
  package var unit: UnitLabel
  /// Whether cells may be missing: data with gaps, which only losses, `~`, `first_present` and
  /// `default` take.
  package var hasGaps: Bool
  /// Whether it holds rows of unequal length (experiments, trajectories with steps of their own) as one array: behind a
  /// row's end stands padding, which is NaN, and which losses and reductions leave out.
  package var isPadded: Bool

  package init(
    _ element: Element, _ shape: Shape = .scalar, unit: UnitLabel = .one, hasGaps: Bool = false,
    isPadded: Bool = false
  ) {
    self.element = element
    self.shape = shape
    self.unit = unit
    self.hasGaps = hasGaps
    self.isPadded = isPadded
  }
}

extension Type {
  /// The arrays in it as rows of unequal length.
  package var padded: Type {
    switch self {
    case .tensor(var tensor):
      tensor.isPadded = true
      return .tensor(tensor)
    case .tuple(let parts): return .tuple(parts.map(\.padded))
    case .record(let fields): return .record(fields.map { Field($0.name, $0.type.padded) })
    case .error, .string, .solution, .dataset, .run, .interval, .nothing: return self
    }
  }
}

/// A field of a record, a column of a data set, or a quantity along a solution.
package struct Field: Hashable, Sendable {
  package var name: String
  package var type: Type
  package init(_ name: String, _ type: Type) {
    self.name = name
    self.type = type
  }
}

/// How many samples a solution holds.
package enum SampleCount: Hashable, Sendable {
  /// One for each save point.
  case saved(Size)
  /// One for each accepted step: known when it has run; such a solution may not enter a loss.
  case steps
}

/// The type of `solve(…)`.
package struct SolutionType: Hashable, Sendable {
  package var ode: String
  /// `t`, the states, then the outputs: types of one sample.
  package var fields: [Field]
  /// How many of `fields` (after `t`) are states.
  package var stateCount: Int
  package var samples: SampleCount
  /// Axes of a lifted solve, a sweep, an ensemble.
  package var leading: [Size]
  /// The events of the ode, and how often each has happened, which only the run tells.
  package var events: [Happening] = []

  package struct Happening: Hashable, Sendable {
    package var name: String
    package var size: Size
    package init(_ name: String, _ size: Size) {
      self.name = name
      self.size = size
    }
  }

  package init(
    ode: String, fields: [Field], stateCount: Int, samples: SampleCount, leading: [Size] = []
  ) {
    self.ode = ode
    self.fields = fields
    self.stateCount = stateCount
    self.samples = samples
    self.leading = leading
  }
}

/// The type of a data set: one example, and how examples are laid out.
package struct DatasetType: Hashable, Sendable {
  package var name: String
  /// Fields of one example. Where there is a time axis, columns along it have `length` first.
  package var example: [Field]
  /// The name of the time column, where there is one.
  package var timeColumn: String?
  /// Samples of one example along time.
  package var length: Size?
  /// How many examples; nil where the whole is a single experiment.
  package var count: Size?
  /// Lengths differ between experiments: `count` arrays of their own length.
  package var isRagged: Bool
  /// What tells experiments apart: a column, where there is one.
  package var experiments: Experiments?
  /// Columns along time that drive odes with inputs of their names.
  package var inputs: [String]

  /// A column whose entries name the experiments that rows belong to.
  package struct Experiments: Hashable, Sendable {
    package var column: String
    /// One for each experiment, in order of first appearance.
    package var labels: [String]
    package init(column: String, labels: [String]) {
      self.column = column
      self.labels = labels
    }
  }

  package init(
    name: String, example: [Field], timeColumn: String? = nil, length: Size? = nil,
    count: Size? = nil, isRagged: Bool = false, experiments: Experiments? = nil,
    inputs: [String] = []
  ) {
    self.name = name
    self.example = example
    self.timeColumn = timeColumn
    self.length = length
    self.count = count
    self.isRagged = isRagged
    self.experiments = experiments
    self.inputs = inputs
  }

  /// The times of one example.
  package var timeField: Field? { timeColumn.flatMap { name in example.first { $0.name == name } } }
}

/// The types of the language.
package indirect enum Type: Hashable, Sendable {
  /// The type of an expression that already got its diagnostic; agrees with everything.
  case error
  case tensor(TensorType)
  case string
  case tuple([Type])
  case record([Field])
  case solution(SolutionType)
  case dataset(DatasetType)
  /// What `let run = train …` gives: the loss dataset's name and what it reports.
  case run
  /// `a..b` where an interval is meant, in some unit.
  case interval(Unit)
  /// The value of a statement that has none.
  case nothing

  package static let real = Type.tensor(TensorType(.real))
  package static let integer = Type.tensor(TensorType(.integer))
  package static let boolean = Type.tensor(TensorType(.boolean))

  package static func real(_ shape: Shape = .scalar, _ unit: Unit = .one) -> Type {
    .tensor(TensorType(.real, shape, unit: .uniform(unit)))
  }

  package var tensor: TensorType? {
    if case .tensor(let tensor) = self { tensor } else { nil }
  }
  package var isError: Bool { self == .error }

  /// The type with further leading axes on every array in it.
  package func lifted(by leading: [Size]) -> Type {
    if leading.isEmpty { return self }
    switch self {
    case .tensor(var tensor):
      tensor.shape = tensor.shape.lifted(by: leading)
      if case .mixed(let units, let depth) = tensor.unit {
        tensor.unit = .mixed(units, depth: depth + leading.count)
      }
      return .tensor(tensor)
    case .tuple(let parts): return .tuple(parts.map { $0.lifted(by: leading) })
    case .record(let fields):
      return .record(fields.map { Field($0.name, $0.type.lifted(by: leading)) })
    case .solution(var solution):
      solution.leading = leading + solution.leading
      return .solution(solution)
    case .error, .string, .dataset, .run, .interval, .nothing: return self
    }
  }

  /// The type without its first `count` axes, which every array in it must have.
  package func peeled(_ count: Int) -> Type? {
    if count == 0 { return self }
    switch self {
    case .error: return .error
    case .tensor(var tensor):
      guard tensor.shape.rank >= count else { return nil }
      tensor.shape = tensor.shape.dropping(count)
      if case .mixed(let units, let depth) = tensor.unit {
        guard depth >= count else { return nil }
        tensor.unit = .mixed(units, depth: depth - count)
      }
      return .tensor(tensor)
    case .tuple(let parts):
      let peeled = parts.compactMap { $0.peeled(count) }
      return peeled.count == parts.count ? .tuple(peeled) : nil
    case .record(let fields):
      let peeled = fields.compactMap { field in
        field.type.peeled(count).map { Field(field.name, $0) }
      }
      return peeled.count == fields.count ? .record(peeled) : nil
    case .solution(var solution):
      guard solution.leading.count >= count else { return nil }
      solution.leading.removeFirst(count)
      return .solution(solution)
    case .string, .dataset, .run, .interval, .nothing: return nil
    }
  }
}
