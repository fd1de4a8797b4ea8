import NodalDiagnostics
import NodalTypes

/// How a value goes when what `monotone` names goes up; what doesn't depend on it stays.
enum MonotoneTrend: Sendable, Hashable {
  case constant, rising, falling

  var reversed: MonotoneTrend {
    switch self {
    case .constant: .constant
    case .rising: .falling
    case .falling: .rising
    }
  }

  /// Of a sum; nil where one part rises and another falls.
  func joined(with other: MonotoneTrend) -> MonotoneTrend? {
    if self == .constant { return other }
    return other == .constant || other == self ? self : nil
  }
}

/// The trend of all components, or of each component of a vector.
enum MonotoneTrends: Sendable, Hashable {
  case all(MonotoneTrend)
  case each([MonotoneTrend])

  static let constant = MonotoneTrends.all(.constant)

  var isConstant: Bool {
    switch self {
    case .all(let trend): trend == .constant
    case .each(let trends): trends.allSatisfy { $0 == .constant }
    }
  }

  var reversed: MonotoneTrends {
    switch self {
    case .all(let trend): .all(trend.reversed)
    case .each(let trends): .each(trends.map(\.reversed))
    }
  }

  /// Of a value in which all components meet.
  var joined: MonotoneTrend? {
    switch self {
    case .all(let trend): return trend
    case .each(let trends):
      var result = MonotoneTrend.constant
      for trend in trends {
        guard let next = result.joined(with: trend) else { return nil }
        result = next
      }
      return result
    }
  }

  /// Of a sum, component by component.
  func joined(with other: MonotoneTrends) -> MonotoneTrends? {
    switch (self, other) {
    case (.all(let a), .all(let b)): return a.joined(with: b).map { .all($0) }
    case (.each(let trends), .all(let one)), (.all(let one), .each(let trends)):
      let found = trends.compactMap { $0.joined(with: one) }
      return found.count == trends.count ? .each(found) : nil
    case (.each(let a), .each(let b)):
      guard a.count == b.count else { return nil }
      let found = zip(a, b).compactMap { $0.joined(with: $1) }
      return found.count == a.count ? .each(found) : nil
    }
  }

  /// The trend of each of `count` components.
  func components(_ count: Int) -> [MonotoneTrend]? {
    switch self {
    case .all(let trend): Array(repeating: trend, count: count)
    case .each(let trends): trends.count == count ? trends : nil
    }
  }
}

/// What a constant is known to be.
enum FactorSign: Sendable, Hashable {
  case positive, negative, unknown

  var reversed: FactorSign {
    switch self {
    case .positive: .negative
    case .negative: .positive
    case .unknown: .unknown
    }
  }
}

/// What keeps a term from being monotone, and where.
struct MonotoneObstacle: Error {
  enum Kind: Sendable, Hashable {
    case op(String)
    case product
    case sign
    case mixed
    case falls
    case opaque
  }
  let kind: Kind
  let span: Span

  init(_ kind: Kind, _ span: Span) {
    self.kind = kind
    self.span = span
  }
}

/// What `monotone(x, -v)` names: x up, v down, a component of a vector by itself.
struct MonotoneVariables: Sendable {
  var trends: [LocalID: MonotoneTrends] = [:]
}

/// What a walk over a term knows so far.
struct MonotoneWalk {
  /// Whether weights are made to fit; else they are taken as they are.
  let steers: Bool
  /// What they make of a product.
  var goal = MonotoneTrend.rising
  /// Of what is named, and of the definitions that were looked at.
  var trends: [LocalID: MonotoneTrends]
  /// What stands for definitions in which weights were replaced.
  var replaced: [LocalID: TypedExpression] = [:]
  var depends: [LocalID: Bool]

  init(_ variables: MonotoneVariables, steers: Bool) {
    self.steers = steers
    trends = variables.trends
    depends = variables.trends.mapValues { _ in true }
  }
}

extension MonotoneTrend {
  /// Ops of one operand that go with it, wherever they are defined.
  static let risingOps: Set<String> = [
    "exp", "expm1", "log", "log1p", "sqrt", "sinh", "tanh", "asin", "atan", "erf", "sign", "floor",
    "ceil", "round",
  ]
  static let fallingOps: Set<String> = ["neg", "acos"]
}
