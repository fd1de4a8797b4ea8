import NodalIR
import NodalOperations

/// The regions of the backward differentiation formulas of variable order and step (Shampine and Reichelt 1997), by differences for steps
/// of one length: where the length changes, the differences are turned into those for the new one.
///
/// A step's equation is solved by three Newton steps with the Jacobian where the step is predicted to end, or, in larger systems, with what
/// earlier steps have left (`KeptFactors`). Which order and length come next is the formulas' own to say, from the sizes of neighbouring differences: see `StepRegions.hasProposal`.
///
/// Memory: the differences ∇⁰y … ∇⁷y, the order, the number of steps taken with this order and length, that length, and what is kept.
/// Record: the differences 1 to 5 at the step's end, zero above the order.
struct BDFSteps {
  let problem: StepProblem
  let types: StepProblem.Types
  private let past: StepPast?
  private let kept: KeptFactors?

  private typealias Table = BDFCoefficients
  /// Factors of the next step's length.
  private static let (smallest, largest, safety) = (0.2, 10.0, 0.8)

  init(problem: StepProblem) throws(IRError) {
    self.problem = problem
    types = try problem.types()
    let points = problem.quadrature == nil ? [] : Self.rule.points
    past = StepPast(problem, types, nodes: [0, 1] + points)
    kept = try KeptFactors(problem, types)
  }

  func regions() throws(IRError) -> StepRegions {
    var regions = StepRegions(
      step: try step(record: false), stepWithRecord: try step(record: true), memoryless: nil,
      dense: try dense(), start: try start(), terms: try terms(),
      record: types.ownRecord(stages: Table.highest), hasError: true, hasProposal: true,
      termsInStep: problem.quadrature != nil,
      evaluations: (step: BDFEquation.newtonSteps, record: BDFEquation.newtonSteps, start: 1))
    regions.pastNodes = past?.nodes ?? []
    if problem.delays?.hasRates == true { regions.denseRate = try dense(isRate: true) }
    return regions
  }

  /// For integrals beside the state.
  private static let rule = GaussLegendre((Table.highest + 2) / 2)

  /// The parameters p… of a step's regions.
  private var parameters: [ValueType] { past?.types(types) ?? types.parameters }

  // MARK: Memory

  private var differences: ValueType {
    ValueType(types.state.element, types.perLane([Table.rows, types.size]))
  }
  private var memory: [ValueType] {
    [differences] + Array(repeating: types.scalar, count: 3) + (kept?.memory ?? [])
  }

  /// (t, y, p…) → memory: of order 1, its difference that of a step of length 1. Where the equations are not solved for y' nothing is
  /// known of it.
  private func start() throws(IRError) -> Region {
    var a = StepArithmetic(
      types, parameters: [types.clock, types.state] + types.parameters)
    let p = a.builder.parameters
    let slope =
      problem.mass == nil
      ? a.builder.inline(problem.rhs, p)[0] : a.builder.constant(0, types.state)
    let rows = a.rows(a.side([p[1], slope]), count: 2)
    let table = a.builder.pad(rows, axis: types.axis, before: 0, after: Table.rows - 2)
    let (one, none) = (a.builder.constant(1, types.scalar), a.builder.constant(0, types.scalar))
    return try a.builder.finish([table, one, none, one] + (kept?.start(&a) ?? []))
  }

  // MARK: Steps

  /// A step under construction.
  private struct Step {
    var end: Value
    /// Of the new state, see `memory`.
    var memory: [Value]
    /// The square of the error in units of the tolerance; above 1 where the equation was not solved.
    var error: Value
    var proposal: Value
    var record: Value
  }

  private func step(record: Bool) throws(IRError) -> Region {
    var a = StepArithmetic(
      types, parameters: [types.clock, types.clock, types.state] + memory + parameters)
    let step = try make(&a)
    var results = [step.end] + step.memory + [step.error, step.proposal]
    if record { results.append(step.record) }
    let p = a.builder.parameters
    results += terms(
      &a, step, t: p[0], h: p[1], length: a.accepted(p[1], step.error),
      Array(p[(3 + memory.count)...]))
    return try a.builder.finish(results)
  }

  private func make(_ a: inout StepArithmetic) throws(IRError) -> Step {
    let p = a.builder.parameters
    let (t, h, y) = (p[0], p[1], p[2])
    let (old, order, count, length) = (p[3], p[4], p[5], p[6])
    let first = 3 + self.memory.count
    let beginning = a.parameters(Array(p[first...]), at: 0, past)
    let shared = a.parameters(Array(p[first...]), at: 1, past)
    let own = a.ownScalar(h)
    let ratio = a.builder.div(own, length)
    let chosen = a.chosen(order, from: 1, count: Table.highest)

    // What the differences predict.
    let table = a.resized(old, ratio: ratio, order: order)
    let upTo = a.upTo(order, count: Table.rows)
    let predicted = a.combined(upTo, table)
    let alpha = a.picked(chosen, Table.alpha)
    let weights = a.weighted(upTo, Table.gamma + [0, 0])
    let past = a.combined(weights, table)

    // The difference to it.
    let ending = a.time(t, 1, h)
    let perLength = a.builder.div(alpha, own)
    // `past` has no 1/α yet.
    let pastRate = a.spread(a.builder.reciprocal(own))
    let equation = BDFEquation(
      problem, types, end: ending, predicted: predicted, known: a.builder.mul(past, pastRate),
      factor: perLength, mass: problem.mass.map { a.builder.inline($0, [t, y] + beginning)[0] },
      parameters: shared)
    var memory: [Value] = []
    let solution: BDFEquation.Solution
    if let kept {
      (solution, memory) = try kept.solved(equation, memory: Array(p[7..<first]), &a)
    } else {
      let (matrix, factors) = equation.factorized(try equation.jacobian(&a), &a)
      solution = try equation.solved(matrix: matrix, factors: factors, &a)
    }
    let (difference, isSolved) = (solution.difference, solution.isSolved)
    let end = a.builder.add(predicted, difference)

    // How good it is.
    let both = a.scale(problem, y, end)
    func error(_ x: Value, _ constants: [Double], _ a: inout StepArithmetic) -> Value {
      let size = a.picked(
        chosen, constants.map { $0 * $0 * Self.strictness * Self.strictness })
      return a.builder.mul(size, a.meanSquare(problem, x, scale: both))
    }
    let measured = error(difference, Table.error, &a)
    let far = a.builder.constant(4, types.scalar)
    let squared = a.builder.select(isSolved, measured, far)
    let isTaken = a.builder.lessOrEqual(squared, a.builder.constant(1, types.scalar))

    // The differences at its end, and the next step.
    let next = a.advanced(table, difference, order: order, upTo: upTo)
    let one = a.builder.constant(1, types.scalar)
    let none = a.builder.constant(0, types.scalar)
    let isSame = a.builder.equal(ratio, one)
    let taken = a.builder.add(a.builder.select(isSame, count, none), one)
    let isReady = a.builder.greater(taken, order)
    let below = a.picked(next, row: order)
    let above = a.picked(next, row: a.builder.add(order, 2))
    let grows = [
      a.growth(error(below, Table.errorBelow, &a), power: order),
      a.growth(measured, power: a.builder.add(order, 1)),
      a.growth(error(above, Table.errorAbove, &a), power: a.builder.add(order, 2)),
    ]
    let canFall = a.builder.greater(order, one)
    let canRise = a.builder.less(order, a.builder.constant(Double(Table.highest), types.scalar))
    let falling = a.builder.select(canFall, grows[0], none)
    let rising = a.builder.select(canRise, grows[2], none)
    let stays = a.builder.max(falling, grows[1])
    let falls = a.builder.greater(falling, grows[1])
    let rises = a.builder.greater(rising, stays)
    let minusOne = a.builder.constant(-1, types.scalar)
    let change = a.builder.select(rises, one, a.builder.select(falls, minusOne, none))
    let best = a.builder.mul(a.builder.max(stays, rising), Self.safety)
    let grown = a.builder.min(best, a.builder.constant(Self.largest, types.scalar))
    let shrunk = a.builder.max(
      a.builder.mul(grows[1], Self.safety), a.builder.constant(Self.smallest, types.scalar))
    let half = a.builder.constant(0.5, types.scalar)
    let ifRefused = a.builder.select(isSolved, shrunk, half)
    let ifTaken = a.builder.select(isReady, grown, one)
    let mask = a.spreadRows(a.upTo(order, from: 1, count: Table.highest))
    let inner = a.builder.slice(next, axis: types.axis, 1..<(Table.highest + 1))
    let recorded = a.builder.mul(inner, mask)
    return Step(
      end: end,
      memory: [
        next, a.builder.select(isReady, a.builder.add(order, change), order),
        a.builder.select(isReady, none, taken), own,
      ] + memory,
      error: squared, proposal: a.builder.select(isTaken, ifTaken, ifRefused),
      record: a.builder.reshape(
        recorded, to: types.record(stages: Table.highest).extents))
  }

  /// An error is allowed so much less than the tolerance: the formulas make errors of one sign for long, which add up.
  private static let strictness = 5.0

  // MARK: Between steps

  /// (θ, h, y₀, y₁, record) → y(t + θh), or its derivative by time.
  private func dense(isRate: Bool = false) throws(IRError) -> Region {
    var a = StepArithmetic(
      types,
      parameters: [
        types.clock, types.clock, types.state, types.state,
        types.record(stages: Table.highest),
      ])
    let p = a.builder.parameters
    let result = isRate ? rate(&a, p[0], p[1], p[4]) : dense(&a, p[0], p[3], p[4])
    return try a.builder.finish([result])
  }

  /// The polynomial through the ends of this step and those before: y₁ + Σ ∇ⁱ⁺¹y Π (θ - 1 + l)/(l + 1), for l up to i.
  private func dense(
    _ a: inout StepArithmetic, _ theta: Value, _ end: Value, _ record: Value
  ) -> Value {
    let rows = a.rows(record, count: Table.highest)
    var factor: Value?
    var y = end
    for i in 0..<Table.highest {
      let shift = a.builder.constant(Double(i - 1), a.builder.type(theta))
      let next = a.builder.mul(a.builder.add(theta, shift), 1 / Double(i + 1))
      let product = factor.map { a.builder.mul($0, next) } ?? next
      factor = product
      let row = a.builder.reshape(
        a.builder.slice(rows, axis: types.axis, i..<(i + 1)), to: types.state.extents)
      y = a.builder.add(y, a.builder.mul(row, a.spread(product)))
    }
    return y
  }

  /// The polynomial's derivative: each factor's turn in the products.
  private func rate(
    _ a: inout StepArithmetic, _ theta: Value, _ h: Value, _ record: Value
  ) -> Value {
    let rows = a.rows(record, count: Table.highest)
    let type = a.builder.type(theta)
    var factor = a.builder.constant(1, type)
    var slope = a.builder.constant(0, type)
    var sum = a.builder.constant(0, types.state)
    for i in 0..<Table.highest {
      let shift = a.builder.constant(Double(i - 1), type)
      let next = a.builder.mul(a.builder.add(theta, shift), 1 / Double(i + 1))
      slope = a.builder.add(
        a.builder.mul(slope, next), a.builder.mul(factor, 1 / Double(i + 1)))
      factor = a.builder.mul(factor, next)
      let row = a.builder.reshape(
        a.builder.slice(rows, axis: types.axis, i..<(i + 1)), to: types.state.extents)
      sum = a.builder.add(sum, a.builder.mul(row, a.spread(slope)))
    }
    return a.builder.mul(sum, a.spread(a.builder.reciprocal(h)))
  }

  private func terms() throws(IRError) -> Region? {
    guard problem.quadrature != nil else { return nil }
    var a = StepArithmetic(
      types,
      parameters: [types.clock, types.clock, types.state, types.clock] + memory
        + parameters)
    // The mask stands before the memory here.
    let p = a.builder.parameters
    let results = a.builder.inline(try whole(), Array(p[..<3]) + p[4...])
    let made = Step(
      end: results[0], memory: [], error: results[1], proposal: results[1], record: results[2])
    let length = a.builder.mul(p[1], p[3])
    let total = terms(
      &a, made, t: p[0], h: p[1], length: length, Array(p[(4 + memory.count)...]))
    return try a.builder.finish(total)
  }

  /// (t, h, y, memory…, p…) → end, error, record.
  private func whole() throws(IRError) -> Region {
    var a = StepArithmetic(
      types, parameters: [types.clock, types.clock, types.state] + memory + parameters)
    let step = try make(&a)
    return try a.builder.finish([step.end, step.error, step.record])
  }

  /// Integrals beside the state, on the dense output.
  private func terms(
    _ a: inout StepArithmetic, _ step: Step, t: Value, h: Value, length: Value,
    _ shared: [Value]
  ) -> [Value] {
    guard let quadrature = problem.quadrature else { return [] }
    let rule = Self.rule
    let states = rule.points.map { point in
      dense(&a, a.builder.constant(point, types.clock), step.end, step.record)
    }
    return a.integral(quadrature, rule, states, t: t, h: h, length: length, shared, past)
  }
}
