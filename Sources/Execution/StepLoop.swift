package import NodalIR
package import NodalMethods

/// What an executor needs to know to make a loop of steps that runs on its own. With a quadrature the steps give their terms.
package struct StepLoopProblem: Sendable {
  /// How steps follow each other.
  package enum Pace: Sendable {
    /// Their lengths follow from their errors.
    case adaptive(StepController)
    /// They are given, so many at most; components that a step makes more than so many times what they have been, or larger than that,
    /// are the engine's to look at.
    case given(budget: Int, growth: Double, largest: Double)
  }

  package var regions: StepRegions
  package var pace: Pace
  /// Type of the state of one trajectory.
  package var state: ValueType
  /// How many trajectories the solve is over; the regions have lanes then. nil where it is of one.
  package var trajectories: Extent?
  package var hasTrace: Bool
  /// Save times may lie inside of steps.
  package var hasSaves: Bool

  /// Of the right-hand side, behind time and state.
  package var parameterCount: Int
  /// Steps end at corners, and their lengths are chosen by that.
  package var corners: CornerPace?

  package var hasTrajectories: Bool { trajectories != nil }

  package var isGiven: Bool {
    switch pace {
    case .adaptive: false
    case .given: true
    }
  }

  /// The place of the dense record among the results of a step that has one.
  package var recordResult: Int {
    regions.recordResult(memories: regions.start?.results.count ?? 0)
  }

  /// Types of the integrals.
  package var terms: [ValueType] { regions.terms?.resultTypes ?? [] }
}

/// A compiled loop: takes some trajectories forward, step by step, until one of them needs the engine.
///
/// It doesn't decide more than the engine does, nor other than it: failures, ends, stiffness are the engine's.
package protocol StepLoop: Sendable {
  /// How many trajectories it takes side by side.
  var width: Int { get }
  /// Parameters of the right-hand side that it reads rows of, of each lane its own: it wants their addresses.
  var tables: Set<Int> { get }
  /// See `LoopTable`. Returns when a lane has an event, or all lanes have taken so many steps.
  func run(_ table: LoopTable)
}

extension Executor {
  /// Executors that make no loops leave all to the engine.
  package func compileLoops(_ problem: StepLoopProblem) throws -> LoopFamily<any StepLoop>? { nil }
  package func compileLoops(_ problem: ScanLoopProblem) throws -> LoopFamily<any ScanLoop>? { nil }
  package func expecting(lanes: Int) -> any Executor { self }
  package var forRareUse: any Executor { self }
}

/// Memory that the engine and a compiled loop share. A field has one entry for each lane, side by side.
package final class LoopTable {
  /// Numbers of a lane.
  package enum Number: Int, CaseIterable {
    case time, end, direction
    /// Size of the next step, positive.
    case proposal
    case previous, beforePrevious
    /// Of given steps: the stretch that is cut into equal ones, their length, and how long they may be.
    case gapStart, gapEnd, gapStep, longest
    /// How long the first step behind the last corner should have been; infinity for none.
    case behindCorner
  }

  /// Whole numbers of a lane.
  package enum Count: Int, CaseIterable {
    /// 1 where the lane has a trajectory under way.
    case active
    /// What the lane needs the engine for, see `Event`.
    case event
    case accepted, rejected
    /// Entries of the log that are the jumps of events.
    case jumps
    /// Steps that may still be tried.
    case budget
    /// 1 after a rejected step.
    case wasRejected
    /// 1 at a corner.
    case isAtCorner
    case nextSave, saveCount
    /// Addresses: of the save times, of the saved states, of the steps that saves lie in.
    case saveTimes, saved, saveSteps
    /// Number of the trajectory, for the log.
    case trajectory
    /// Save times met in steps.
    case saves
    /// Of given steps: in this stretch, and those of them that are done.
    case gapCount, gapDone
  }

  package enum Event {
    package static let none = 0
    /// The trajectory is at its end, or where else steps end.
    package static let landed = 1
    /// The next step can't be taken, or the last can't be repaired: the engine tries it, and says why.
    package static let stuck = 2
  }

  /// Entries of `log`.
  package enum Log: Int, CaseIterable {
    case count, capacity, trajectories, times, sizes, states, records
  }

  package let width: Int
  package let numbers: UnsafeMutablePointer<Double>
  package let counts: UnsafeMutablePointer<Int>
  package let log: UnsafeMutablePointer<Int>
  /// Of state, memories, parameters and integrals, and, with given steps, of the sizes that components have reached: pointers to
  /// elements by element and lane; a parameter that is shared points to itself. Of an integral over all trajectories each lane has a
  /// share. An array over the steps of a trace isn't copied, nor one that rows are gathered of: of it there is an address for each lane.
  package let blocks: UnsafeMutablePointer<UnsafeMutableRawPointer>
  package let blockCount: Int
  /// 1, then the lengths of traces.
  package let lengths: UnsafeMutablePointer<Int>
  /// Rounds that a run takes at most.
  @exclusivity(unchecked) package var rounds = 0

  package init(width: Int, blocks count: Int, traces: Int) {
    self.width = width
    blockCount = count
    numbers = .allocate(capacity: Number.allCases.count * width)
    numbers.initialize(repeating: 0, count: Number.allCases.count * width)
    counts = .allocate(capacity: Count.allCases.count * width)
    counts.initialize(repeating: 0, count: Count.allCases.count * width)
    log = .allocate(capacity: Log.allCases.count)
    log.initialize(repeating: 0, count: Log.allCases.count)
    lengths = .allocate(capacity: 1 + traces)
    lengths.initialize(repeating: 1, count: 1 + traces)
    blocks = .allocate(capacity: max(1, count))
    blocks.initialize(
      repeating: UnsafeMutableRawPointer(bitPattern: 64).unsafelyUnwrapped, count: max(1, count))
  }

  deinit {
    numbers.deallocate()
    counts.deallocate()
    log.deallocate()
    blocks.deallocate()
    lengths.deallocate()
  }

  package subscript(_ field: Number, _ lane: Int) -> Double {
    get { numbers[field.rawValue * width + lane] }
    set { numbers[field.rawValue * width + lane] = newValue }
  }

  package subscript(_ field: Count, _ lane: Int) -> Int {
    get { counts[field.rawValue * width + lane] }
    set { counts[field.rawValue * width + lane] = newValue }
  }

  package subscript(_ entry: Log) -> Int {
    get { log[entry.rawValue] }
    set { log[entry.rawValue] = newValue }
  }
}
