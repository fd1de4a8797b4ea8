import Foundation

extension RosenbrockTableau {
  /// Shampine and Reichelt's pair of order 2(3), L-stable, with a dense output of order 2: for loose tolerances, and for
  /// right-hand sides that are not smooth.
  /// Source: L. F. Shampine, M. W. Reichelt, The MATLAB ODE Suite, SIAM J. Sci. Comput. 18(1), 1-22 (1997), written there with
  /// products of the stages instead of J; here by the definition.
  package static let rosenbrock23: RosenbrockTableau = {
    let d = 1 / (2 + 2.0.squareRoot())
    let e = 6 + 2.0.squareRoot()
    return RosenbrockTableau(
      name: "rosenbrock23", order: 2, estimateOrder: 2, denseOrder: 2, strictness: 2, diagonal: d,
      stages: [[], [0.5], [0, 1]],
      couplings: [[], [-d], [(e - 2) * d, -e * d]],
      weights: [0, 1, 0], errorWeights: [1.0 / 6, -1.0 / 3, 1.0 / 6],
      dense: [[1 / (1 - 2 * d), -1 / (1 - 2 * d), 0]])
  }()
}
