/// Philox 4x32-10, a counter-based generator: 128 random bits are a pure function of a 64-bit key
/// and a 128-bit counter, so no draw depends on the order or the thread in which others happen.
///
/// Source: Salmon, Moraes, Dror, Shaw, "Parallel random numbers: as easy as 1, 2, 3", SC 2011.
/// Passes BigCrush; not for cryptography.
package enum Philox {
  /// Ten rounds on a counter.
  @inlinable
  package static func block(
    key: (UInt32, UInt32), counter: (UInt32, UInt32, UInt32, UInt32)
  ) -> (UInt32, UInt32, UInt32, UInt32) {
    var (c0, c1, c2, c3) = counter
    var (k0, k1) = key
    for _ in 0..<10 {
      let p0 = (0xD251_1F53 as UInt32).multipliedFullWidth(by: c0)
      let p1 = (0xCD9E_8D57 as UInt32).multipliedFullWidth(by: c2)
      (c0, c1, c2, c3) = (p1.high ^ c1 ^ k0, p1.low, p0.high ^ c3 ^ k1, p0.low)
      k0 &+= 0x9E37_79B9
      k1 &+= 0xBB67_AE85
    }
    return (c0, c1, c2, c3)
  }
}
