package import NodalIR

/// A compiled region. Immutable, shared between threads; what a run needs to remember is in a
/// workspace.
package protocol Executable: Sendable {
  var parameterTypes: [ValueType] { get }
  var resultTypes: [ValueType] { get }
  /// Memory for one thread to run in. Expensive; keep it for many runs.
  func makeWorkspace(_ context: RunContext) -> any Workspace
}

/// An executable with the memory of one thread. Once warm, a run with lengths that it has seen
/// allocates nothing.
package protocol Workspace: AnyObject {
  /// Runs once. Inputs are arrays in row-major order, one for each parameter, of the lengths that
  /// `extents` says.
  func run(
    _ inputs: UnsafePointer<UnsafeRawPointer>, _ extents: ExtentValues
  ) throws(ExecutionError)
  /// The results of the last run. They are valid until the next one; a result that is a parameter
  /// points to the input.
  var results: UnsafePointer<UnsafeRawPointer> { get }
  /// The lengths after the run: a solve adds the length of its trace.
  var extents: ExtentValues { get }
  /// Memory that it holds, children's included: after a run the most that the run needed.
  var byteCount: Int { get }
}

/// Makes executables: the reference executor, or one that makes machine code.
package protocol Executor: Sendable {
  /// Compiles a verified region without `derivative`, and whose maps are lowered. Throws `IRError`.
  func compile(_ region: Region) throws -> any Executable
  /// The same for several, in their order; at once where that saves time.
  func compile(_ regions: [Region]) throws -> [any Executable]
  /// Loops of steps that run without the engine; nil where this executor, or this solve, has none. The one for the number of
  /// trajectories that is expected is there at once; others are compiled when they are first wanted.
  func compileLoops(_ problem: StepLoopProblem) throws -> LoopFamily<any StepLoop>?
  /// The same for the turns of a counted scan.
  func compileLoops(_ problem: ScanLoopProblem) throws -> LoopFamily<any ScanLoop>?
  /// The same executor, for programs that will run with so many lanes, as a rule. It saves time at the first run, and changes nothing
  /// else.
  func expecting(lanes: Int) -> any Executor
  /// What compiles regions that run seldom: quick to compile.
  var forRareUse: any Executor { get }
}

extension Executor {
  package func compile(_ regions: [Region]) throws -> [any Executable] {
    try regions.map { try compile($0) }
  }
}

/// What all workspaces of one run share: whether to stop, what to do with failed solves, and what
/// there is to report. Belongs to one thread, but for the flag.
package final class RunContext {
  /// Polled at each step of a solve.
  @exclusivity(unchecked) package var cancel: CancelFlag?
  /// Failed solves give their status among their statistics, and NaN, instead of throwing.
  @exclusivity(unchecked) package var keepsFailures = false
  /// A solve by `auto` that turns out to be stiff ends the run: another program takes its place.
  @exclusivity(unchecked) package var endsWhereStiff = false
  /// Free to be used by parts of this run: nil where the run itself is a piece of a batch that threads share.
  @exclusivity(unchecked) package var threads: Threads?
  /// Bytes that a record of steps may take.
  @exclusivity(unchecked) package var memoryLimit = Int.max
  /// Instructions that executors ran: what batching saves.
  @exclusivity(unchecked) package var instructions = 0
  @exclusivity(unchecked) package var evaluations = EvaluationCounts()
  @exclusivity(unchecked) package var warnings: [RunWarning] = []
  /// The first array that was read outside of its bounds, and whose NaN may be in the results. Inside of a solve it
  /// isn't kept: what a rejected step read is no matter, and what an accepted one read ends the solve.
  @exclusivity(unchecked) package var miss: IndexMiss?
  /// See `RunReport`.
  @exclusivity(unchecked) package var drift = 0.0

  package init(cancel: CancelFlag? = nil, keepsFailures: Bool = false) {
    self.cancel = cancel
    self.keepsFailures = keepsFailures
  }

  func warn(_ warning: RunWarning) { warning.join(&warnings) }

  /// For a new run: what it is asked for, and nothing reported.
  func begin(
    cancel: CancelFlag?, keepsFailures: Bool, endsWhereStiff: Bool, threads: Threads?,
    memoryLimit: Int
  ) {
    self.cancel = cancel
    self.keepsFailures = keepsFailures
    self.endsWhereStiff = endsWhereStiff
    self.threads = threads
    self.memoryLimit = memoryLimit
    instructions = 0
    evaluations.clear()
    warnings = []
    miss = nil
    drift = 0
  }

  /// Adds what a part of this run reported.
  func join(_ part: RunContext) {
    instructions += part.instructions
    evaluations.add(part.evaluations)
    for warning in part.warnings { warn(warning) }
    if miss == nil { miss = part.miss }
    drift = max(drift, part.drift)
  }
}

/// Something a run noticed that doesn't stop it.
package enum RunWarning: Sendable, Hashable {
  /// The steps were held back by stability from about this time on.
  case stiff(time: Double, origin: Origin?)
  /// The same, and another method was taken.
  case switched(time: Double, origin: Origin?)
  /// Given steps are longer than the method is stable with, and from about this time on the state has grown so many times over.
  case unstable(time: Double, growth: Double, origin: Origin?)
  /// What a method remembers beside the state has come off it by such a share of it, at its end.
  case companionAstray(time: Double, share: Double, origin: Origin?)
  /// A solve of the state backwards, for an adjoint gradient, has come to this time so many tolerances away from where the solve
  /// forwards had been: the gradient is as wrong as that.
  case adjointDrift(time: Double, ratio: Double, origin: Origin?)
}

extension RunWarning {
  /// Adds the warning to a list that has each kind once for each place of the program: of stiffness the first, of
  /// drift and growth the worst.
  package func join(_ warnings: inout [RunWarning]) {
    for i in warnings.indices {
      switch (warnings[i], self) {
      case (.stiff(_, let a), .stiff(_, let b)) where a == b:
        return
      case (.switched(_, let a), .switched(_, let b)) where a == b:
        return
      case (.unstable(_, let most, let a), .unstable(_, let growth, let b)) where a == b:
        if growth > most { warnings[i] = self }
        return
      case (.adjointDrift(_, let worst, let a), .adjointDrift(_, let ratio, let b)) where a == b:
        if ratio > worst { warnings[i] = self }
        return
      case (.companionAstray(_, let most, let a), .companionAstray(_, let share, let b))
      where a == b:
        if share > most { warnings[i] = self }
        return
      case (.stiff, _), (.switched, _), (.unstable, _), (.companionAstray, _), (.adjointDrift, _):
        continue
      }
    }
    warnings.append(self)
  }
}
