/// asin, acos, atan, atan2.
///
/// Method (Muller, *Elementary Functions*, chapter 11). asin |x| = s + s³ P(s²) with s = |x| for |x| < ½; above that
/// π/2 - 2 asin s with s = √((1 - |x|) / 2), and what the root is rounded by is kept. The angle of a point of the first
/// octant is atan(y / x) where y is at most x/2, else π/4 + atan((y - x) / (y + x)); the other octants are mirrored,
/// and one multiple of π/4, in two parts, is added at the end. Errors: asin and acos 0.8 ulp, atan and atan2 2 ulp.
private enum Arc {
  /// (asin(s) / s - 1) / z for z = s² ≤ ¼, error relative to 1 2^-60 (f64), 2^-31 (f32).
  static func sine(_ z: Lanes) -> Lanes {
    z.polynomial(
      z.pick(
        f32: [
          0x1.55554cp-3, 0x1.3338aap-4, 0x1.6ca7dcp-5, 0x1.04cd12p-5, 0x1.d588dp-7, 0x1.349fp-5,
        ],
        f64: [
          0x1.5555555555578p-3, 0x1.333333332df19p-4, 0x1.6db6db722b383p-5, 0x1.f1c71a8bad035p-6,
          0x1.6e8bdfe4f32d6p-6, 0x1.1c49de1bc5602p-6, 0x1.ca214222a9902p-7, 0x1.75779ca0cdc61p-7,
          0x1.618a6e3d02cecp-7, 0x1.e15f3c8768547p-9, 0x1.6500eec3adc82p-6,
          -0x1.59f5299b905c3p-6, 0x1.0be405ce9b72bp-5,
        ]))
  }

  /// (atan(t) / t - 1) / z for z = t² ≤ ¼, error relative to 1 2^-61 (f64), 2^-31 (f32).
  static func tangent(_ z: Lanes) -> Lanes {
    z.polynomial(
      z.pick(
        f32: [
          -0x1.555552p-2, 0x1.999746p-3, -0x1.24506ap-3, 0x1.c076dep-4, -0x1.481f72p-4,
          0x1.400a18p-5,
        ],
        f64: [
          -0x1.5555555555552p-2, 0x1.99999999990e5p-3, -0x1.2492492453eb1p-3,
          0x1.c71c71ab2b51fp-4, -0x1.745d139675a31p-4, 0x1.3b136137288ecp-4, -0x1.110c77999fd9ap-4,
          0x1.e18342a005a11p-5, -0x1.ac750af8c61c9p-5, 0x1.7805076775516p-5,
          -0x1.3032a90952f3ap-5, 0x1.83e4fa89d2dap-6, -0x1.128708ae7d1ep-7,
        ]))
  }

  /// π/4 in two parts.
  static func eighth(_ like: Lanes) -> (Double, Double) {
    like.pick(
      f32: (0x1.921fb6p-1, -0x1.777a5cp-26), f64: (0x1.921fb54442d18p-1, 0x1.1a62633145c07p-55))
  }
}

/// asin |x| as it is for small |x|, and what stands in its place for others.
private struct ArcsineParts {
  let isSmall: LaneTruth
  /// asin s less s.
  let rest: Lanes
  let s: Lanes

  init(_ x: Lanes) {
    let a = x.magnitude
    isSmall = a < 0.5
    let square = isSmall.then(a * a, else: (1 - a) * 0.5)
    let root = square.squareRoot
    s = isSmall.then(a, else: root)
    // (square - root²) / (2 root); a root of 0 has no error.
    let error = root.times(root, from: square) / (root + root)
    let hasError = isSmall.negated.and(square > 0)
    rest = (s * square).times(Arc.sine(square), plus: hasError.then(error, else: 0.0))
  }
}

extension ElementaryFunction {
  static let asin = ElementaryFunction("asin") { x in
    let parts = ArcsineParts(x)
    let (high, low) = Arc.eighth(x)
    // π/2 - 2 s - 2 rest, the first difference in two parts.
    let leading = 2 * high - 2 * parts.s
    let other =
      leading + parts.rest.times(-2.0, plus: 2 * low + ((2 * high - leading) - 2 * parts.s))
    return parts.isSmall.then(parts.s + parts.rest, else: other).withSign(of: x)
  }

  static let acos = ElementaryFunction("acos") { x in
    let parts = ArcsineParts(x)
    let (high, low) = Arc.eighth(x)
    let isNegative = x < 0
    // π/2 ∓ asin |x|, 2 asin s, π - 2 asin s: a multiple of π/2, and 1 or 2 times ± asin s.
    let quarters = parts.isSmall.then(1.0, else: isNegative.then(2.0, else: 0.0))
    let isSubtracted = parts.isSmall.xor(isNegative)
    let factor = parts.isSmall.then(1.0, else: 2.0)
    let signed = isSubtracted.then(-factor, else: factor)
    let base = quarters * (2 * high)
    let term = signed * parts.s
    let leading = base + term
    let error = (base - leading) + term
    return leading + signed.times(parts.rest, plus: quarters.times(2 * low, plus: error))
  }

  static let atan = ElementaryFunction("atan") { x in
    angle(x.constant(1), x.magnitude, isLeft: nil).withSign(of: x)
  }

  static let atan2 = ElementaryFunction("atan2") { (y: Lanes, x: Lanes) in
    angle(x.magnitude, y.magnitude, isLeft: x.bits.hasBit(x.type.bits - 1)).withSign(of: y)
  }

  /// The angle of (±x, y), for x and y that are not negative; NaN where either is.
  private static func angle(_ x: Lanes, _ y: Lanes, isLeft: LaneTruth?) -> Lanes {
    let isSteep = y > x
    let most = isSteep.then(y, else: x)
    let least = isSteep.then(x, else: y)
    // From ½ on, the difference of the two is exact.
    var isMiddle = least > most * 0.5
    let isInfinite = least.equals(Double.infinity)
    if isLeft != nil { isMiddle = isMiddle.or(isInfinite) }
    var numerator = isMiddle.then(least - most, else: least)
    var denominator = isMiddle.then(least + most, else: most)
    if isLeft != nil {
      // The sum of two great numbers would overflow, halves of subnormal ones would lose a bit.
      let scale = (most > most.pick(f32: 0x1p100, f64: 0x1p1000)).then(0.5, else: 1.0)
      numerator = numerator * scale
      denominator = isMiddle.then(least * scale, else: 0.0) + most * scale
      // ∞ over ∞ is taken to be 1, 0 over 0 to be 0.
      numerator = isInfinite.then(0.0, else: numerator)
      denominator = most.equals(0.0).then(1.0, else: denominator)
    }
    let t = numerator / denominator
    let z = t * t
    let angle = (t * z).times(Arc.tangent(z), plus: t)
    // Eighths of a turn, and whether the angle is added to them.
    var eighths = isMiddle.then(1.0, else: 0.0)
    eighths = isSteep.then(2 - eighths, else: eighths)
    var isSubtracted = isSteep
    if let isLeft {
      eighths = isLeft.then(4 - eighths, else: eighths)
      isSubtracted = isSubtracted.xor(isLeft)
    }
    let (high, low) = Arc.eighth(x)
    let signed = isSubtracted.then(-angle, else: angle)
    return eighths.times(high, plus: eighths.times(low, plus: signed))
  }
}
