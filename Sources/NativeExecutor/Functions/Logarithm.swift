/// log and log1p, and what the power begins with.
///
/// Method (Tang 1990, and the C libraries after him; Muller, *Elementary Functions*, chapter 11): x = 2ᵏ m with
/// √½ ≤ m < √2. With f = m - 1 and s = f / (2 + f), log m = 2 artanh s = 2 s + s R(s²), |s| ≤ 3 - √8; written as
/// f - (f²/2 - s (f²/2 + R)), its leading term has no error. Errors: log 1 ulp, log1p 1.5 ulp.
struct LogarithmReduction {
  let k: Lanes
  let m: Lanes
  /// k + bias, as an integer.
  let biased: LaneBits

  /// Of a positive number. Unless `subnormal`, it is known to be a normal one.
  init(_ x: Lanes, subnormal: Bool = true) {
    let format = x.format
    var (scaled, base) = (x, x.constant(Double(1 << format.mantissaBits) + Double(format.bias)))
    if subnormal {
      let isSmall = x < format.leastNormal
      let up = format.mantissaBits + 1
      scaled = x * isSmall.then(Double(1 << up), else: 1.0)
      base = isSmall.then(
        Double(1 << format.mantissaBits) + Double(format.bias + up), else: base)
    }
    // One more in the exponent just where the fraction is that of √½ or more.
    let shifted = scaled.bits + (format.oneBits - format.rootHalfBits)
    biased = shifted >> format.mantissaBits
    // The bits of 2^mantissaBits + biased.
    k = (biased | ((format.bias + format.mantissaBits) << format.mantissaBits)).number - base
    m = ((shifted & format.mantissaMask) + format.rootHalfBits).number
  }

  /// k log 2 + log(1 + f), where f is about m - 1.
  func logarithm(_ f: Lanes) -> Lanes {
    let s = f / (f + 2)
    let z = s * s
    let rest = z * Self.rest(z)
    let halfSquare = f * 0.5 * f
    let (high, low) = f.pick(
      f32: (0x1.62e43p-1, -0x1.05c61p-29), f64: (0x1.62e42fefa39efp-1, 0x1.abc9e3b39803fp-56))
    let correction = halfSquare - s.times(halfSquare + rest, plus: k * low)
    return k.times(high, plus: f - correction)
  }

  /// (2 artanh(s) / s - 2) / z for z = s² ≤ 0.02944, error relative to 2 2^-59 (f64), 2^-35 (f32).
  private static func rest(_ z: Lanes) -> Lanes {
    z.polynomial(
      z.pick(
        f32: [0x1.555554p-1, 0x1.999c26p-2, 0x1.23d3ecp-2, 0x1.f136ecp-3],
        f64: [
          0x1.5555555555592p-1, 0x1.999999997ff09p-2, 0x1.24924941e29ep-2, 0x1.c71c52130e466p-3,
          0x1.74663d39ae922p-3, 0x1.39a1e01bb622ep-3, 0x1.2f041bb9fb1e9p-3,
        ]))
  }
}

extension ElementaryFunction {
  static let log = ElementaryFunction("log") { x in
    let reduction = LogarithmReduction(x)
    let value = reduction.logarithm(reduction.m - 1)
    let atBorder = x.equals(0.0).then(-Double.infinity, else: Double.nan)
    // Infinity and NaN give themselves.
    return (x < .infinity).then((x > 0).then(value, else: atBorder), else: x)
  }

  /// The rounding error of 1 + x, brought to the scale of m, is added to m - 1: so that is x itself where k = 0.
  static let log1p = ElementaryFunction("log1p") { x in
    let format = x.format
    let sum = x + 1
    let part = sum - 1
    let error = (1 - (sum - part)) + (x - part)
    let reduction = LogarithmReduction(sum, subnormal: false)
    // 2^(1 - k): for the greatest k a 0 instead, where the error doesn't matter.
    let twice = ((2 * format.bias + 1 - reduction.biased) << format.mantissaBits).number
    let f = (error * 0.5).times(twice, plus: reduction.m - 1)
    // Keeps the sign of zero and all bits of subnormal numbers.
    let value = (x.magnitude < x.pick(f32: 0x1p-26, f64: 0x1p-55)).then(
      x, else: reduction.logarithm(f))
    let atBorder = x.equals(-1.0).then(-Double.infinity, else: Double.nan)
    return (x < .infinity).then((x > -1).then(value, else: atBorder), else: x)
  }
}
