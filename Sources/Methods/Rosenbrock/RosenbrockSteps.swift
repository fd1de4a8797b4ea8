import NodalIR
import NodalOperations

/// The regions of a Rosenbrock method: one engine that reads the tableau. A step is a Jacobian, one factorization, and a
/// system of linear equations for each stage; nothing is iterated, so differentiation and lanes need no more than for explicit methods.
///
/// Record: the combinations of stages that the dense output reads, side by side.
struct RosenbrockSteps {
  let tableau: RosenbrockTableau
  let problem: StepProblem
  let types: StepProblem.Types

  init(tableau: RosenbrockTableau, problem: StepProblem) throws(IRError) {
    self.tableau = tableau
    self.problem = problem
    types = try problem.types()
  }

  private var hasError: Bool { problem.wantsError }
  private var records: Int { tableau.dense.count }

  func regions() throws(IRError) -> StepRegions {
    let evaluations = tableau.stageCount
    return StepRegions(
      step: try step(record: false), stepWithRecord: try step(record: true),
      memoryless: try memoryless(), dense: try dense(), start: nil, terms: try terms(),
      record: types.ownRecord(stages: records), hasError: hasError,
      termsInStep: problem.quadrature != nil,
      evaluations: (step: evaluations, record: evaluations, start: 0))
  }

  /// A step under construction.
  private struct Step {
    var arithmetic: StepArithmetic
    let tableau: RosenbrockTableau
    let problem: StepProblem
    let t: Value
    let h: Value
    let y: Value
    let shared: [Value]
    /// W and its factors.
    let matrix: Value
    let factors: Value
    /// M, where the equations are M y' = f.
    let mass: Value?
    /// h fₜ.
    let drift: Value
    /// 1/h in each component.
    let reciprocal: Value
    private(set) var stages: [Value] = []
    private(set) var arguments: [Value] = []

    init(
      _ arithmetic: StepArithmetic, _ tableau: RosenbrockTableau, _ problem: StepProblem,
      t: Value, h: Value, y: Value, shared: [Value]
    ) throws(IRError) {
      guard let jacobian = problem.jacobian else {
        throw IRError("\(tableau.name): the right-hand side has not been linearized")
      }
      var arithmetic = arithmetic
      (self.tableau, self.problem) = (tableau, problem)
      (self.t, self.h, self.y, self.shared) = (t, h, y, shared)
      let derivatives = arithmetic.builder.inline(jacobian, [t, y] + shared)
      mass = problem.mass.map { arithmetic.builder.inline($0, [t, y] + shared)[0] }
      matrix = arithmetic.iterationMatrix(
        derivatives[0], pattern: problem.pattern, mass: mass, h: h, diagonal: tableau.diagonal)
      factors = arithmetic.builder.value(.factorize(problem.pattern), [matrix])
      let spread = arithmetic.spread(h)
      drift = arithmetic.builder.mul(derivatives[1], spread)
      reciprocal = arithmetic.builder.reciprocal(spread)
      self.arithmetic = arithmetic
      for i in 0..<tableau.stageCount { addStage(i) }
    }

    private mutating func addStage(_ i: Int) {
      let argument = arithmetic.sum([1] + tableau.rows[i], [y] + stages) ?? y
      arguments.append(argument)
      let time = arithmetic.time(t, tableau.nodes[i], h)
      var right = arithmetic.builder.inline(problem.rhs, [time, argument] + shared)[0]
      if var coupled = arithmetic.sum(tableau.couplings[i], stages) {
        if let mass { coupled = arithmetic.product(mass, coupled) }
        right = arithmetic.builder.add(right, arithmetic.builder.mul(coupled, reciprocal))
      }
      let weight = arithmetic.rounded(tableau.timeWeights[i])
      if weight != 0 {
        right = arithmetic.builder.add(right, arithmetic.builder.mul(drift, weight))
      }
      stages.append(
        arithmetic.builder.value(
          .linearSolve(LinearSolve(pattern: problem.pattern)), [matrix, factors, right]))
    }

    mutating func end() -> Value {
      arithmetic.sum([1] + tableau.weights, [y] + stages) ?? y
    }

    mutating func record() -> Value {
      let zero = arithmetic.builder.constant(0, arithmetic.types.state)
      let rows = tableau.dense.map { arithmetic.sum($0, stages) ?? zero }
      return arithmetic.side(rows)
    }

    /// The square of the error in units of the tolerance.
    mutating func error(_ y1: Value) -> Value {
      let zero = arithmetic.builder.constant(0, arithmetic.types.state)
      let difference = arithmetic.sum(tableau.errorWeights, stages) ?? zero
      let scale = arithmetic.scale(problem, y, y1)
      let square = arithmetic.meanSquare(problem, difference, scale: scale)
      return arithmetic.builder.mul(square, tableau.strictness * tableau.strictness)
    }
  }

  /// (t, h, y, between…, p…), the form of all regions that make a step.
  private func begin(between: [ValueType] = []) throws(IRError) -> (Step, [Value]) {
    let arithmetic = StepArithmetic(
      types, parameters: [types.clock, types.clock, types.state] + between + types.parameters)
    let p = arithmetic.builder.parameters
    let step = try Step(
      arithmetic, tableau, problem, t: p[0], h: p[1], y: p[2],
      shared: Array(p[(3 + between.count)...]))
    return (step, p)
  }

  private func step(record: Bool) throws(IRError) -> Region {
    var (step, _) = try begin()
    let y1 = step.end()
    var results = [y1]
    let error = hasError ? step.error(y1) : nil
    results += [error].compactMap { $0 }
    if record { results.append(step.record()) }
    results += terms(&step, length: step.arithmetic.accepted(step.h, error), end: y1)
    return try step.arithmetic.builder.finish(results)
  }

  private func memoryless() throws(IRError) -> Region {
    var (step, _) = try begin()
    let y1 = step.end()
    let record = step.record()
    return try step.arithmetic.builder.finish([y1, record])
  }

  private func terms() throws(IRError) -> Region? {
    guard problem.quadrature != nil else { return nil }
    var (step, p) = try begin(between: [types.clock])
    let length = step.arithmetic.builder.mul(p[1], p[3])
    let y1 = step.end()
    let total = terms(&step, length: length, end: y1)
    return try step.arithmetic.builder.finish(total)
  }

  /// The stages' own weights are those of a linear combination with J: an integral beside the state is taken on the dense output.
  private func terms(_ step: inout Step, length: Value, end: Value) -> [Value] {
    guard let quadrature = problem.quadrature else { return [] }
    let rule = GaussLegendre((tableau.denseOrder + 2) / 2)
    let record = step.record()
    let states = rule.points.map { point in
      let theta = step.arithmetic.builder.constant(point, types.clock)
      return dense(&step.arithmetic, theta, step.y, end, record)
    }
    return step.arithmetic.integral(
      quadrature, rule, states, t: step.t, h: step.h, length: length, step.shared)
  }

  /// (θ, h, y₀, y₁, record) → y(t + θh).
  func dense() throws(IRError) -> Region {
    var arithmetic = StepArithmetic(
      types,
      parameters: [
        types.clock, types.clock, types.state, types.state, types.record(stages: records),
      ])
    let p = arithmetic.builder.parameters
    let y = dense(&arithmetic, p[0], p[2], p[3], p[4])
    return try arithmetic.builder.finish([y])
  }

  private func dense(
    _ arithmetic: inout StepArithmetic, _ theta: Value, _ y0: Value, _ y1: Value, _ record: Value
  ) -> Value {
    let theta = arithmetic.spread(theta)
    let one = arithmetic.builder.constant(1, types.state)
    let rest = arithmetic.builder.sub(one, theta)
    let n = types.size
    var inner: Value?
    for k in (0..<records).reversed() {
      let row = arithmetic.builder.slice(record, axis: types.axis, (k * n)..<((k + 1) * n))
      inner = inner.map { arithmetic.builder.add(row, arithmetic.builder.mul(theta, $0)) } ?? row
    }
    let bulge = inner.map { arithmetic.builder.mul(rest, $0) }
    let end = bulge.map { arithmetic.builder.add(y1, $0) } ?? y1
    return arithmetic.builder.add(
      arithmetic.builder.mul(rest, y0), arithmetic.builder.mul(theta, end))
  }
}
