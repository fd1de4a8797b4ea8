import Foundation

/// A symmetric composition of a symmetric method of order 2: steps of the lengths γ₁h, γ₂h, … one after the other, which are a step of a higher
/// order. Some go backwards: from order 4 on no composition is without.
package struct Composition: Sendable {
  package let name: String
  package let order: Int
  /// γ, whose sum is 1.
  package let shares: [Double]

  /// The longest of its steps, as a share of h.
  package var longest: Double { shares.map(abs).max() ?? 1 }

  var summary: String {
    let kind = "symplectic, order \(order), for separable systems; wants `dt` or `steps`"
    return shares.count == 1
      ? "kick-drift-kick, \(kind)" : "\(shares.count) steps of `leapfrog` in one, \(kind)"
  }

  /// - Parameter half: up to the one in the middle, which the others mirror.
  private init(_ name: String, order: Int, half: [Double]) {
    self.name = name
    self.order = order
    shares = half + half.dropLast().reversed()
  }

  /// The method itself.
  package static let single = Composition("leapfrog", order: 2, half: [1])

  /// Five steps (M. Suzuki, Phys. Lett. A 146 (1990) 319), with an error some thirty times smaller than that of three (Yoshida's).
  package static let fourth: Composition = {
    let share = 1 / (4 - cbrt(4.0))
    return Composition("leapfrog4", order: 4, half: [share, share, 1 - 4 * share])
  }()

  /// Nine steps (W. Kahan and R.-C. Li, Math. Comp. 66 (1997) 1089; Hairer, Lubich and Wanner, Geometric Numerical Integration (2006), V.3.2).
  package static let sixth = Composition(
    "leapfrog6", order: 6,
    half: [
      0.39216144400731413927925056, 0.33259913678935943859974864, -0.70624617255763935980996482,
      0.08221359629355080023149045, 0.79854399093482996339895035,
    ])

  /// Seventeen steps (ibid.).
  package static let eighth = Composition(
    "leapfrog8", order: 8,
    half: [
      0.13020248308889008087881763, 0.56116298177510838456196441, -0.38947496264484728640807860,
      0.15884190655515560089621075, -0.39590389413323757733623154, 0.18453964097831570709183254,
      0.25837438768632204729397911, 0.29501172360931029887096624, -0.60550853383003451169892108,
    ])

  package static let all = [single, fourth, sixth, eighth]
}
