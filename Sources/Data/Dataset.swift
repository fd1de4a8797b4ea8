package import NodalTypes

/// Named numbers, example by example: what losses are trained on, simulations produce, and
/// solutions are.
///
/// An *example* is one experiment (or a window of one) where there is a time column, else one
/// row. A field on the time axis holds a value for each time of each example; lengths may differ.
/// A field on the example axis holds one value an example (a dose, a label).
package struct Dataset: Sendable, Equatable {
  /// In the order of the file, names unique.
  package private(set) var fields: [DataField]
  /// How many times each example has; nil when there is no time axis.
  package let lengths: [Int]?
  package let exampleCount: Int
  /// The field that holds the times.
  package let timeName: String?
  /// Fields that drive the model rather than being observed.
  package var inputNames: [String] = []
  /// What random numbers know an example by; it travels with an example through slices and
  /// batches, so that a draw never depends on a batch slot.
  package private(set) var identities: [UInt32]
  /// Which experiment each example is, or belongs to; it travels with an example, too.
  package private(set) var experiments: [Int]
  /// The column that tells experiments apart, where there is one, and what they are called in it.
  package private(set) var experimentNames: DatasetType.Experiments?
  /// Where each example stands, if they are windows that experiments were cut into.
  package private(set) var windows: [DataWindow]?
  /// Where each example's times begin; one more entry than examples.
  private let offsets: [Int]

  /// Rows without a time axis. Fields on the example axis with `count` values each.
  package init(rows count: Int, fields: [DataField]) {
    self.fields = fields
    self.lengths = nil
    self.exampleCount = count
    self.timeName = nil
    self.identities = (0..<UInt32(clamping: max(count, 0))).map { $0 }
    self.experiments = Array(0..<max(count, 0))
    self.offsets = []
  }

  /// Experiments with times of their own.
  /// - Parameters:
  ///   - lengths: how many times each has; fields on the time axis hold them one after another.
  ///   - time: the name of the field with the times.
  package init(lengths: [Int], time: String?, fields: [DataField]) {
    self.fields = fields
    self.lengths = lengths
    self.exampleCount = lengths.count
    self.timeName = time
    self.identities = (0..<UInt32(clamping: lengths.count)).map { $0 }
    self.experiments = Array(lengths.indices)
    var offsets = [0]
    for length in lengths { offsets.append((offsets.last ?? 0) + length) }
    self.offsets = offsets
  }

  /// A field by its name. Any column name will do, whether or not it is an identifier.
  package subscript(_ name: String) -> DataField? { fields.first { $0.name == name } }

  package var fieldNames: [String] { fields.map(\.name) }

  /// All entries of the time axis, over all examples.
  package var timeCount: Int { offsets.last ?? 0 }

  /// Is this one experiment, whose fields are read without naming an example?
  package var isSingleExperiment: Bool { lengths != nil && exampleCount == 1 }

  /// Where an example's entries lie in a field on this axis. Empty for one that there is not.
  package func range(ofExample example: Int, on axis: DataField.Axis) -> Range<Int> {
    guard (0..<exampleCount).contains(example) else { return 0..<0 }
    switch axis {
    case .example: return example..<example + 1
    case .time: return lengths == nil ? 0..<0 : offsets[example]..<offsets[example + 1]
    }
  }

  /// One example's part of a field: on the time axis an array of shape [length, …].
  package func value(of name: String, example: Int) -> DataArray? {
    guard let field = self[name], (0..<exampleCount).contains(example) else { return nil }
    let range = range(ofExample: example, on: field.axis)
    let part = field.slice(range)
    switch field.axis {
    case .example: return DataArray(shape: field.shape, part)
    case .time: return DataArray(shape: [range.count] + field.shape, part)
    }
  }

  /// All of a field as one array: [length, …] for a single experiment, [] of what is constant in it; else [examples, …] or, on
  /// the time axis, [examples, longest, …], short ones padded by their last entry and the padding
  /// marked missing.
  package func array(of name: String) -> DataArray? {
    guard let field = self[name] else { return nil }
    if isSingleExperiment { return value(of: name, example: 0) }
    switch field.axis {
    case .example:
      return DataArray(shape: [exampleCount] + field.shape, field.slice(0..<exampleCount))
    case .time: return padded(field)
    }
  }

  /// As `array(of:)`, with the example axis kept even for a single experiment: what a batch binds.
  package func batchArray(of name: String) -> DataArray? {
    guard let field = self[name] else { return nil }
    switch field.axis {
    case .example:
      return DataArray(shape: [exampleCount] + field.shape, field.slice(0..<exampleCount))
    case .time: return padded(field)
    }
  }

  /// The greatest number of times that an example has.
  package var longest: Int { lengths?.max() ?? 0 }

  /// Have all examples equally many times?
  package var isUniform: Bool {
    guard let lengths, let first = lengths.first else { return true }
    return lengths.allSatisfy { $0 == first }
  }

  private func padded(_ field: DataField) -> DataArray {
    let width = field.width
    let longest = self.longest
    if isUniform {
      return DataArray(shape: [exampleCount, longest] + field.shape, field.slice(0..<timeCount))
    }
    var values: [Double] = []
    values.reserveCapacity(exampleCount * longest * width)
    var missing: [Bool] = []
    missing.reserveCapacity(exampleCount * longest * width)
    for example in 0..<exampleCount {
      let range = range(ofExample: example, on: .time)
      let part = field.slice(range)
      values += part.values
      missing +=
        part.missing.isEmpty
        ? Array(repeating: false, count: part.values.count) : part.missing
      let last =
        range.isEmpty ? Array(repeating: 0, count: width) : Array(part.values.suffix(width))
      for _ in range.count..<longest {
        values += last
        missing += Array(repeating: true, count: width)
      }
    }
    return DataArray(
      shape: [exampleCount, longest] + field.shape, values: values, missing: missing)
  }

  /// Adds a field, or replaces the one of its name.
  package mutating func set(_ field: DataField) {
    if let index = fields.firstIndex(where: { $0.name == field.name }) {
      fields[index] = field
    } else {
      fields.append(field)
    }
  }

  /// The given parts of examples, as the examples of a new set.
  package func gather(_ parts: [DataPart]) -> Dataset {
    let gathered = fields.map { field in
      field.gather(
        parts.map { part in
          switch field.axis {
          case .example: return part.example..<part.example + 1
          case .time:
            let start = offsets.isEmpty ? 0 : offsets[part.example]
            return start + part.times.lowerBound..<start + part.times.upperBound
          }
        })
    }
    var result =
      lengths == nil
      ? Dataset(rows: parts.count, fields: gathered)
      : Dataset(lengths: parts.map(\.times.count), time: timeName, fields: gathered)
    result.inputNames = inputNames
    result.identities = parts.map(\.identity)
    result.experiments = parts.map { experiments[$0.example] }
    result.experimentNames = experimentNames
    result.windows = windows.map { own in parts.map { own[$0.example] } }
    return result
  }

  /// Says which experiment each example belongs to, and what these are called.
  package mutating func setExperiments(_ places: [Int], names: DatasetType.Experiments) {
    experiments = places
    experimentNames = names
  }

  /// Says where each example stands among the windows of its experiment.
  package mutating func setWindows(_ places: [DataWindow]) { windows = places }

  /// `Subject 3`: the experiment of an example; nil where no column tells them apart.
  package func experimentTitle(ofExample example: Int) -> String? {
    guard let experimentNames, experiments.indices.contains(example) else { return nil }
    return "\(experimentNames.column) \(experimentNames.labels[experiments[example]])"
  }

  /// Example `example`, whole.
  package func whole(_ example: Int) -> DataPart {
    DataPart(
      example: example, times: 0..<(lengths?[example] ?? 0), identity: identities[example])
  }
}

/// Part of an example: all of a row, or a stretch of an experiment's times.
package struct DataPart: Sendable, Hashable {
  package let example: Int
  /// Positions in the example's own times; not used where there is no time axis.
  package let times: Range<Int>
  package let identity: UInt32

  package init(example: Int, times: Range<Int>, identity: UInt32) {
    self.example = example
    self.times = times
    self.identity = identity
  }
}
