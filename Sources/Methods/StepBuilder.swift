package import NodalIR
import NodalOperations

/// Makes the regions of a method's steps for a right-hand side.
package enum StepBuilder {
  /// The regions that the stepping engine runs. Throws only for regions that break the rules of the
  /// IR.
  package static func regions(
    _ method: Method, _ problem: StepProblem
  ) throws(IRError) -> StepRegions {
    var regions = try plainRegions(method, problem)
    if problem.phase != nil {
      regions.step = try inItsPhase(regions.step, problem)
      regions.stepWithRecord = try inItsPhase(regions.stepWithRecord, problem)
      regions.memoryless = try regions.memoryless.map { (region) throws(IRError) in
        try inItsPhase(region, problem)
      }
      if let gap = regions.symmetric?.gap {
        regions.symmetric?.gap = try inItsPhase(gap, problem)
      }
      regions.terms = try regions.terms.map { (region) throws(IRError) in
        try inItsPhase(region, problem)
      }
    }
    return regions
  }

  /// A region of a step, (t, h, …, p…), whose right-hand side is that of the step's middle throughout, see `Corners`.
  private static func inItsPhase(
    _ region: Region, _ problem: StepProblem
  ) throws(IRError) -> Region {
    guard let phase = problem.phase else { return region }
    var builder = RegionBuilder(parameters: region.parameterTypes)
    var given = builder.parameters
    let place = given.count - (problem.rhs.parameterCount - 2) + phase
    given[place] = builder.add(given[0], builder.mul(given[1], 0.5))
    let results = builder.inline(region, given)
    return try builder.finish(results)
  }

  /// Those of a right-hand side that is in the phase it is given.
  private static func plainRegions(
    _ method: Method, _ problem: StepProblem
  ) throws(IRError) -> StepRegions {
    switch method.family {
    case .rungeKutta(let tableau):
      return try RungeKuttaSteps(tableau: tableau, problem: problem).regions()
    case .rosenbrock(let tableau):
      return try RosenbrockSteps(tableau: tableau, problem: problem).regions()
    case .diagonallyImplicit(let tableau):
      return try DiagonallyImplicitSteps(tableau: tableau, problem: problem).regions()
    case .radau:
      return try RadauSteps(problem: problem).regions()
    case .bdf:
      return try BDFSteps(problem: problem).regions()
    case .leapfrog(let composition):
      return try LeapfrogSteps(composition: composition, problem: problem).regions()
    case .reversible(let scheme):
      return try ReversibleSteps(scheme: scheme, problem: problem).regions()
    case .taylor(let order):
      return try TaylorSteps(order: order, problem: problem).regions()
    case .stochastic(let scheme):
      return try StochasticSteps(scheme: scheme, problem: problem).regions()
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
    case .rosenbrock(let tableau): return types.ownRecord(stages: tableau.dense.count)
    case .bdf: return types.ownRecord(stages: BDFCoefficients.highest)
    case .leapfrog, .reversible: return HermiteRecord(types: types).type
    case .diagonallyImplicit(let tableau): return types.ownRecord(stages: tableau.dense.count)
    case .radau: return RadauSteps.record(types).type
    case .taylor(let order): return types.ownRecord(stages: order)
    case .stochastic: return types.ownRecord(stages: 1)
    }
  }

  /// Refuses a right-hand side that a method can't take, if that can be told by its form alone.
  package static func check(_ method: Method, rhs: Region) throws(IRError) {
    if method.needsSeries { _ = try SeriesExpansion(rhs) }
  }

  /// (t, h, y, f, p…) → (g, ‖y‖, ‖g‖, ‖g - f‖) with g = f(t + h, y + h f): what `InitialStep` asks for. The norms are root mean
  /// squares in units of the tolerance at y, f64. It serves both looks at the right-hand side: the first, at the start itself,
  /// is with steps and slopes of zero. In the phase that it is given: that of the step that begins at t.
  package static func initialStep(_ problem: StepProblem) throws(IRError) -> Region {
    let types = try problem.types()
    var arithmetic = StepArithmetic(
      types, parameters: [types.clock, types.clock, types.state, types.state] + types.parameters)
    let p = arithmetic.builder.parameters
    let (t, h, y, f) = (p[0], p[1], p[2], p[3])
    let there = arithmetic.advance(y, arithmetic.spread(h), f)
    let time = arithmetic.time(t, 1, h)
    let g = arithmetic.builder.inline(problem.rhs, [time, there] + p[4...])[0]
    let scale = arithmetic.scale(problem, y, nil)
    let difference = arithmetic.builder.sub(g, f)
    let norms = [y, g, difference].map { x in
      let square = arithmetic.meanSquare(problem, x, scale: scale)
      return arithmetic.builder.sqrt(square)
    }
    return try arithmetic.builder.finish([g] + norms)
  }

  /// (t, h, y, memory…, p…) → |hλ| (f64), to be compared with the threshold of the method's
  /// `stiffness`; nil for methods that cannot tell. It evaluates the step again: run it on a few
  /// steps, not on all.
  package static func stiffness(
    _ method: Method, _ problem: StepProblem
  ) throws(IRError) -> Region? {
    switch method.family {
    case .rungeKutta(let tableau):
      let region = try RungeKuttaSteps(tableau: tableau, problem: problem).stiffness()
      return try region.map { (region) throws(IRError) in try inItsPhase(region, problem) }
    case .rosenbrock, .diagonallyImplicit, .radau, .bdf, .leapfrog, .reversible, .taylor,
      .stochastic:
      return nil
    }
  }
}
