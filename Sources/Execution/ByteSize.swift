package import NodalIR

/// How many bytes a value takes, as far as is known before a run: a number, times lengths that the run knows. Values of equal sizes
/// take the same in every run.
package struct ByteSize: Hashable, Sendable {
  private var bytes: Int
  private var lanes = 0
  private var traces: [Int] = []

  package init(_ type: ValueType) {
    bytes = type.element.byteCount
    for extent in type.extents {
      switch extent {
      case .fixed(let n): bytes *= n
      case .lanes(let times):
        bytes *= times
        lanes += 1
      case .steps(let trace): traces.append(trace)
      }
    }
    traces.sort()
  }

  package func count(_ extents: ExtentValues) -> Int {
    var count = bytes
    for _ in 0..<lanes { count *= extents.lanes }
    for trace in traces { count *= extents.length(of: .steps(trace: trace)) }
    return count
  }
}
