import NodalIR
import NodalOperations

/// A solve's trajectory through a state, for so short a time that its derivatives there tell of it.
struct LocalFlow {
  private let parameters: [Value]
  private let motion: Region
  /// (t, y, p…, ṫ, ẏ) → y' and its change; nil where states are carried by evaluations alone.
  private let bend: Region?

  /// - Parameter parameters: of the right-hand side, at the instant.
  init(_ solve: Solve, _ parameters: [Value]) throws(IRError) {
    self.parameters = parameters
    motion = try solve.motion()
    // Between states that satisfy algebraic equations there is no middle that does.
    bend = solve.mass == nil ? nil : try ForwardMode.differentiate(motion, wrt: [0, 1])
  }

  /// y' at a time and a state.
  func slope(_ t: Value, _ y: Value, _ builder: inout RegionBuilder) -> Value {
    builder.inline(motion, [t, y] + parameters)[0]
  }

  /// The state at t + δ of the trajectory through y at t, up to terms of the second order in δ: by the midpoint rule, or by its series.
  func carried(
    _ t: Value, _ y: Value, by delta: Value, _ builder: inout RegionBuilder
  ) -> Value {
    let half = builder.mul(delta, builder.constant(0.5, builder.type(t)))
    let first = slope(t, y, &builder)
    guard let bend else {
      let middle = builder.add(y, builder.scaled(first, by: half))
      let slope = slope(builder.add(t, half), middle, &builder)
      return builder.add(y, builder.scaled(slope, by: delta))
    }
    let change = builder.inline(bend, [t, y] + parameters + [builder.one(like: t), first])[1]
    let mean = builder.add(first, builder.scaled(change, by: half))
    return builder.add(y, builder.scaled(mean, by: delta))
  }
}
