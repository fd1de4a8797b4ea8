import NodalExecution
import NodalIR
import NodalMethods

/// The loop of steps of a small system: its state in registers, one trajectory in each lane of a vector. It becomes text for the width
/// that is asked for.
struct LoopCode: LaneLoopCode {
  static let symbol = "_loop"

  private let problem: StepLoopProblem
  private let target: CodeTarget
  private let step: Region
  private let recorded: Region
  private let dense: Region
  private let traces: TraceParameters
  /// Of the steps' parameters.
  private let tables: Set<Int>

  /// A step may be longer than a program of its own: what the engine does between two steps, and the memory that their
  /// values would go through, are saved each time. But with many numbers that are alive throughout (the state's components and
  /// the parameters) the compiler's time explodes: networks of some size, and states with their derivatives by many
  /// parameters, run as kernels.
  private static func limit(alive: Int) -> Int { alive <= 100 ? 22_500 : 4000 }

  /// `(numbers, counts, blocks, log, lengths, rounds)`: the parts of a `LoopTable`.
  typealias Function =
    @convention(c) @Sendable (
      UnsafeMutablePointer<Double>, UnsafeMutablePointer<Int>,
      UnsafeMutablePointer<UnsafeMutableRawPointer>, UnsafeMutablePointer<Int>,
      UnsafeMutablePointer<Int>, Int
    ) -> Void

  /// nil for a system that is too large to be written without loops over its components.
  init?(_ problem: StepLoopProblem, target: CodeTarget) throws(IRError) {
    let regions = problem.regions
    let step = try Normalize.run(regions.step)
    let recorded = try Normalize.run(regions.stepWithRecord)
    let dense = try Normalize.run(regions.dense)
    guard problem.terms.allSatisfy(\.element.isFloating) else { return nil }
    guard let traces = TraceParameters(step), let others = TraceParameters(recorded),
      traces.arrays == others.arrays, traces.counts == others.counts
    else { return nil }
    let first = step.parameterCount - problem.parameterCount
    let (tables, othersTables) = (
      GatherTables(step).parameters.filter { $0 >= first },
      GatherTables(recorded).parameters.filter { $0 >= first }
    )
    guard tables == othersTables else { return nil }
    let kept = step.parameterTypes.indices.dropFirst(2).filter {
      !traces.arrays.contains($0) && !tables.contains($0)
    }
    let alive = (kept.map { step.parameterTypes[$0] } + problem.terms).reduce(0) {
      $0 + (Unrolling.ownCount($1) ?? Unrolling.limit)
    }
    let limit = Self.limit(alive: alive)
    guard
      [step, recorded, dense].allSatisfy({
        Unrolling.suits($0, limit: limit, sumsLanes: problem.hasTrajectories)
      }), Self.addsUp(step, problem), Self.addsUp(recorded, problem)
    else { return nil }
    self.problem = problem
    self.target = target
    self.step = step
    self.recorded = recorded
    self.dense = dense
    self.traces = traces
    self.tables = tables
  }

  /// See `StepLoop.tables`.
  var ownTables: Set<Int> {
    let first = step.parameterCount - problem.parameterCount
    return Set(tables.filter { step.parameterTypes[$0].isBatched }.map { $0 - first })
  }

  /// Two vectors side by side: a step is a chain of operations, and the chains of two hide each other's
  /// waiting.
  var fullWidth: Int { problem.hasTrajectories ? 2 * target.vectorBits / 64 : 1 }

  /// So many trajectories are sooner done one after the other than side by side, by measurement: with vectors of 512 bits four take as long
  /// either way, with vectors of 256 two or three.
  var few: Int { fullWidth < 8 ? 1 : fullWidth < 16 ? 2 : 3 }

  /// Long steps of single trajectories have what can be packed into vectors.
  func style(width: Int) -> CodeGenerator.Style {
    width > 1 || Unrolling.suits(step, sumsLanes: problem.hasTrajectories) ? .registers : .packed
  }

  var parameters: String {
    "ptr noalias nocapture %numbers, ptr noalias nocapture %counts, "
      + "ptr noalias nocapture readonly %blocks, ptr noalias nocapture %log, "
      + "ptr noalias nocapture readonly %lengths, i64 %rounds"
  }

  func emit(_ w: FunctionWriter, width: Int) {
    LoopEmitter(
      w, problem, width: width, target: target, step: step, recorded: recorded, dense: dense,
      traces: traces, tables: tables
    ).emit()
  }

  /// Nothing but the terms of integrals is summed over lanes.
  private static func addsUp(_ step: Region, _ problem: StepLoopProblem) -> Bool {
    guard let shares = LaneShares(step) else { return false }
    return step.results.dropLast(problem.terms.count).allSatisfy { !shares.contains($0) }
      && step.results.suffix(problem.terms.count).allSatisfy {
        !problem.hasTrajectories || shares.isTerm($0)
      }
  }
}
