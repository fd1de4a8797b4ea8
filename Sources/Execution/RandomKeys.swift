package import NodalBasics

/// The two numbers that key the random draws of a program: a key operand is (seed, example and
/// step).
package enum RandomKeys {
  /// What a caller passes for one example. `example` and `step` are taken modulo 2³².
  package static func pack(seed: UInt64, step: Int, example: Int) -> (Int64, Int64) {
    let low = UInt64(UInt32(truncatingIfNeeded: example))
    let high = UInt64(UInt32(truncatingIfNeeded: step)) << 32
    return (Int64(bitPattern: seed), Int64(bitPattern: high | low))
  }

  /// The stream of numbers of a key at one place in the program.
  package static func source(_ first: Int64, _ second: Int64, place: Int) -> RandomKey {
    let word = UInt64(bitPattern: second)
    return RandomKey(
      seed: UInt64(bitPattern: first), place: UInt64(bitPattern: Int64(place)),
      step: UInt32(truncatingIfNeeded: word >> 32), example: UInt32(truncatingIfNeeded: word))
  }
}
