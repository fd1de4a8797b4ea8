package import NodalIR

/// Arrays over lanes as rows: lane i is a run of `bytes` bytes.
package enum LaneRows {
  /// Bytes of one lane of a value that leads with lanes or trajectories.
  package static func bytes(_ type: ValueType, _ extents: ExtentValues) -> Int {
    var count = type.element.byteCount
    for extent in type.extents.dropFirst() { count *= extents.length(of: extent) }
    return count
  }

  package static func bytes(all type: ValueType, _ extents: ExtentValues) -> Int {
    type.element.byteCount * type.count(extents)
  }

  /// Row `lanes[i]` of `source` becomes row i.
  package static func gather(
    _ lanes: [Int], _ source: UnsafeRawPointer, _ target: UnsafeMutableRawPointer, _ bytes: Int
  ) {
    for (i, lane) in lanes.enumerated() {
      (target + i * bytes).copyMemory(from: source + lane * bytes, byteCount: bytes)
    }
  }

  /// Row i of `source` becomes row `lanes[i]`.
  package static func scatter(
    _ lanes: [Int], _ source: UnsafeRawPointer, _ target: UnsafeMutableRawPointer, _ bytes: Int
  ) {
    for (i, lane) in lanes.enumerated() {
      (target + lane * bytes).copyMemory(from: source + i * bytes, byteCount: bytes)
    }
  }

  /// Adds arrays of numbers. Truth values are joined by or.
  package static func add(
    _ element: ElementType, _ source: UnsafeRawPointer, to target: UnsafeMutableRawPointer,
    count: Int
  ) {
    switch element {
    case .f32: sum(source, target, count) { (a: Float, b: Float) in a + b }
    case .f64: sum(source, target, count) { (a: Double, b: Double) in a + b }
    case .i64: sum(source, target, count) { (a: Int64, b: Int64) in a &+ b }
    case .bool: sum(source, target, count) { (a: UInt8, b: UInt8) in a | b }
    }
  }

  @inline(__always)
  private static func sum<T>(
    _ source: UnsafeRawPointer, _ target: UnsafeMutableRawPointer, _ count: Int,
    _ plus: (T, T) -> T
  ) {
    let from = source.assumingMemoryBound(to: T.self)
    let to = target.assumingMemoryBound(to: T.self)
    for i in 0..<count { to[i] = plus(to[i], from[i]) }
  }
}
