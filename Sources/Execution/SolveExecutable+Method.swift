package import NodalIR
import NodalMethods

extension SolveExecutable {
  /// By the method that the settings name, or by two in turns.
  static func make(
    _ solve: Solve, _ operands: [ValueType], _ origin: Origin?, _ executor: any Executor
  ) throws -> any Executable {
    if let both = try HandoverExecutable(solve, operands, origin, executor) { return both }
    return try SolveExecutable(solve, operands, origin, executor)
  }

  /// Over the regions that the method named in the settings makes of the right-hand side.
  package init(
    _ solve: Solve, _ operands: [ValueType], _ origin: Origin?, _ executor: any Executor
  ) throws {
    guard let method = Method.serving(solve.settings) else {
      throw IRError("no method is named \(solve.settings.method)")
    }
    let problem = StepProblem(solve)
    try self.init(
      solve, regions: try StepBuilder.regions(method, problem),
      controller: method.controller(named: solve.settings.controller), order: method.order,
      stiffness: { try StiffnessWatch(method, problem, $0) },
      stabilityLimit: method.stabilityLimit, operands: operands, origin: origin, executor)
  }
}

/// The method's indicator of stiffness, compiled; nil where the method has none or steps are given.
struct StiffnessWatch: Sendable {
  /// (t, h, y, memory…, p…) → |hλ|. It costs a step.
  let estimate: any Executable
  let threshold: Double

  init?(_ method: Method, _ problem: StepProblem, _ executor: any Executor) throws {
    guard let indicator = method.stiffness,
      let region = try StepBuilder.stiffness(method, problem)
    else { return nil }
    estimate = try executor.compile(region)
    threshold = indicator.threshold
  }
}
