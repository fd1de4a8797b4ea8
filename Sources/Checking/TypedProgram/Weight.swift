package import NodalDiagnostics
package import NodalTypes

/// Something learned, or kept beside what is learned. It belongs to the place that its path names.
package struct Weight: Sendable {
  package enum Kind: String, Sendable, Hashable {
    /// A `param`, a learned initial value: physics, with a unit and a domain.
    case parameter
    /// A network's.
    case network
    /// Not trained: centre and scale of a learned term's inputs.
    case buffer
  }

  package enum Initial: Sendable {
    /// Evaluated once, before the first command. May draw random numbers, keyed by the path.
    case value(TypedExpression)
    /// The value that the weight it was inherited from has now.
    case copy(of: WeightID)
  }

  package var id: WeightID
  /// `net.dense_1.weight`, `lotka.α`, `lotka.u.initial`, `σ`.
  package var path: String
  package var kind: Kind
  /// Of the one value, or of that of one member of its group.
  package var type: Type
  /// Where it has a value of each: those are an array with the members along its first axis.
  package var group: WeightGroup?
  package var initial: Initial
  package var domain: Domain
  package var prior: Prior?
  package var documentation: String?
  package var span: Span

  /// Of all that it holds.
  package var wholeType: Type { group.map { type.lifted(by: [Size($0.count)]) } ?? type }

  /// The shape of all that it holds as numbers, once the file is checked; nil after a mistake.
  package var shape: [Int]? { wholeType.tensor?.shape.values }
}

/// The open interval in which a weight lives, in its unit; a bijection keeps it there.
package struct Domain: Sendable, Hashable {
  package var lower: Double
  package var upper: Double
  package init(lower: Double, upper: Double) {
    self.lower = lower
    self.upper = upper
  }
  package static let realLine = Domain(lower: -.infinity, upper: .infinity)
  package var isRealLine: Bool { self == .realLine }
  package func shifted(by offset: Double) -> Domain {
    Domain(lower: lower + offset, upper: upper + offset)
  }
}

/// What is believed of a weight before the data: its log-density as a function of the value.
package struct Prior: Sendable {
  package var value: LocalID
  /// A scalar: summed over the components.
  package var logDensity: TypedExpression
  /// `normal(1, 0.5)`, as written.
  package var description: String
}
