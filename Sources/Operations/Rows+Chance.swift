import NodalBasics
import NodalIR

extension Operations {
  /// What noise is made of. Operands: two words of a key (whole numbers below 2³²), a component, and a place on the time axis. They
  /// have no derivative: a path is what it is.
  static let chanceRows: [OpRow] = [
    chance(
      "gaussian",
      "A standard normal number for a time: a pure function of key, component and time.",
      .gaussian, 0...3),
    chance(
      "gaussian_partner", "Another one, independent of `gaussian`.", .gaussianPartner, 0...3),
    chance(
      "brownian", "Brownian motion on times from 0 to 1: W at a time.", .brownian, 0...1),
    chance(
      "brownian_area", "The integral from 0 of the same path.", .brownianArea, 0...1),
  ]

  private static func chance(
    _ name: String, _ doc: String, _ function: ChanceFunction, _ times: ClosedRange<Int>
  ) -> OpRow {
    .flat(
      name, doc,
      .quaternary(
        f32: { k, l, c, t, r, n in
          for i in 0..<n {
            r[i] = Float(
              function.value(Double(k[i]), Double(l[i]), Double(c[i]), Double(t[i])))
          }
        },
        f64: { k, l, c, t, r, n in
          for i in 0..<n { r[i] = function.value(k[i], l[i], c[i], t[i]) }
        }),
      .chance(function, .operand(0), .operand(1), .operand(2), .operand(3)),
      [.integers(0...2), .integers(7...8), .integers(0...1), .integers(times)])
  }
}

/// A number that chance gives, by key, component and time.
package enum ChanceFunction: String, Sendable, Hashable, CaseIterable {
  /// See `NormalPairs.at(_:)`.
  case gaussian, gaussianPartner
  /// See `BrownianPath`.
  case brownian, brownianArea

  package func value(_ low: Double, _ high: Double, _ component: Double, _ time: Double) -> Double {
    guard !(low + high + component + time).isNaN else { return .nan }
    let pairs = NormalPairs(low, high, component: component)
    switch self {
    case .gaussian: return pairs.at(time).0
    case .gaussianPartner: return pairs.at(time).1
    case .brownian: return BrownianPath(pairs).at(time).value
    case .brownianArea: return BrownianPath(pairs).at(time).area
    }
  }
}
