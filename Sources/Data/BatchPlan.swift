import NodalBasics

/// Which examples a training step sees. A batch is a pure function of the data, the seed and the
/// step, so a run resumed from a checkpoint sees the same ones as an unbroken run.
package enum BatchPlan: Sendable, Hashable {
  /// Every example, at every step.
  case all
  /// `count` stretches of `length` consecutive times, drawn at random, different ones while there
  /// are enough.
  case windows(length: Int, count: Int)
  /// `count` examples from a permutation of all, a new one each epoch; the last batch of an epoch
  /// may be smaller.
  case shuffled(Int)

  /// Why a plan cannot be carried out.
  package enum Problem: Error, Sendable, Equatable {
    case notPositive(name: String, value: Int)
    case noTimeAxis
    case windowTooLong(length: Int, longest: Int)
    case noExamples
  }

  package func check(_ data: Dataset) throws(Problem) {
    guard data.exampleCount > 0 else { throw .noExamples }
    switch self {
    case .all: return
    case .windows(let length, let count):
      guard length > 0 else { throw .notPositive(name: "length", value: length) }
      guard count > 0 else { throw .notPositive(name: "count", value: count) }
      guard data.lengths != nil else { throw .noTimeAxis }
      guard length <= data.longest else {
        throw .windowTooLong(length: length, longest: data.longest)
      }
    case .shuffled(let count):
      guard count > 0 else { throw .notPositive(name: "shuffled", value: count) }
    }
  }

  /// Steps until every example has been seen once; for windows, until as many times as there are
  /// have been drawn.
  package func stepsPerEpoch(_ data: Dataset) -> Int {
    switch self {
    case .all: return 1
    case .windows(let length, let count):
      let drawn = length.multipliedReportingOverflow(by: count)
      guard !drawn.overflow, drawn.partialValue > 0 else { return 1 }
      return max(1, (data.timeCount - 1) / drawn.partialValue + 1)
    case .shuffled(let count):
      return count > 0 ? max(1, (data.exampleCount - 1) / count + 1) : 1
    }
  }

  /// How often a batch goes into the whole: what a sum over it is scaled up by. Windows are parts of examples, and are
  /// counted by their times.
  package func repeats(of batch: Dataset, in data: Dataset) -> Double {
    switch self {
    case .all: return 1
    case .shuffled: return Double(data.exampleCount) / Double(max(1, batch.exampleCount))
    case .windows: return Double(data.timeCount) / Double(max(1, batch.timeCount))
    }
  }

  /// The examples of step `step`.
  /// - Parameter seed: the run's seed.
  package func batch(
    of data: Dataset, seed: UInt64, step: Int
  ) throws(Problem) -> Dataset {
    let parts = try parts(of: data, seed: seed, step: step)
    if case .all = self { return data }
    return data.gather(parts)
  }

  /// What the batch of step `step` consists of.
  package func parts(
    of data: Dataset, seed: UInt64, step: Int
  ) throws(Problem) -> [DataPart] {
    try check(data)
    switch self {
    case .all: return (0..<data.exampleCount).map(data.whole)
    case .windows(let length, let count):
      let key = RandomKey(seed: seed, place: "windows").at(step: step)
      return Self.windows(of: data, length: length, count: count, key: key)
    case .shuffled(let count):
      let perEpoch = stepsPerEpoch(data)
      let (epoch, place) = max(step, 0).quotientAndRemainder(dividingBy: perEpoch)
      let key = RandomKey(seed: seed, place: "shuffled").at(step: epoch)
      let order = key.permutation(data.exampleCount)
      let start = place * count
      return order[start..<min(start + count, order.count)].map(data.whole)
    }
  }

  private static func windows(
    of data: Dataset, length: Int, count: Int, key: RandomKey
  ) -> [DataPart] {
    let starts = (data.lengths ?? []).map { max(0, $0 - length + 1) }
    var ends: [Int] = []
    for number in starts { ends.append((ends.last ?? 0) + number) }
    let total = ends.last ?? 0
    return choose(count, of: total, key: key).map { choice in
      let example = firstIndex(in: ends, above: choice)
      let start = choice - (ends[example] - starts[example])
      return DataPart(
        example: example, times: start..<start + length,
        identity: UInt32(truncatingIfNeeded: choice))
    }
  }

  /// Different numbers below `total` while there are enough (Floyd's algorithm: work in `count`,
  /// not in `total`), else any.
  private static func choose(_ count: Int, of total: Int, key: RandomKey) -> [Int] {
    guard count <= total else { return (0..<count).map { key.integer($0, below: total) } }
    var chosen: Set<Int> = []
    var order: [Int] = []
    for (draw, top) in (total - count..<total).enumerated() {
      let candidate = key.integer(draw, below: top + 1)
      let pick = chosen.contains(candidate) ? top : candidate
      chosen.insert(pick)
      order.append(pick)
    }
    return order
  }

  /// The first position whose entry is above `value`, by bisection.
  private static func firstIndex(in ends: [Int], above value: Int) -> Int {
    var low = 0
    var high = ends.count - 1
    while low < high {
      let middle = (low + high) / 2
      if ends[middle] > value { high = middle } else { low = middle + 1 }
    }
    return low
  }
}
