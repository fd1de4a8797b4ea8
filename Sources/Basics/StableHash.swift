/// A hash that is the same in every process on machines of one byte order: two 64-bit sums after FNV-1a (Fowler, Noll and Vo),
/// unlike each other, of words of eight bytes. It tells programs apart and finds damage; it is no defence against an enemy.
package struct StableHash: Sendable {
  private var a: UInt64 = 0xcbf2_9ce4_8422_2325
  private var b: UInt64 = 0x6c62_272e_07bb_0142

  package init() {}

  package init(_ parts: String...) {
    for part in parts { add(part.utf8) }
  }

  /// Adds bytes, and how many there are.
  package mutating func add(_ bytes: some Sequence<UInt8>) {
    let done: Void? = bytes.withContiguousStorageIfAvailable { add(UnsafeRawBufferPointer($0)) }
    if done == nil { Array(bytes).withUnsafeBytes { add($0) } }
  }

  private mutating func add(_ bytes: UnsafeRawBufferPointer) {
    add(UInt64(bytes.count))
    let whole = bytes.count / 8 * 8
    for i in stride(from: 0, to: whole, by: 8) {
      add(bytes.loadUnaligned(fromByteOffset: i, as: UInt64.self))
    }
    for i in whole..<bytes.count { add(UInt64(bytes[i])) }
  }

  /// A product carries bits upwards only: the turn and the shift bring them down again.
  private mutating func add(_ word: UInt64) {
    a = (a ^ word) &* 0x100_0000_01b3
    a ^= a >> 29
    b = (b ^ word) &* 0x9e37_79b9_7f4a_7c15
    b = (b << 23) | (b >> 41)
  }

  /// Digits of `text`.
  package static let length = 32

  package var text: String {
    func hex(_ x: UInt64) -> String {
      let digits = String(x, radix: 16)
      return String(repeating: "0", count: 16 - digits.count) + digits
    }
    return hex(a) + hex(b)
  }
}
