import NodalIR
import NodalMethods

/// Trajectories that two methods take in turns (see `HandoverExecutable`): they leave an engine, and the other takes them up where they are.
extension SteppingEngine {
  /// Lets those go that are to leave, at the ends of their steps. Who is looking for an event's instant stays until that is found.
  func departAll() {
    switch turn {
    case .whole: return
    case .explicit, .stiff:
      for slot in 0..<slots where !isDone[slot] && trajectories[lanes[slot]].leaves {
        if trajectories[lanes[slot]].events?.landing == nil { depart(slot) }
      }
    }
  }

  func depart(_ slot: Int) {
    let i = lanes[slot]
    departureTimes.reserve(8 * trajectories.count)
    departureStates.reserve(stateBytes * trajectories.count)
    departureTimes.typed(Double.self)[i] = times.typed(Double.self)[slot]
    (departureStates.pointer + i * stateBytes).copyMemory(
      from: state.pointer + slot * stateBytes, byteCount: stateBytes)
    departed.append(i)
    trajectories[i].switches += 1
    isDone[slot] = true
  }

  /// Takes up what has left another engine, which then knows of no trajectories.
  func takeOver(from other: SteppingEngine) throws(ExecutionError) {
    (inputs, extents, saveCount) = (other.inputs, other.extents, other.saveCount)
    swap(&trajectories, &other.trajectories)
    failure = other.failure
    departed.removeAll(keepingCapacity: true)
    // As all of them stand in the order of trajectories, those that aren't compacted have to.
    lanes = other.departed.sorted()
    isDone = lanes.map { _ in false }
    isAccepted = isDone
    (rounds, isSuspicious) = (0, false)
    reserveSlots(slots)
    LaneRows.gather(lanes, other.departureTimes.pointer, times.pointer, 8)
    LaneRows.gather(lanes, other.departureStates.pointer, state.pointer, stateBytes)
    for i in lanes {
      trajectories[i].leaves = false
      trajectories[i].stiffness = StiffnessMonitor()
      trajectories[i].look = LookPace(from: trajectories[i].tries)
      // How much longer the next step could have been another method knew.
      trajectories[i].behindCorner = nil
    }
    bindInputs()
    beginCorners()
    if !solve.events.isEmpty { occurrences.reserve(8 * slots) }
    try restart(Array(lanes.indices))
  }
}
