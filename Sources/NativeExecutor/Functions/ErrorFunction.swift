/// erf and erfc.
///
/// Method (Cody 1969 parts the line alike; the map of the half line onto an interval is that of Schonfelder 1978):
/// erf x = x + x P(x²) for |x| < 1; above that 1 - exp(-L(|x|)), where L is a polynomial. erfc x = 1 - erf x for
/// |x| < 0.8; above that exp(-x²) W(t) / (|x| + c) with t = a / (|x| + c) + b, all of it in two parts, the rounding error
/// of x² among them; and 2 less that for negative x. Errors: erf 1.4 ulp, erfc 2 ulp.
private enum ErrorFunctionParts {
  /// erf(x) / x - 1 for z = x² ≤ 1, error relative to erf(x) / x 2^-56 (f64), 2^-29 (f32).
  static func near(_ z: Lanes) -> Lanes {
    z.polynomial(
      z.pick(
        f32: [
          0x1.06eba8p-3, -0x1.81273ep-2, 0x1.ce2ce6p-4, -0x1.b7f71ap-6, 0x1.53f22cp-8,
          -0x1.a351c6p-11, 0x1.47737cp-14,
        ],
        f64: [
          0x1.06eba8214db69p-3, -0x1.812746b037a25p-2, 0x1.ce2f21a0458d7p-4, -0x1.b82ce31354c04p-6,
          0x1.565bcd2c5f236p-8, -0x1.c02db9321cb46p-11, 0x1.f9a3b92d9e2d4p-14,
          -0x1.f4dceded3cd19p-17, 0x1.ba68e1b99fcd6p-20, -0x1.638ee0e54bb0fp-23,
          0x1.131573417f41ep-26, -0x1.c46eef9ff8f36p-30, 0x1.3b33f3b14f2e4p-33,
        ]))
  }

  /// -log(erfc(1 + u)) for 0 ≤ u ≤ 4.95 (f64), 2.95 (f32): what 1 - exp of its opposite has of error is 2^-56, 2^-27.
  static func far(_ u: Lanes) -> Lanes {
    u.polynomial(
      u.pick(
        f32: [
          0x1.d97fcp0, 0x1.51c9aap1, 0x1.afad36p-1, 0x1.53f932p-5, -0x1.441a64p-7,
          0x1.deb4dcp-10, -0x1.85267cp-13,
        ],
        f64: [
          0x1.d97fbf27aa2a1p0, 0x1.51c9b0006c21ap1, 0x1.afabc11a2afe8p-1, 0x1.5477f099b59abp-5,
          -0x1.48c9d37f91efp-7, 0x1.033f5a0e86b49p-9, -0x1.f1b0497fcad4fp-13,
          -0x1.b92def6c18529p-16, 0x1.c852d22e24b41p-16, -0x1.4484ce6bc590ep-17,
          0x1.1e260eefa3dd1p-19, -0x1.b7e17c200937dp-23, -0x1.f23657bbfc2afp-25,
          0x1.1eca4e4ac944fp-25, -0x1.24a99cb582d44p-27, 0x1.6a89468158c4bp-30,
          -0x1.065a977b54ff8p-33, 0x1.56469a6769e1ap-38,
        ]))
  }

  /// exp(x²) erfc(x) for x from 0.8 to 27.3 (f64), 10.1 (f32), in two parts. With d = x + c it is W(t) / d, t = a / d + b
  /// between about -1 and 1; W's first coefficient has two parts, and b was chosen so that the next are rounded well.
  /// Relative error of W 2^-55.8, 2^-27.7.
  static func scaledComplement(_ x: Lanes) -> (high: Lanes, low: Lanes) {
    let (a, b, c) = x.pick(f32: (0x1.2p3, -0x1.b68p0, 2.5), f64: (0x1.6cp3, -0x1.5bcp0, 4))
    let (w, wLow) = x.pick(
      f32: (0x1.04217p0, 0x1.e5572ap-27), f64: (0x1.0dcbfd7538f4cp0, 0x1.7feab42b32465p-54))
    let d = x + c
    let dLow = x - (d - c)
    let u = 1 / d
    let scaled = u * a
    let t = scaled + b
    let coefficients = x.pick(
      f32: [
        0x1.b170f6p-2, 0x1.0f75eep-3, 0x1.d127d6p-6, 0x1.794f78p-9, -0x1.83253p-12, -0x1.2deee6p-13,
        0x1.6648cap-19, 0x1.7e28eep-18,
      ],
      f64: [
        0x1.47e84d9a76dap-1, 0x1.64de057c905c4p-2, 0x1.599be1904e6bcp-3, 0x1.26d5371195595p-4,
        0x1.b3e7d6c08d60bp-6, 0x1.0f8b88a94364cp-7, 0x1.0e174653a06bcp-9, 0x1.7621830d9068p-12,
        0x1.484e6b3378465p-16, -0x1.6ebcb2db23124p-17, -0x1.e0f25421b7958p-19,
        -0x1.ae2261cf1b304p-23, 0x1.5aa1f05830a62p-23, 0x1.527fa17badbe9p-25,
        -0x1.1bd26e3263102p-28, -0x1.a806d92a028cbp-29, -0x1.a8471b6596b8p-35,
        0x1.b9272d84e0caep-33, 0x1.a210fc882b75dp-37, -0x1.5352112a4c2ffp-37,
      ])
    // What t was rounded by, for it counts more than once: a sum without error, or nearly. W' is taken roughly.
    let uError = u * u.times(dLow, from: u.times(d, from: 1.0))
    let tError = uError.times(a, plus: u.times(a, plus: -scaled))
    let slope = t.polynomial((0..<4).map { Double($0 + 1) * coefficients[$0] })
    // The first steps one by one: they are rounded least so.
    var rest = t.polynomial(Array(coefficients.dropFirst(2)))
    rest = t.times(rest, plus: coefficients[1])
    rest = t.times(rest, plus: coefficients[0])
    rest = t.times(rest, plus: tError.times(slope, plus: wLow))
    let sum = rest + w
    let sumLow = (w - sum) + rest
    let high = sum * u
    // What the quotient was rounded by, over d.
    let residue = high.times(d, from: sum) + high.times(dLow, from: sumLow)
    return (high, residue * u)
  }
}

extension ElementaryFunction {
  static let erf = ElementaryFunction("erf") { x in
    let a = x.magnitude
    let near = a.times(ErrorFunctionParts.near(a * a), plus: a)
    // 1 from here on.
    let u = a.clamped(below: x.pick(f32: 3.95, f64: 5.95)) - 1
    let far = 1 - ExponentialReduction(-ErrorFunctionParts.far(u)).exponential
    return (a < 1).then(near, else: far).withSign(of: x)
  }

  static let erfc = ElementaryFunction("erfc") { x in
    let a = x.magnitude
    let near = x.times(ErrorFunctionParts.near(a * a), from: 1 - x)
    // 0 from here on.
    let bounded = a.clamped(below: x.pick(f32: 10.1, f64: 27.3))
    let square = bounded * bounded
    let error = bounded.times(bounded, from: square)
    let scaled = ExponentialReduction(-square, low: error)
      .exponential(times: ErrorFunctionParts.scaledComplement(bounded))
    let far = (x < 0).then(2 - scaled, else: scaled)
    return (a < 0.8).then(near, else: far)
  }
}
