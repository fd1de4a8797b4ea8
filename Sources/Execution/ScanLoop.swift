package import NodalIR

/// What an executor needs to know to make a loop over the turns of a counted scan.
package struct ScanLoopProblem: Sendable {
  /// Its length is counted.
  package var scan: Scan
  /// nil where it is of one trajectory; the body has no lanes then.
  package var trajectories: Extent?

  package init(_ scan: Scan, trajectories: Extent?) {
    self.scan = scan
    self.trajectories = trajectories
  }

  /// Number of the first output among the values of a `ScanTable`.
  package var firstOutput: Int { scan.body.parameterCount }
  /// Values of a `ScanTable`.
  package var valueCount: Int { firstOutput + scan.outputs + scan.terms }
}

/// A compiled counted scan: takes some trajectories through their turns.
package protocol ScanLoop: Sendable {
  /// How many trajectories it takes side by side.
  var width: Int { get }
  /// Takes so many turns, from a place on; backwards where the scan is reversed. Carries go on where they are, terms are added to what is
  /// there.
  func run(_ table: ScanTable, from place: Int, turns: Int)
}

/// Memory that a counted scan and a compiled loop share.
package final class ScanTable {
  package let width: Int
  /// By value and lane, where the trajectory has it: the body's parameters, then outputs and terms. A carry is changed in place. Of what
  /// has an entry for each turn it is the first one. What is shared by all trajectories is told once, for lane 0.
  package let rows: UnsafeMutablePointer<UnsafeMutableRawPointer>
  /// By lane: the turns that its trajectory has. A lane without a trajectory has none, and points to lane 0's values.
  package let counts: UnsafeMutablePointer<Int>

  package init(width: Int, values: Int) {
    self.width = width
    rows = .allocate(capacity: max(1, values * width))
    rows.initialize(
      repeating: UnsafeMutableRawPointer(bitPattern: 64).unsafelyUnwrapped,
      count: max(1, values * width))
    counts = .allocate(capacity: width)
    counts.initialize(repeating: 0, count: width)
  }

  deinit {
    rows.deallocate()
    counts.deallocate()
  }

  package subscript(value: Int, lane: Int) -> UnsafeMutableRawPointer {
    get { rows[value * width + lane] }
    set { rows[value * width + lane] = newValue }
  }
}
