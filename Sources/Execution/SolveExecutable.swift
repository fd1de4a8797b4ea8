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
  /// Both are the same.
  let hasOneStep: Bool
  /// Also `step` gives a record.
  let stepHasRecord: Bool
  let dense: any Executable
  let rhs: any Executable
  /// What the first steps' sizes come from, see `StepBuilder.initialStep`; nil where they are given.
  let initialStep: (any Executable)?
  /// nil where a method remembers nothing, or what `initialStep` finds.
  let start: (any Executable)?
  /// What the method remembers at the start is the right-hand side there.
  let startsWithSlope: Bool
  let terms: (any Executable)?
  /// nil where nothing happens on the way.
  let events: EventWatch?
  /// nil where nothing earlier is read.
  let past: PastExecutables?
  let stiffness: StiffnessWatch?
  /// Tells how far companions have come off the state; nil where there are none.
  let companionGap: (any Executable)?
  /// Takes steps without the engine, where the executor can make one and nothing in the solve needs the engine at each
  /// step.
  let loops: LoopFamily<any StepLoop>?
  /// The greatest |hλ| that a given step may have where the equation damps.
  let stabilityLimit: Double

  /// Over regions that somebody else built.
  init(
    _ solve: Solve, regions: StepRegions, controller: StepController?, order: Int,
    stiffness: ((any Executor) throws -> StiffnessWatch?)? = nil, stabilityLimit: Double = 2,
    operands: [ValueType],
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
    // The engine copies records into the trace by the type that the solve states.
    if solve.trace != nil, solve.record != regions.record {
      throw IRError(
        "\(solve.settings.method) records \(regions.record), and the trace says \(String(describing: solve.record))"
      )
    }
    self.solve = solve
    self.regions = regions
    self.controller = controller
    self.order = order
    self.origin = origin
    self.stabilityLimit = stabilityLimit
    parameterTypes = operands
    resultTypes = try Form.solve(solve).resultTypes(operands)
    loops = try Self.loops(solve, regions, controller, operands, executor)
    // Beside a loop these run at the ends of a trajectory, and where one fails. But the beginning counts where trajectories are
    // short, as those are that an adjoint equation is solved in.
    let compiler = loops == nil ? executor : executor.forRareUse
    let steps = Self.steps(solve, regions, saves: operands[Solve.Operand.saveTimes])
    let made = try compiler.compile([regions.dense] + steps)
    (dense, step, stepWithRecord) = (made[0], made[1], made[steps.count])
    hasOneStep = steps.count == 1
    stepHasRecord = steps[0] == regions.stepWithRecord
    terms = try regions.terms.map { terms in
      try (regions.termsInStep ? compiler.forRareUse : compiler).compile(terms)
    }
    // Methods begin anew after an event or a jump of an input, with the slope there.
    let beginsAnew = !solve.events.isEmpty || solve.corners?.jumps.isEmpty == false
    if case .adaptive = solve.settings.stepping, solve.settings.firstStep == nil {
      initialStep = try executor.compile(StepBuilder.initialStep(StepProblem(solve)))
      rhs = try (beginsAnew ? executor : executor.forRareUse).compile(solve.rhs)
    } else {
      initialStep = nil
      rhs = try (beginsAnew ? executor : compiler).compile(solve.rhs)
    }
    companionGap = try regions.symmetric?.gap.map { try executor.forRareUse.compile($0) }
    events = try EventWatch(solve, executor)
    past = try PastExecutables(solve, regions, executor)
    // What a method remembers at the start is, as a rule, the right-hand side there.
    startsWithSlope = regions.start == solve.rhs
    start =
      startsWithSlope
      ? (initialStep == nil ? rhs : nil) : try regions.start.map { try executor.compile($0) }
    if let stiffness, case .adaptive = solve.settings.stepping {
      self.stiffness = try stiffness(executor.forRareUse)
    } else {
      self.stiffness = nil
    }
  }

  /// The step regions in use, one or two: that without a record where nothing lies inside of steps, that with one where each
  /// step is recorded, or a record costs no evaluation.
  private static func steps(
    _ solve: Solve, _ regions: StepRegions, saves: ValueType
  ) -> [Region] {
    let hasSaves = saves.extents.last != .fixed(0)
    let isFree = regions.evaluations.record == regions.evaluations.step
    let watches = solve.events.contains(where: \.isCrossing)
    if solve.trace != nil || solve.delays != nil || watches || (hasSaves && isFree) {
      return [regions.stepWithRecord]
    }
    return hasSaves ? [regions.step, regions.stepWithRecord] : [regions.step]
  }

  private static func loops(
    _ solve: Solve, _ regions: StepRegions, _ controller: StepController?,
    _ operands: [ValueType], _ executor: any Executor
  ) throws -> LoopFamily<any StepLoop>? {
    // Steps that all trajectories share are the engine's, integrals that need a region of their own, events that have to be looked for, and delays.
    guard regions.terms == nil || regions.termsInStep, !solve.sharesClock,
      !solve.events.contains(where: \.isCrossing), solve.delays == nil
    else { return nil }
    let pace: StepLoopProblem.Pace
    switch solve.settings.stepping {
    case .adaptive:
      guard let controller else { return nil }
      pace = .adaptive(controller)
    case .step, .count:
      pace = .given(
        budget: solve.settings.budget, growth: SteppingEngine.suspiciousGrowth,
        largest: SteppingEngine.largest(operands[Solve.Operand.initial].element))
    }
    let initial = Solve.Operand.initial
    let state =
      solve.trajectories != nil && solve.batched[initial]
      ? operands[initial].droppingFirst() : operands[initial]
    return try executor.compileLoops(
      StepLoopProblem(
        regions: regions, pace: pace, state: state,
        trajectories: solve.trajectories, hasTrace: solve.trace != nil,
        hasSaves: operands[Solve.Operand.saveTimes].extents.last != .fixed(0),
        parameterCount: operands.count - Solve.Operand.parameters,
        corners: solve.corners.map { _ in CornerPace(regions, controller) }))
  }

  package func makeWorkspace(_ context: RunContext) -> any Workspace {
    SteppingEngine(self, context)
  }

  func isBatched(_ operand: Int) -> Bool { solve.trajectories != nil && solve.batched[operand] }

  /// The place of the dense record among the results of a step that has one.
  var recordResult: Int { regions.recordResult(memories: memories) }

  /// Values that a method carries from step to step.
  var memories: Int {
    regions.step.parameterCount - 3 - (parameterTypes.count - Solve.Operand.parameters)
  }
}
