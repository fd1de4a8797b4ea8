import NodalBasics
import NodalSession

/// What a `bench` block measured.
public struct Benchmark: Sendable {
  private let result: BenchResult

  init(_ result: BenchResult) { self.result = result }

  /// What stands behind `bench`.
  public var title: String { result.title }
  /// What each run took, in seconds, in order; the warm-up is not among them.
  public var times: [Double] { result.times }
  /// Half of the runs took no longer, in seconds.
  public var median: Double { result.median }
  /// The fastest run, in seconds.
  public var minimum: Double { result.minimum }
  /// Runs before the first that counts.
  public var warmup: Int { result.warmup }
  /// What compiling took before all runs, in seconds.
  public var compile: Double { result.compile }
  /// Evaluations of right-hand sides in one run, forward and backward.
  public var evaluations: Int { result.cost.forward + result.cost.backward }
  /// Accepted steps of one run's solves forwards, all trajectories together.
  public var steps: Int { result.cost.steps }
  /// ‖y - y*‖ / ‖y*‖ of what was timed, or of its gradient; nil where nothing was stated to compare with.
  public var error: Double? { result.error }

  /// One JSON object without line break; `docs/json.md` says what is in it.
  public var json: String {
    JSONValue.object(
      [.init("kind", .string("bench"))] + result.json.map { .init($0.0, $0.1) }
    ).text
  }
}
