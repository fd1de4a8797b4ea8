/// Exponents over the seven base quantities of the SI: a free abelian group with rational exponents.
package struct Dimension: Hashable, Sendable {
  /// The base quantities in the order of the exponents.
  package enum Base: Int, CaseIterable, Sendable {
    case length, mass, time, current, temperature, amount, luminosity

    /// The symbol of the coherent SI unit.
    package var symbol: String {
      switch self {
      case .length: "m"
      case .mass: "kg"
      case .time: "s"
      case .current: "A"
      case .temperature: "K"
      case .amount: "mol"
      case .luminosity: "cd"
      }
    }
  }

  /// One exponent for each of `Base.allCases`.
  package private(set) var exponents: [Rational]

  package static let none = Dimension()
  package static let time = Dimension([.time: 1])

  package init() { exponents = Array(repeating: .zero, count: Base.allCases.count) }

  package init(_ powers: [Base: Int]) {
    self.init()
    for (base, power) in powers { exponents[base.rawValue] = Rational(power) }
  }

  package subscript(base: Base) -> Rational { exponents[base.rawValue] }
  package var isNone: Bool { exponents.allSatisfy(\.isZero) }

  package static func * (a: Dimension, b: Dimension) -> Dimension {
    var result = a
    for index in result.exponents.indices {
      result.exponents[index] = a.exponents[index] + b.exponents[index]
    }
    return result
  }

  package func raised(to power: Rational) -> Dimension {
    var result = self
    for index in result.exponents.indices { result.exponents[index] = exponents[index] * power }
    return result
  }
}
