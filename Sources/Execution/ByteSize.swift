import NodalIR

/// The bytes of a value, as a product that is quick to take: of a number, and lengths that a run knows.
struct ByteSize {
  private var factor: Int
  private var hasLanes = false
  /// nil where there is none.
  private var trace: Int?
  /// Of types with several traces.
  private var general: ValueType?

  init(_ type: ValueType) {
    factor = type.element.byteCount
    for extent in type.extents {
      switch extent {
      case .fixed(let n): factor *= n
      case .lanes(let times):
        factor *= times
        hasLanes = true
      case .steps(let next):
        if trace != nil { general = type }
        trace = next
      }
    }
  }

  func count(_ extents: ExtentValues) -> Int {
    if let general { return LaneRows.bytes(all: general, extents) }
    var bytes = hasLanes ? factor * extents.lanes : factor
    if let trace { bytes *= extents.length(of: .steps(trace: trace)) }
    return bytes
  }
}
