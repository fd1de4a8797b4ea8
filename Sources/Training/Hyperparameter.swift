/// A number that an optimiser or a schedule is told: a row of its table of arguments.
package struct Hyperparameter: Sendable {
  /// What values it takes.
  package enum Domain: Sendable, Hashable {
    /// A real number above zero.
    case positive
    /// A real number, zero or more.
    case nonNegative
    /// A real number in `[0, 1)`.
    case fraction
    /// A whole number, one or more.
    case count
    /// 0 or 1.
    case flag
    /// Several numbers, ascending, zero or more.
    case ascendingList

    package func accepts(_ values: [Double]) -> Bool {
      if self == .ascendingList {
        return values.allSatisfy { $0.isFinite && $0 >= 0 }
          && zip(values, values.dropFirst()).allSatisfy { $0 < $1 }
      }
      guard values.count == 1, values[0].isFinite else { return false }
      let value = values[0]
      return switch self {
      case .positive: value > 0
      case .nonNegative: value >= 0
      case .fraction: value >= 0 && value < 1
      case .count: value >= 1 && value <= 1e9 && value == value.rounded()
      case .flag: value == 0 || value == 1
      case .ascendingList: true
      }
    }

    /// What it takes, in words.
    package var text: String {
      switch self {
      case .positive: "a number above 0"
      case .nonNegative: "a number of at least 0"
      case .fraction: "a number of at least 0 and below 1"
      case .count: "a whole number of at least 1"
      case .flag: "true or false"
      case .ascendingList: "an ascending list of numbers of at least 0"
      }
    }
  }

  package let name: String
  /// Its value where none is given; nil where one must be.
  package let fallback: [Double]?
  package let domain: Domain
  /// A phrase for the manual.
  package let summary: String

  package init(_ name: String, _ fallback: Double?, _ domain: Domain, _ summary: String) {
    self.init(name, list: fallback.map { [$0] }, domain, summary)
  }

  package init(_ name: String, list: [Double]?, _ domain: Domain, _ summary: String) {
    self.name = name
    self.fallback = list
    self.domain = domain
    self.summary = summary
  }
}

/// Why a table of hyperparameters refuses what it was given.
package enum HyperparameterError: Error, Sendable, Hashable {
  /// No hyperparameter of that name; `known` are those there are.
  case unknown(name: String, known: [String])
  case missing(name: String)
  /// A value outside the domain, which `expected` says in words.
  case outside(name: String, found: [Double], expected: String)
}

/// Checked values of all hyperparameters of a row.
package struct HyperparameterValues: Sendable, Hashable {
  private var values: [String: [Double]]

  /// The values given, each in its domain, and the defaults of those that aren't.
  package init(
    _ given: [String: [Double]], table: [Hyperparameter]
  ) throws(HyperparameterError) {
    let names = table.map(\.name)
    for name in given.keys.sorted() where !names.contains(name) {
      throw .unknown(name: name, known: names)
    }
    values = [:]
    for row in table {
      guard let value = given[row.name] ?? row.fallback else { throw .missing(name: row.name) }
      guard row.domain.accepts(value) else {
        throw .outside(name: row.name, found: value, expected: row.domain.text)
      }
      values[row.name] = value
    }
  }

  /// A single number. Rows ask only for names of their own table, where one is always found.
  package subscript(name: String) -> Double { values[name]?.first ?? .nan }
  package func list(_ name: String) -> [Double] { values[name] ?? [] }
  package func flag(_ name: String) -> Bool { self[name] == 1 }
  package func count(_ name: String) -> Int { Int(exactly: self[name]) ?? 1 }
}
