import Foundation
import NodalIR
import NodalOperations

/// Taylor's method: the solution's own power series at the beginning of a step, summed at its end.
///
/// The coefficients are those of the step's fraction θ: Y[k] = y⁽ᵏ⁾ hᵏ / k!. With f[k] that of the right-hand side
///
///     Y[0] = y,  Y[k+1] = h / (k+1) f[k],  y(t + θh) = Σ Y[k] θᵏ
///
/// So there are no powers of h, which single precision couldn't hold, and the polynomial is its own dense output.
///
/// Memory: none. Record: Y[1] … Y[p], side by side.
struct TaylorSteps {
  /// p, 2 or more.
  let order: Int
  let problem: StepProblem
  let types: StepProblem.Types

  init(order: Int, problem: StepProblem) throws(IRError) {
    self.order = order
    self.problem = problem
    types = try problem.types()
  }

  /// The order at which a step of best length costs least: each order more makes the step longer, and its coefficients costlier.
  /// Source: Jorba and Zou (2005), 3.2: p = ⌈1 - ½ ln ε⌉ for a tolerance ε, which no rounding lies above.
  static func order(rtol: Double, atol: [Double]) -> Int {
    let tolerance = rtol > 0 ? rtol : atol.filter { $0 > 0 }.min() ?? 1
    let bounded = min(1, max(Double.ulpOfOne, tolerance))
    return max(2, Int((1 - 0.5 * log(bounded)).rounded(.up)))
  }

  /// That of the default tolerance, for steps of a given length.
  static let givenOrder = order(rtol: 1e-6, atol: [])

  /// Where in a step the equation is looked at, if it is put together of pieces.
  private static let looks = [0.35, 0.7, 1]

  func regions() throws(IRError) -> StepRegions {
    let expansion = try SeriesExpansion(problem.rhs)
    let looks = problem.wantsError && !expansion.isSmooth ? Self.looks.count : 0
    return StepRegions(
      step: try step(expansion, record: false), stepWithRecord: try step(expansion, record: true),
      memoryless: try memoryless(expansion), dense: try dense(), start: nil,
      terms: try terms(expansion), record: types.ownRecord(stages: order),
      hasError: problem.wantsError, termsInStep: problem.quadrature != nil,
      evaluations: (step: order + looks, record: order + looks, start: 0))
  }

  /// A step under construction.
  private struct Step {
    var arithmetic: StepArithmetic
    let (t, h, y): (Value, Value, Value)
    let shared: [Value]
    /// Y[1] … Y[p].
    var coefficients: [Value]
    var end: Value

    mutating func state(at theta: Double) -> Value {
      if theta == 1 { return end }
      let powers = coefficients.indices.map { pow(theta, Double($0 + 1)) }
      guard let change = arithmetic.sum(powers, coefficients) else { return y }
      return arithmetic.builder.add(y, change)
    }
  }

  /// (t, h, y, between…, p…), the form of all regions that make a step.
  private func begin(
    _ expansion: SeriesExpansion, between: [ValueType] = []
  ) throws(IRError) -> Step {
    var arithmetic = StepArithmetic(
      types, parameters: [types.clock, types.clock, types.state] + between + types.parameters)
    let p = arithmetic.builder.parameters
    let (t, h, y) = (p[0], p[1], p[2])
    let shared = Array(p[(3 + between.count)...])
    var series = SeriesBuilder(expansion, [t, y] + shared, &arithmetic.builder)
    var coefficients: [Value?] = []
    for k in 1...order {
      var next: Value?
      if let slope = series.result {
        let share = arithmetic.builder.scaled(h, 1 / Double(k))
        next = arithmetic.builder.mul(arithmetic.spread(share), slope)
      }
      coefficients.append(next)
      if k < order {
        try series.advance(time: k == 1 ? h : nil, state: next, &arithmetic.builder)
      }
    }
    let all = coefficients.map { $0 ?? arithmetic.builder.constant(0, types.state) }
    // The newest is waited for, and added last but for y, beside which the others are small.
    var sum: Value?
    for case let term? in coefficients {
      sum = sum.map { arithmetic.builder.add($0, term) } ?? term
    }
    let end = sum.map { arithmetic.builder.add(y, $0) } ?? y
    return Step(
      arithmetic: arithmetic, t: t, h: h, y: y, shared: shared, coefficients: all, end: end)
  }

  /// The size of the last terms in units of the tolerance, squared.
  ///
  /// In a step of best length a term is e⁻² of the one before it; so that much of the last but one counts as well. It speaks where
  /// the last is small by accident, as every other one is of odd and even functions.
  ///
  /// A series doesn't see that the equation goes on differently where |x| turns, or where a comparison has another outcome. So for
  /// an equation with such pieces the defect h f(t, y) - dy/dθ of the polynomial is an error too, at three places of the step.
  private func error(_ expansion: SeriesExpansion, _ step: inout Step) -> Value {
    let scale = step.arithmetic.scale(problem, step.y, step.end)
    let last = step.arithmetic.meanSquare(problem, step.coefficients[order - 1], scale: scale)
    let before = step.arithmetic.meanSquare(problem, step.coefficients[order - 2], scale: scale)
    let expected = step.arithmetic.builder.mul(before, exp(-4))
    var error = step.arithmetic.builder.max(last, expected)
    guard !expansion.isSmooth else { return error }
    for theta in Self.looks {
      let defect = defect(&step, at: theta)
      let square = step.arithmetic.meanSquare(problem, defect, scale: scale)
      error = step.arithmetic.builder.max(error, square)
    }
    return error
  }

  private func defect(_ step: inout Step, at theta: Double) -> Value {
    let state = step.state(at: theta)
    let time = step.arithmetic.time(step.t, theta, step.h)
    let slope = step.arithmetic.builder.inline(problem.rhs, [time, state] + step.shared)[0]
    let change = step.arithmetic.builder.mul(step.arithmetic.spread(step.h), slope)
    let weights = (1...order).map { Double($0) * pow(theta, Double($0 - 1)) }
    guard let own = step.arithmetic.sum(weights, step.coefficients) else { return change }
    return step.arithmetic.builder.sub(change, own)
  }

  private func step(_ expansion: SeriesExpansion, record: Bool) throws(IRError) -> Region {
    var step = try begin(expansion)
    var results = [step.end]
    let error = problem.wantsError ? error(expansion, &step) : nil
    results += [error].compactMap { $0 }
    if record { results.append(step.arithmetic.side(step.coefficients)) }
    results += terms(&step, length: step.arithmetic.accepted(step.h, error))
    return try step.arithmetic.builder.finish(results).withoutDead()
  }

  private func memoryless(_ expansion: SeriesExpansion) throws(IRError) -> Region {
    var step = try begin(expansion)
    let record = step.arithmetic.side(step.coefficients)
    return try step.arithmetic.builder.finish([step.end, record]).withoutDead()
  }

  /// Gauss' formula over the step, of order p + 1 or one more.
  private func terms(_ expansion: SeriesExpansion) throws(IRError) -> Region? {
    guard problem.quadrature != nil else { return nil }
    var step = try begin(expansion, between: [types.clock])
    let p = step.arithmetic.builder.parameters
    let length = step.arithmetic.builder.mul(p[1], p[3])
    return try step.arithmetic.builder.finish(terms(&step, length: length)).withoutDead()
  }

  private func terms(_ step: inout Step, length: Value) -> [Value] {
    guard let quadrature = problem.quadrature else { return [] }
    let rule = GaussLegendre(order / 2 + 1)
    let states = rule.points.map { step.state(at: $0) }
    return step.arithmetic.integral(
      quadrature, rule, states, t: step.t, h: step.h, length: length, step.shared)
  }

  /// (θ, h, y₀, y₁, record) → Σ Y[k] θᵏ, by Horner's rule.
  private func dense() throws(IRError) -> Region {
    var arithmetic = StepArithmetic(
      types,
      parameters: [
        types.clock, types.clock, types.state, types.state, types.record(stages: order),
      ])
    let p = arithmetic.builder.parameters
    let theta = arithmetic.spread(p[0])
    func coefficient(_ k: Int) -> Value {
      arithmetic.builder.slice(
        p[4], axis: types.axis, ((k - 1) * types.size)..<(k * types.size))
    }
    var sum = coefficient(order)
    for k in stride(from: order - 1, through: 1, by: -1) {
      sum = arithmetic.builder.add(arithmetic.builder.mul(sum, theta), coefficient(k))
    }
    let y = arithmetic.builder.add(p[2], arithmetic.builder.mul(sum, theta))
    return try arithmetic.builder.finish([y])
  }
}
