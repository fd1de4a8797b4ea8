import NodalIR
import NodalOperations

/// What the Brownian motions of a solve do in a step: ΔW, and the mean of W(s) - W(t) over the step, for each motion, f64 with the axis
/// of lanes. Pure functions of key and time, with no derivative by either.
struct BrownianIncrements {
  let noise: Noise
  let path: Noise.Path
  let types: StepProblem.Types
  /// Of the result.
  private let extents: [Extent]

  init(_ noise: Noise, _ path: Noise.Path, _ types: StepProblem.Types) {
    self.noise = noise
    self.path = path
    self.types = types
    extents = types.perLane([noise.count])
  }

  /// - Parameter shared: the values p….
  func emit(
    _ b: inout RegionBuilder, t: Value, h: Value, shared: [Value], wantsMean: Bool
  ) -> (change: Value, mean: Value?) {
    let words = pair(shared[noise.key], &b)
    let components = b.broadcast(
      b.constant((0..<noise.count).map(Double.init), ValueType(.f64, shape: [noise.count])),
      to: extents, axes: [extents.count - 1])
    let length = spread(h, &b)
    func draw(_ name: String, _ time: Value) -> Value {
      b.apply(name, words.0, words.1, components, time)
    }
    switch path {
    case .steps:
      let time = spread(t, &b)
      let root = b.sqrt(length)
      let change = b.mul(root, draw("gaussian", time))
      guard wantsMean else { return (change, nil) }
      // Half the change, and the area between path and chord, of variance h/12 as a mean.
      let bow = b.mul(b.mul(root, (1 / 12.0).squareRoot()), draw("gaussian_partner", time))
      return (change, b.add(b.mul(change, 0.5), bow))
    case .bridge:
      let (begin, span) = pair(shared[noise.span], &b)
      let from = b.sub(spread(t, &b), begin)
      let here = b.div(from, span)
      let there = b.div(b.add(from, length), span)
      let scale = b.sqrt(span)
      let before = draw("brownian", here)
      let change = b.mul(scale, b.sub(draw("brownian", there), before))
      guard wantsMean else { return (change, nil) }
      let area = b.sub(draw("brownian_area", there), draw("brownian_area", here))
      let above = b.sub(area, b.mul(b.sub(there, here), before))
      let share = b.div(b.mul(scale, span), length)
      return (change, b.mul(share, above))
    }
  }

  /// A time or a length, for each motion.
  private func spread(_ clock: Value, _ b: inout RegionBuilder) -> Value {
    b.broadcast(clock, to: extents, axes: Array(0..<b.type(clock).rank))
  }

  /// The two numbers of a parameter, for each motion.
  private func pair(_ parameter: Value, _ b: inout RegionBuilder) -> (Value, Value) {
    let axis = b.type(parameter).rank - 1
    func number(_ k: Int) -> Value {
      let one = b.slice(parameter, axis: axis, k..<(k + 1))
      let flat = b.reshape(one, to: Array(b.type(parameter).extents.dropLast()))
      return b.broadcast(flat, to: extents, axes: Array(0..<axis))
    }
    return (number(0), number(1))
  }
}
