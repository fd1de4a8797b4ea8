import NodalExecution
import NodalIR

/// The loop over the turns of a counted scan with a small body, as those are that go back through the steps of a solve: carries and terms in
/// registers, one trajectory in each lane of a vector.
struct ScanCode: LaneLoopCode {
  static let symbol = "_scan"

  private let problem: ScanLoopProblem
  private let target: CodeTarget
  private let body: Region

  /// Longer bodies take the compiler too long.
  private static let limit = 4000

  /// `(rows, counts, place, turns)`: the parts of a `ScanTable`, the first turn's place, and how many turns there are.
  typealias Function =
    @convention(c) @Sendable (
      UnsafeMutablePointer<UnsafeMutableRawPointer>, UnsafeMutablePointer<Int>, Int, Int
    ) -> Void

  /// nil for a body that is too large to be written without loops over its components, and where trajectories have more in common than
  /// terms.
  init?(_ problem: ScanLoopProblem, target: CodeTarget) throws(IRError) {
    let body = try Normalize.run(problem.scan.body)
    let hasTrajectories = problem.trajectories != nil
    let scan = problem.scan
    let first = scan.carries + scan.outputs
    // What changes from turn to turn is in registers.
    guard GatherTables(body).gathered.allSatisfy({ $0 >= scan.carries + scan.stacked }) else {
      return nil
    }
    guard Unrolling.suits(body, limit: Self.limit, sumsLanes: hasTrajectories),
      !body.types.contains(where: \.isOverSteps), let shares = LaneShares(body),
      body.results[first...].allSatisfy({ body[$0].element.isFloating })
    else { return nil }
    if hasTrajectories {
      let ownParameters =
        Array(repeating: true, count: scan.carries + scan.stacked) + scan.batched
      guard body.parameterTypes.map(\.isBatched) == ownParameters,
        body.results[..<first].allSatisfy({ body[$0].isBatched && !shares.contains($0) }),
        body.results[first...].allSatisfy(shares.isTerm)
      else { return nil }
    } else if body.types.contains(where: \.isBatched) {
      return nil
    }
    self.problem = problem
    self.target = target
    self.body = body
  }

  var fullWidth: Int { problem.trajectories == nil ? 1 : target.vectorBits / 64 }

  /// Two trajectories are done side by side as soon as one after the other: a turn decides nothing, so lanes without a trajectory cost little.
  var few: Int { 1 }

  /// Long bodies of single trajectories have what can be packed into vectors.
  func style(width: Int) -> CodeGenerator.Style {
    width > 1 || Unrolling.suits(body, sumsLanes: problem.trajectories != nil)
      ? .registers : .packed
  }

  var parameters: String {
    "ptr noalias nocapture readonly %rows, ptr noalias nocapture readonly %counts, i64 %place, "
      + "i64 %turns"
  }

  func emit(_ w: FunctionWriter, width: Int) {
    ScanEmitter(w, problem, body: body, width: width, target: target).emit()
  }
}
