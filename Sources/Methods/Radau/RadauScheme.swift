import Foundation

/// The Radau IIA method of three stages and order 5, and what its stages' equations are solved by (Hairer and Wanner, Solving Ordinary Differential
/// Equations II (1996), IV.5 and IV.8).
///
/// Stages are zᵢ = y(t + cᵢh) - y₀. With z = T w, where T⁻¹ A⁻¹ T has the eigenvalues γ and α ± iβ of A⁻¹, one of the three systems stands alone and
/// the two others make one of complex numbers.
enum RadauScheme {
  static let order = 5
  /// Between the ends of steps, and of the estimate.
  static let denseOrder = 3
  static let nodes = [(4 - 6.0.squareRoot()) / 10, (4 + 6.0.squareRoot()) / 10, 1]

  /// Rows of T and of its inverse.
  static let transform = [
    [0.091_232_394_870_892_942_792, -0.141_255_295_020_954_208_43, -0.030_029_194_105_147_424_492],
    [0.241_717_932_707_107_018_96, 0.204_129_352_293_799_931_99, 0.382_942_112_757_261_937_79],
    [0.966_048_182_615_092_936_19, 1, 0],
  ]
  static let inverse = [
    [4.325_579_890_063_155_351, 0.339_199_251_815_809_869_54, 0.541_770_539_935_874_871_19],
    [-4.178_718_591_551_904_727_3, -0.327_682_820_761_062_387_08, 0.476_623_554_500_550_451_96],
    [-0.502_872_634_945_786_875_95, 2.571_926_949_855_605_429_2, -0.596_039_204_828_224_924_97],
  ]

  /// γ, α and β.
  static let eigenvalues: (real: Double, alpha: Double, beta: Double) = {
    let root = cbrt(9.0)
    let real = 30 / (6 + root * (root - 1))
    let (a, b) = ((12 - root * (root - 1)) / 60, root * (root + 1) * 3.0.squareRoot() / 60)
    let size = a * a + b * b
    return (real, a / size, b / size)
  }()

  /// Of the estimate, (γ M/h - J)⁻¹ (f(t, y₀) + M Σ eᵢ zᵢ/h).
  static let errorWeights = [
    -(13 + 7 * 6.0.squareRoot()) / 3, (-13 + 7 * 6.0.squareRoot()) / 3, -1.0 / 3,
  ]

  /// By degree: the coefficients of the polynomial through the stages, zᵢ = Σ rₖ cᵢᵏ.
  static let polynomial: [[Double]] = {
    // Lagrange's polynomials that are 1 at cᵢ and 0 at 0 and the others.
    let c = nodes
    var rows = [[Double]](repeating: [0, 0, 0], count: 3)
    for i in 0..<3 {
      let (a, b) = (c[(i + 1) % 3], c[(i + 2) % 3])
      let scale = 1 / (c[i] * (c[i] - a) * (c[i] - b))
      rows[0][i] = a * b * scale
      rows[1][i] = -(a + b) * scale
      rows[2][i] = scale
    }
    return rows
  }()
}
