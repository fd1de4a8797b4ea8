import NodalIR
import NodalMethods

/// The regions that a solve with delays reads its past by, compiled.
struct PastExecutables: Sendable {
  let delays: Delays
  let nodes: [Double]
  /// How many delays there are.
  let count: Int
  let history: any Executable
  /// (θ, h, y₀, y₁, record) → y'; nil where rates aren't wanted.
  let denseRate: (any Executable)?

  /// nil for a solve without delays.
  init?(_ solve: Solve, _ regions: StepRegions, _ executor: any Executor) throws {
    guard let delays = solve.delays else { return nil }
    guard !regions.pastNodes.isEmpty, !delays.hasRates || regions.denseRate != nil else {
      throw IRError("\(solve.settings.method) takes no delays")
    }
    guard solve.events.isEmpty, solve.quadrature == nil else {
      throw IRError("delays in a solve with events or integrals")
    }
    self.delays = delays
    nodes = regions.pastNodes
    count = solve.delayCount
    history = try executor.compile(delays.history)
    denseRate = try regions.denseRate.map { try executor.compile($0) }
  }
}

/// What the delays of a solve have come to for one trajectory.
struct DelayState {
  let lags: [Double]
  let start: Double
  /// Where the solution has less derivatives than elsewhere, ascending: steps end there.
  let breaks: [Double]
  /// The trajectory's steps, by their place in the log.
  var steps: [Int] = []

  /// No step is longer, so that what it reads is known.
  var longestStep: Double { lags.min() ?? .infinity }

  /// - Parameter depth: how many derivatives the method makes use of.
  init(lags: [Double], start: Double, end: Double, depth: Int) {
    self.lags = lags
    self.start = start
    breaks = Self.breaks(lags, from: start, to: end, depth: depth)
  }

  /// What the history's end does to the first derivative it does to the next one a delay later, and so on: the sums of as many delays as the
  /// solution is asked for derivatives. (Bellen and Zennaro 2003, section 2.2.)
  private static func breaks(
    _ lags: [Double], from start: Double, to end: Double, depth: Int
  ) -> [Double] {
    var all: [Double] = []
    var level = [start]
    let span = end - start
    for _ in 0..<depth where all.count < 10_000 {
      var next: [Double] = []
      for time in level {
        for lag in lags where time + lag < end - 1e-12 * span { next.append(time + lag) }
      }
      level = merged(next, within: 1e-12 * span)
      all += level
    }
    return merged(all, within: 1e-12 * span)
  }

  /// In order, without those that only rounding tells apart.
  private static func merged(_ times: [Double], within gap: Double) -> [Double] {
    var result: [Double] = []
    for time in times.sorted() where result.last.map({ time - $0 > gap }) ?? true {
      result.append(time)
    }
    return result
  }
}
