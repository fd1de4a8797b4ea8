package import NodalIR
import NodalOperations

/// Makes the regions of a method's steps for a right-hand side.
package enum StepBuilder {
  /// The regions that the stepping engine runs. Throws only for regions that break the rules of the
  /// IR.
  package static func regions(
    _ method: Method, _ problem: StepProblem
  ) throws(IRError) -> StepRegions {
    switch method.family {
    case .rungeKutta(let tableau):
      return try RungeKuttaSteps(tableau: tableau, problem: problem).regions()
    case .leapfrog:
      return try LeapfrogSteps(problem: problem).regions()
    case .taylor(let order):
      return try TaylorSteps(order: order, problem: problem).regions()
    }
  }

  /// Type of the dense record of one trajectory. It depends on the state's alone.
  package static func record(
    _ method: Method, _ problem: StepProblem
  ) throws(IRError) -> ValueType {
    let types = try problem.types()
    switch method.family {
    case .rungeKutta(let tableau):
      return types.ownRecord(stages: tableau.dense.stages.count)
    case .leapfrog: return types.ownRecord(stages: 2)
    case .taylor(let order): return types.ownRecord(stages: order)
    }
  }

  /// Refuses a right-hand side that a method can't take, if that can be told by its form alone.
  package static func check(_ method: Method, rhs: Region) throws(IRError) {
    if method.needsSeries { _ = try SeriesExpansion(rhs) }
  }

  /// The regions that find the first step's size.
  package static func initialStep(_ problem: StepProblem) throws(IRError) -> InitialStepRegions {
    try InitialStepRegions(problem)
  }

  /// (t, h, y, memory…, p…) → |hλ| (f64), to be compared with the threshold of the method's
  /// `stiffness`; nil for methods that cannot tell. It evaluates the step again: run it on a few
  /// steps, not on all.
  package static func stiffness(
    _ method: Method, _ problem: StepProblem
  ) throws(IRError) -> Region? {
    switch method.family {
    case .rungeKutta(let tableau):
      return try RungeKuttaSteps(tableau: tableau, problem: problem).stiffness()
    case .leapfrog, .taylor:
      return nil
    }
  }
}

/// The norms that `InitialStep` asks for.
package struct InitialStepRegions: Sendable {
  /// (t, y, p…) → (f, ‖y‖, ‖f‖): the derivative, and root mean squares in units of the tolerance
  /// (f64).
  package var norms: Region
  /// (t, h, y, f, p…) → ‖f(t + h, y + h f) - f‖.
  package var change: Region

  init(_ problem: StepProblem) throws(IRError) {
    let types = try problem.types()

    var first = StepArithmetic(
      types, parameters: [types.clock, types.state] + types.parameters)
    var p = first.builder.parameters
    let f = first.builder.inline(problem.rhs, p)[0]
    var scale = first.scale(problem, p[1], nil)
    let state = first.meanSquare(problem, p[1], scale: scale)
    let slope = first.meanSquare(problem, f, scale: scale)
    let stateNorm = first.builder.sqrt(state)
    let slopeNorm = first.builder.sqrt(slope)
    norms = try first.builder.finish([f, stateNorm, slopeNorm])

    var second = StepArithmetic(
      types, parameters: [types.clock, types.clock, types.state, types.state] + types.parameters)
    p = second.builder.parameters
    let h = second.spread(p[1])
    let there = second.advance(p[2], h, p[3])
    let time = second.time(p[0], 1, p[1])
    let g = second.builder.inline(problem.rhs, [time, there] + p[4...])[0]
    scale = second.scale(problem, p[2], nil)
    let difference = second.builder.sub(g, p[3])
    let square = second.meanSquare(problem, difference, scale: scale)
    let norm = second.builder.sqrt(square)
    change = try second.builder.finish([norm])
  }
}
