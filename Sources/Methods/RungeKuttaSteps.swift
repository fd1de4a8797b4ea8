import NodalIR
import NodalOperations

/// The regions of an explicit Runge-Kutta method: one engine that reads the tableau.
///
/// Memory: one state, the derivative at the step's start, where the method has a stage that is the
/// next step's first.
/// Record: the stages that the dense output reads, side by side.
struct RungeKuttaSteps {
  let tableau: Tableau
  let problem: StepProblem
  let types: StepProblem.Types
  /// The stages of the record.
  let recorded: [Int]
  private let past: StepPast?

  init(tableau: Tableau, problem: StepProblem) throws(IRError) {
    self.tableau = tableau
    self.problem = problem
    types = try problem.types()
    recorded = tableau.dense.stages
    past = StepPast(problem, types, nodes: tableau.nodes.map(\.value))
  }

  private var hasMemory: Bool { tableau.nextStepStage != nil }
  private var hasError: Bool { problem.wantsError && tableau.isAdaptive }

  func regions() throws(IRError) -> StepRegions {
    var regions = StepRegions(
      step: try step(record: false), stepWithRecord: try step(record: true),
      memoryless: try memoryless(), dense: try dense(), start: hasMemory ? problem.rhs : nil,
      terms: try terms(), record: types.ownRecord(stages: recorded.count),
      hasError: hasError, termsInStep: problem.quadrature != nil,
      evaluations: (
        step: evaluations(stages: stepStages), record: evaluations(stages: stepStages + recorded),
        start: hasMemory ? 1 : 0
      ))
    regions.pastNodes = past?.nodes ?? []
    if problem.delays?.hasRates == true { regions.denseRate = try dense(isRate: true) }
    return regions
  }

  /// The stages read by y₁, the error and the memory, those not even indirectly needed left out.
  private var stepStages: [Int] {
    var stages = tableau.weights.indices.filter { !tableau.weights[$0].isZero }
    for vector in hasError ? tableau.estimate.vectors : [] {
      stages += vector.indices.filter { !vector[$0].isZero }
    }
    if let next = tableau.nextStepStage { stages.append(next) }
    return stages
  }

  private func evaluations(stages: [Int]) -> Int {
    var needed = Set<Int>()
    var open = stages
    while let stage = open.popLast() {
      guard needed.insert(stage).inserted else { continue }
      open += tableau.rows[stage].indices.filter { !tableau.rows[stage][$0].isZero }
    }
    // The first stage comes from memory where there is one.
    if hasMemory { needed.remove(0) }
    return needed.count
  }

  /// A step under construction: stages are made when they are first asked for.
  private struct Step {
    var arithmetic: StepArithmetic
    let tableau: Tableau
    let rhs: Region
    let t: Value
    let h: Value
    let y: Value
    private let shared: [Value]
    private let past: StepPast?
    let spreadH: Value
    var stages: [Int: Value] = [:]
    var arguments: [Int: Value] = [:]

    init(
      _ arithmetic: StepArithmetic, _ tableau: Tableau, _ rhs: Region, t: Value, h: Value,
      y: Value, first: Value?, shared: [Value], past: StepPast?
    ) {
      self.arithmetic = arithmetic
      self.tableau = tableau
      self.rhs = rhs
      (self.t, self.h, self.y, self.shared, self.past) = (t, h, y, shared, past)
      spreadH = self.arithmetic.spread(h)
      if let first { stages[0] = first }
    }

    /// The weights that aren't zero, and their stages.
    private mutating func terms(
      _ weights: [DoubleDouble]
    ) -> (weights: [Double], slopes: [Value]) {
      let used = weights.indices.filter { !weights[$0].isZero }
      // In ascending order: a stage needs those before it.
      return (used.map { weights[$0].value }, used.map { stage($0) })
    }

    /// Σ wⱼ kⱼ.
    mutating func combine(_ weights: [DoubleDouble]) -> Value? {
      let terms = terms(weights)
      return arithmetic.sum(terms.weights, terms.slopes)
    }

    mutating func end() -> Value {
      let slope = combine(tableau.weights)
      return arithmetic.advance(y, spreadH, slope)
    }

    mutating func argument(_ i: Int) -> Value {
      if let argument = arguments[i] { return argument }
      let made: Value
      if i == tableau.nextStepStage {
        made = end()
      } else {
        let terms = terms(tableau.rows[i])
        made = arithmetic.advance(y, h, terms.weights, terms.slopes)
      }
      arguments[i] = made
      return made
    }

    mutating func time(_ i: Int) -> Value {
      arithmetic.time(t, tableau.nodes[i].value, h)
    }

    /// The parameters of the right-hand side at a stage.
    mutating func parameters(_ i: Int) -> [Value] {
      arithmetic.parameters(shared, at: tableau.nodes[i].value, past)
    }

    mutating func stage(_ i: Int) -> Value {
      if let stage = stages[i] { return stage }
      let state = argument(i)
      let when = time(i)
      let given = parameters(i)
      let made = arithmetic.builder.inline(rhs, [when, state] + given)[0]
      stages[i] = made
      return made
    }

    mutating func record(_ recorded: [Int]) -> Value {
      let values = recorded.map { stage($0) }
      return arithmetic.side(values)
    }

    /// The square of the error in units of the tolerance, from the tableau's estimate.
    mutating func error(_ problem: StepProblem, y1: Value) -> Value? {
      let estimate = tableau.estimate
      guard estimate.order != nil else { return nil }
      let scale = arithmetic.scale(problem, y, y1)
      var squares: [Value] = []
      for vector in estimate.vectors {
        let slope = combine(vector) ?? arithmetic.builder.constant(0, arithmetic.types.state)
        squares.append(arithmetic.meanSquare(problem, slope, times: h, scale: scale))
      }
      switch estimate {
      case .none:
        return nil
      case .embedded:
        return squares[0]
      case .fifthAndThird:
        // The smallest normal number keeps 0/0 at 0, where both estimates vanish.
        let third = arithmetic.builder.mul(squares[1], 0.01)
        let both = arithmetic.builder.add(squares[0], third)
        let floor = arithmetic.builder.constant(
          Double.leastNormalMagnitude, arithmetic.types.scalar)
        let square = arithmetic.builder.mul(squares[0], squares[0])
        return arithmetic.builder.div(square, arithmetic.builder.max(floor, both))
      }
    }
  }

  /// (t, h, y, between…, p…), the form of all regions that make a step.
  private func begin(between: [ValueType], first: Bool) -> (Step, [Value]) {
    let arithmetic = StepArithmetic(
      types,
      parameters: [types.clock, types.clock, types.state] + between
        + (past?.types(types) ?? types.parameters))
    let p = arithmetic.builder.parameters
    let step = Step(
      arithmetic, tableau, problem.rhs, t: p[0], h: p[1], y: p[2],
      first: first ? p[2 + between.count] : nil, shared: Array(p[(3 + between.count)...]),
      past: past)
    return (step, p)
  }

  private var memory: [ValueType] { hasMemory ? [types.state] : [] }

  private func step(record: Bool) throws(IRError) -> Region {
    var (step, _) = begin(between: memory, first: hasMemory)
    let y1 = step.end()
    var results = [y1]
    if let next = tableau.nextStepStage {
      step.arguments[next] = y1
      results.append(step.stage(next))
    }
    let error = hasError ? step.error(problem, y1: y1) : nil
    results += [error].compactMap { $0 }
    if record { results.append(step.record(recorded)) }
    results += terms(&step, length: step.arithmetic.accepted(step.h, error))
    return try step.arithmetic.builder.finish(results)
  }

  private func memoryless() throws(IRError) -> Region {
    var (step, _) = begin(between: [], first: false)
    let y1 = step.end()
    if let next = tableau.nextStepStage { step.arguments[next] = y1 }
    let record = step.record(recorded)
    return try step.arithmetic.builder.finish([y1, record])
  }

  private func terms() throws(IRError) -> Region? {
    guard problem.quadrature != nil else { return nil }
    var (step, p) = begin(between: [types.clock] + memory, first: hasMemory)
    let length = step.arithmetic.builder.mul(p[1], p[3])
    let total = terms(&step, length: length)
    return try step.arithmetic.builder.finish(total)
  }

  /// Σ bⱼ `length` q(tⱼ, yⱼ).
  private func terms(_ step: inout Step, length: Value) -> [Value] {
    guard let quadrature = problem.quadrature else { return [] }
    var total: [Value] = []
    for (i, weight) in tableau.weights.enumerated() where !weight.isZero {
      let state = step.argument(i)
      let time = step.time(i)
      let share = step.arithmetic.builder.mul(length, weight.value)
      let given = step.parameters(i)
      let terms = step.arithmetic.builder.inline(quadrature, [time, state, share] + given)
      total = step.arithmetic.accumulate(total, terms)
    }
    return total
  }

  func stiffness() throws(IRError) -> Region? {
    guard let indicator = tableau.stiffness else { return nil }
    var (step, _) = begin(between: memory, first: hasMemory)
    let (i, j) = indicator.stages
    let (ki, kj) = (step.stage(i), step.stage(j))
    guard let states = step.combine(indicator.differences) else { return nil }
    // Both norms in units of the tolerance, so that components of different size count alike.
    let scale = step.arithmetic.scale(problem, step.y, nil)
    let difference = step.arithmetic.builder.sub(ki, kj)
    let above = step.arithmetic.meanSquare(problem, difference, scale: scale)
    let below = step.arithmetic.meanSquare(problem, states, scale: scale)
    let floor = step.arithmetic.builder.constant(Double.leastNormalMagnitude, types.scalar)
    let quotient = step.arithmetic.builder.div(above, step.arithmetic.builder.max(below, floor))
    let estimate = step.arithmetic.builder.sqrt(quotient)
    return try step.arithmetic.builder.finish([estimate])
  }

  /// (θ, h, y₀, y₁, record) → y₀ + h Σ bⱼ(θ) kⱼ, or its derivative by time, Σ bⱼ′(θ) kⱼ.
  private func dense(isRate: Bool = false) throws(IRError) -> Region {
    var arithmetic = StepArithmetic(
      types,
      parameters: [
        types.clock, types.clock, types.state, types.state,
        types.record(stages: recorded.count),
      ])
    let p = arithmetic.builder.parameters
    // Lanes with a shared clock share the weights, too.
    let isOwn = types.isBatched && types.clock == types.scalar
    let axes = Array(0..<types.clock.rank)
    let vector = ValueType(.f64, types.clock.extents + [.fixed(recorded.count)])
    let theta = arithmetic.builder.broadcast(p[0], to: vector.extents, axes: axes)
    // Horner's rule for all stages at once, in f64.
    var weights: Value?
    for power in stride(from: tableau.dense.degree, through: 1, by: -1) {
      let row = arithmetic.builder.constant(
        recorded.map { stage in
          let polynomial = tableau.dense.polynomials[stage]
          let coefficient = power <= polynomial.count ? polynomial[power - 1].value : 0
          return isRate ? Double(power) * coefficient : coefficient
        }, ValueType(.f64, shape: [recorded.count]))
      let coefficients = arithmetic.builder.broadcast(row, to: vector.extents, axes: [axes.count])
      let sum = weights.map { arithmetic.builder.add($0, coefficients) } ?? coefficients
      weights = isRate && power == 1 ? sum : arithmetic.builder.mul(sum, theta)
    }
    guard var weights else { throw IRError("\(tableau.name) has no dense output") }
    if !isRate {
      let length = arithmetic.builder.broadcast(p[1], to: vector.extents, axes: axes)
      weights = arithmetic.builder.mul(weights, length)
    }
    let scaled = arithmetic.builder.convert(weights, to: types.state.element)
    let table = arithmetic.rows(p[4], count: recorded.count)
    let change =
      isOwn
      ? arithmetic.builder.value(
        .contract(
          Contraction(batch: [.init(0, 0)], contracted: [.init(types.axis, types.axis)])),
        [scaled, table])
      : arithmetic.builder.value(
        .contract(Contraction(contracted: [.init(types.axis, 0)])), [table, scaled])
    return try arithmetic.builder.finish([isRate ? change : arithmetic.builder.add(p[2], change)])
  }
}
