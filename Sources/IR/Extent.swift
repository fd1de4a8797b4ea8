/// How long an axis is.
///
/// Everything is known when IR is made, but for two numbers that only a running program knows: how many
/// lanes it was called with, and how many steps a solve took.
package enum Extent: Sendable, Hashable {
  case fixed(Int)
  /// The number of lanes of the running region, times a constant. Only a leading axis has it.
  case lanes(times: Int)
  /// One more than the number of accepted steps of the solve that carries this trace number, so that the last
  /// entry can hold the end; of a batch, the largest.
  case steps(trace: Int)

  package static let lane = Extent.lanes(times: 1)

  /// The length, where it is known before the program runs.
  package var fixedLength: Int? {
    switch self {
    case .fixed(let n): n
    case .lanes, .steps: nil
    }
  }
}

/// The run-time lengths of a running region.
package struct ExtentValues: Sendable {
  package var lanes: Int
  /// Trace number → length. Traces are few; a list is faster than a dictionary.
  package var steps: [Int]

  package init(lanes: Int = 1, steps: [Int] = []) {
    self.lanes = lanes
    self.steps = steps
  }

  package func length(of extent: Extent) -> Int {
    switch extent {
    case .fixed(let n): n
    case .lanes(let times): lanes * times
    case .steps(let trace): trace < steps.count ? steps[trace] : 0
    }
  }

  package mutating func setSteps(_ length: Int, trace: Int) {
    while steps.count <= trace { steps.append(0) }
    steps[trace] = length
  }
}
