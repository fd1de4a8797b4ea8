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
  /// See `Delays.kick`.
  let kick: (any Executable)?

  /// nil for a solve without delays.
  init?(_ solve: Solve, _ regions: StepRegions, _ executor: any Executor) throws {
    guard let delays = solve.delays else { return nil }
    guard !regions.pastNodes.isEmpty, !delays.hasRates || regions.denseRate != nil else {
      throw IRError("\(solve.settings.method) takes no delays")
    }
    self.delays = delays
    nodes = regions.pastNodes
    count = solve.delayCount
    history = try executor.compile(delays.history)
    denseRate = try regions.denseRate.map { try executor.compile($0) }
    kick = try delays.kick.map { try executor.forRareUse.compile($0) }
  }
}

/// What the delays of a solve have come to for one trajectory.
struct DelayState {
  let lags: [Double]
  let start: Double
  /// Where the solution has less derivatives than elsewhere, ascending: steps end there.
  private(set) var breaks: [Double] = []
  /// The trajectory's steps, and jumps as steps of no length, by their place in the log.
  var steps: [Int] = []
  private let end: Double
  private let depth: Int

  /// No step is longer, so that what it reads is known.
  let longestStep: Double

  /// - Parameters:
  ///   - depth: how many derivatives the method makes use of.
  ///   - reach: where its last stage is, as a share of a step.
  init(lags: [Double], start: Double, end: Double, depth: Int, reach: Double) {
    (self.lags, self.start, self.end, self.depth) = (lags, start, end, depth)
    longestStep = (lags.min() ?? .infinity) / max(1, reach)
    follow(from: start)
  }

  /// The solution has a corner or a jump at a time: adds the breaks that follow from it.
  ///
  /// What it does to the first derivative it does to the next one a delay later, and so on: the sums of as many delays as the
  /// solution is asked for derivatives. (Bellen and Zennaro 2003, section 2.2.)
  mutating func follow(from time: Double) {
    var found: [Double] = []
    var level = [time]
    let gap = 1e-12 * (end - start)
    // A last step's stage may look beyond the end.
    let last = end + max(gap, (lags.min() ?? 0) - longestStep)
    for _ in 0..<depth where found.count < 10_000 {
      var next: [Double] = []
      for time in level {
        for lag in lags where time + lag <= last {
          let place = time + lag
          next.append(abs(place - end) <= gap ? end : place)
        }
      }
      level = Self.merged(next, within: gap)
      found += level
    }
    guard !found.isEmpty else { return }
    // Those before are of no use any more.
    breaks = Self.merged(breaks.filter { $0 >= time } + found, within: gap)
  }

  /// Whether a time is one of them, or so near to one that no step leads there.
  func hasBreak(at time: Double) -> Bool {
    let reach = StepController.shortest(at: time)
    let next = breaks.next(from: time - 2 * reach, 1)
    return next.map { $0 <= time + reach } ?? false
  }

  /// A stage behind its step's end looks no further than up to the break that may lie between, beyond which the solution is another piece.
  func bound(_ instant: Double, behind end: Double) -> Double {
    let next = breaks.next(from: end - 2 * StepController.shortest(at: end), 1)
    return next.map { min(instant, $0) } ?? instant
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
