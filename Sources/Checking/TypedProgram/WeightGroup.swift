package import NodalTypes

/// What a weight has a value of each for: `per subject`.
package struct WeightGroup: Sendable, Hashable {
  package enum Members: Sendable, Hashable {
    /// Experiments by what they are called in a column.
    case labels([String])
    /// The examples of a data set.
    case examples(of: String, count: Int)
  }

  /// As written behind `per`.
  package var name: String
  package var members: Members

  package init(name: String, members: Members) {
    self.name = name
    self.members = members
  }

  package var count: Int {
    switch members {
    case .labels(let labels): labels.count
    case .examples(_, let count): count
    }
  }

  /// What each member is called.
  package var labels: [String] {
    switch members {
    case .labels(let labels): labels
    case .examples(_, let count): (0..<count).map(String.init)
    }
  }

  /// The place among the members of each experiment of a data set; nil where the data don't tell them apart in this way, or
  /// have one that is no member.
  package func places(of data: DatasetType) -> [Int]? {
    switch members {
    case .labels(let members):
      guard let own = data.experiments, Self.isName(name, of: own.column) else { return nil }
      let known = Dictionary(uniqueKeysWithValues: members.enumerated().map { ($1, $0) })
      let places = own.labels.compactMap { known[$0] }
      return places.count == own.labels.count ? places : nil
    case .examples(let name, let count):
      return data.name == name ? Array(0..<count) : nil
    }
  }

  /// Whether `per name` means a column: the language's names begin with a small letter, columns often with a great one.
  static func isName(_ name: String, of column: String) -> Bool {
    column.lowercased() == name.lowercased()
  }
}

extension TypedExpression.Kind {
  /// The weight that it reads.
  package var weight: WeightID? {
    switch self {
    case .weight(let id), .weights(let id): id
    case .number, .integer, .boolean, .text, .array, .size, .local, .session, .elementwise, .select,
      .toReal, .scaled, .relabelled, .broadcast, .reduce, .matmul, .windows, .convolve, .pick,
      .concatenate, .stack, .reshape, .transpose, .reverse, .slice, .index, .gather, .shift,
      .linspace, .iota, .tuple, .element, .record, .field, .bindings, .conditional, .fold, .scan,
      .map, .calculus, .draw, .solve, .point, .spectral, .interpolate, .example, .part, .invalid:
      nil
    }
  }
}
