/// sin, cos, tan.
///
/// Method: |x| = k π/2 + r, |r| ≤ π/4, where π/2 is the sum of three numbers (Cody and Waite 1980). The subtraction of
/// the first is exact when fused; the error of the second is kept, and joins what the third subtracts in a low part of
/// r. Both sine and cosine of r are computed, and k chooses; so sin and cos of one number share all of it. Larger
/// numbers, and only they, are handed on: those of f32 to f64, those of f64 to the C library, whose reduction is that
/// of Payne and Hanek (1983). Errors: sin and cos 1 ulp, tan 1.6 ulp.
private struct TrigonometricReduction {
  let r: Lanes
  let low: Lanes
  /// Its last bits are k.
  let quadrant: LaneBits

  init(_ x: Lanes) {
    let a = x.magnitude
    let rounder = x.format.rounder
    let shifted = a.times(0x1.45f306dc9c883p-1, plus: rounder)
    quadrant = shifted.bits
    let k = shifted - rounder
    let (first, second, third) = x.pick(
      f32: (0x1.921fb6p0, -0x1.777a5cp-25, -0x1.ee59dap-50),
      f64: (0x1.921fb54442d18p0, 0x1.1a62633145c07p-54, -0x1.f1976b7ed8fbcp-110))
    let rest = k.times(first, from: a)
    let product = k * second
    let productError = k.times(second, plus: -product)
    r = rest - product
    low = k.times(third, from: ((rest - r) - product) - productError)
  }

  var sine: Lanes {
    let z = r * r
    return r + (r * z).times(Self.sine(z), plus: low)
  }

  var cosine: Lanes {
    let z = r * r
    let halfSquare = z * 0.5
    let leading = 1 - halfSquare
    let error = r.times(low, from: (1 - leading) - halfSquare)
    return leading + (z * z).times(Self.cosine(z), plus: error)
  }

  /// In two parts.
  var tangent: (high: Lanes, low: Lanes) {
    let z = r * r
    let rest = (r * z).times(Self.tangent(z), plus: low.times(z, plus: low))
    let high = r + rest
    return (high, (r - high) + rest)
  }

  /// (sin(r) / r - 1) / z for z = r², error relative to 1 2^-58 for |r| ≤ 0.7855 (f64), 2^-32 for |r| ≤ 0.798 (f32).
  private static func sine(_ z: Lanes) -> Lanes {
    z.polynomial(
      z.pick(
        f32: [-0x1.555556p-3, 0x1.111172p-7, -0x1.a05654p-13, 0x1.7b2f86p-19],
        f64: [
          -0x1.5555555555549p-3, 0x1.111111110f8a3p-7, -0x1.a01a019c15825p-13,
          0x1.71de357a77b68p-19, -0x1.ae5e680b52c38p-26, 0x1.5d9375449918p-33,
        ]))
  }

  /// (cos(r) - 1 + z/2) / z², error relative to 1 2^-64 (f64), 2^-32 (f32) for the same r.
  private static func cosine(_ z: Lanes) -> Lanes {
    z.polynomial(
      z.pick(
        f32: [0x1.55554ap-5, -0x1.6c0c0ep-10, 0x1.99daf2p-16],
        f64: [
          0x1.555555555554cp-5, -0x1.6c16c16c1521dp-10, 0x1.a01a019cbf0d1p-16,
          -0x1.27e4f81264972p-22, 0x1.1ee9f10f9462ap-29, -0x1.8fb109305cc63p-37,
        ]))
  }

  /// (tan(r) / r - 1) / z, error relative to 1 2^-56 (f64), 2^-29 (f32) for the same r.
  private static func tangent(_ z: Lanes) -> Lanes {
    z.polynomial(
      z.pick(
        f32: [
          0x1.555566p-2, 0x1.110c1p-3, 0x1.bb1e84p-5, 0x1.5a078ap-6, 0x1.70b65ap-7,
          -0x1.c6e24ap-12, 0x1.2f9786p-8,
        ],
        f64: [
          0x1.55555555554e6p-2, 0x1.1111111118edep-3, 0x1.ba1ba1b3e3ec9p-5, 0x1.664f49c06dd36p-6,
          0x1.226e0fd8b24dep-7, 0x1.d6d989d15b32fp-9, 0x1.7d577640feafcp-10,
          0x1.3819f18801d0cp-11, 0x1.d10d769f4a461p-13, 0x1.20e91a0cca2ddp-13,
          -0x1.d6dd37922d74bp-16, 0x1.7d6f17d278a65p-14, -0x1.7ef69bbdef804p-15,
          0x1.610e9855ddc39p-16,
        ]))
  }
}

extension Lanes {
  /// `near`, but in lanes beyond what π/2 in three parts serves: those are computed with more precision, if there are any.
  fileprivate func withFar(_ function: ElementaryFunction, _ beyond: RuntimeFunction, near: Lanes)
    -> Lanes
  {
    let isFar = magnitude > pick(f32: 0x1p17, f64: 0x1p30)
    let result = w.variable(type)
    w.store(near.operand, result)
    w.branch(isFar.any) {
      let far = w.callHelper("nodal.\(function.name).far", "noinline cold", [operand], result: type)
      { w, x in
        let x = Lanes(w, x[0])
        return type.scalar == .f32
          ? Lanes(w, function.emit(w, [x.converted(to: .f64).operand])).converted(to: .f32).operand
          : beyond.emit(w, [x.operand])
      }
      w.store(isFar.then(Lanes(w, far), else: near).operand, result)
    }
    return Lanes(w, w.load(result, type))
  }
}

extension ElementaryFunction {
  static let sin: ElementaryFunction = ElementaryFunction("sin") { x in
    let parts = TrigonometricReduction(x)
    // On |x|, for the sign of zero.
    let sign = parts.quadrant.signFromBit(1) ^ x.signBit
    let value = parts.quadrant.hasBit(0).then(parts.cosine, else: parts.sine)
    return x.withFar(.sin, .sin, near: value.signChanged(by: sign))
  }

  static let cos: ElementaryFunction = ElementaryFunction("cos") { x in
    let parts = TrigonometricReduction(x)
    let value = parts.quadrant.hasBit(0).then(parts.sine, else: parts.cosine)
    let sign = (parts.quadrant + 1).signFromBit(1)
    return x.withFar(.cos, .cos, near: value.signChanged(by: sign))
  }

  static let tan: ElementaryFunction = ElementaryFunction("tan") { x in
    let parts = TrigonometricReduction(x)
    let (tangent, low) = parts.tangent
    // |r| may be a little above π/4, and then what rounds the tangent would count twice here.
    let inverse = 1 / tangent
    let residue = inverse.times(low, from: inverse.times(tangent, from: 1.0))
    let cotangent = inverse.times(residue, plus: inverse)
    let value = parts.quadrant.hasBit(0).then(cotangent, else: tangent)
    let sign = parts.quadrant.signFromBit(0) ^ x.signBit
    return x.withFar(.tan, .tan, near: value.signChanged(by: sign))
  }
}
