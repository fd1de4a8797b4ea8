/// A singly diagonally implicit Runge-Kutta method with an explicit first stage, as data: k₁ = f(t, y₀), and from the second on
///
///     Yᵢ = y₀ + h Σⱼ﹤ᵢ aᵢⱼ kⱼ + hγ kᵢ,   kᵢ = f(t + cᵢh, Yᵢ)
///
/// Its last stage is y₁ (so k is the next step's first), and the one before it the embedded solution: both are damped as stiff parts
/// ask for, and their difference is the error estimate.
///
/// A. Kværnø, BIT Numerical Mathematics 44 (2004) 489-502.
package struct DiagonallyImplicitTableau: Sendable {
  package let name: String
  package let order: Int
  /// Of the stage before the last.
  package let estimateOrder: Int
  /// γ
  package let diagonal: Double
  /// aᵢⱼ for j < i, from the second stage on.
  package let rows: [[Double]]
  /// What Newton's method takes for kᵢ to begin with: Σ of these times the kⱼ before.
  package let predictors: [[Double]]
  /// Between the ends: y(t + θh) = y₀ + h Σ θᵏ Σⱼ denseₖⱼ kⱼ, k from 1.
  package let dense: [[Double]]
  package let denseOrder: Int

  package var stageCount: Int { rows.count + 1 }

  /// cᵢ, from the second stage on.
  package var nodes: [Double] { rows.map { $0.reduce(diagonal, +) } }

  /// Butcher's matrix whole, and the weights.
  package var matrix: [[Double]] {
    [[0]] + rows.map { $0 + [diagonal] }
  }

  /// What is wrong with the coefficients' form; empty for a sound tableau.
  package var faults: [String] {
    var found: [String] = []
    for (i, row) in rows.enumerated() {
      if row.count != i + 1 { found.append("row \(i + 2) is not that of its stage") }
      if predictors.count <= i || predictors[i].count > i + 1 {
        found.append("stage \(i + 2) has no predictor")
      } else if abs(predictors[i].reduce(-1, +)) > 1e-12 {
        found.append("the predictor of stage \(i + 2) misses one")
      }
    }
    for j in 0..<stageCount {
      let sum = dense.reduce(0) { $0 + $1[j] }
      let weight = j < stageCount - 1 ? rows[rows.count - 1][j] : diagonal
      if abs(sum - weight) > 1e-14 { found.append("the dense output misses y₁ in stage \(j + 1)") }
    }
    if rows.count < 2 || nodes.suffix(2).contains(where: { abs($0 - 1) > 1e-12 }) {
      found.append("the last two stages are not at the step's end")
    }
    return found
  }
}

extension DiagonallyImplicitTableau {
  package static let all = [kvaerno3, kvaerno5]

  /// Order 3(2), four stages; γ is the middle root of γ³ - 3γ² + 3γ/2 - 1/6.
  package static let kvaerno3: DiagonallyImplicitTableau = {
    let γ = 0.435_866_521_508_459
    let a31 = (-4 * γ * γ + 6 * γ - 1) / (4 * γ)
    let a32 = (-2 * γ + 1) / (4 * γ)
    let last = [
      (6 * γ - 1) / (12 * γ), -1 / ((24 * γ - 12) * γ), (-6 * γ * γ + 6 * γ - 1) / (6 * γ - 3),
    ]
    let θ = 1 / (2 * γ)
    return DiagonallyImplicitTableau(
      name: "kvaerno3", order: 3, estimateOrder: 2, diagonal: γ, rows: [[γ], [a31, a32], last],
      predictors: [[1], [1 - θ, θ], [a31, a32, γ]],
      // The cubic with the slopes of both ends.
      dense: [
        [1, 0, 0, 0], [3 * last[0] - 2, 3 * last[1], 3 * last[2], 3 * γ - 1],
        [1 - 2 * last[0], -2 * last[1], -2 * last[2], 1 - 2 * γ],
      ], denseOrder: 3)
  }()

  /// Order 5(4), seven stages. The dense output is of our own making: the shortest coefficients that satisfy the conditions of order 4, with
  /// the slopes of both ends.
  package static let kvaerno5 = DiagonallyImplicitTableau(
    name: "kvaerno5", order: 5, estimateOrder: 4, diagonal: 0.26,
    rows: [
      [0.26],
      [0.13, 0.840_333_209_967_908_09],
      [0.223_719_614_783_205_05, 0.476_755_323_197_996_99, -0.064_708_953_631_126_15],
      [
        0.166_485_643_232_483_21, 0.104_500_188_415_917_20, 0.036_314_822_720_987_15,
        -0.130_907_044_510_739_98,
      ],
      [
        0.138_556_402_312_682_24, 0, -0.042_453_372_017_520_43, 0.024_466_578_980_031_41,
        0.619_430_390_724_806_76,
      ],
      [
        0.136_597_511_776_402_91, 0, -0.054_969_087_965_383_76, -0.041_186_267_283_210_46,
        0.629_933_048_990_164_03, 0.069_624_794_482_027_28,
      ],
    ],
    predictors: [
      [1], [-1.366_025_403_784_441, 2.366_025_403_784_435_7],
      [-0.196_505_526_131_222_07, 0.811_357_954_649_662_3, 0.385_147_571_481_559_54],
      [0.103_753_043_699_586_93, 0.937_994_698_066_431, -0.041_747_741_766_017_81],
      [-0.172_811_128_738_980_72, 0.623_578_448_102_584_7, 0.549_232_680_636_395_9],
      [
        0.138_556_402_312_682_24, 0, -0.042_453_372_017_520_43, 0.024_466_578_980_031_41,
        0.619_430_390_724_806_76, 0.26,
      ],
    ],
    dense: [
      [1, 0, 0, 0, 0, 0, 0],
      [
        -2.0720375887956832, 0, 0.8427243190616516, -0.666585713642246, 3.256928814399354,
        -0.605025520569683, -0.7560043104533933,
      ],
      [
        1.6904652246969778, 0, -1.9053249899848381, 1.16842635815165, -3.9941254328380515,
        1.4885502190674749, 1.5520086209067867,
      ],
      [
        -0.48183012412489185, 0, 1.0076315829578029, -0.5430269117926146, 1.3671296674288618,
        -0.8138999040157647, -0.5360043104533934,
      ],
    ], denseOrder: 4)
}
