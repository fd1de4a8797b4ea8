/// pow and cbrt.
///
/// pow: |x|^y = exp(y log |x|). In f64 the logarithm is the sum of two numbers, right to 2^-65 of its size: with s as in
/// `LogarithmReduction`, in two parts, it is 2 s + s³ (2/3 + s² Q(s²)), where 2/3 and its products are in two parts too
/// (Dekker 1971; Muller, *Elementary Functions*, chapter 11). f32 is computed in f64. Errors: 0.8 ulp (f64), 0.51 ulp
/// (f32); 1.2 ulp where the result is subnormal.
///
/// cbrt: x = 2^(3 e) m, 1 ≤ m < 8; 1/∛m from a polynomial and an iteration of third order, then ∛m = m (1/∛m)² with
/// one Newton step, whose residue is computed in two parts. Error: 0.6 ulp.
extension ElementaryFunction {
  static let pow = ElementaryFunction("pow") { (x: Lanes, y: Lanes) in
    let a = x.magnitude
    let isZero = a.equals(0.0)
    let isExtreme = isZero.or(a.equals(Double.infinity))
    var value: Lanes
    if x.type.scalar == .f32 {
      let wide = LogarithmReduction(a.converted(to: .f64), subnormal: false)
      let exponent = bounded(y).converted(to: .f64) * wide.logarithm(wide.m - 1)
      value = ExponentialReduction(exponent.clampedForExponential).exponential
        .converted(to: .f32)
    } else {
      let (high, low) = preciseLogarithm(a)
      let y = bounded(y)
      let exponent = y * high
      let error = y.times(low, plus: y.times(high, plus: -exponent))
      let isOrdinary = exponent.magnitude < 1000
      value =
        ExponentialReduction(
          exponent.clampedForExponential, low: isOrdinary.then(error, else: 0.0)
        ).preciseExponential
    }
    // 0 and ∞.
    value = isExtreme.then(isZero.xor(y < 0).then(0.0, else: Double.infinity), else: value)
    // The sign.
    let half = y * 0.5
    let isWhole = y.floor.equals(y)
    let isOdd = isWhole.and(half.floor.differs(from: half))
    value = isOdd.then(value.withSign(of: x), else: value)
    value = (x < 0).and(isExtreme.or(isWhole).negated).then(Double.nan, else: value)
    value = x.isUnordered(with: y).then(Double.nan, else: value)
    return x.equals(1.0).or(y.equals(0.0)).then(1.0, else: value)
  }

  /// Cut off where no power of another number than 1 is finite and not 0.
  private static func bounded(_ y: Lanes) -> Lanes {
    y.clamped(below: 0x1p66).clamped(above: -0x1p66)
  }

  /// log x of a positive number in two parts.
  private static func preciseLogarithm(_ x: Lanes) -> (Lanes, Lanes) {
    let reduction = LogarithmReduction(x)
    let (k, m) = (reduction.k, reduction.m)
    // s = (m - 1) / (m + 1) in two parts.
    let f = m - 1
    let sum = m + 1
    let sumError = m - (sum - 1)
    let inverse = 1 / sum
    let s = f * inverse
    let sLow = s.times(sumError, from: s.times(sum, from: f)) * inverse
    // z = s²
    let z = s * s
    let zLow = (s + s).times(sLow, plus: s.times(s, plus: -z))
    // c = 2/3 + z Q(z)
    let powers = thirdPowers(z)
    let rest = z * powers
    let restLow = zLow.times(powers, plus: z.times(powers, plus: -rest))
    let c = rest + 0x1.5555555555555p-1
    let cLow = (0x1.5555555555555p-1 - c) + rest + (restLow + 0x1.5555555555555p-55)
    // p = z c
    let p = z * c
    let pLow = z.times(cLow, plus: zLow.times(c, plus: z.times(c, plus: -p)))
    // t = s p
    let t = s * p
    let tLow = s.times(pLow, plus: sLow.times(p, plus: s.times(p, plus: -t)))
    // k log 2 + 2 s + t, greatest first. The first part of log 2 has 42 bits, so that its product is exact.
    let base = k * 0x1.62e42fefa38p-1
    let twice = s + s
    let first = base + twice
    let firstError = twice - (first - base)
    let second = first + t
    let secondError = t - (second - first)
    let low =
      firstError + secondError
      + k.times(0x1.ef35793c7673p-45, plus: sLow.times(2.0, plus: tLow))
    let high = second + low
    return (high, low - (high - second))
  }

  /// ((2 artanh(s) / s - 2) / z - 2/3) / z for z = s² ≤ 0.02944; z² times this has error 2^-76 relative to 2.
  private static func thirdPowers(_ z: Lanes) -> Lanes {
    z.polynomial([
      0x1.999999999999ap-2, 0x1.2492492492363p-2, 0x1.c71c71c747eb3p-3, 0x1.745d172bc72fbp-3,
      0x1.3b13ba5b6ccfep-3, 0x1.110f1bf66555ap-3, 0x1.e26593f59e516p-4, 0x1.a50717ae1cfcap-4,
      0x1.ecb21bf832a46p-4,
    ])
  }

  static let cbrt = ElementaryFunction("cbrt") { x in
    let format = x.format
    let a = x.magnitude
    let up = format.mantissaBits + (format.mantissaBits == 23 ? 1 : 2)
    let isSmall = a < format.leastNormal
    let scaled = a * isSmall.then(Double(1 << up), else: 1.0)
    let bits = scaled.bits
    // The exponent, e = ⌊exponent / 3⌋ and what is left.
    let base = Double(1 << format.mantissaBits) + Double(format.bias)
    let exponent =
      ((bits >> format.mantissaBits) | ((format.bias + format.mantissaBits) << format.mantissaBits))
      .number - base
    let e = (exponent * (1 / 3.0) + 0x1p-6).floor
    let left = e.times(3.0, from: exponent)
    let fraction = ((bits & format.mantissaMask) | format.oneBits).number
    let (isOne, isTwo) = (left.equals(1.0), left.equals(2.0))
    let m = fraction * isOne.then(2.0, else: isTwo.then(4.0, else: 1.0))
    // 1/∛fraction, error 2^-14.7 for 1 ≤ fraction ≤ 2, then 1/∛m.
    let start = fraction.polynomial([
      0x1.ab85b6037914ep0, -0x1.2c4237e5bfee8p0, 0x1.6416d1c3e94bep-1, -0x1.c518eae68240bp-3,
      0x1.d46fa5707c56bp-6,
    ])
    let r =
      start
      * isOne.then(0x1.965fea53d6e3dp-1, else: isTwo.then(0x1.428a2f98d728bp-1, else: 1.0))
    let error = (r * r).times(m * r, from: 1.0)
    let inverse = (r * error).times(error.times(2 / 9.0, plus: 1 / 3.0), plus: r)
    // Newton.
    let square = inverse * inverse
    let c = m * square
    let cSquare = c * c
    let residue = c.times(c.times(c, plus: -cSquare), plus: cSquare.times(c, plus: -m))
    let root = (residue * (1 / 3.0)).times(square, from: c)
    let shifted = isSmall.then(e - Double(up / 3), else: e) + format.rounder
    let scale = ((shifted.bits + format.bias) << format.mantissaBits).number
    let value = (root * scale).withSign(of: x)
    return (a < .infinity).then((a > 0).then(value, else: x), else: x)
  }
}
