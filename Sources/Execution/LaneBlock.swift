import NodalIR

/// A value of a loop's lanes: elements by element and lane.
struct LaneBlock {
  let memory: Buffer
  let element: ElementType
  /// Elements of a lane.
  let count: Int
  /// Lanes side by side.
  let width: Int

  init(_ element: ElementType, count: Int, width: Int) {
    self.element = element
    self.count = count
    self.width = width
    memory = Buffer()
    memory.zero(count * width * element.byteCount)
  }

  /// Bytes of a lane's elements, side by side.
  var rowBytes: Int { count * element.byteCount }

  /// Copies a row of elements into a lane.
  func put(_ row: UnsafeRawPointer, _ lane: Int) {
    switch element.byteCount {
    case 8: put(row, lane, UInt64.self)
    case 4: put(row, lane, UInt32.self)
    default: put(row, lane, UInt8.self)
    }
  }

  /// Copies a lane's elements into a row.
  func take(_ row: UnsafeMutableRawPointer, _ lane: Int) {
    switch element.byteCount {
    case 8: take(row, lane, UInt64.self)
    case 4: take(row, lane, UInt32.self)
    default: take(row, lane, UInt8.self)
    }
  }

  func clear(_ lane: Int) {
    switch element {
    case .f32: clear(lane, Float.self)
    case .f64: clear(lane, Double.self)
    case .i64, .bool: break
    }
  }

  /// Adds a lane's elements to a row, and leaves zeros. Of numbers with fractions.
  func move(addingTo row: UnsafeMutableRawPointer, _ lane: Int) {
    switch element {
    case .f32: move(row, lane, Float.self)
    case .f64: move(row, lane, Double.self)
    case .i64, .bool: break
    }
  }

  @inline(__always)
  private func put<T>(_ row: UnsafeRawPointer, _ lane: Int, _ type: T.Type) {
    let (from, to) = (row.assumingMemoryBound(to: T.self), memory.typed(T.self) + lane)
    for j in 0..<count { to[j * width] = from[j] }
  }

  @inline(__always)
  private func take<T>(_ row: UnsafeMutableRawPointer, _ lane: Int, _ type: T.Type) {
    let (from, to) = (memory.typed(T.self) + lane, row.assumingMemoryBound(to: T.self))
    for j in 0..<count { to[j] = from[j * width] }
  }

  @inline(__always)
  private func clear<T: BinaryFloatingPoint>(_ lane: Int, _ type: T.Type) {
    let numbers = memory.typed(T.self) + lane
    for j in 0..<count { numbers[j * width] = 0 }
  }

  @inline(__always)
  private func move<T: BinaryFloatingPoint>(
    _ row: UnsafeMutableRawPointer, _ lane: Int, _ type: T.Type
  ) {
    let (from, to) = (memory.typed(T.self) + lane, row.assumingMemoryBound(to: T.self))
    for j in 0..<count {
      to[j] += from[j * width]
      from[j * width] = 0
    }
  }
}
