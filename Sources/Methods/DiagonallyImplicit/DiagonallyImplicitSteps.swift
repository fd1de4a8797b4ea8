import NodalIR
import NodalOperations

/// The regions of a singly diagonally implicit method: one engine that reads the tableau. A step is a Jacobian, one factorization, and for
/// each stage some simplified Newton steps with it. A stage that they don't come close to makes the step one to be taken again.
///
/// Memory: the slope at the beginning. Record: the dense output's polynomial.
struct DiagonallyImplicitSteps {
  let tableau: DiagonallyImplicitTableau
  let problem: StepProblem
  let types: StepProblem.Types
  private let past: StepPast?
  private let polynomial: PolynomialRecord

  private static let newtonSteps = 4
  /// How small the rest of Newton's method must be, in units of the tolerance.
  private static let newtonTolerance = 0.02

  init(tableau: DiagonallyImplicitTableau, problem: StepProblem) throws(IRError) {
    self.tableau = tableau
    self.problem = problem
    types = try problem.types()
    let points = problem.quadrature == nil ? [] : Self.rule(tableau).points
    past = StepPast(problem, types, nodes: [0] + tableau.nodes + points)
    polynomial = PolynomialRecord(types: types, degree: tableau.dense.count)
    guard problem.mass == nil else {
      throw IRError("\(tableau.name) wants equations for the derivatives themselves")
    }
  }

  private var hasError: Bool { problem.wantsError }

  func regions() throws(IRError) -> StepRegions {
    let evaluations = (tableau.stageCount - 1) * Self.newtonSteps
    var regions = StepRegions(
      step: try step(record: false), stepWithRecord: try step(record: true), memoryless: nil,
      dense: try polynomial.dense(), start: problem.rhs, terms: try terms(),
      record: polynomial.type, hasError: hasError,
      termsInStep: problem.quadrature != nil,
      evaluations: (step: evaluations, record: evaluations, start: 1))
    regions.pastNodes = past?.nodes ?? []
    if problem.delays?.hasRates == true { regions.denseRate = try polynomial.dense(isRate: true) }
    return regions
  }

  /// For integrals beside the state.
  private static func rule(_ tableau: DiagonallyImplicitTableau) -> GaussLegendre {
    GaussLegendre((tableau.denseOrder + 2) / 2)
  }

  /// The parameters p… of a step's regions.
  private var parameters: [ValueType] { past?.types(types) ?? types.parameters }

  /// What a step leaves.
  private struct Step {
    var end: Value
    var slope: Value
    var record: Value
    /// The square of the error in units of the tolerance; above 1 where a stage was not found.
    var error: Value
  }

  private func make(
    _ a: inout StepArithmetic, t: Value, h: Value, y: Value, first: Value, _ shared: [Value]
  ) throws(IRError) -> Step {
    guard let jacobian = problem.jacobian else {
      throw IRError("\(tableau.name): the right-hand side has not been linearized")
    }
    let beginning = a.parameters(shared, at: 0, past)
    let derivatives = a.builder.inline(jacobian, [t, y] + beginning)
    let matrix = a.iterationMatrix(
      derivatives[0], band: problem.band, mass: nil, h: h, diagonal: tableau.diagonal)
    let factors = a.builder.value(.factorize(problem.band), [matrix])
    let rate = a.spread(a.builder.reciprocal(a.builder.mul(h, tableau.diagonal)))
    let scale = a.scale(problem, y, nil)
    var slopes = [first]
    var states = [y]
    var isSolved: Value?
    for (row, (node, predictor)) in zip(tableau.rows, zip(tableau.nodes, tableau.predictors)) {
      let time = a.time(t, node, h)
      let own = a.parameters(shared, at: node, past)
      let known = a.advance(y, h, row, slopes)
      let guess = a.sum(predictor, slopes) ?? first
      var state = a.advance(known, h, [tableau.diagonal], [guess])
      var norms: [Value] = []
      for _ in 0..<Self.newtonSteps {
        let slope = a.builder.inline(problem.rhs, [time, state] + own)[0]
        let moved = a.builder.mul(a.builder.sub(state, known), rate)
        let correction = a.builder.value(
          .linearSolve(LinearSolve(band: problem.band)),
          [matrix, factors, a.builder.sub(slope, moved)])
        state = a.builder.add(state, correction)
        norms.append(a.meanSquare(problem, correction, scale: scale))
      }
      // By the stage's equation: f itself would be as much worse as the problem is stiff.
      slopes.append(a.builder.mul(a.builder.sub(state, known), rate))
      states.append(state)
      if hasError {
        let isFound = a.converged(norms, tolerance: Self.newtonTolerance)
        isSolved = isSolved.map { a.builder.and($0, isFound) } ?? isFound
      }
    }
    let (end, embedded) = (states[states.count - 1], states[states.count - 2])
    let last = slopes[slopes.count - 1]
    let rows = tableau.dense.map { a.sum($0, slopes) ?? a.builder.constant(0, types.state) }
    let both = a.scale(problem, y, end)
    var error = a.meanSquare(problem, a.builder.sub(end, embedded), scale: both)
    if let isSolved {
      let far = a.builder.constant(16, types.scalar)
      error = a.builder.select(isSolved, error, a.builder.max(error, far))
    }
    return Step(end: end, slope: last, record: a.side(rows), error: error)
  }

  private func step(record: Bool) throws(IRError) -> Region {
    var a = StepArithmetic(
      types, parameters: [types.clock, types.clock, types.state, types.state] + parameters)
    let p = a.builder.parameters
    let shared = Array(p[4...])
    let step = try make(&a, t: p[0], h: p[1], y: p[2], first: p[3], shared)
    var results = [step.end, step.slope]
    if hasError { results.append(step.error) }
    if record { results.append(step.record) }
    results += terms(
      &a, step, t: p[0], h: p[1], y: p[2],
      length: a.accepted(p[1], hasError ? step.error : nil), shared)
    return try a.builder.finish(results)
  }

  private func terms() throws(IRError) -> Region? {
    guard problem.quadrature != nil else { return nil }
    var a = StepArithmetic(
      types,
      parameters: [types.clock, types.clock, types.state, types.clock, types.state]
        + parameters)
    let p = a.builder.parameters
    let shared = Array(p[5...])
    let step = try make(&a, t: p[0], h: p[1], y: p[2], first: p[4], shared)
    let total = terms(
      &a, step, t: p[0], h: p[1], y: p[2], length: a.builder.mul(p[1], p[3]), shared)
    return try a.builder.finish(total)
  }

  /// Integrals beside the state, on the dense output.
  private func terms(
    _ a: inout StepArithmetic, _ step: Step, t: Value, h: Value, y: Value, length: Value,
    _ shared: [Value]
  ) -> [Value] {
    guard let quadrature = problem.quadrature else { return [] }
    let rule = Self.rule(tableau)
    let states = rule.points.map { point in
      polynomial.state(&a, a.builder.constant(point, types.clock), h, y, step.record)
    }
    return a.integral(quadrature, rule, states, t: t, h: h, length: length, shared, past)
  }
}
