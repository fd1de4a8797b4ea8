import NodalIR
import Synchronization

/// What a run is asked for beside its inputs.
package struct RunOptions: Sendable {
  package var cancel: CancelFlag?
  /// See `RunContext`.
  package var keepsFailures: Bool
  /// Cuts the lanes into pieces, and runs these on so many threads; where there are none, or they stay whole, the trajectories of
  /// large ensembles. nil runs all at once, on this thread.
  package var threads: Threads?
  /// Lanes may be cut. Results without lanes must be sums over lanes then: those of the pieces are added, in order.
  package var cutsLanes: Bool
  /// Bytes that the records of steps may take, all together. A run that needs more ends.
  package var memoryLimit: Int

  package init(
    cancel: CancelFlag? = nil, keepsFailures: Bool = false, threads: Threads? = nil,
    cutsLanes: Bool = true, memoryLimit: Int = .max
  ) {
    self.cancel = cancel
    self.keepsFailures = keepsFailures
    self.threads = threads
    self.cutsLanes = cutsLanes
    self.memoryLimit = memoryLimit
  }
}

/// What there is to say of a run beside its results.
package struct RunReport: Sendable {
  package var instructions = 0
  package var evaluations = EvaluationCounts()
  /// The most memory that the run held at once, in bytes: of the workspaces, with the traces in them, of as many of its pieces
  /// as run at a time. Inputs and results are not counted.
  package var byteCount = 0
  package var warnings: [RunWarning] = []
  /// How far solves of the state backwards missed the states that the solves forwards had been at, at most: in units of the
  /// tolerance. 0 where there were none. See `Solve.expected`.
  package var drift = 0.0
  package init() {}
}

/// Runs an executable on tensors, from any thread; keeps workspaces from one run to the next.
package final class Runner: Sendable {
  package let executable: any Executable
  private let pool: WorkspacePool
  private let isWhole: Bool
  private let substitute: Substitute?

  /// - Parameter isWhole: The lanes are never cut into pieces: there is something in the program that they share.
  /// - Parameter whenStiff: Makes a program of the same parameters and results for where a solve by `auto` turns out to be stiff; nil, or
  ///   an error, where there is none. From then on it takes the place of the first.
  package init(
    _ executable: any Executable, isWhole: Bool = false,
    whenStiff: (@Sendable () throws -> (any Executable)?)? = nil
  ) {
    self.executable = executable
    self.isWhole = isWhole
    pool = WorkspacePool(executable)
    substitute = whenStiff.map { Substitute(OtherProgram($0)) }
  }

  private init(_ other: Runner) {
    executable = other.executable
    isWhole = other.isWhole
    pool = other.pool
    substitute = other.substitute.map { Substitute($0.other) }
  }

  /// The same program with the same workspaces, that has run nothing yet: where one of several users finds that a solve is stiff, the others'
  /// results must not depend on whether they have come to theirs before.
  package func afresh() -> Runner { Runner(self) }

  /// `lanes` is needed where no parameter has lanes.
  package func run(
    _ inputs: [Tensor], lanes: Int? = nil, _ options: RunOptions = RunOptions()
  ) throws(ExecutionError) -> (results: [Tensor], report: RunReport) {
    guard let substitute else { return try run(pool, inputs, lanes, options) }
    switch substitute.current {
    case .missing: return try run(pool, inputs, lanes, options)
    case .made(let other): return try run(other, inputs, lanes, options)
    case .unmade: break
    }
    do throws(ExecutionError) {
      return try run(pool, inputs, lanes, options, endsWhereStiff: true)
    } catch .stiff(let found) {
      guard let other = substitute.make() else {
        return try run(pool, inputs, lanes, options)
      }
      var outcome = try run(other, inputs, lanes, options)
      RunWarning.switched(time: found.time, origin: found.origin).join(&outcome.report.warnings)
      return outcome
    }
  }

  private func run(
    _ pool: WorkspacePool, _ inputs: [Tensor], _ lanes: Int?, _ options: RunOptions,
    endsWhereStiff: Bool = false
  ) throws(ExecutionError) -> (results: [Tensor], report: RunReport) {
    var extents = try Self.extents(executable.parameterTypes, inputs)
    if let lanes { extents.lanes = lanes }
    let hasLanes = executable.parameterTypes.contains { $0.isBatched }
    let isCuttable =
      hasLanes && !isWhole
      && !executable.resultTypes.contains(where: \.isOverSteps)
    let whole = [0..<extents.lanes]
    let chunks =
      options.threads != nil && options.cutsLanes && isCuttable
      ? Threads.chunks(extents.lanes) : whole
    let extentsOfAll = extents
    let threads = options.threads ?? Threads(1)
    let outcomes = threads.map(chunks.count) { [executable] k in
      Self.run(
        pool, executable, inputs, extentsOfAll, chunks[k], options,
        endsWhereStiff: endsWhereStiff)
    }
    return try join(outcomes, chunks, extents, workers: threads.count)
  }

  private struct Outcome: Sendable {
    var error: ExecutionError?
    var results: [Tensor] = []
    var report = RunReport()
  }

  private static func run(
    _ pool: WorkspacePool, _ executable: any Executable, _ inputs: [Tensor],
    _ all: ExtentValues, _ chunk: Range<Int>, _ options: RunOptions,
    endsWhereStiff: Bool
  ) -> Outcome {
    let entry = pool.take()
    defer { pool.give(entry) }
    let context = entry.context
    context.begin(
      cancel: options.cancel, keepsFailures: options.keepsFailures,
      endsWhereStiff: endsWhereStiff,
      threads: chunk.count == all.lanes ? options.threads : nil,
      memoryLimit: chunk.count == all.lanes
        ? options.memoryLimit : options.memoryLimit / (options.threads?.count ?? 1))
    var outcome = Outcome()
    let extents = ExtentValues(lanes: chunk.count, steps: all.steps)
    for (i, input) in inputs.enumerated() {
      let type = executable.parameterTypes[i]
      let lane = all.lanes > 0 ? LaneRows.bytes(all: type, all) / all.lanes : 0
      entry.inputs[i] = input.withBytes { $0 + (type.isBatched ? chunk.lowerBound * lane : 0) }
    }
    // Tensors own the memory that the inputs point to.
    withExtendedLifetime(inputs) {
      do throws(ExecutionError) {
        try entry.workspace.run(entry.inputs.pointer, extents)
        if let miss = context.miss { throw .index(miss) }
        let after = entry.workspace.extents
        for (i, type) in executable.resultTypes.enumerated() {
          outcome.results.append(
            Tensor(
              type.element, shape: type.extents.map(after.length),
              copying: entry.workspace.results[i]))
        }
      } catch .solve(var failure) {
        if failure.followsLanes { failure.trajectory += chunk.lowerBound }
        outcome.error = .solve(failure)
      } catch {
        outcome.error = error
      }
    }
    outcome.report.instructions = context.instructions
    outcome.report.evaluations = context.evaluations
    outcome.report.byteCount = entry.workspace.byteCount
    outcome.report.warnings = context.warnings
    outcome.report.drift = context.drift
    return outcome
  }

  /// Puts the pieces' rows together and adds what they share, in order.
  private func join(
    _ outcomes: [Outcome], _ chunks: [Range<Int>], _ extents: ExtentValues, workers: Int
  ) throws(ExecutionError) -> (results: [Tensor], report: RunReport) {
    var report = RunReport()
    report.byteCount = outcomes.map(\.report.byteCount)
      .sorted(by: >).prefix(workers).reduce(0, +)
    for outcome in outcomes {
      if let error = outcome.error { throw error }
      report.instructions += outcome.report.instructions
      report.evaluations.add(outcome.report.evaluations)
      for warning in outcome.report.warnings { warning.join(&report.warnings) }
      report.drift = max(report.drift, outcome.report.drift)
    }
    if outcomes.count == 1 { return (outcomes[0].results, report) }
    var results: [Tensor] = []
    for (i, type) in executable.resultTypes.enumerated() {
      var result = Tensor(type.element, shape: type.extents.map(extents.length))
      let lane = extents.lanes > 0 ? result.byteCount / extents.lanes : 0
      let count = result.count
      result.withMutableBytes { target in
        for (k, chunk) in chunks.enumerated() {
          let piece = outcomes[k].results[i]
          piece.withBytes { source in
            if type.isBatched {
              (target + chunk.lowerBound * lane).copyMemory(
                from: source, byteCount: chunk.count * lane)
            } else {
              LaneRows.add(type.element, source, to: target, count: count)
            }
          }
        }
      }
      results.append(result)
    }
    return (results, report)
  }

  /// The lengths that the inputs have, once they are what the parameters ask for.
  private static func extents(
    _ types: [ValueType], _ inputs: [Tensor]
  ) throws(ExecutionError) -> ExtentValues {
    var extents = ExtentValues()
    guard types.count == inputs.count else {
      throw .argument(
        index: inputs.count, expected: "\(types.count) arguments", found: "\(inputs.count)")
    }
    for (i, (type, input)) in zip(types, inputs).enumerated() {
      func wrong() -> ExecutionError {
        .argument(
          index: i, expected: type.description,
          found: ValueType(input.element, shape: input.shape).description)
      }
      guard type.element == input.element, type.rank == input.shape.count else { throw wrong() }
      for (extent, length) in zip(type.extents, input.shape) {
        switch extent {
        case .fixed: break
        case .lanes(let times): extents.lanes = times > 0 ? length / times : 0
        case .steps(let trace): extents.setSteps(length, trace: trace)
        }
      }
    }
    for (i, (type, input)) in zip(types, inputs).enumerated()
    where type.extents.map(extents.length) != input.shape {
      throw .argument(
        index: i, expected: type.description,
        found: ValueType(input.element, shape: input.shape).description)
    }
    return extents
  }
}

/// Whether another program has taken the place of a first one.
private final class Substitute: Sendable {
  enum State: Sendable {
    case unmade
    case made(WorkspacePool)
    case missing
  }
  let other: OtherProgram
  private let state = Mutex(State.unmade)

  init(_ other: OtherProgram) { self.other = other }

  var current: State { state.withLock { $0 } }

  func make() -> WorkspacePool? {
    let made = other.pool
    state.withLock { $0 = made.map(State.made) ?? .missing }
    return made
  }
}

/// A program that may be wanted in the place of another: made when it first is, and once.
private final class OtherProgram: Sendable {
  private enum State: Sendable {
    case unmade
    case made(WorkspacePool?)
  }
  private let compile: @Sendable () throws -> (any Executable)?
  private let state = Mutex(State.unmade)

  init(_ compile: @escaping @Sendable () throws -> (any Executable)?) { self.compile = compile }

  /// nil where there is none.
  var pool: WorkspacePool? {
    state.withLock { state in
      switch state {
      case .made(let pool): return pool
      case .unmade:
        let pool = (try? compile()).map { WorkspacePool($0) }
        state = .made(pool)
        return pool
      }
    }
  }
}

/// Workspaces that no thread is using.
private final class WorkspacePool: @unchecked Sendable {
  struct Entry {
    let workspace: any Workspace
    let context: RunContext
    let inputs: PointerTable
  }
  private let executable: any Executable
  private let lock = Mutex<Void>(())
  private var free: [Entry] = []

  init(_ executable: any Executable) { self.executable = executable }

  func take() -> Entry {
    if let entry = lock.withLock({ _ in free.popLast() }) { return entry }
    let context = RunContext()
    return Entry(
      workspace: executable.makeWorkspace(context), context: context,
      inputs: PointerTable(count: executable.parameterTypes.count))
  }

  func give(_ entry: Entry) { lock.withLock { _ in free.append(entry) } }
}
