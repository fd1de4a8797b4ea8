/// exp and expm1, and what all functions made of them begin with.
///
/// Method (Cody and Waite, *Software Manual for the Elementary Functions*, 1980; Muller, *Elementary Functions*,
/// chapters 3 and 11): x = n log 2 + r with n whole and |r| ≤ ½ log 2, where log 2 is the sum of two numbers; the
/// subtraction of the first of them is exact when it is fused. Then exp x = 2ⁿ exp r, and
/// exp r = 1 + r + r² (E(r²) + r O(r²)): E and O are minimax polynomials of the even and the odd part, which sinh and
/// cosh take apart. Errors: exp 1.2 ulp, expm1 1.5 ulp.
struct ExponentialReduction {
  /// Its last bits are n.
  let shifted: Lanes
  let n: Lanes
  let r: Lanes
  /// What r was rounded by.
  let error: Lanes

  /// Of x, or of x + low. |x| is at most 2^20 (f64), 2^10 (f32).
  init(_ x: Lanes, low: Lanes? = nil) {
    let rounder = x.format.rounder
    shifted = x.times(0x1.71547652b82fep0, plus: rounder)
    n = shifted - rounder
    let (first, second) = x.pick(
      f32: (0x1.62e43p-1, -0x1.05c61p-29), f64: (0x1.62e42fefa39efp-1, 0x1.abc9e3b39803fp-56))
    let rest = n.times(first, from: x)
    if let low {
      let more = n.times(second, from: low)
      r = rest + more
      error = (rest - r) + more
    } else {
      r = n.times(second, from: rest)
      error = n.times(second, from: rest - r)
    }
  }

  /// (cosh r - 1) / r², error relative to |r| 2^-67 (f64), 2^-31 (f32) for |r| ≤ 0.34658.
  func even(_ square: Lanes) -> Lanes {
    square.polynomial(
      r.pick(
        f32: [0x1p-1, 0x1.5554f2p-5, 0x1.6d40dep-10],
        f64: [
          0x1p-1, 0x1.5555555555557p-5, 0x1.6c16c16c15778p-10, 0x1.a01a01ab163f9p-16,
          0x1.27e4d13d8f234p-22, 0x1.1f83ed3de231cp-29,
        ]))
  }

  /// (sinh r / r - 1) / r², error relative to 1 2^-61 (f64), 2^-34 (f32) for |r| ≤ 0.34658.
  func odd(_ square: Lanes) -> Lanes {
    square.polynomial(
      r.pick(
        f32: [0x1.555556p-3, 0x1.110fbep-7, 0x1.a2e286p-13],
        f64: [
          0x1.5555555555559p-3, 0x1.111111110f628p-7, 0x1.a01a01b021bcp-13,
          0x1.71ddf7aaa2c73p-19, 0x1.af5fffa7169dfp-26,
        ]))
  }

  /// exp(r) - 1 - r, and what else is to be added.
  func expm1Rest(plus more: Lanes? = nil) -> Lanes {
    let square = r * r
    let inner = r.times(odd(square), plus: even(square))
    return more.map { square.times(inner, plus: $0) } ?? square * inner
  }

  /// exp(x) / 2 - ½
  var halfExpm1: Lanes {
    let scale = scale(-1)
    return expm1Rest(plus: error).times(scale, plus: r.times(scale, plus: scale - 0.5))
  }

  /// 2^(n + offset), which must be a normal number, or 2^(greatest exponent + 1) for infinity.
  func scale(_ offset: Int) -> Lanes {
    ((shifted.bits + (r.format.bias + offset)) << r.format.mantissaBits).number
  }

  /// exp x
  var exponential: Lanes {
    let (first, second) = scales
    return expm1Rest(plus: r).times(first, plus: first) * second
  }

  /// exp x, and exp x times a positive factor in two parts, in two parts until the end.
  var preciseExponential: Lanes {
    let (high, low) = expParts
    let (first, second) = scales
    return ((high + low) * first) * second
  }

  func exponential(times factor: (high: Lanes, low: Lanes)) -> Lanes {
    let (high, low) = expParts
    let (first, second) = scales
    let product = high * factor.high
    let error = high.times(factor.high, plus: -product)
    let rest = low.times(factor.high, plus: high.times(factor.low, plus: error))
    return ((product + rest) * first) * second
  }

  /// exp r
  private var expParts: (high: Lanes, low: Lanes) {
    let high = r + 1
    return (high, ((1 - high) + r) + expm1Rest(plus: error))
  }

  /// Two powers of two whose product is 2ⁿ, which may lie beyond the normal numbers: so a result below them is rounded
  /// only once more.
  private var scales: (Lanes, Lanes) {
    let format = r.format
    let half = n.times(0.5, plus: format.rounder)
    let first = ((half.bits + format.bias) << format.mantissaBits).number
    let second = ((shifted.bits - half.bits + format.bias) << format.mantissaBits).number
    return (first, second)
  }
}

extension Lanes {
  /// Within the bounds beyond which exp is infinite or zero.
  var clampedForExponential: Lanes {
    clamped(below: pick(f32: 89, f64: 710)).clamped(above: pick(f32: -104, f64: -746))
  }
}

extension ElementaryFunction {
  static let exp = ElementaryFunction("exp") { x in
    ExponentialReduction(x.clampedForExponential).exponential
  }

  /// exp(x) - 1 = 2ⁿ expm1(r) + (2ⁿ - 1). Half of that is computed, for the sake of the greatest n.
  static let expm1 = ElementaryFunction("expm1") { x in
    let bounded = x.clamped(below: x.pick(f32: 89, f64: 710))
      .clamped(above: x.pick(f32: -20, f64: -40))
    // Keeps the sign of zero and all bits of subnormal numbers.
    return (x.magnitude < x.pick(f32: 0x1p-26, f64: 0x1p-55)).then(
      x, else: ExponentialReduction(bounded).halfExpm1 * 2)
  }
}
