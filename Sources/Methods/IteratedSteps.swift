import NodalIR
import NodalOperations

/// What steps have in common whose stages have equations of their own, which some simplified Newton steps solve: a value that goes from step to step,
/// a polynomial between the ends, an error that is above 1 where the stages were not found, and integrals beside the state on the dense output.
protocol IteratedSteps {
  var problem: StepProblem { get }
  var types: StepProblem.Types { get }
  var past: StepPast? { get }
  var polynomial: PolynomialRecord { get }
  /// For integrals beside the state.
  var rule: GaussLegendre { get }
  /// Type of what is remembered.
  var memory: ValueType { get }
  /// (t, y, p…) → what the first step starts from.
  var start: Region { get throws(IRError) }
  /// Evaluations of the right-hand side in a step, and in `start`.
  var evaluations: (step: Int, start: Int) { get }

  func make(
    _ a: inout StepArithmetic, t: Value, h: Value, y: Value, memory: Value, _ shared: [Value]
  ) throws(IRError) -> IteratedStep
}

/// What a step leaves.
struct IteratedStep {
  var end: Value
  var memory: Value
  /// Of the polynomial.
  var record: Value
  /// Its square, in units of the tolerance; nil where nobody asks.
  var error: Value?
}

extension IteratedSteps {
  var hasError: Bool { problem.wantsError }

  func regions() throws(IRError) -> StepRegions {
    var regions = StepRegions(
      step: try step(record: false), stepWithRecord: try step(record: true), memoryless: nil,
      dense: try polynomial.dense(), start: try start, terms: try terms(),
      record: polynomial.type, hasError: hasError, termsInStep: problem.quadrature != nil,
      evaluations: (step: evaluations.step, record: evaluations.step, start: evaluations.start))
    regions.pastNodes = past?.nodes ?? []
    if problem.delays?.hasRates == true { regions.denseRate = try polynomial.dense(isRate: true) }
    return regions
  }

  /// The parameters p… of a step's regions.
  private var parameters: [ValueType] { past?.types(types) ?? types.parameters }

  private func step(record: Bool) throws(IRError) -> Region {
    var a = StepArithmetic(
      types, parameters: [types.clock, types.clock, types.state, memory] + parameters)
    let p = a.builder.parameters
    let shared = Array(p[4...])
    let step = try make(&a, t: p[0], h: p[1], y: p[2], memory: p[3], shared)
    var results = [step.end, step.memory] + [step.error].compactMap { $0 }
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

  private func terms(
    _ a: inout StepArithmetic, _ step: IteratedStep, t: Value, h: Value, y: Value, length: Value,
    _ shared: [Value]
  ) -> [Value] {
    guard let quadrature = problem.quadrature else { return [] }
    let states = rule.points.map { point in
      polynomial.state(&a, a.builder.constant(point, types.clock), h, y, step.record)
    }
    return a.integral(quadrature, rule, states, t: t, h: h, length: length, shared, past)
  }

  /// Where stages were not found, the error is at least so large that the step is taken again with one that is much shorter.
  func error(
    _ square: Value, where isFound: Value, _ a: inout StepArithmetic
  ) -> Value {
    let far = a.builder.constant(16, types.scalar)
    return a.builder.select(isFound, square, a.builder.max(square, far))
  }
}
