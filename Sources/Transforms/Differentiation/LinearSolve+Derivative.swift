import NodalIR
import NodalOperations

/// Derivatives of x with A x = b: dx solves A dx = db - dA x, with the factors that are there already.
extension LinearSolve {
  /// A x, or Aᵀ x.
  func product(_ matrix: Value, _ x: Value, _ builder: inout RegionBuilder) -> Value {
    let rank = builder.type(matrix).rank
    return builder.value(
      .contract(
        Contraction(
          batch: (0..<(rank - 2)).map { .init($0, $0) },
          contracted: [.init(isTransposed ? rank - 2 : rank - 1, rank - 2)])),
      [matrix, x])
  }

  /// -λ xᵀ, or -x λᵀ, where λ is the cotangent of b.
  func cotangentOfMatrix(
    _ lambda: Value, _ x: Value, _ builder: inout RegionBuilder
  ) -> Value {
    let leading = builder.type(x).rank - 1
    let outer = Form.contract(
      Contraction(batch: (0..<leading).map { .init($0, $0) }, contracted: []))
    return builder.neg(builder.value(outer, isTransposed ? [x, lambda] : [lambda, x]))
  }
}
