import NodalIR
import NodalMethods

extension SteppingEngine {
  /// Tries the steps that were chosen, and takes those that are good enough.
  func advance() throws(ExecutionError) {
    let t = times.typed(Double.self)
    let h = sizes.typed(Double.self)
    let watches = program.events?.roots != nil
    let wantsRecords = keepsSteps || watches || hasSavesInside()
    let workspace = wantsRecords ? stepWithRecord : step
    try fillPastOfSteps()
    try workspace.run(stepInputs.pointer, inner(lanes: slots))
    let results = workspace.results
    // Where there is no error the state stands in, and nobody reads it.
    let errors = results[program.regions.hasError ? 1 + memory.count : 0]
      .assumingMemoryBound(to: Double.self)
    let next = results[0]
    let proposals =
      program.regions.hasProposal
      ? results[2 + memory.count].assumingMemoryBound(to: Double.self) : nil
    let joint = isJoint ? decideTogether(errors, proposals, next) : nil
    var accepted = 0
    var allFinite = true
    let controller = isAdaptive ? program.controller : nil
    let evaluations = program.regions.evaluations
    for slot in 0..<slots {
      isAccepted[slot] = false
      guard !isDone[slot] else { continue }
      let i = lanes[slot]
      trajectories[i].evaluations +=
        wantsRecords && (keepsSteps || watches || hasSavesInside(slot))
        ? evaluations.record : evaluations.step
      let finite = isFinite(next + slot * stateBytes)
      if !finite { allFinite = false }
      // A step that is cut where an event happens is shorter than one that was good.
      let isCut = trajectories[i].events?.landing != nil
      if let controller, !isCut {
        let decision =
          joint
          ?? decide(
            controller, finite ? errors[slot] : .infinity, proposals?[slot],
            &trajectories[i].history)
        propose(i, h[slot], decision)
        guard decision.accepted else {
          trajectories[i].rejected += 1
          // What can't be repaired by a shorter step shows when the step is too small.
          if StepController.isTooSmall(trajectories[i].proposal, at: t[slot]) {
            fail(
              slot, finite && errors[slot].isFinite ? .stepTooSmall : .nonFinite, h: h[slot],
              next: finite ? nil : next + slot * stateBytes)
          }
          continue
        }
      } else if !finite {
        fail(slot, .nonFinite, h: h[slot], next: next + slot * stateBytes)
        continue
      } else if !isAdaptive, isExploded(next + slot * stateBytes) {
        fail(slot, .exploded, h: h[slot], next: next + slot * stateBytes)
        continue
      }
      isAccepted[slot] = true
      accepted += 1
    }
    let refused = isAdaptive ? 0 : try refuseExplosions(next)
    accepted -= refused
    if !solve.events.isEmpty, accepted > 0 { accepted -= try meetEvents(workspace) }
    guard accepted > 0 else { return }
    if let terms {
      // The step's own terms are right unless something that isn't a number has gone into sums over lanes.
      if program.regions.termsInStep, allFinite, refused == 0 {
        addTerms(
          of: workspace,
          from: program.recordResult + (wantsRecords || program.stepHasRecord ? 1 : 0))
      } else {
        try addTerms(terms)
      }
    }
    try saveInside(workspace, wantsRecords)
    if keepsSteps { try record(workspace) }
    rounds += 1
    try watch()
    try take(workspace, all: accepted == slots)
    if !solve.events.isEmpty { try applyDueEvents(record: workspace, restarts: true) }
    try passCorners(record: workspace)
    departAll()
  }

  /// What a step's error leads to: by the controller, or by the step's own proposal.
  private func decide(
    _ controller: StepController, _ squaredError: Double, _ proposal: Double?,
    _ history: inout StepHistory
  ) -> StepController.Decision {
    guard let proposal, squaredError.isFinite else {
      return controller.decide(squaredError: squaredError, &history)
    }
    return StepController.Decision(accepted: squaredError <= 1, factor: proposal)
  }

  /// One decision for the whole batch, by the mean square of the lanes' errors; of proposals by the shortest.
  private func decideTogether(
    _ errors: UnsafePointer<Double>, _ proposals: UnsafePointer<Double>?,
    _ next: UnsafeRawPointer
  ) -> StepController.Decision? {
    guard let controller = program.controller else { return nil }
    var sum = 0.0
    var count = 0
    var shortest: Double?
    for slot in 0..<slots where !isDone[slot] {
      if let proposals { shortest = min(shortest ?? .infinity, proposals[slot]) }
      sum += isFinite(next + slot * stateBytes) ? errors[slot] : .infinity
      count += 1
    }
    return decide(controller, sum / Double(max(1, count)), shortest, &jointHistory)
  }

  /// Contributions of the accepted steps to the integrals. Others run with a step of length zero,
  /// which keeps their stages finite.
  private func addTerms(_ terms: any Workspace) throws(ExecutionError) {
    let h = sizes.typed(Double.self)
    let weights = mask.typed(Double.self)
    let accepted = scratch[3].reserve(8 * slots).assumingMemoryBound(to: Double.self)
    for slot in 0..<slots {
      weights[slot] = isAccepted[slot] ? 1 : 0
      accepted[slot] = isAccepted[slot] ? h[slot] : 0
    }
    termInputs[1] = UnsafeRawPointer(accepted)
    termInputs[3] = UnsafeRawPointer(weights)
    try terms.run(termInputs.pointer, inner(lanes: slots))
    addTerms(of: terms, from: 0)
  }

  /// Adds a region's results from the `first` on to the integrals.
  private func addTerms(of workspace: any Workspace, from first: Int) {
    guard let region = program.regions.terms else { return }
    for (k, type) in region.resultTypes.enumerated() {
      let result = Solve.Result.quadratures + k
      let bytes = rowBytes(type)
      let count = bytes / type.element.byteCount
      guard solve.trajectories != nil, type.isBatched else {
        LaneRows.add(type.element, workspace.results[first + k], to: store[result], count: count)
        continue
      }
      for slot in 0..<slots where isAccepted[slot] {
        LaneRows.add(
          type.element, workspace.results[first + k] + slot * bytes,
          to: store[result] + lanes[slot] * bytes, count: count)
      }
    }
  }

  /// Makes the accepted steps' ends the state.
  private func take(_ workspace: any Workspace, all: Bool) throws(ExecutionError) {
    let t = times.typed(Double.self)
    if all {
      state.pointer.copyMemory(from: workspace.results[0], byteCount: stateBytes * slots)
      // What a step leaves as it is may be large, and lie where it was.
      for (k, buffer) in memory.enumerated()
      where workspace.results[1 + k] != UnsafeRawPointer(buffer.pointer) {
        buffer.pointer.copyMemory(
          from: workspace.results[1 + k], byteCount: rowBytes(memoryType(k)) * slots)
      }
    }
    for slot in 0..<slots where isAccepted[slot] {
      let i = lanes[slot]
      if !all {
        (state.pointer + slot * stateBytes).copyMemory(
          from: workspace.results[0] + slot * stateBytes, byteCount: stateBytes)
        for (k, buffer) in memory.enumerated() {
          let bytes = rowBytes(memoryType(k))
          (buffer.pointer + slot * bytes).copyMemory(
            from: workspace.results[1 + k] + slot * bytes, byteCount: bytes)
        }
      }
      t[slot] = trajectories[i].target
      trajectories[i].accepted += 1
      if !isAdaptive { trajectories[i].gap.advance() }
      if trajectories[i].lands, !hasDueEvents(slot) {
        try lookAtCompanion(slot)
        conclude(slot)
      }
    }
  }

  func isFinite(_ row: UnsafeRawPointer) -> Bool {
    let n = dimension
    switch stateType.element {
    case .f32: return Self.allFinite(row.assumingMemoryBound(to: Float.self), n)
    case .f64: return Self.allFinite(row.assumingMemoryBound(to: Double.self), n)
    case .i64, .bool: return true
    }
  }

  static func largest(_ element: ElementType) -> Double { element == .f32 ? 1e30 : 1e100 }

  /// A state beyond 10¹⁰⁰ (10³⁰ in f32): a solution that grows without bound. See also `refuseExplosions`.
  private func isExploded(_ row: UnsafeRawPointer) -> Bool {
    let element = stateType.element
    let limit = Self.largest(element)
    return (0..<dimension).contains { abs(ElementAccess.load(element, row, $0)) > limit }
  }

  /// x · 0 is 0 for finite x only, and so is a sum of such products.
  @inline(__always)
  private static func allFinite<T: BinaryFloatingPoint>(_ x: UnsafePointer<T>, _ n: Int) -> Bool {
    var sum: T = 0
    for i in 0..<n { sum += x[i] * 0 }
    return sum == 0
  }
}
