/// Powers of two and their logarithms to four digits, in a tenth of the time that all digits take: enough for the size of a
/// step, which is on the way of every step to the next.
///
/// A number is 2ⁿ m. Polynomials of least greatest error (found by Remez's exchange) serve the rest.
package enum RoughPower {
  /// Of log₂(1.5 + x) for |x| ≤ ½, to 6.4e-4.
  package static let logarithm = Cubic(0.58557608, 0.96043782, -0.33975586, 0.1582487)
  /// Of 2ˣ for |x| ≤ ½, to 7.5e-5 of it.
  package static let power = Cubic(0.99992807, 0.69326099, 0.24261112, 0.05517167)

  /// (c₀ + c₁ x) + x² (c₂ + c₃ x), products and sums fused (Estrin 1960): two operations after another.
  package struct Cubic: Sendable {
    package let c0, c1, c2, c3: Double
    init(_ c0: Double, _ c1: Double, _ c2: Double, _ c3: Double) {
      (self.c0, self.c1, self.c2, self.c3) = (c0, c1, c2, c3)
    }
    /// As machine code does it, bit for bit.
    package func callAsFunction(_ x: Double) -> Double {
      c0.addingProduct(c1, x).addingProduct(x * x, c2.addingProduct(c3, x))
    }
  }

  /// Of a positive normal number, or infinity, for which it is 1024.
  package static func log2(_ x: Double) -> Double {
    let bits = x.bitPattern
    let exponent = Double(bits >> 52) - 1023
    let significand = Double(bitPattern: bits & 0xF_FFFF_FFFF_FFFF | 0x3FF0_0000_0000_0000)
    return exponent + logarithm(significand - 1.5)
  }

  /// 2ˣ for |x| ≤ 1000; beyond these as at them.
  package static func exp2(_ x: Double) -> Double {
    guard !x.isNaN else { return x }
    let bounded = max(-1000, min(1000, x))
    let whole = bounded.rounded(.toNearestOrEven)
    return Double(
      sign: .plus, exponent: Int(whole), significand: power(bounded - whole))
  }
}
