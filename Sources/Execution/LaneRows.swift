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

  /// Rows at a distance of `stride` bytes become such at another. Rows of a few numbers are the rule: a call for each would cost more
  /// than the copy.
  static func copy(
    _ count: Int, rows bytes: Int, from source: UnsafeRawPointer, stride: Int,
    to target: UnsafeMutableRawPointer, stride targetStride: Int
  ) {
    func words<Word: BitwiseCopyable>(_ word: Word.Type, _ perRow: Int) {
      let size = MemoryLayout<Word>.size
      for i in 0..<count {
        for k in 0..<perRow {
          let value = (source + i * stride).loadUnaligned(fromByteOffset: k * size, as: Word.self)
          (target + i * targetStride).storeBytes(of: value, toByteOffset: k * size, as: Word.self)
        }
      }
    }
    switch bytes {
    case 4: words(UInt32.self, 1)
    case 8: words(UInt64.self, 1)
    case 16: words(SIMD2<UInt64>.self, 1)
    case 0..<128 where bytes % 8 == 0: words(UInt64.self, bytes / 8)
    case 0..<64 where bytes % 4 == 0: words(UInt32.self, bytes / 4)
    default:
      for i in 0..<count {
        (target + i * targetStride).copyMemory(from: source + i * stride, byteCount: bytes)
      }
    }
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
