/// Pairs of standard normal numbers that a solve's noise is made of: a pure function of a key of 64 bits, a component, and a
/// place on the time axis. Nothing is stored, and whatever is asked for can be asked for again.
package struct NormalPairs: Sendable {
  let key: (UInt32, UInt32)
  let component: UInt32

  /// The key's words and the component as whole numbers, as programs carry them.
  package init(_ low: Double, _ high: Double, component: Double) {
    key = (Self.word(low), Self.word(high))
    self.component = Self.word(component)
  }

  /// The last 32 bits of a whole number below 2⁵²; of any other number, some.
  static func word(_ number: Double) -> UInt32 {
    UInt32(truncatingIfNeeded: (number + 0x1p52).bitPattern)
  }

  /// Two numbers for a time: each bit of it counts.
  package func at(_ time: Double) -> (Double, Double) {
    pair(
      UInt32(truncatingIfNeeded: time.bitPattern),
      UInt32(truncatingIfNeeded: time.bitPattern >> 32),
      0)
  }

  /// Two numbers for a node of a tree.
  func at(node: UInt32) -> (Double, Double) { pair(node, 0, 1) }

  private func pair(_ low: UInt32, _ high: UInt32, _ use: UInt32) -> (Double, Double) {
    let block = Philox.block(key: key, counter: (low, high, component, use))
    return (Self.normal(block.0, block.1), Self.normal(block.2, block.3))
  }

  private static func normal(_ low: UInt32, _ high: UInt32) -> Double {
    let bits = UInt64(high) << 32 | UInt64(low)
    return NormalDistribution.quantile((Double(bits >> 12) + 0.5) * 0x1p-52)
  }
}

/// A path of Brownian motion over times from 0 to 1, W(0) = 0, that can be asked for its value and its area ∫₀ᵗ W at any time: O(log) work,
/// no memory, the same answer each time. So steps of any size, chosen in any order, and taken again, meet one and the same path.
///
/// A tree of halved intervals, each of which knows its increment W and H = ∫(W(s) - s W) ds / h, the area between path and chord over the
/// length h. They are independent, of variance h and h/12, and so are those of the halves but for their sums; with two standard
/// normal numbers X, Y for each node the left and the right half get
///
///     W/2 ± a,  (2H - a ± c)/2   with a = 3H/2 + √h X/4, c = √(h/12) Y
///
/// (the conditional law of Foster, Lyons and Oberhauser, "An optimal polynomial approximation of Brownian motion", SIAM J. Numer. Anal. 58
/// (2020); the tree is the virtual one of Li, Wong, Chen and Duvenaud 2020, after Gaines and Lyons 1997). Inside of the last
/// intervals, 2⁻²⁴ long, the path is the parabola that is its mean: steps should not be as short.
package struct BrownianPath: Sendable {
  package static let levels = 24

  let pairs: NormalPairs

  package init(_ pairs: NormalPairs) { self.pairs = pairs }

  /// W(time) and its area up to there; a time beyond the ends counts as the end.
  package func at(_ time: Double) -> (value: Double, area: Double) {
    guard !time.isNaN else { return (.nan, .nan) }
    let root = pairs.at(node: 0)
    var (w, h) = (root.0, root.1 * (1 / 12.0).squareRoot())
    // Up to the beginning of the interval.
    var (value, area) = (0.0, 0.0)
    var place = min(max(time, 0), 1)
    var node: UInt32 = 1
    var length = 1.0
    for _ in 0..<Self.levels {
      let (x, y) = pairs.at(node: node)
      let root = length.squareRoot()
      let a = 1.5 * h + 0.25 * root * x
      let c = (1 / 12.0).squareRoot() * root * y
      length *= 0.5
      place *= 2
      let left = (w: 0.5 * w + a, h: h - 0.5 * (a - c))
      if place >= 1 {
        place -= 1
        area += length * (value + 0.5 * left.w + left.h)
        value += left.w
        (w, h) = (0.5 * w - a, h - 0.5 * (a + c))
        node = 2 * node + 1
      } else {
        (w, h) = left
        node = 2 * node
      }
    }
    let square = place * place
    area += length * (value * place + 0.5 * square * w + square * (3 - 2 * place) * h)
    value += place * w + 6 * place * (1 - place) * h
    return (value, area)
  }
}
