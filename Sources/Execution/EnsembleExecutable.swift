import NodalIR

/// A solve over a fixed number of trajectories, in pieces that threads share. Each piece is a solve over lanes; as no trajectory
/// knows of another, the numbers are the same in any piece, and on any number of threads.
struct EnsembleExecutable: Executable {
  let piece: any Executable
  let pieces: [Range<Int>]
  let parameterTypes: [ValueType]
  let resultTypes: [ValueType]
  let isBatched: [Bool]

  /// Fewer trajectories are not worth a second thread.
  private static let fewest = 64

  /// nil for a solve whose trajectories have something in common, as a step size or integrals, or are few.
  init?(
    _ solve: Solve, _ operands: [ValueType], _ origin: Origin?, _ executor: any Executor
  ) throws {
    guard case .fixed(let count)? = solve.trajectories, count >= Self.fewest, solve.isLowered,
      !solve.sharesClock, solve.trace == nil, solve.quadrature == nil
    else { return nil }
    parameterTypes = operands
    resultTypes = try Form.solve(solve).resultTypes(operands)
    isBatched = solve.batched
    var part = solve
    part.trajectories = .lane
    let types = zip(operands, solve.batched).map { type, isBatched in
      isBatched ? type.droppingFirst().prepending(.lane) : type
    }
    pieces = Threads.cut(count, into: count < 256 ? 4 : 8)
    piece = try SolveExecutable.make(
      part, types, origin, executor.expecting(lanes: pieces[0].count))
  }

  func makeWorkspace(_ context: RunContext) -> any Workspace { EnsembleWorkspace(self, context) }
}

/// Sendable by discipline: each piece is one thread's, and writes its own rows of the results.
private final class EnsembleWorkspace: Workspace, @unchecked Sendable {
  private struct Piece {
    let workspace: any Workspace
    let context: RunContext
    let inputs: PointerTable
  }

  private let program: EnsembleExecutable
  private let context: RunContext
  private let store: ResultStore
  private let pieces: [Piece]
  @exclusivity(unchecked) private(set) var extents = ExtentValues()
  /// Of the run under way.
  @exclusivity(unchecked) private var given = PointerTable(count: 0).pointer

  init(_ program: EnsembleExecutable, _ context: RunContext) {
    self.program = program
    self.context = context
    store = ResultStore(program.resultTypes)
    pieces = program.pieces.map { _ in
      let own = RunContext()
      return Piece(
        workspace: program.piece.makeWorkspace(own), context: own,
        inputs: PointerTable(count: program.parameterTypes.count))
    }
  }

  var results: UnsafePointer<UnsafeRawPointer> { store.pointers.pointer }
  var byteCount: Int { pieces.reduce(store.byteCount) { $0 + $1.workspace.byteCount } }

  func run(
    _ inputs: UnsafePointer<UnsafeRawPointer>, _ extents: ExtentValues
  ) throws(ExecutionError) {
    self.extents = extents
    given = inputs
    for i in program.resultTypes.indices { store.prepare(i, extents) }
    let errors = (context.threads ?? Threads(1)).map(pieces.count) { [self] k in run(k) }
    for (k, (piece, error)) in zip(pieces, errors).enumerated() {
      context.join(piece.context)
      guard let error else { continue }
      if case .solve(var failure) = error {
        failure.trajectory += program.pieces[k].lowerBound
        failure.followsLanes = false
        throw .solve(failure)
      }
      throw error
    }
  }

  /// Runs a piece, and puts its rows into the results.
  private func run(_ k: Int) -> ExecutionError? {
    let (piece, rows) = (pieces[k], program.pieces[k])
    piece.context.begin(
      cancel: context.cancel, keepsFailures: context.keepsFailures,
      endsWhereStiff: context.endsWhereStiff, threads: nil,
      memoryLimit: context.memoryLimit / (context.threads?.count ?? 1))
    for (i, type) in program.parameterTypes.enumerated() {
      let offset = program.isBatched[i] ? rows.lowerBound * LaneRows.bytes(type, extents) : 0
      piece.inputs[i] = given[i] + offset
    }
    do throws(ExecutionError) {
      try piece.workspace.run(
        piece.inputs.pointer, ExtentValues(lanes: rows.count, steps: extents.steps))
    } catch {
      return error
    }
    for (i, type) in program.resultTypes.enumerated() {
      let bytes = LaneRows.bytes(type, extents)
      (store[i] + rows.lowerBound * bytes).copyMemory(
        from: piece.workspace.results[i], byteCount: rows.count * bytes)
    }
    return nil
  }
}
