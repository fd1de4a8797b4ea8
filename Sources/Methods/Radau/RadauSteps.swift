import NodalIR
import NodalOperations

/// The regions of the Radau IIA method. A step is a Jacobian, two factorizations (of a real matrix, and of a complex one as a real one of twice the
/// size), and some simplified Newton steps for all stages together, from where the polynomial of the step before leads to. Stages that they don't
/// come close to make the step one to be taken again.
///
/// Memory: that polynomial, and the length of its step. Record: the polynomial through the stages.
struct RadauSteps: IteratedSteps {
  let problem: StepProblem
  let types: StepProblem.Types
  let past: StepPast?
  let polynomial: PolynomialRecord
  let rule = GaussLegendre((RadauScheme.denseOrder + 2) / 2)
  private let pair: ComplexPair

  /// How small the rest of Newton's method must be, in units of the tolerance: the tighter that is, the further the method's own error is below it,
  /// and it would be all for nothing. (As in RADAU5.)
  private var newtonTolerance: Double {
    guard problem.rtol > 0 else { return 0.03 }
    return max(10 * Double.ulpOfOne / problem.rtol, min(0.03, problem.rtol.squareRoot()))
  }

  init(problem: StepProblem) throws(IRError) {
    self.problem = problem
    types = try problem.types()
    let points = problem.quadrature == nil ? [] : rule.points
    past = StepPast(problem, types, nodes: [0] + RadauScheme.nodes + points)
    polynomial = Self.record(types)
    pair = ComplexPair(problem.pattern, size: types.size)
  }

  static func record(_ types: StepProblem.Types) -> PolynomialRecord {
    PolynomialRecord(types: types, degree: 3)
  }

  /// Where nothing is estimated nothing is tried again either.
  private var newtonSteps: Int { hasError ? 4 : 8 }

  var evaluations: (step: Int, start: Int) {
    (step: 3 * newtonSteps + (hasError ? 2 : 0), start: 0)
  }
  var memory: ValueType { types.record(stages: polynomial.degree + 1) }

  /// Before the first step there is no polynomial: stages are sought from the state itself.
  var start: Region {
    get throws(IRError) {
      var a = StepArithmetic(types, parameters: [types.clock, types.state] + types.parameters)
      let none = a.builder.constant(0, types.record(stages: polynomial.degree))
      let one = a.builder.constant(1, types.state)
      return try a.builder.finish([a.builder.concatenate([none, one], axis: types.axis)])
    }
  }

  func make(
    _ a: inout StepArithmetic, t: Value, h: Value, y: Value, memory: Value, _ shared: [Value]
  ) throws(IRError) -> IteratedStep {
    guard let jacobian = problem.jacobian else {
      throw IRError("radau5: the right-hand side has not been linearized")
    }
    let beginning = a.parameters(shared, at: 0, past)
    let derivatives = a.builder.inline(jacobian, [t, y] + beginning)
    let mass = problem.mass.map { a.builder.inline($0, [t, y] + beginning)[0] }
    let inverse = a.builder.reciprocal(h)
    let values = RadauScheme.eigenvalues
    func matrix(_ factor: Double, _ a: inout StepArithmetic) -> Value {
      a.iterationMatrix(
        derivatives[0], pattern: problem.pattern, mass: mass, factor: a.builder.mul(inverse, factor)
      )
    }
    let single = FactoredEquations(matrix(values.real, &a), problem.pattern, &a)
    let double = FactoredEquations(
      pair.matrix(
        matrix(values.alpha, &a), mass: mass, beta: a.builder.mul(inverse, values.beta), &a),
      pair.pattern, &a)
    let rate = a.spread(inverse)
    /// M x times a number over h.
    func scaled(_ x: Value, _ factor: Double, _ a: inout StepArithmetic) -> Value {
      a.builder.mul(a.builder.mul(mass.map { a.product($0, x) } ?? x, rate), a.rounded(factor))
    }
    func combined(_ rows: [[Double]], _ x: [Value], _ a: inout StepArithmetic) -> [Value] {
      rows.map { a.sum($0, x) ?? a.builder.constant(0, types.state) }
    }

    let scale = a.scale(problem, y, nil)
    var stages = predicted(&a, h: h, memory)
    var parts = combined(RadauScheme.inverse, stages, &a)
    var norms: [Value] = []
    for _ in 0..<newtonSteps {
      var slopes: [Value] = []
      for (node, stage) in zip(RadauScheme.nodes, stages) {
        let own = a.parameters(shared, at: node, past)
        let state = a.builder.add(y, stage)
        slopes += a.builder.inline(problem.rhs, [a.time(t, node, h), state] + own)
      }
      let given = combined(RadauScheme.inverse, slopes, &a)
      let first = single.solved(
        a.builder.sub(given[0], scaled(parts[0], values.real, &a)), &a)
      let real = a.builder.sub(
        given[1],
        a.builder.sub(scaled(parts[1], values.alpha, &a), scaled(parts[2], values.beta, &a)))
      let imaginary = a.builder.sub(
        given[2],
        a.builder.add(scaled(parts[2], values.alpha, &a), scaled(parts[1], values.beta, &a)))
      let others = pair.parts(double.solved(pair.side(real, imaginary, &a), &a), &a)
      let corrections = [first] + others
      parts = zip(parts, corrections).map { a.builder.add($0, $1) }
      stages = combined(RadauScheme.transform, parts, &a)
      if hasError {
        let squares = corrections.map { a.meanSquare(problem, $0, scale: scale) }
        norms.append(a.builder.add(a.builder.add(squares[0], squares[1]), squares[2]))
      }
    }
    let end = a.builder.add(y, stages[2])
    let rows = combined(RadauScheme.polynomial, stages, &a).map { a.builder.mul($0, rate) }
    let record = a.side(rows)
    var step = IteratedStep(
      end: end, memory: a.builder.concatenate([record, a.spread(h)], axis: types.axis),
      record: record, error: nil)
    guard hasError else { return step }

    // Twice through the stiff components' damping, where once is too much.
    let sum = combined([RadauScheme.errorWeights], stages, &a)[0]
    let moved = scaled(sum, 1, &a)
    func estimate(at state: Value, _ a: inout StepArithmetic) -> (rest: Value, square: Value) {
      let slope = a.builder.inline(problem.rhs, [t, state] + beginning)[0]
      let rest = single.solved(a.builder.add(slope, moved), &a)
      return (rest, a.meanSquare(problem, rest, scale: a.scale(problem, y, end)))
    }
    let once = estimate(at: y, &a)
    let twice = estimate(at: a.builder.add(y, once.rest), &a)
    let isLarge = a.builder.greater(once.square, a.builder.constant(1, types.scalar))
    step.error = error(
      a.builder.select(isLarge, twice.square, once.square),
      where: a.converged(norms, tolerance: newtonTolerance), &a)
    return step
  }

  /// Where the polynomial of the step before leads to, from its end.
  private func predicted(_ a: inout StepArithmetic, h: Value, _ memory: Value) -> [Value] {
    let rows = (0...polynomial.degree).map { polynomial.row($0, of: memory, &a) }
    let length = rows[polynomial.degree]
    let ratio = a.builder.div(a.spread(h), length)
    func path(_ place: Value, _ a: inout StepArithmetic) -> Value {
      var inner = a.builder.mul(place, rows[2])
      for row in [rows[1], rows[0]] {
        inner = a.builder.mul(place, a.builder.add(row, inner))
      }
      return a.builder.mul(inner, length)
    }
    let one = a.builder.constant(1, types.state)
    let end = path(one, &a)
    return RadauScheme.nodes.map { node in
      let place = a.builder.add(a.builder.mul(ratio, a.rounded(node)), one)
      return a.builder.sub(path(place, &a), end)
    }
  }
}
