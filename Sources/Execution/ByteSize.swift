import NodalIR

/// The bytes of a value, as a product that is quick to take: of a number, and lengths that a run knows. It holds no array: those
/// are counted whenever they are copied.
struct ByteSize {
  private var factor: Int
  private var hasLanes = false
  /// nil where there is none.
  private var trace: Int?
  /// There are several: the type has to be looked at.
  private var isGeneral = false

  init(_ type: ValueType) {
    factor = type.element.byteCount
    for extent in type.extents {
      switch extent {
      case .fixed(let n): factor *= n
      case .lanes(let times):
        factor *= times
        hasLanes = true
      case .steps(let next):
        if trace != nil { isGeneral = true }
        trace = next
      }
    }
  }

  /// For the type that it was made of.
  func count(_ extents: ExtentValues, of type: @autoclosure () -> ValueType) -> Int {
    if isGeneral { return LaneRows.bytes(all: type(), extents) }
    var bytes = hasLanes ? factor * extents.lanes : factor
    if let trace { bytes *= extents.length(of: .steps(trace: trace)) }
    return bytes
  }
}
