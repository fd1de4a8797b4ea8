import NodalIR
import NodalOperations

/// The regions of a singly diagonally implicit method: one engine that reads the tableau. A step is a Jacobian, one factorization, and for
/// each stage some simplified Newton steps with it. A stage that they don't come close to makes the step one to be taken again.
///
/// Memory: the slope at the beginning. Record: the dense output's polynomial.
struct DiagonallyImplicitSteps: IteratedSteps {
  let tableau: DiagonallyImplicitTableau
  let problem: StepProblem
  let types: StepProblem.Types
  let past: StepPast?
  let polynomial: PolynomialRecord
  let rule: GaussLegendre

  private static let newtonSteps = 4
  /// How small the rest of Newton's method must be, in units of the tolerance.
  private static let newtonTolerance = 0.02

  init(tableau: DiagonallyImplicitTableau, problem: StepProblem) throws(IRError) {
    self.tableau = tableau
    self.problem = problem
    types = try problem.types()
    rule = GaussLegendre((tableau.denseOrder + 2) / 2)
    let points = problem.quadrature == nil ? [] : rule.points
    past = StepPast(problem, types, nodes: [0] + tableau.nodes + points)
    polynomial = PolynomialRecord(types: types, degree: tableau.dense.count)
    guard problem.mass == nil else {
      throw IRError("\(tableau.name) wants equations for the derivatives themselves")
    }
  }

  var memory: ValueType { types.state }
  var start: Region { problem.rhs }
  var evaluations: (step: Int, start: Int) {
    (step: (tableau.stageCount - 1) * Self.newtonSteps, start: 1)
  }

  func make(
    _ a: inout StepArithmetic, t: Value, h: Value, y: Value, memory first: Value, _ shared: [Value]
  ) throws(IRError) -> IteratedStep {
    guard let jacobian = problem.jacobian else {
      throw IRError("\(tableau.name): the right-hand side has not been linearized")
    }
    let beginning = a.parameters(shared, at: 0, past)
    let derivatives = a.builder.inline(jacobian, [t, y] + beginning)
    let matrix = a.iterationMatrix(
      derivatives[0], pattern: problem.pattern, mass: nil, h: h, diagonal: tableau.diagonal)
    let factors = a.builder.value(.factorize(problem.pattern), [matrix])
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
          .linearSolve(LinearSolve(pattern: problem.pattern)),
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
    var step = IteratedStep(end: end, memory: last, record: a.side(rows), error: nil)
    if let isSolved {
      let both = a.scale(problem, y, end)
      let square = a.meanSquare(problem, a.builder.sub(end, embedded), scale: both)
      step.error = error(square, where: isSolved, &a)
    }
    return step
  }
}
