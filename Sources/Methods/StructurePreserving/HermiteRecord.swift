import NodalIR
import NodalOperations

/// Between the ends of a step: the cubic with the states and the slopes there (Hairer, Nørsett and Wanner, Solving Ordinary Differential
/// Equations I (1993), II.6),
///
///     y(θ) = y₀ + θ (y₁ - y₀) + θ (θ - 1) ((1 - 2θ) (y₁ - y₀) + (θ - 1) h f₀ + θ h f₁), order 3.
///
/// Record: both slopes.
struct HermiteRecord {
  static let order = 3
  let types: StepProblem.Types

  var type: ValueType { types.ownRecord(stages: 2) }

  /// (θ, h, y₀, y₁, record) → y.
  func dense() throws(IRError) -> Region {
    var a = StepArithmetic(
      types,
      parameters: [types.clock, types.clock, types.state, types.state, types.record(stages: 2)])
    let p = a.builder.parameters
    let (theta, h, y0, y1) = (p[0], p[1], p[2], p[3])
    let first = a.builder.slice(p[4], axis: types.axis, 0..<types.size)
    let last = a.builder.slice(p[4], axis: types.axis, types.size..<(2 * types.size))
    // Coefficients in f64, then spread.
    let ahead = a.builder.sub(theta, 1)
    let bow = a.builder.mul(theta, ahead)
    let turn = a.builder.sub(theta, a.builder.mul(bow, a.builder.sub(a.builder.mul(theta, 2), 1)))
    let early = a.builder.mul(h, a.builder.mul(bow, ahead))
    let late = a.builder.mul(h, a.builder.mul(bow, theta))
    let chord = a.builder.mul(a.spread(turn), a.builder.sub(y1, y0))
    let slopes = a.builder.add(
      a.builder.mul(a.spread(early), first), a.builder.mul(a.spread(late), last))
    return try a.builder.finish([a.builder.add(y0, a.builder.add(chord, slopes))])
  }
}
