package import NodalIR
import NodalMethods

/// A solve, compiled: the method's regions and the rules of step control. The stepping engine is
/// its workspace.
package struct SolveExecutable: Executable {
  package let solve: Solve
  package let parameterTypes: [ValueType]
  package let resultTypes: [ValueType]
  let origin: Origin?
  let regions: StepRegions
  /// nil where the steps are given.
  let controller: StepController?
  /// Of the method, for the first step.
  let order: Int
  let step: any Executable
  let stepWithRecord: any Executable
  let dense: any Executable
  let rhs: any Executable
  let start: (any Executable)?
  let terms: (any Executable)?
  let stiffness: StiffnessWatch?
  /// The greatest |hλ| that a given step may have where the equation damps.
  let stabilityLimit: Double

  /// Over regions that somebody else built.
  init(
    _ solve: Solve, regions: StepRegions, controller: StepController?, order: Int,
    stiffness: StiffnessWatch? = nil, stabilityLimit: Double = 2, operands: [ValueType],
    origin: Origin?,
    _ executor: any Executor
  ) throws {
    guard solve.trajectories == nil || solve.isLowered else {
      throw IRError("a solve over trajectories that isn't lowered reached an executor")
    }
    if case .adaptive = solve.settings.stepping {
      guard controller != nil, regions.hasError else {
        throw IRError("\(solve.settings.method) has no error estimate for adaptive steps")
      }
    }
    self.solve = solve
    self.regions = regions
    self.controller = controller
    self.order = order
    self.origin = origin
    self.stabilityLimit = stabilityLimit
    if case .adaptive = solve.settings.stepping {
      self.stiffness = stiffness
    } else {
      self.stiffness = nil
    }
    parameterTypes = operands
    resultTypes = try Form.solve(solve).resultTypes(operands)
    step = try executor.compile(regions.step)
    stepWithRecord = try executor.compile(regions.stepWithRecord)
    dense = try executor.compile(regions.dense)
    rhs = try executor.compile(solve.rhs)
    start = try regions.start.map { try executor.compile($0) }
    terms = try regions.terms.map { try executor.compile($0) }
  }

  package func makeWorkspace(_ context: RunContext) -> any Workspace {
    SteppingEngine(self, context)
  }

  func isBatched(_ operand: Int) -> Bool { solve.trajectories != nil && solve.batched[operand] }

  /// Values that a method carries from step to step.
  var memories: Int {
    regions.step.parameterCount - 3 - (parameterTypes.count - Solve.Operand.parameters)
  }
}
