/// Accepted steps in the order in which they happened, until their number is known and they can be
/// laid out.
struct StepLog {
  private let numbers = Buffer()
  private let starts = Buffer()
  private let lengths = Buffer()
  let states = Buffer()
  let records = Buffer()
  private(set) var count = 0
  /// Entries that are no steps but jumps of events: which, and how often it had happened before.
  private(set) var happenings: [Int: (event: Int, occurrence: Int)] = [:]

  mutating func clear() {
    count = 0
    happenings.removeAll(keepingCapacity: true)
  }

  /// The entry made last is the jump of an event.
  mutating func note(event: Int, occurrence: Int) { happenings[count - 1] = (event, occurrence) }

  var byteCount: Int { [numbers, starts, lengths, states, records].byteCount }

  func trajectory(_ k: Int) -> Int { numbers.typed(Int.self)[k] }
  func time(_ k: Int) -> Double { starts.typed(Double.self)[k] }
  func size(_ k: Int) -> Double { lengths.typed(Double.self)[k] }

  /// Of the entries given, which are one trajectory's steps, the place of the last that begins at a time or before.
  func last(before time: Double, among entries: [Int]) -> Int? {
    var (low, high) = (-1, entries.count)
    while high - low > 1 {
      let middle = (low + high) / 2
      if self.time(entries[middle]) <= time { low = middle } else { high = middle }
    }
    return low < 0 ? nil : low
  }

  /// Bytes that so many steps take, twice: here, and laid out among the results.
  static func byteCount(_ steps: Int, rows: (state: Int, record: Int)) -> Int {
    let (bytes, overflows) = steps.multipliedReportingOverflow(
      by: 2 * (3 * 8 + rows.state + rows.record))
    return overflows ? .max : bytes
  }

  private func reserve(_ total: Int, _ stateBytes: Int, _ recordBytes: Int) {
    numbers.reserve(8 * total, keeping: 8 * count)
    starts.reserve(8 * total, keeping: 8 * count)
    lengths.reserve(8 * total, keeping: 8 * count)
    states.reserve(total * stateBytes, keeping: count * stateBytes)
    records.reserve(total * recordBytes, keeping: count * recordBytes)
  }

  mutating func append(
    _ trajectory: Int, _ t: Double, _ h: Double, state: UnsafeRawPointer, _ stateBytes: Int,
    record: UnsafeRawPointer, _ recordBytes: Int
  ) {
    let n = count
    reserve(n + 1, stateBytes, recordBytes)
    (states.pointer + n * stateBytes).copyMemory(from: state, byteCount: stateBytes)
    (records.pointer + n * recordBytes).copyMemory(from: record, byteCount: recordBytes)
    numbers.typed(Int.self)[n] = trajectory
    starts.typed(Double.self)[n] = t
    lengths.typed(Double.self)[n] = h
    count += 1
  }

  // MARK: Written by a compiled loop

  /// How many steps there is to be room for: some rounds of all lanes.
  func capacity(lanes: Int) -> Int { count + lanes * min(max(64, count / lanes), 4096) }

  /// Room for these, where the loop finds it.
  mutating func lend(to table: LoopTable, rows: (state: Int, record: Int)) {
    let capacity = capacity(lanes: table.width)
    reserve(capacity, rows.state, rows.record)
    table[.count] = count
    table[.capacity] = capacity
    table[.trajectories] = Int(bitPattern: numbers.pointer)
    table[.times] = Int(bitPattern: starts.pointer)
    table[.sizes] = Int(bitPattern: lengths.pointer)
    table[.states] = Int(bitPattern: states.pointer)
    table[.records] = Int(bitPattern: records.pointer)
  }

  mutating func take(from table: LoopTable) { count = table[.count] }
}
