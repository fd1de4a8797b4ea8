package import NodalBasics

/// What a `bench` block measured. Times are in seconds.
package struct BenchResult: Sendable {
  /// What was timed.
  package enum Work: String, Sendable, Hashable { case expression, gradient, train }

  package var title: String
  package var work: Work
  /// Lowering, passes and code, before the first run.
  package var compile: Double
  /// Runs before the first that counts.
  package var warmup: Int
  /// What each run took.
  package var times: [Double]
  /// Of one run; the middle one where runs differ.
  package var cost: Cost
  /// ‖y - y*‖ / ‖y*‖ of what the work gives, or of its gradient; nil where there is nothing to compare with.
  package var error: Double?

  package struct Cost: Sendable, Hashable {
    /// Evaluations of right-hand sides, and those of the gradient's solves.
    package var forward = 0
    package var backward = 0
    /// Accepted steps of the solves forwards, all trajectories together.
    package var steps = 0
  }

  package var median: Double { Self.median(times) }
  package var minimum: Double { times.min() ?? .nan }

  /// Of an even number the mean of the middle two; NaN of none.
  static func median(_ values: [Double]) -> Double {
    let sorted = values.sorted()
    guard let last = sorted.last else { return .nan }
    let middle = sorted.count / 2
    if sorted.count == 1 { return last }
    return sorted.count % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2
  }

  package var json: [(String, JSONValue)] {
    [
      ("title", .string(title)), ("work", .string(work.rawValue)), ("median", .number(median)),
      ("minimum", .number(minimum)), ("repeats", .integer(times.count)),
      ("warmup", .integer(warmup)), ("compile", .number(compile)),
      ("evaluations", .integer(cost.forward + cost.backward)), ("forward", .integer(cost.forward)),
      ("backward", .integer(cost.backward)), ("steps", .integer(cost.steps)),
      ("error", error.map { .number($0) } ?? .null),
    ]
  }
}
