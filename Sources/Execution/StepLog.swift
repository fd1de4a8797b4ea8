/// Accepted steps in the order in which they happened, until their number is known and they can be
/// laid out.
struct StepLog {
  var trajectories: [Int] = []
  var times: [Double] = []
  var sizes: [Double] = []
  let states = Buffer()
  let records = Buffer()

  var count: Int { trajectories.count }

  /// The memory that it holds.
  var byteCount: Int {
    [states, records].byteCount + 8 * (trajectories.capacity + times.capacity + sizes.capacity)
  }

  mutating func clear() {
    trajectories.removeAll(keepingCapacity: true)
    times.removeAll(keepingCapacity: true)
    sizes.removeAll(keepingCapacity: true)
  }

  mutating func append(
    _ trajectory: Int, _ t: Double, _ h: Double, state: UnsafeRawPointer, _ stateBytes: Int,
    record: UnsafeRawPointer, _ recordBytes: Int
  ) {
    let n = count
    states.reserve((n + 1) * stateBytes, keeping: n * stateBytes)
    (states.pointer + n * stateBytes).copyMemory(from: state, byteCount: stateBytes)
    records.reserve((n + 1) * recordBytes, keeping: n * recordBytes)
    (records.pointer + n * recordBytes).copyMemory(from: record, byteCount: recordBytes)
    trajectories.append(trajectory)
    times.append(t)
    sizes.append(h)
  }
}
