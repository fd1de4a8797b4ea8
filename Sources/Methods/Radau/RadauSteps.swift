import NodalIR
import NodalOperations

/// The regions of the Radau IIA method. A step is a Jacobian, two factorizations (of a real matrix, and of a complex one as a real one of twice the
/// size), and some simplified Newton steps for all stages together, from where the polynomial of the step before leads to. Stages that they don't
/// come close to make the step one to be taken again.
///
/// Memory: that polynomial, and the length of its step. Record: the polynomial through the stages.
struct RadauSteps {
  let problem: StepProblem
  let types: StepProblem.Types
  private let past: StepPast?
  private let polynomial: PolynomialRecord

  /// How small the rest of Newton's method must be, in units of the tolerance: the tighter that is, the further the method's own error is below it,
  /// and it would be all for nothing. (As in RADAU5.)
  private var newtonTolerance: Double {
    guard problem.rtol > 0 else { return 0.03 }
    return max(10 * Double.ulpOfOne / problem.rtol, min(0.03, problem.rtol.squareRoot()))
  }
  private static let rule = GaussLegendre((RadauScheme.denseOrder + 2) / 2)

  init(problem: StepProblem) throws(IRError) {
    self.problem = problem
    types = try problem.types()
    let points = problem.quadrature == nil ? [] : Self.rule.points
    past = StepPast(problem, types, nodes: [0] + RadauScheme.nodes + points)
    polynomial = Self.record(types)
  }

  static func record(_ types: StepProblem.Types) -> PolynomialRecord {
    PolynomialRecord(types: types, degree: 3)
  }

  private var hasError: Bool { problem.wantsError }
  /// Where nothing is estimated nothing is tried again either.
  private var newtonSteps: Int { hasError ? 4 : 8 }

  func regions() throws(IRError) -> StepRegions {
    let evaluations = 3 * newtonSteps + (hasError ? 2 : 0)
    var regions = StepRegions(
      step: try step(record: false), stepWithRecord: try step(record: true), memoryless: nil,
      dense: try polynomial.dense(), start: try start(), terms: try terms(),
      record: polynomial.type, hasError: hasError, termsInStep: problem.quadrature != nil,
      evaluations: (step: evaluations, record: evaluations, start: 0))
    regions.pastNodes = past?.nodes ?? []
    if problem.delays?.hasRates == true { regions.denseRate = try polynomial.dense(isRate: true) }
    return regions
  }

  /// The parameters p… of a step's regions.
  private var parameters: [ValueType] { past?.types(types) ?? types.parameters }
  private var memory: ValueType { types.record(stages: polynomial.degree + 1) }

  /// Before the first step there is no polynomial: stages are sought from the state itself.
  private func start() throws(IRError) -> Region {
    var a = StepArithmetic(types, parameters: [types.clock, types.state] + types.parameters)
    let none = a.builder.constant(0, types.record(stages: polynomial.degree))
    let one = a.builder.constant(1, types.state)
    return try a.builder.finish([a.builder.concatenate([none, one], axis: types.axis)])
  }

  /// What a step leaves.
  private struct Step {
    var end: Value
    var record: Value
    /// The square of the error in units of the tolerance; above 1 where the stages were not found.
    var error: Value?
  }

  private func make(
    _ a: inout StepArithmetic, t: Value, h: Value, y: Value, memory: Value, _ shared: [Value]
  ) throws(IRError) -> Step {
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
        derivatives[0], band: problem.band, mass: mass, factor: a.builder.mul(inverse, factor))
    }
    let pair = ComplexPair(band: problem.band, size: types.size)
    let single = Equations(matrix(values.real, &a), problem.band, &a)
    let double = Equations(
      pair.matrix(
        matrix(values.alpha, &a), mass: mass, beta: a.builder.mul(inverse, values.beta), &a),
      pair.pairBand, &a)
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
    var step = Step(end: end, record: a.side(rows), error: nil)
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
    let error = a.builder.select(isLarge, twice.square, once.square)
    let far = a.builder.constant(16, types.scalar)
    step.error = a.builder.select(
      a.converged(norms, tolerance: newtonTolerance), error, a.builder.max(error, far))
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

  private func step(record: Bool) throws(IRError) -> Region {
    var a = StepArithmetic(
      types, parameters: [types.clock, types.clock, types.state, memory] + parameters)
    let p = a.builder.parameters
    let shared = Array(p[4...])
    let step = try make(&a, t: p[0], h: p[1], y: p[2], memory: p[3], shared)
    let next = a.builder.concatenate([step.record, a.spread(p[1])], axis: types.axis)
    var results = [step.end, next] + [step.error].compactMap { $0 }
    if record { results.append(step.record) }
    results += terms(
      &a, step, t: p[0], h: p[1], y: p[2], length: a.accepted(p[1], step.error), shared)
    return try a.builder.finish(results)
  }

  private func terms() throws(IRError) -> Region? {
    guard problem.quadrature != nil else { return nil }
    var a = StepArithmetic(
      types,
      parameters: [types.clock, types.clock, types.state, types.clock, memory] + parameters)
    let p = a.builder.parameters
    let shared = Array(p[5...])
    let step = try make(&a, t: p[0], h: p[1], y: p[2], memory: p[4], shared)
    return try a.builder.finish(
      terms(&a, step, t: p[0], h: p[1], y: p[2], length: a.builder.mul(p[1], p[3]), shared))
  }

  /// Integrals beside the state, on the dense output.
  private func terms(
    _ a: inout StepArithmetic, _ step: Step, t: Value, h: Value, y: Value, length: Value,
    _ shared: [Value]
  ) -> [Value] {
    guard let quadrature = problem.quadrature else { return [] }
    let states = Self.rule.points.map { point in
      polynomial.state(&a, a.builder.constant(point, types.clock), h, y, step.record)
    }
    return a.integral(quadrature, Self.rule, states, t: t, h: h, length: length, shared, past)
  }
}

/// A matrix with its factors.
private struct Equations {
  private let matrix, factors: Value
  private let band: Band?

  init(_ matrix: Value, _ band: Band?, _ a: inout StepArithmetic) {
    (self.matrix, self.band) = (matrix, band)
    factors = a.builder.value(.factorize(band), [matrix])
  }

  func solved(_ right: Value, _ a: inout StepArithmetic) -> Value {
    a.builder.value(.linearSolve(LinearSolve(band: band)), [matrix, factors, right])
  }
}

/// Equations in complex numbers, (A + iB) (x + iy) = u + iv, as real ones of twice the size: components and their imaginary parts in turn, so
/// that what is in a band stays in one.
private struct ComplexPair {
  let band: Band?
  let size: Int

  var pairBand: Band? {
    band.map {
      Band(
        order: $0.order.flatMap { [2 * $0, 2 * $0 + 1] }, below: 2 * $0.below + 1,
        above: 2 * $0.above + 1)
    }
  }

  /// Of A and B = β M, with M = 1 where none is given.
  func matrix(
    _ real: Value, mass: Value?, beta: Value, _ a: inout StepArithmetic
  ) -> Value {
    let outer = a.builder.type(real).extents.dropLast(2)
    let element = a.builder.type(real).element
    let axis = outer.count
    let width = band?.width ?? size
    // Entries and zeros in turn: rows of real parts, and of imaginary ones.
    func interleaved(_ x: Value, _ before: Int, _ after: Int, _ a: inout StepArithmetic) -> Value {
      let pad = Layout.pad(axis: axis + 1, before: before, after: after, interior: 1)
      return a.builder.value(.layout(pad), [x])
    }
    func rows(_ first: Value, _ second: Value, _ a: inout StepArithmetic) -> Value {
      let length = a.builder.type(first).extents[axis + 1]
      let parts = [first, second].map {
        a.builder.reshape($0, to: outer + [.fixed(size), .fixed(1), length])
      }
      let both = a.builder.concatenate(parts, axis: axis + 1)
      return a.builder.reshape(both, to: outer + [.fixed(2 * size), length])
    }
    guard let band else {
      let unit =
        mass
        ?? a.builder.broadcast(
          a.builder.identity(size, element), to: a.builder.type(real).extents,
          axes: [axis, axis + 1])
      let turned = a.builder.scaled(unit, by: beta)
      let first = a.builder.sub(
        interleaved(real, 0, 1, &a), interleaved(turned, 1, 0, &a))
      let second = a.builder.add(
        interleaved(turned, 0, 1, &a), interleaved(real, 1, 0, &a))
      return rows(first, second, &a)
    }
    let entries = interleaved(real, 1, 1, &a)
    let length = 2 * width + 1
    let middle = 2 * band.below + 1
    func side(_ sign: Double) -> [Double] {
      (0..<length).map { $0 == middle + (sign < 0 ? 1 : -1) ? sign : 0 }
    }
    func row(_ sign: Double, _ a: inout StepArithmetic) -> Value {
      let pattern = a.builder.broadcast(
        a.builder.constant(side(sign), ValueType(element, shape: [length])),
        to: a.builder.type(entries).extents, axes: [axis + 1])
      return a.builder.add(entries, a.builder.scaled(pattern, by: beta))
    }
    return rows(row(-1, &a), row(1, &a), &a)
  }

  func side(_ u: Value, _ v: Value, _ a: inout StepArithmetic) -> Value {
    let outer = a.types.perLane([])
    let parts = [u, v].map { a.builder.reshape($0, to: outer + [.fixed(size), .fixed(1)]) }
    let both = a.builder.concatenate(parts, axis: outer.count + 1)
    return a.builder.reshape(both, to: outer + [.fixed(2 * size)])
  }

  func parts(_ x: Value, _ a: inout StepArithmetic) -> [Value] {
    let outer = a.types.perLane([])
    let rows = a.builder.reshape(x, to: outer + [.fixed(size), .fixed(2)])
    return (0..<2).map { k in
      let part = a.builder.slice(rows, axis: outer.count + 1, k..<(k + 1))
      return a.builder.reshape(part, to: a.types.state.extents)
    }
  }
}
