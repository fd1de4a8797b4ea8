/// Powers of two and their logarithms to five digits, in a tenth of the time that all digits take: enough for the size of a
/// step, which is on the way of every step to the next.
///
/// A number is 2ⁿ m. Polynomials of least greatest error (found by Remez's exchange) serve the rest.
package enum RoughPower {
  /// Of log₂(1.5 + x) for |x| ≤ ½, to 1.3e-5.
  package static let logarithm = [
    0.5849504924991102, 0.9618396808896706, -0.31974891250264814, 0.14142287386688182,
    -0.08001161006212791, 0.04487361029774275,
  ]
  /// Of 2ˣ for |x| ≤ ½, to 2.6e-6 of it.
  package static let power = [
    0.9999992614457145, 0.6931218147367708, 0.24024744827944053, 0.055917860319303826,
    0.009570101908081156,
  ]

  /// Of a positive normal number, or infinity, for which it is 1024.
  package static func log2(_ x: Double) -> Double {
    let bits = x.bitPattern
    let exponent = Double(bits >> 52) - 1023
    let significand = Double(bitPattern: bits & 0xF_FFFF_FFFF_FFFF | 0x3FF0_0000_0000_0000)
    return exponent + polynomial(logarithm, significand - 1.5)
  }

  /// 2ˣ for |x| ≤ 1000; beyond these as at them.
  package static func exp2(_ x: Double) -> Double {
    guard !x.isNaN else { return x }
    let bounded = max(-1000, min(1000, x))
    let whole = bounded.rounded(.toNearestOrEven)
    return Double(
      sign: .plus, exponent: Int(whole), significand: polynomial(power, bounded - whole))
  }

  /// Even and odd powers apart, products and sums fused: as machine code does it, bit for bit.
  private static func polynomial(_ coefficients: [Double], _ x: Double) -> Double {
    let square = x * x
    func half(_ first: Int) -> Double {
      var sum = 0.0
      for i in stride(from: first, to: coefficients.count, by: 2).reversed() {
        sum = coefficients[i].addingProduct(sum, square)
      }
      return sum
    }
    return half(0).addingProduct(x, half(1))
  }
}
