/// sinh, cosh, tanh.
///
/// Method: with |x| = n log 2 + r as in `ExponentialReduction`, A = (2ⁿ - 2⁻ⁿ) / 2 and B = (2ⁿ + 2⁻ⁿ) / 2,
/// sinh |x| = A cosh r + B sinh r and cosh |x| = B cosh r + A sinh r: no division, and nothing cancels.
/// tanh |x| = e / (e + 2) with e = expm1(2 |x|) in f64, a quotient of polynomials in f32. Errors: sinh 1.6 ulp, cosh 1.5 ulp,
/// tanh 2 ulp (f64) and 5 ulp (f32).
private struct HyperbolicParts {
  /// Half of A, B, and of the parts of the results.
  let sinh: Lanes
  let cosh: Lanes

  init(_ x: Lanes) {
    // Infinite from a little below here.
    let reduction = ExponentialReduction(x.magnitude.clamped(below: x.pick(f32: 89.5, f64: 710.5)))
    let format = x.format
    let up = reduction.scale(-2)
    let down =
      ((format.bias + 3 - reduction.shifted.bits) << format.mantissaBits).number * 0x1p-5
    let (a, b) = (up - down, up + down)
    let r = reduction.r
    let square = r * r
    // sinh r - r, with what r was rounded by, and cosh r - 1.
    let sine = (r * square).times(reduction.odd(square), plus: reduction.error)
    let cosine = square * reduction.even(square)
    let (aError, bError) = ((up - a) - down, (up - b) + down)
    sinh = r.times(b, plus: a) + sine.times(b, plus: cosine.times(a, plus: aError))
    cosh = r.times(a, plus: b) + sine.times(a, plus: cosine.times(b, plus: bError))
  }
}

extension ElementaryFunction {
  static let sinh = ElementaryFunction("sinh") { x in
    let value = (HyperbolicParts(x).sinh * 2).withSign(of: x)
    // All bits of subnormal numbers.
    return (x.magnitude < x.pick(f32: 0x1p-14, f64: 0x1p-28)).then(x, else: value)
  }

  static let cosh = ElementaryFunction("cosh") { x in HyperbolicParts(x).cosh * 2 }

  static let tanh = ElementaryFunction("tanh") { x in
    x.pick(f32: tanhAsQuotient, f64: tanhByExponential)(x)
  }

  private static func tanhByExponential(_ x: Lanes) -> Lanes {
    // 1 from here on.
    let bounded = x.magnitude.clamped(below: 20)
    let half = ExponentialReduction(bounded + bounded).halfExpm1
    let denominator = half + 1
    let quotient = half / denominator
    // Both roundings are made good where they matter most: 1 / denominator is 1 - quotient there, and the first
    // difference exact.
    let error = half - (denominator - 1)
    let residue = quotient.times(error, from: quotient.times(denominator, from: half))
    let inverse = (half > 1).then(0.0, else: 1 - quotient)
    return residue.times(inverse, plus: quotient).withSign(of: x)
  }

  /// x P(x²) / Q(x²) up to where tanh is 1, P and Q the best of fourth degree: networks in single precision spend more time here
  /// than anywhere else.
  private static func tanhAsQuotient(_ x: Lanes) -> Lanes {
    let bounded = x.magnitude.clamped(below: 9.02)
    let square = bounded * bounded
    let numerator = square.polynomial([
      1, 0x1.124f36p-3, 0x1.cc332ap-9, 0x1.5e0fa6p-16, 0x1.d739fcp-27,
    ])
    let denominator = square.polynomial([
      1, 0x1.de7ce6p-2, 0x1.a8ee38p-6, 0x1.5b2e96p-12, 0x1.a95902p-21,
    ])
    return ((bounded * numerator) / denominator).clamped(below: 1).withSign(of: x)
  }
}
