import NodalIR

extension SteppingEngine {
  /// Ends a trajectory that can't go on. What it has not reached is NaN.
  func fail(
    _ slot: Int, _ status: SolveStatus, h: Double, next: UnsafeRawPointer? = nil, event: Int? = nil
  ) {
    let i = lanes[slot]
    trajectories[i].status = status
    isDone[slot] = true
    let n = dimension
    let element = stateType.element
    for j in 0..<n { ElementAccess.store(.nan, element, store[Solve.Result.final], i * n + j) }
    for j in (trajectories[i].nextSave * n)..<max(trajectories[i].nextSave, saveCount) * n {
      ElementAccess.store(.nan, element, store[Solve.Result.saved], i * saveCount * n + j)
    }
    trajectories[i].nextSave = max(trajectories[i].nextSave, saveCount)
    if let failure, failure.trajectory <= i { return }
    failure = describe(slot, status, h, next)
    failure?.event = event
  }

  private func describe(
    _ slot: Int, _ status: SolveStatus, _ h: Double, _ next: UnsafeRawPointer?
  ) -> SolveFailure {
    let i = lanes[slot]
    let n = dimension
    let element = stateType.element
    func row(_ base: UnsafeRawPointer) -> [Double] {
      (0..<n).map { ElementAccess.load(element, base, $0) }
    }
    let state = row(UnsafeRawPointer(self.state.pointer) + slot * stateBytes)
    bindInputs()
    // An error here would only hide the one that is described.
    var derivative = [Double](repeating: .nan, count: n)
    if (try? fillPoint()) != nil, (try? rhs.run(pointInputs.pointer, inner(lanes: slots))) != nil {
      derivative = row(rhs.results[0] + slot * stateBytes)
    }
    let reached = next.map(row)
    return SolveFailure(
      status: status, origin: program.origin, trajectory: i,
      followsLanes: solve.trajectories == .lane,
      time: told(times.typed(Double.self)[slot], i), step: h, steps: trajectories[i].accepted,
      component: blame(state, derivative, reached), state: state, derivative: derivative,
      next: reached, stiffFrom: trajectories[i].stiffFrom)
  }

  private func blame(_ state: [Double], _ derivative: [Double], _ next: [Double]?) -> Int {
    if let j = state.firstIndex(where: { !$0.isFinite }) { return j }
    if let j = derivative.firstIndex(where: { !$0.isFinite }) { return j }
    if let j = next?.firstIndex(where: { !$0.isFinite }) { return j }
    let (rtol, atol) = adaptive ?? (1e-6, [1e-9])
    var worst = 0
    var most = -1.0
    for j in derivative.indices {
      let unit = (atol.count == 1 ? atol[0] : j < atol.count ? atol[j] : 0) + rtol * abs(state[j])
      if abs(derivative[j]) / unit > most { (worst, most) = (j, abs(derivative[j]) / unit) }
    }
    return worst
  }
}
