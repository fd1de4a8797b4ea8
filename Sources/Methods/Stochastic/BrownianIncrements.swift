import NodalIR
import NodalOperations

/// What the Brownian motions of a solve do in a step: ΔW, and the mean of W(s) - W(t) over the step, for each motion, f64 with the axis
/// of lanes. Pure functions of key and time, with no derivative by either.
struct BrownianIncrements {
  let noise: Noise
  let types: StepProblem.Types
  /// Of the result.
  private let extents: [Extent]

  init(_ noise: Noise, _ types: StepProblem.Types) {
    self.noise = noise
    self.types = types
    extents = types.perLane([noise.count])
  }

  /// Where the motions are at a time, on the unit interval: W and, where it is wanted, its area.
  struct Place {
    var value: Value
    var area: Value?

    var all: [Value] { [value] + [area].compactMap { $0 } }
  }

  /// Types of the values of a place.
  func placeTypes(wantsMean: Bool) -> [ValueType] {
    Array(repeating: ValueType(.f64, extents), count: wantsMean ? 2 : 1)
  }

  /// - Parameter shared: the values p….
  func place(
    _ b: inout RegionBuilder, at t: Value, shared: [Value], wantsMean: Bool
  ) -> Place {
    let (begin, span) = pair(shared[noise.span], &b)
    let time = b.div(b.sub(spread(t, &b), begin), span)
    return Place(
      value: draw("brownian", time, shared, &b),
      area: wantsMean ? draw("brownian_area", time, shared, &b) : nil)
  }

  /// Own increments of a step that begins at t.
  func ofStep(
    _ b: inout RegionBuilder, t: Value, h: Value, shared: [Value], wantsMean: Bool
  ) -> (change: Value, mean: Value?) {
    let root = b.sqrt(spread(h, &b))
    let time = spread(t, &b)
    let change = b.mul(root, draw("gaussian", time, shared, &b))
    guard wantsMean else { return (change, nil) }
    // Half the change, and the area between path and chord, of variance h/12 as a mean.
    let bow = b.mul(
      b.mul(root, (1 / 12.0).squareRoot()), draw("gaussian_partner", time, shared, &b))
    return (change, b.add(b.mul(change, 0.5), bow))
  }

  /// The increments between two places of a path.
  func between(
    _ before: Place, _ after: Place, h: Value, shared: [Value], _ b: inout RegionBuilder
  ) -> (change: Value, mean: Value?) {
    let (_, span) = pair(shared[noise.span], &b)
    let scale = b.sqrt(span)
    let change = b.mul(scale, b.sub(after.value, before.value))
    guard let first = before.area, let last = after.area else { return (change, nil) }
    let length = b.div(spread(h, &b), span)
    let above = b.sub(b.sub(last, first), b.mul(length, before.value))
    return (change, b.mul(scale, b.div(above, length)))
  }

  private func draw(
    _ name: String, _ time: Value, _ shared: [Value], _ b: inout RegionBuilder
  ) -> Value {
    let words = pair(shared[noise.key], &b)
    let components = b.broadcast(
      b.constant((0..<noise.count).map(Double.init), ValueType(.f64, shape: [noise.count])),
      to: extents, axes: [extents.count - 1])
    return b.apply(name, words.0, words.1, components, time)
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
