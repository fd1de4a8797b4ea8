import NodalIR
import NodalOperations

/// The regions of a stochastic method. With ΔW the change of a motion over the step, and J the mean of W(s) - W(t) over it:
///
///     Euler-Maruyama   y₁ = y + h f + G ΔW
///     Milstein         y₁ = y + h f + G ΔW + ½ G ∂G/∂y (ΔW² - h)
///     SRA1             y₁ = y + h (⅓ f + ⅔ f(t + ¾h, y + ¾h f + 3/2 G₁ J)) + G₁ ΔW + (G - G₁) J,  G₁ = G(t + h)
///
/// P. E. Kloeden and E. Platen, Numerical Solution of Stochastic Differential Equations (1992), 10.2 and 10.3; A. Rößler, SIAM J. Numer.
/// Anal. 48 (2010), section 6.3 (SRA1). Without noise they are Euler's method and one of Heun's of order 2.
///
/// A path between the ends of a step is not known: saved times are ends of steps, and the dense output is the chord.
/// Memory: where the motions are at the beginning, along a path that is asked for places. Record: the slope there, which nothing reads.
struct StochasticSteps {
  let scheme: StochasticScheme
  let problem: StepProblem
  let types: StepProblem.Types

  init(scheme: StochasticScheme, problem: StepProblem) throws(IRError) {
    self.scheme = scheme
    self.problem = problem
    types = try problem.types()
    if let noise = problem.noise {
      let wanted = scheme.wantsDerivative ? 2 : 1
      guard noise.diffusion.results.count == wanted,
        !scheme.wantsDerivative || noise.components != nil
      else { throw IRError("\(scheme.rawValue) wants its noise prepared") }
    }
  }

  private var hasError: Bool { problem.wantsError && scheme.estimateOrder != nil }

  func regions() throws(IRError) -> StepRegions {
    let evaluations =
      switch scheme {
      case .eulerMaruyama, .milstein: 1
      case .srk: 2
      }
    return StepRegions(
      step: try step(error: hasError, record: false),
      stepWithRecord: try step(error: hasError, record: true),
      memoryless: try step(memory: false, error: false, record: true), dense: try dense(),
      start: try start(),
      terms: try terms(),
      record: types.ownRecord(stages: 1), hasError: hasError,
      evaluations: (step: evaluations, record: evaluations, start: 0))
  }

  private var wantsMean: Bool { scheme == .srk }

  /// Of a path that is asked for places.
  private var path: BrownianIncrements? {
    problem.path == .bridge ? problem.noise.map { BrownianIncrements($0, types) } : nil
  }

  private var memory: [ValueType] { path?.placeTypes(wantsMean: wantsMean) ?? [] }

  /// (t, y, p…) → the place there.
  private func start() throws(IRError) -> Region? {
    guard let path else { return nil }
    var builder = RegionBuilder(parameters: [types.clock, types.state] + types.parameters)
    let p = builder.parameters
    let place = path.place(&builder, at: p[0], shared: Array(p[2...]), wantsMean: wantsMean)
    return try builder.finish(place.all)
  }

  /// The motions of a step, and the place behind it. `known` is the place before it, where it is remembered.
  private func motion(
    _ b: inout RegionBuilder, t: Value, h: Value, shared: [Value], known: [Value]
  ) -> (motion: Motion?, after: [Value]) {
    guard let noise = problem.noise else { return (nil, []) }
    guard let path else {
      let own = BrownianIncrements(noise, types).ofStep(
        &b, t: t, h: h, shared: shared, wantsMean: wantsMean)
      return (Motion(noise: noise, increments: own), [])
    }
    let before =
      known.isEmpty
      ? path.place(&b, at: t, shared: shared, wantsMean: wantsMean)
      : BrownianIncrements.Place(value: known[0], area: known.count > 1 ? known[1] : nil)
    let after = path.place(&b, at: b.add(t, h), shared: shared, wantsMean: wantsMean)
    let increments = path.between(before, after, h: h, shared: shared, &b)
    return (Motion(noise: noise, increments: increments), after.all)
  }

  /// Where a step begins, and its length.
  private struct Point {
    var t, h, y: Value
    var shared: [Value]
  }

  /// The methods of Euler and Maruyama, and of Milstein.
  private func taylor(
    _ a: inout StepArithmetic, _ point: Point, _ slope: Value, _ motion: Motion?
  ) -> Value {
    let end = a.advance(point.y, a.spread(point.h), slope)
    guard let motion else { return end }
    let strength = a.builder.inline(
      motion.noise.diffusion, [point.t, point.y] + point.shared)
    let moved = motion.add(to: end, strength[0], motion.change, types, &a.builder)
    guard scheme.wantsDerivative else { return moved }
    let square = a.builder.square(motion.change)
    let length = a.builder.broadcast(
      point.h, to: a.builder.type(square).extents, axes: Array(0..<types.clock.rank))
    let excess = a.builder.mul(a.builder.sub(square, length), 0.5)
    return motion.add(to: moved, strength[1], excess, types, &a.builder)
  }

  /// SRA1, and how far it is from the method of Euler and Maruyama: ⅔ h (f₂ - f₁) + (G - G₁) (J - ΔW).
  private func rungeKutta(
    _ a: inout StepArithmetic, _ point: Point, _ slope: Value, _ motion: Motion?
  ) -> (end: Value, difference: Value) {
    let (t, h, y, shared) = (point.t, point.h, point.y, point.shared)
    var inner = a.advance(y, h, [0.75], [slope])
    var strengths: (first: Value, last: Value)?
    if let motion, let mean = motion.mean {
      let first = a.builder.inline(motion.noise.diffusion, [t, y] + shared)[0]
      let last = a.builder.inline(motion.noise.diffusion, [a.time(t, 1, h), y] + shared)[0]
      strengths = (first, last)
      inner = motion.add(to: inner, last, a.builder.mul(mean, 1.5), types, &a.builder)
    }
    let second = a.builder.inline(problem.rhs, [a.time(t, 0.75, h), inner] + shared)[0]
    var end = a.advance(y, h, [1 / 3.0, 2 / 3.0], [slope, second])
    let turn = a.builder.mul(a.builder.sub(second, slope), 2 / 3.0)
    var difference = a.builder.mul(a.spread(h), turn)
    if let motion, let mean = motion.mean, let strengths {
      let fall = a.builder.sub(strengths.first, strengths.last)
      end = motion.add(to: end, strengths.last, motion.change, types, &a.builder)
      end = motion.add(to: end, fall, mean, types, &a.builder)
      let behind = a.builder.sub(mean, motion.change)
      difference = motion.add(to: difference, fall, behind, types, &a.builder)
    }
    return (end, difference)
  }

  private func step(memory hasMemory: Bool = true, error: Bool, record: Bool) throws(IRError)
    -> Region
  {
    let between = hasMemory ? memory : []
    var a = StepArithmetic(
      types, parameters: [types.clock, types.clock, types.state] + between + types.parameters)
    let p = a.builder.parameters
    let (t, h, y, shared) = (p[0], p[1], p[2], Array(p[(3 + between.count)...]))
    let point = Point(t: t, h: h, y: y, shared: shared)
    let (motion, after) = motion(
      &a.builder, t: t, h: h, shared: shared, known: Array(p[3..<(3 + between.count)]))
    let slope = a.builder.inline(problem.rhs, [t, y] + shared)[0]
    var y1: Value
    var difference: Value?
    switch scheme {
    case .eulerMaruyama, .milstein: y1 = taylor(&a, point, slope, motion)
    case .srk: (y1, difference) = rungeKutta(&a, point, slope, motion)
    }
    var results = [y1] + (hasMemory ? after : [])
    if error, let difference {
      let scale = a.scale(problem, y, y1)
      results.append(a.meanSquare(problem, difference, scale: scale))
    }
    if record { results.append(slope) }
    return try a.builder.finish(results)
  }

  /// The trapezoidal rule over the step's ends.
  private func terms() throws(IRError) -> Region? {
    guard let quadrature = problem.quadrature else { return nil }
    let inner = try step(memory: false, error: false, record: false)
    var a = StepArithmetic(
      types,
      parameters: [types.clock, types.clock, types.state, types.clock] + memory + types.parameters)
    let p = a.builder.parameters
    let shared = Array(p[(4 + memory.count)...])
    let y1 = a.builder.inline(inner, [p[0], p[1], p[2]] + shared)[0]
    let sums = a.trapezoid(quadrature, t: p[0], h: p[1], mask: p[3], from: p[2], to: y1, shared)
    return try a.builder.finish(sums)
  }

  /// (θ, h, y₀, y₁, record) → y₀ + θ (y₁ - y₀)
  private func dense() throws(IRError) -> Region {
    var a = StepArithmetic(
      types,
      parameters: [types.clock, types.clock, types.state, types.state, types.record(stages: 1)])
    let p = a.builder.parameters
    let y = a.advance(p[2], a.spread(p[0]), a.builder.sub(p[3], p[2]))
    return try a.builder.finish([y])
  }
}

/// The motions of a step, and how they move a state.
private struct Motion {
  let noise: Noise
  /// f64, see `BrownianIncrements`.
  let change: Value
  let mean: Value?

  init(noise: Noise, increments: (change: Value, mean: Value?)) {
    self.noise = noise
    (change, mean) = increments
  }

  /// y + G x, for a number x of each motion.
  func add(
    to y: Value, _ strength: Value, _ x: Value, _ types: StepProblem.Types,
    _ b: inout RegionBuilder
  ) -> Value {
    let amount = b.convert(x, to: types.state.element)
    let lanes: [Contraction.Pair] = types.isBatched ? [.init(0, 0)] : []
    guard let components = noise.components else {
      let moved = b.value(
        .contract(
          Contraction(batch: lanes, contracted: [.init(types.axis + 1, types.axis)])),
        [strength, amount])
      return b.add(y, moved)
    }
    let moved = b.mul(strength, amount)
    guard components != Array(0..<types.size) else { return b.add(y, moved) }
    var selector = [Double](repeating: 0, count: components.count * types.size)
    for (k, component) in components.enumerated() { selector[k * types.size + component] = 1 }
    let choice = b.constant(
      selector, ValueType(types.state.element, shape: [components.count, types.size]))
    let placed = b.value(
      .contract(Contraction(contracted: [.init(types.axis, 0)])), [moved, choice])
    return b.add(y, placed)
  }
}
