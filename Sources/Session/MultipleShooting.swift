import Foundation
import NodalBasics
import NodalChecking
import NodalData
import NodalDiagnostics
import NodalExecution
import NodalIR
import NodalTraining
import NodalTransforms
import NodalTypes

/// `shooting: multiple(length: 5, continuity: 200)`: how experiments are cut into windows, and the states that these begin in, which are learned.
struct MultipleShooting {
  struct State {
    /// Of its block in the vector of what is learned.
    var path: String
    var count: Int
    var domain: Domain
  }

  /// All windows, in the order of the experiments.
  let windows: Dataset
  /// What the mean square gap between windows counts, from stage to stage.
  let continuities: [Double]
  /// The whole is fitted at last, from where the windows have led: what one wants, unless solutions part too fast to be followed that far.
  let joins: Bool
  /// How many of them begin in states of their own.
  let rows: Int
  /// Of each solve of the loss, the states.
  let solves: [[State]]
  /// By solve, the scale of each component: that by which windows' states differ; nothing until a fit begins.
  var scales: [[Double]] = []
  /// By solve, for each window where the next one begins.
  var ends: [[Double]] = []

  /// Windows that hardly hang together find the parameters that fit each of them; then the gaps are closed. Were gaps to count from the beginning, each
  /// step would have to move all windows at once, along a narrow valley.
  private static let growth = 100.0

  init(
    _ data: Dataset, length: Int, continuity: Double, stages: Int, joins: Bool,
    of loss: LossInstance,
    _ type: DatasetType?, _ session: Session, at span: Span
  ) throws {
    guard let windows = data.cut(atMost: length) else {
      throw SessionFailure(.optionValue, "`shooting:` wants data with times", at: span)
    }
    self.windows = windows
    continuities = (0..<stages).map { continuity * pow(Self.growth, Double($0 - stages + 1)) }
    self.joins = joins
    rows = windows.windows?.count { $0.row != nil } ?? 0
    guard rows > 0 else {
      throw SessionFailure(
        .optionValue, "windows of \(length) times leave every experiment in one piece", at: span,
        help: ["the longest has \(data.longest) times"])
    }
    let known = try ExampleGroup.groups(windows)[0].lengths(of: loss, type, session)
    let program = session.program
    let shots = try session.lower(loss.expression) {
      try Lowering.lowerShots(loss, of: program, lengths: known)
    }
    var seen: Set<String> = []
    solves = shots.odes.enumerated().compactMap { place, id in
      guard let ode = program.odes[id] else { return nil }
      return ode.states.map { state in
        var path = "\(ode.name).\(state.name).windows"
        if !seen.insert(path).inserted { path += "_\(place + 1)" }
        let counts = state.type.tensor?.shape.sizes.map { $0.evaluate(known) ?? 1 } ?? []
        return State(path: path, count: counts.reduce(1, *), domain: program.domain(of: state))
      }
    }
  }

  /// What is learned of windows: for each state of each solve an array of rows.
  var blocks: [(path: String, values: [Double])] {
    solves.flatMap { states in
      states.map { ($0.path, Array(repeating: 0, count: rows * $0.count)) }
    }
  }

  var paths: [String] { solves.flatMap { $0.map(\.path) } }

  /// The same, as inputs of programs.
  var inputs: [ProgramInput] {
    solves.enumerated().flatMap { solve, states in
      states.indices.map { .windowStates(solve: solve, state: $0) }
    }
  }

  var lowering: Shooting { Shooting(rows: rows, scales: scales) }

  /// `24 windows of 5 times`
  var words: String {
    let lengths = windows.lengths ?? []
    let (least, most) = (lengths.min() ?? 0, lengths.max() ?? 0)
    return "\(lengths.count) windows of \(least == most ? "" : "\(least) to ")\(most) times"
  }

  /// What a program asks to know of the windows of a batch.
  func bind(_ input: ProgramInput, _ batch: [DataWindow]) -> Tensor {
    if case .windowEnd(let solve) = input {
      return Tensor(.f64, shape: [batch.count], batch.map { ends[solve][$0.number] })
    }
    let facts = batch.flatMap { window in
      [window.row ?? 0, window.next ?? 0, window.row == nil ? 0 : 1, window.next == nil ? 0 : 1]
    }
    return Tensor(integers: facts, shape: [batch.count, 4])
  }
}

extension LossEvaluator {
  /// What is known of the solves of a loss where a fit of windows begins: by example the results of `Lowering.lowerShots`.
  private struct Beginnings {
    let windows, whole: [[Tensor]]
    /// Nil where a solve of the whole fails, as it may with poor weights.
    let trajectories: [[Tensor]]?

    func times(_ window: DataWindow, of solve: Int) -> [Double] {
      windows[window.number][2 * solve].numbers
    }
    /// The state that the loss itself begins a window with.
    func begin(_ window: DataWindow, of solve: Int) -> [Double] {
      windows[window.number][2 * solve + 1].numbers
    }
    /// All times of the window's experiment.
    func allTimes(_ window: DataWindow, of solve: Int) -> [Double] {
      whole[window.experiment][2 * solve].numbers
    }
    /// A component of the solution from the beginning of the experiment, where the window begins.
    func solved(_ window: DataWindow, of solve: Int, component: Int, of count: Int) -> Double? {
      let value = trajectories?[window.experiment][solve].numbers[window.start * count + component]
      return value.flatMap { $0.isFinite ? $0 : nil }
    }
  }

  /// Where a fit of windows begins: their states are what the loss itself begins with, where that follows the data, else what its solution from the
  /// beginning has there.
  func beginning(
    _ start: ParameterVector, of data: Dataset?, at span: Span
  ) throws -> ParameterVector {
    guard var shooting, let data, let windows = shooting.windows.windows else { return start }
    let known = Beginnings(
      windows: try shots(shooting.windows, start.values).results,
      whole: try shots(data, start.values).results,
      trajectories: try? shots(data, start.values, wantsTrajectories: true).results)
    if session.cancel.isSet { throw SessionFailure(.cancelled, "stopped", at: span) }
    shooting.ends = try shooting.solves.indices.map { solve in
      try windows.map { try end(of: $0, solve, known, at: span) }
    }
    var result = start
    var scales: [[Double]] = []
    for (solve, states) in shooting.solves.enumerated() {
      let guesses = guesses(windows, solve, known)
      let own = guesses.map(\.spread)
      scales.append(own)
      var next = 0
      for state in states {
        let range = next..<(next + state.count)
        next = range.upperBound
        result[state.path] = (0..<shooting.rows).flatMap { row in
          range.map { state.domain.near(guesses[$0][row], scale: own[$0]) }
        }
      }
    }
    if shooting.scales.isEmpty { shooting.scales = scales }
    self.shooting = shooting
    return result
  }

  /// Where the window behind one begins, in the time of a solve.
  private func end(
    of window: DataWindow, _ solve: Int, _ known: Beginnings, at span: Span
  ) throws -> Double {
    let all = known.allTimes(window, of: solve)
    let own = known.times(window, of: solve)
    let last = window.start + own.count
    guard last <= all.count, own.isNear(Array(all[window.start..<last])) else {
      throw SessionFailure(
        .optionValue,
        "`shooting:` cuts the data into windows, and `\(loss.name)` doesn't solve over the times of its example",
        at: span, help: ["write `solve(…, at: w.t)`"])
    }
    return last < all.count ? all[last] : all[last - 1]
  }

  /// For each component of a solve's state a number for each window that begins in a state of its own.
  private func guesses(
    _ windows: [DataWindow], _ solve: Int, _ known: Beginnings
  ) -> [[Double]] {
    let given = windows.map { known.begin($0, of: solve) }
    let n = given[0].count
    return (0..<n).map { k in
      let follows = given.contains { $0[k] != given[0][k] }
      return windows.filter { $0.row != nil }.map { window in
        (follows ? nil : known.solved(window, of: solve, component: k, of: n))
          ?? given[window.number][k]
      }
    }
  }

  /// What the solves of the loss do of themselves: for each example the results of `Lowering.lowerShots`, and whose they are.
  func shots(
    _ data: Dataset, _ vector: [Double], wantsTrajectories: Bool = false, others: Bool = false
  ) throws -> (results: [[Tensor]], odes: [OdeID]) {
    var all = [[Tensor]](repeating: [], count: data.exampleCount)
    var odes: [OdeID] = []
    for group in ExampleGroup.groups(data) {
      let known = try group.lengths(of: loss, datasetType, session)
      let (loss, program) = (loss, session.program)
      let shots = try session.lower(loss.expression) {
        try Lowering.lowerShots(
          loss, wantsTrajectories: wantsTrajectories, others: others, of: program, lengths: known)
      }
      odes = shots.odes
      let lowered = shots.program
      // Where trajectories aren't asked for, nothing is solved.
      let results = try eachExample(of: lowered.region.withoutDead(), lowered, vector, group)
      for (own, place) in zip(results, group.places) { all[place] = own }
    }
    return (all, odes)
  }
}

extension Domain {
  /// Where a number lies in unconstrained coordinates; one that is outside is taken to be just inside.
  fileprivate func near(_ x: Double, scale: Double) -> Double {
    let exact = unconstrained(x)
    if exact.isFinite { return exact }
    let margin = upper.isFinite && lower.isFinite ? 1e-3 * (upper - lower) : 1e-3 * scale
    return unconstrained(min(max(x, lower + margin), upper - margin))
  }
}

extension [Double] {
  /// The standard deviation; of numbers that are all alike their size, or 1.
  var spread: Double {
    let mean = reduce(0, +) / Double(Swift.max(1, count))
    let variance = reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(Swift.max(1, count))
    let deviation = variance.squareRoot()
    if deviation > 1e-9 * abs(mean), deviation.isFinite { return deviation }
    return mean != 0 && mean.isFinite ? abs(mean) : 1
  }

  /// The same times, but for rounding.
  fileprivate func isNear(_ other: [Double]) -> Bool {
    let size = (map(abs).max() ?? 0) * 1e-9
    return count == other.count && zip(self, other).allSatisfy { abs($0 - $1) <= size }
  }
}
