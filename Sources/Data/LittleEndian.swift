/// Bytes of a file as numbers whose first byte counts least. What lies outside of the file, or is beyond an `Int`, is nil.
struct LittleEndian {
  let bytes: [UInt8]

  init(_ bytes: [UInt8]) { self.bytes = bytes }

  var count: Int { bytes.count }

  /// The number in `width` bytes from `place` on.
  subscript(_ place: Int, _ width: Int) -> Int? {
    guard place >= 0, width <= 8, place <= bytes.count - width else { return nil }
    let bits = bytes[place..<place + width].reversed().reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
    return Int(exactly: bits)
  }

  /// The bytes of a number.
  static func bytes(_ number: Int, _ width: Int) -> [UInt8] {
    (0..<width).map { UInt8(truncatingIfNeeded: number >> (8 * $0)) }
  }
}
