import NodalIR
import NodalMethods

/// The one loop that follows trajectories through time. It runs a method's regions and knows no
/// method.
///
/// Trajectories that are under way fill slots 0 ..< `slots`, which are the lanes of the regions.
/// Each has its own time and step size. One that has finished idles, with steps of length zero,
/// until at least half of the slots do; then the others are moved together. What is computed in a
/// slot depends on no other slot, so neither moving nor company changes a bit.
final class SteppingEngine: Workspace {
  let program: SolveExecutable
  let context: RunContext
  let turn: Turn
  let step: any Workspace
  let stepWithRecord: any Workspace
  let dense: any Workspace
  let rhs: any Workspace
  let initialStep: (any Workspace)?
  let start: (any Workspace)?
  /// Of the solve's events.
  let roots: (any Workspace)?
  let jumps: [any Workspace]
  let hop: (any Workspace)?
  let past: Past?
  let terms: (any Workspace)?
  let stiffness: (any Workspace)?
  let companionGap: (any Workspace)?
  let store: ResultStore
  @exclusivity(unchecked) var extents = ExtentValues()
  var results: UnsafePointer<UnsafeRawPointer> { store.pointers.pointer }
  var byteCount: Int {
    let steps = program.hasOneStep ? [step] : [step, stepWithRecord]
    let regions =
      steps + jumps + [dense, rhs]
      + [initialStep, start, terms, stiffness, companionGap, roots, hop].compactMap { $0 }
    return store.byteCount + memory.byteCount + parameters.byteCount + scratch.byteCount
      + [
        times, sizes, state, mask, commonTimes, commonCorners, phases, sizesReached, occurrences,
        rootValues, departureTimes, departureStates,
      ].byteCount
      + log.byteCount
      + loopMemories.reduce(0) { $0 + $1.byteCount } + (past?.byteCount ?? 0)
      + regions.reduce(0) { $0 + $1.byteCount }
  }

  // Inputs of the run.
  @exclusivity(unchecked) var inputs = PointerTable(count: 0).pointer
  @exclusivity(unchecked) var saveCount = 0
  /// The results have room for so many lanes; nil where that doesn't tell their lengths.
  @exclusivity(unchecked) var preparedLanes: Int?

  // One for each trajectory.
  @exclusivity(unchecked) var trajectories: [Trajectory] = []
  @exclusivity(unchecked) var failure: SolveFailure?
  /// Those that have left for the other method, and where they were.
  @exclusivity(unchecked) var departed: [Int] = []
  let departureTimes = Buffer()
  let departureStates = Buffer()

  // One for each slot.
  @exclusivity(unchecked) var lanes: [Int] = []
  @exclusivity(unchecked) var isDone: [Bool] = []
  @exclusivity(unchecked) var isAccepted: [Bool] = []
  let times = Buffer()
  let sizes = Buffer()
  let state = Buffer()
  let memory: [Buffer]
  let parameters: [Buffer]

  // Scratch.
  let stepInputs: PointerTable
  let pointInputs: PointerTable
  /// Of one slot without the others.
  let aloneInputs: PointerTable
  let beginInputs: PointerTable
  let termInputs: PointerTable
  let jumpInputs: PointerTable
  let hopInputs: PointerTable
  let occurrences = Buffer()
  let rootValues = Buffer()
  let denseInputs = PointerTable(count: 5)
  let mask = Buffer()
  /// Of a shared clock: start, end, and the save times.
  let commonTimes = Buffer()
  let scratch = (0..<5).map { _ in Buffer() }
  @exclusivity(unchecked) var log = StepLog()
  @exclusivity(unchecked) var jointHistory = StepHistory()
  @exclusivity(unchecked) var rounds = 0
  /// What is shared with compiled loops, one for each width.
  @exclusivity(unchecked) var loopMemories: [LoopMemory] = []
  /// The last look for stiffness found some: look at every step.
  @exclusivity(unchecked) var isSuspicious = false
  /// Where the right-hand side of this run is not smooth.
  @exclusivity(unchecked) var corners: [CornerTimes] = []
  let commonCorners = Buffer()
  let phases = Buffer()
  /// Given steps only: sizes that the components of each trajectory's state are known to have for good reason.
  let sizesReached = Buffer()

  /// - Parameter store: Where the results go, if others write there too.
  init(
    _ program: SolveExecutable, _ context: RunContext, _ turn: Turn = .whole,
    store: ResultStore? = nil
  ) {
    self.program = program
    self.context = context
    self.turn = turn
    step = program.step.makeWorkspace(context)
    stepWithRecord = program.hasOneStep ? step : program.stepWithRecord.makeWorkspace(context)
    dense = program.dense.makeWorkspace(context)
    rhs = program.rhs.makeWorkspace(context)
    initialStep = program.initialStep?.makeWorkspace(context)
    start = program.start?.makeWorkspace(context)
    roots = program.events?.roots?.makeWorkspace(context)
    jumps = (program.events?.jumps ?? []).map { $0.makeWorkspace(context) }
    hop = program.events?.hop?.makeWorkspace(context)
    terms = program.terms?.makeWorkspace(context)
    stiffness = program.stiffness?.estimate.makeWorkspace(context)
    companionGap = program.companionGap?.makeWorkspace(context)
    self.store = store ?? ResultStore(program.resultTypes)
    solve = program.solve
    if case .adaptive(let rtol, let atol) = solve.settings.stepping {
      adaptive = (rtol, atol)
      isAdaptive = true
    } else {
      adaptive = nil
      isAdaptive = false
    }
    stopsAtSaves = solve.settings.endsAtSaves || solve.noise != nil
    isJoint = solve.sharesClock
    hasTrajectories = solve.trajectories != nil
    hasTrace = solve.trace != nil
    keepsSteps = hasTrace || solve.delays != nil
    cornerPace =
      solve.corners != nil || solve.delays != nil
      ? CornerPace(program.regions, program.controller) : nil
    traceResult = solve.traceResult
    batched = program.parameterTypes.indices.map { program.isBatched($0) }
    expectedCount =
      solve.expected.map { operand in
        let type = program.parameterTypes[operand]
        return (program.isBatched(operand) ? type.droppingFirst() : type).count(ExtentValues())
      } ?? 0
    let type = program.parameterTypes[Solve.Operand.initial]
    stateType = program.isBatched(Solve.Operand.initial) ? type.droppingFirst() : type
    dimension = stateType.count(ExtentValues())
    stateBytes = dimension * stateType.element.byteCount
    memoryTypes = (0..<max(0, program.memories)).map { program.regions.step.types[3 + $0] }
    let parameterCount = program.parameterTypes.count - Solve.Operand.parameters
    past = program.past.map { Past($0, parameters: parameterCount, context) }
    memory = (0..<max(0, program.memories)).map { _ in Buffer() }
    parameters = (0..<parameterCount).map { _ in Buffer() }
    stepInputs = PointerTable(count: 3 + memory.count + parameterCount)
    aloneInputs = PointerTable(count: 3 + memory.count + parameterCount)
    ownsIntegral = (program.regions.terms?.resultTypes ?? []).map {
      program.solve.trajectories != nil && $0.isBatched
    }
    traceCount = program.parameterTypes.flatMap(\.extents).reduce(0) { most, extent in
      if case .steps(let trace) = extent { max(most, trace + 1) } else { most }
    }
    pointInputs = PointerTable(count: 2 + parameterCount)
    beginInputs = PointerTable(count: 4 + parameterCount)
    termInputs = PointerTable(count: 4 + memory.count + parameterCount)
    jumpInputs = PointerTable(count: 3 + parameterCount)
    hopInputs = PointerTable(count: 3 + parameterCount)
  }

  // MARK: Sizes

  // Looked at for every slot of every step: kept, not computed.
  let solve: Solve
  let isAdaptive: Bool
  /// Saved times are ends of steps.
  let stopsAtSaves: Bool
  /// All slots have the same time and step size; the regions read those of the first.
  let isJoint: Bool
  let hasTrajectories: Bool
  let hasTrace: Bool
  /// Accepted steps are logged: there is a trace, or later steps read them.
  let keepsSteps: Bool
  /// Steps end at times where something isn't smooth.
  var hasCorners: Bool { cornerPace != nil }
  let cornerPace: CornerPace?
  let traceResult: Int
  /// By operand: each trajectory has its own.
  let batched: [Bool]
  /// Components of the end state that `solve.expected` tells.
  let expectedCount: Int
  let adaptive: (rtol: Double, atol: [Double])?
  /// Type of the state of one trajectory.
  let stateType: ValueType
  let dimension: Int
  let stateBytes: Int
  let memoryTypes: [ValueType]
  /// Each trajectory has its own integral.
  let ownsIntegral: [Bool]
  /// One more than the highest trace among the operands.
  let traceCount: Int

  var slots: Int { lanes.count }

  /// Bytes of one slot of a value of the step regions.
  func rowBytes(_ type: ValueType) -> Int {
    hasTrajectories && type.isBatched
      ? LaneRows.bytes(type, extents) : LaneRows.bytes(all: type, extents)
  }

  /// The lengths that regions run with.
  func inner(lanes: Int) -> ExtentValues {
    solve.trajectories == nil
      ? extents : ExtentValues(lanes: lanes, steps: extents.steps)
  }

  func memoryType(_ i: Int) -> ValueType { memoryTypes[i] }

  // MARK: The loop

  func run(
    _ inputs: UnsafePointer<UnsafeRawPointer>, _ extents: ExtentValues
  ) throws(ExecutionError) {
    try begin(inputs, extents)
    try follow()
    try end()
  }

  /// Follows the trajectories under way until all have ended, or left.
  func follow() throws(ExecutionError) {
    let miss = context.miss
    defer { context.miss = miss }
    let loop =
      isDone.contains(false) ? program.loops?.loop(trajectories: trajectories.count) : nil
    if let loop { try run(loop) }
    while isDone.contains(false), let active = nextSteps() {
      if let cancel = context.cancel, cancel.isSet { throw .cancelled }
      guard active else { continue }
      try advance()
      // Given steps that the engine wanted to see go on where they were.
      if !isAdaptive, let loop, isDone.contains(false) { try run(loop) }
    }
  }

  func end() throws(ExecutionError) {
    finish()
    if let failure, !context.keepsFailures, !solve.isTrial { throw .solve(failure) }
  }

  /// Chooses the next step of every slot. nil when all trajectories have ended; false when some
  /// ended here, so that there may be nothing to do.
  private func nextSteps() -> Bool? {
    compact()
    guard slots > 0 else { return nil }
    let t = times.typed(Double.self)
    let h = sizes.typed(Double.self)
    var any = false
    for slot in 0..<slots {
      h[slot] = 0
      guard !isDone[slot] else { continue }
      let i = lanes[slot]
      let spent = trajectories[i].tries
      guard spent < budget else {
        fail(slot, .stepBudget, h: signedProposal(i))
        continue
      }
      if let landing = trajectories[i].events?.landing {
        h[slot] = landing.time - t[slot]
        trajectories[i].target = landing.time
        trajectories[i].lands = landing.time == trajectories[i].end
      } else if isAdaptive {
        let goal = nextStop(
          i, from: t[slot], before: trajectories[i].events?.nextTime ?? trajectories[i].end)
        let remaining = goal - t[slot]
        let longest = trajectories[i].delays?.longestStep ?? .infinity
        let proposal = min(trajectories[i].proposal, longest)
        // A last step a little longer than asked for saves one that is much shorter.
        if proposal * 1.01 >= abs(remaining), abs(remaining) <= longest * (1 + 1e-9) {
          h[slot] = remaining
          trajectories[i].target = goal
          trajectories[i].lands = goal == trajectories[i].end
        } else {
          h[slot] = proposal * trajectories[i].direction
          trajectories[i].target = t[slot] + h[slot]
          trajectories[i].lands = false
          if StepController.isTooSmall(h[slot], at: t[slot]) {
            fail(slot, .stepTooSmall, h: h[slot])
            h[slot] = 0
            continue
          }
        }
      } else {
        if trajectories[i].gap.isDone { trajectories[i].gap = nextGap(i, from: t[slot]) }
        h[slot] = trajectories[i].gap.h
        trajectories[i].target = trajectories[i].gap.next
        trajectories[i].lands = trajectories[i].target == trajectories[i].end
      }
      any = true
    }
    return any
  }

  private func signedProposal(_ i: Int) -> Double {
    isAdaptive
      ? trajectories[i].proposal * trajectories[i].direction : trajectories[i].gap.h
  }

  /// The number of steps that a trajectory may try. Who asks for a number of steps gets them.
  var budget: Int { solve.settings.budget }

  /// Given steps: to the next save time or corner, or to the end.
  func nextGap(_ i: Int, from t: Double) -> StepGap {
    let end = nextCorner(
      i, from: t, before: trajectories[i].events?.nextTime ?? trajectories[i].end)
    let longest = trajectories[i].longest
    if case .count(let count) = solve.settings.stepping, longest == .infinity {
      return StepGap(from: t, to: end, count: count)
    }
    var target = end
    if stopsAtSaves {
      let saves = saveTimes(i)
      for k in trajectories[i].nextSave..<max(saveCount, trajectories[i].nextSave) {
        guard (saves[k] - t) * trajectories[i].direction > 0 else { continue }
        if (end - saves[k]) * trajectories[i].direction > 0 { target = saves[k] }
        break
      }
    }
    return StepGap(from: t, to: target, longest: longest, limit: budget)
  }

  /// How long given steps may be. A number of steps is that of the whole span, but that events and corners cut steps, and what is left is cut
  /// anew, and that some have nothing to read inside of steps.
  func longestStep(_ i: Int, span: Double) -> Double {
    switch solve.settings.stepping {
    case .adaptive: return .infinity
    case .step(let longest): return longest
    case .count(let count):
      if let operand = solve.countedSpan {
        let whole = inputs[operand].load(
          fromByteOffset: batched[operand] ? 8 * i : 0, as: Double.self)
        return whole / Double(count)
      }
      return solve.events.isEmpty && !stopsAtSaves && !hasCorners
        ? .infinity : span / Double(count)
    }
  }

  /// The next time that steps end at before the end: a save time where they end at those, or a corner.
  func nextStop(_ i: Int, from time: Double, before end: Double) -> Double {
    let end = nextCorner(i, from: time, before: end)
    let k = trajectories[i].nextSave
    guard stopsAtSaves, k < saveCount else { return end }
    let save = saveTimes(i)[k]
    return (end - save) * trajectories[i].direction > 0 ? save : end
  }

  func saveTimes(_ i: Int) -> UnsafePointer<Double> {
    if isJoint {
      return UnsafePointer(commonTimes.typed(Double.self) + Solve.Operand.saveTimes)
    }
    let base = inputs[Solve.Operand.saveTimes].assumingMemoryBound(to: Double.self)
    return batched[Solve.Operand.saveTimes] ? base + i * saveCount : base
  }

  /// A time of trajectory i, counted as the program does.
  func told(_ time: Double, _ i: Int) -> Double {
    solve.clockStarts.reduce(time) { sum, operand in
      sum + inputs[operand].load(fromByteOffset: batched[operand] ? 8 * i : 0, as: Double.self)
    }
  }

  // MARK: Slots

  /// Moves the trajectories under way together, when at most half of the slots are in use.
  private func compact() {
    let active = isDone.count { !$0 }
    if active == 0 {
      lanes.removeAll(keepingCapacity: true)
      isDone.removeAll(keepingCapacity: true)
      isAccepted.removeAll(keepingCapacity: true)
      return
    }
    guard hasTrajectories, active * 2 <= slots else { return }
    var kept: [Int] = []
    for slot in 0..<slots where !isDone[slot] { kept.append(slot) }
    // Rows only move down, in order: none is overwritten before it is moved.
    LaneRows.gather(kept, times.pointer, times.pointer, 8)
    LaneRows.gather(kept, state.pointer, state.pointer, stateBytes)
    for (i, buffer) in memory.enumerated() {
      LaneRows.gather(kept, buffer.pointer, buffer.pointer, rowBytes(memoryType(i)))
    }
    lanes = kept.map { lanes[$0] }
    isDone = kept.map { _ in false }
    isAccepted = kept.map { _ in false }
    bindInputs()
  }

  /// Points the regions' inputs to the slots.
  func bindInputs() {
    stepInputs[0] = UnsafeRawPointer(times.pointer)
    stepInputs[1] = UnsafeRawPointer(sizes.pointer)
    stepInputs[2] = UnsafeRawPointer(state.pointer)
    for (i, buffer) in memory.enumerated() {
      stepInputs[3 + i] = UnsafeRawPointer(buffer.pointer)
      termInputs[4 + i] = UnsafeRawPointer(buffer.pointer)
    }
    pointInputs[0] = UnsafeRawPointer(times.pointer)
    pointInputs[1] = UnsafeRawPointer(state.pointer)
    beginInputs[0] = UnsafeRawPointer(times.pointer)
    beginInputs[2] = UnsafeRawPointer(state.pointer)
    jumpInputs[0] = UnsafeRawPointer(times.pointer)
    jumpInputs[1] = UnsafeRawPointer(state.pointer)
    jumpInputs[2] = UnsafeRawPointer(occurrences.pointer)
    termInputs[0] = UnsafeRawPointer(times.pointer)
    termInputs[1] = UnsafeRawPointer(sizes.pointer)
    termInputs[2] = UnsafeRawPointer(state.pointer)
    termInputs[3] = UnsafeRawPointer(mask.pointer)
    let inputs = inputs
    let isCompacted = slots < trajectories.count
    for p in parameters.indices {
      let operand = Solve.Operand.parameters + p
      var pointer = inputs[operand]
      if isCompacted, batched[operand] {
        let bytes = LaneRows.bytes(program.parameterTypes[operand], extents)
        let target = parameters[p].reserve(bytes * slots)
        LaneRows.gather(lanes, inputs[operand], target, bytes)
        pointer = UnsafeRawPointer(target)
      }
      stepInputs[3 + memory.count + p] = pointer
      termInputs[4 + memory.count + p] = pointer
      pointInputs[2 + p] = pointer
      beginInputs[4 + p] = pointer
      jumpInputs[3 + p] = pointer
      past?.historyInputs[1 + p] = pointer
    }
    bindPhases()
    if let past { bind(past) }
  }
}
