/// The numbers of the backward differentiation formulas of orders 1 to 5 in their numerical form (NDF): with γₖ = Σ 1/j for j ≤ k, each
/// formula is
///
///     (1 - κₖ) γₖ (y - ŷ) + Σ γⱼ ∇ʲŷ = h f(t, y)
///
/// where ŷ is what the differences at the step's start predict, and the error is (κₖ γₖ + 1/(k + 1)) (y - ŷ).
/// L. F. Shampine, M. W. Reichelt, The MATLAB ODE Suite, SIAM J. Sci. Comput. 18(1), 1-22 (1997).
enum BDFCoefficients {
  static let highest = 5
  /// Differences that are kept: up to two orders above the highest.
  static let rows = highest + 3

  /// κ, for orders from 0.
  private static let kappa = [0, -0.1850, -1.0 / 9, -0.0823, -0.0415, 0]
  /// γ, for orders from 0.
  static let gamma = (0...highest).map { k in (1...max(1, k)).reduce(0.0) { $0 + 1 / Double($1) } }
    .enumerated().map { $0 == 0 ? 0 : $1 }

  /// By order, from 1 on.
  static let alpha = (1...highest).map { (1 - kappa[$0]) * gamma[$0] }
  static let error = (1...highest).map { kappa[$0] * gamma[$0] + 1 / Double($0 + 1) }
  /// The same of the order below and above; 0 where there is none.
  static let errorBelow = [0] + Array(error.dropLast())
  static let errorAbove = Array(error.dropFirst()) + [0]

  /// Differences for a step r times as long, before the last turn by `unit`: rows of R(r), from the one before. Element j of row i is
  /// the product of (l - 1 - r j)/l for l up to i.
  static func factor(row i: Int) -> (constant: Double, slope: Double) {
    (Double(i - 1) / Double(i), -1 / Double(i))
  }

  /// R(1), which is its own inverse; in row-major order, of orders from 0.
  static let unit: [Double] = {
    let n = highest + 1
    var table = [Double](repeating: 0, count: n * n)
    for j in 0..<n { table[j] = 1 }
    for i in 1..<n {
      for j in 0..<n {
        let (constant, slope) = factor(row: i)
        // Whole numbers, but for rounding.
        table[i * n + j] = (table[(i - 1) * n + j] * (constant + slope * Double(j))).snapped
      }
    }
    return table
  }()
}

extension Double {
  fileprivate var snapped: Double { (self * 720).rounded() / 720 }
}
