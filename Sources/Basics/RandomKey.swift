/// Where a random number comes from: the program's seed, the place in the program that draws, the
/// training step, the example, and the iteration of a loop. The same five and the same index give
/// the same number, on any thread, in any order, in a recomputation; a batch slot never enters.
///
/// Layout: the 64-bit Philox key mixes `seed` and `place`; the counter is (index, iteration,
/// example, step). Two keys that differ in step, example, or iteration can never give overlapping
/// draws; two that differ in seed or place do so with probability 2^-64.
package struct RandomKey: Sendable, Hashable {
  package let seed: UInt64
  package let place: UInt64
  package var step: UInt32
  package var example: UInt32
  package var iteration: UInt32
  private let key0: UInt32
  private let key1: UInt32

  package init(
    seed: UInt64, place: UInt64 = 0, step: UInt32 = 0, example: UInt32 = 0, iteration: UInt32 = 0
  ) {
    self.seed = seed
    self.place = place
    self.step = step
    self.example = example
    self.iteration = iteration
    let mixed = Philox.block(
      key: (UInt32(truncatingIfNeeded: seed), UInt32(truncatingIfNeeded: seed >> 32)),
      counter: (
        UInt32(truncatingIfNeeded: place), UInt32(truncatingIfNeeded: place >> 32),
        0x6E6F_6461, 0x6C6B_6579
      ))
    key0 = mixed.0
    key1 = mixed.1
  }

  /// A place named by text, for example the path of a weight (`net.dense_1.weight`).
  package init(
    seed: UInt64, place: String, step: UInt32 = 0, example: UInt32 = 0, iteration: UInt32 = 0
  ) {
    self.init(
      seed: seed, place: RandomKey.hash(place), step: step, example: example, iteration: iteration)
  }

  /// FNV-1a of the UTF-8 text, 64 bits: the same in every process, which `Hasher` is not.
  package static func hash(_ text: String) -> UInt64 {
    var hash: UInt64 = 0xCBF2_9CE4_8422_2325
    for byte in text.utf8 {
      hash = (hash ^ UInt64(byte)) &* 0x0000_0100_0000_01B3
    }
    return hash
  }

  package func at(step: Int) -> RandomKey {
    var copy = self
    copy.step = UInt32(truncatingIfNeeded: step)
    return copy
  }

  package func at(example: Int) -> RandomKey {
    var copy = self
    copy.example = UInt32(truncatingIfNeeded: example)
    return copy
  }

  package func at(iteration: Int) -> RandomKey {
    var copy = self
    copy.iteration = UInt32(truncatingIfNeeded: iteration)
    return copy
  }

  /// 64 random bits. Indices 2i and 2i + 1 are halves of one Philox block; indices repeat after
  /// 2^33.
  package func bits(_ index: Int) -> UInt64 {
    let block = Philox.block(
      key: (key0, key1),
      counter: (UInt32(truncatingIfNeeded: index >> 1), iteration, example, step))
    return index & 1 == 0
      ? UInt64(block.1) << 32 | UInt64(block.0) : UInt64(block.3) << 32 | UInt64(block.2)
  }

  /// A number strictly between 0 and 1, a multiple of 2^-53, so that its logarithm is finite.
  package func uniform(_ index: Int) -> Double {
    // 52 bits and a half: 53 bits and a half would round up to 1.
    (Double(bits(index) >> 12) + 0.5) * 0x1p-52
  }

  package func uniform(_ index: Int, from low: Double, to high: Double) -> Double {
    low + (high - low) * uniform(index)
  }

  /// A standard normal number, by inversion: one uniform number each, at most about 8.2 in size.
  package func normal(_ index: Int) -> Double {
    NormalDistribution.quantile(uniform(index))
  }

  /// An integer in `0..<bound`; 0 when the bound is not positive. The bias is below bound / 2^64.
  package func integer(_ index: Int, below bound: Int) -> Int {
    guard bound > 0 else { return 0 }
    return Int(bits(index).multipliedFullWidth(by: UInt64(bound)).high)
  }

  /// A permutation of `0..<count` (Fisher-Yates), from indices 0..<count of this key.
  package func permutation(_ count: Int) -> [Int] {
    guard count > 0 else { return [] }
    var order = Array(0..<count)
    for i in stride(from: count - 1, to: 0, by: -1) {
      order.swapAt(i, integer(i, below: i + 1))
    }
    return order
  }
}
