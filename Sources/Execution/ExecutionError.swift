package import NodalIR

/// Why a run ended without results.
package enum ExecutionError: Error, Sendable {
  case cancelled
  /// A trajectory could not be followed to its end. Of several the first by number.
  case solve(SolveFailure)
  /// Trajectories that share a clock have different times.
  case differentTimes(TimeMismatch)
  /// A solve by `auto` is stiff, and there is a program that solves it so.
  case stiff(StiffSolve)
  /// The record of a solve's steps, which a gradient reads, would not fit into memory.
  case recordTooLarge(RecordExcess)
  /// An array was read at a place that it doesn't have.
  case index(IndexMiss)
  /// An argument of another type or shape than the program has: never the user's mistake.
  case argument(index: Int, expected: String, found: String)
}

/// A reading of an array outside of it.
package struct IndexMiss: Sendable, Hashable {
  /// Where in the program it stands.
  package var origin: Origin?
  package var index: Int
  package var length: Int

  package init(origin: Origin?, index: Int, length: Int) {
    self.origin = origin
    self.index = index
    self.length = length
  }
}

/// Where stability holds back the steps of a solve.
package struct StiffSolve: Sendable, Hashable {
  /// Where in the program the solve stands.
  package var origin: Origin?
  package var time: Double
}

/// A record of steps that would be too large.
package struct RecordExcess: Sendable, Hashable {
  /// Where in the program the solve stands.
  package var origin: Origin?
  /// Steps of all trajectories, and the bytes that they take.
  package var steps: Int
  package var byteCount: Int
}

/// A time of a trajectory that isn't that of the first, where all share a clock.
package struct TimeMismatch: Sendable, Hashable {
  /// Where in the program the solve stands.
  package var origin: Origin?
  /// Number in the batch.
  package var trajectory: Int
  /// A save time, not the span's end.
  package var isSaveTime: Bool
  package var first: Double
  package var other: Double
}

/// How a trajectory ended: an entry of `stats`.
package enum SolveStatus: Int, Sendable, CaseIterable {
  case ok, stepTooSmall, nonFinite, stepBudget
  /// Of given steps: no error estimate stopped a state from growing beyond anything meant.
  case exploded
  /// Save times that don't go from the start to the end, in this order.
  case saveTimes
  /// Events without end before some time.
  case eventsWithoutEnd
  /// A delay that is not positive, which is told as the step; or a span of that length backwards.
  case delay
}

/// A trajectory that could not be followed: all that a message can say of it.
package struct SolveFailure: Sendable, Hashable {
  package var status: SolveStatus
  /// Where in the program the solve stands.
  package var origin: Origin?
  /// Number in the batch; 0 without one.
  package var trajectory: Int
  /// Trajectories are the lanes of the whole run.
  package var followsLanes: Bool
  /// The beginning of the step that failed.
  package var time: Double
  /// Its size, signed.
  package var step: Double
  package var steps: Int
  /// The component to blame: the first that isn't finite, or else the one that changes fastest in
  /// units of the tolerance.
  package var component: Int
  /// The last state that was reached.
  package var state: [Double]
  /// The right-hand side there.
  package var derivative: [Double]
  /// The state that the failing step led to, where it isn't finite.
  package var next: [Double]?
  /// The event after which it could not go on, by its number.
  package var event: Int?
  /// From when on stability held back the steps, if it did.
  package var stiffFrom: Double?
}
