import Foundation
import NodalNativeExecutor
import NodalOperations
import Testing

/// What each function of native code may be wrong by, in units of the last place, over its whole range.
@Suite(.nativeCode)
struct FunctionAccuracyTests {
  struct Unary: Sendable, CustomTestStringConvertible {
    let op: ScalarExpression.Unary
    let f64: Double
    let f32: Double
    let reference: @Sendable (Precise) -> Precise
    var testDescription: String { op.rawValue }
  }

  static let unaryLaws: [Unary] = [
    Unary(op: .exp, f64: 1.2, f32: 1.1) { Foundation.exp($0) },
    Unary(op: .expm1, f64: 1.5, f32: 1.5) { Foundation.expm1($0) },
    Unary(op: .log, f64: 1, f32: 1) { Foundation.log($0) },
    Unary(op: .log1p, f64: 1.5, f32: 1.5) { Foundation.log1p($0) },
    Unary(op: .cbrt, f64: 0.6, f32: 0.6) { Foundation.cbrt($0) },
    Unary(op: .sin, f64: 1, f32: 1) { Foundation.sin($0) },
    Unary(op: .cos, f64: 1, f32: 1) { Foundation.cos($0) },
    Unary(op: .tan, f64: 1.6, f32: 1.6) { Foundation.tan($0) },
    Unary(op: .asin, f64: 0.8, f32: 0.8) { Foundation.asin($0) },
    Unary(op: .acos, f64: 0.8, f32: 0.8) { Foundation.acos($0) },
    Unary(op: .atan, f64: 2, f32: 2) { Foundation.atan($0) },
    Unary(op: .sinh, f64: 1.6, f32: 1.6) { Foundation.sinh($0) },
    Unary(op: .cosh, f64: 1.5, f32: 1.5) { Foundation.cosh($0) },
    Unary(op: .tanh, f64: 2, f32: 5) { Foundation.tanh($0) },
    Unary(op: .erf, f64: 1.4, f32: 1.4) { Foundation.erf($0) },
    Unary(op: .erfc, f64: 2, f32: 2) { Foundation.erfc($0) },
  ]

  private static let count = Samples.isLong ? 4_000_000 : 200_000

  @Test(arguments: unaryLaws)
  func unary(_ law: Unary) throws {
    let samples = Samples.line(Self.count)
    try check(law, samples, law.f64 + referenceError)
    try check(law, samples.map { Float($0) }, law.f32)
  }

  private func check<T: NativeReal>(_ law: Unary, _ samples: [T], _ bound: Double) throws {
    let values = try ElementwiseCode(law.op, T.element, width: 4)([samples], width: 4, zero: 0)
    var (worst, place) = (0.0, T.zero)
    for (x, value) in zip(samples, values) {
      let wanted = law.reference(Precise(x))
      let error = ulps(value, wanted)
      if !(error <= worst) { (worst, place) = (error, x) }
      // The sign of a zero, too.
      if value == 0 { #expect(value.sign == wanted.sign, "\(law.op)(\(x)) is \(value)") }
    }
    #expect(worst <= bound, "\(law.op) is wrong by \(worst) ulp at \(place)")
  }

  struct Binary: Sendable, CustomTestStringConvertible {
    let op: ScalarExpression.Binary
    let f64: Double
    let f32: Double
    let reference: @Sendable (Precise, Precise) -> Precise
    var testDescription: String { op.rawValue }
  }

  static let binaryLaws: [Binary] = [
    Binary(op: .pow, f64: 1.2, f32: 0.51) { Foundation.pow($0, $1) },
    Binary(op: .atan2, f64: 2, f32: 2) { Foundation.atan2($0, $1) },
  ]

  @Test(arguments: binaryLaws)
  func binary(_ law: Binary) throws {
    let (x, y) = Samples.powers(Self.count)
    try check(law, x, y, law.f64 + referenceError)
    // The smaller range of f32: powers in it, too.
    try check(
      law, x.map { Float($0) }, zip(x, y).map { Float($0.magnitude > 1e30 ? $1 : $1 / 8) }, law.f32)
  }

  private func check<T: NativeReal>(
    _ law: Binary, _ x: [T], _ y: [T], _ bound: Double
  ) throws {
    let values = try ElementwiseCode(law.op, T.element, width: 4)([x, y], width: 4, zero: 0)
    var (worst, place) = (0.0, (T.zero, T.zero))
    for i in values.indices {
      let wanted = law.reference(Precise(x[i]), Precise(y[i]))
      let error = ulps(values[i], wanted)
      if !(error <= worst) { (worst, place) = (error, (x[i], y[i])) }
      if values[i] == 0 {
        #expect(values[i].sign == wanted.sign, "\(law.op)(\(x[i]), \(y[i])) is \(values[i])")
      }
    }
    #expect(worst <= bound, "\(law.op) is wrong by \(worst) ulp at \(place)")
  }

  /// Functions that this table lacks are machine instructions or calls.
  @Test func tableIsWhole() {
    let exact: Set<ScalarExpression.Unary> = [
      .negate, .absolute, .squareRoot, .floor, .ceil, .round, .lgamma, .digamma,
    ]
    #expect(exact.union(Self.unaryLaws.map(\.op)) == Set(ScalarExpression.Unary.allCases))
  }
}
