import Foundation
import NodalBasics
import NodalIR
import NodalNativeExecutor
import NodalOperations
import Testing

extension Trait where Self == ConditionTrait {
  /// Skips where LLVM isn't installed.
  static var nativeCode: Self {
    .enabled(if: NativeExecutor.isAvailable, "no native code: \(NativeExecutor.status)")
  }
}

/// The two floating-point types, as tests of both need them.
protocol NativeReal: KernelReal {
  associatedtype Pattern: FixedWidthInteger
  static var element: ElementType { get }
  var bits: Pattern { get }
  init(_ x: Double)
}

extension Double: NativeReal {
  static var element: ElementType { .f64 }
  var bits: UInt64 { bitPattern }
}

extension Float: NativeReal {
  static var element: ElementType { .f32 }
  var bits: UInt32 { bitPattern }
}

/// Where the machine has more precise numbers than f64, with a C library's functions of them.
#if arch(x86_64) && os(Linux)
  typealias Precise = Float80
  /// Ulps of f64 that are forgiven for the reference's own error.
  let referenceError = 0.0
#else
  typealias Precise = Double
  let referenceError = 1.0
#endif

/// Distance in units of the last place of the value that was wanted. Infinite between what isn't comparable: NaN,
/// infinity and other numbers.
func ulps<T: NativeReal>(_ got: T, _ wanted: Precise) -> Double {
  let rounded = T(wanted)
  if got.isNaN || wanted.isNaN { return got.isNaN && wanted.isNaN ? 0 : .infinity }
  // Beyond the greatest number by less than half a unit, both are right.
  if got.isInfinite || rounded.isInfinite { return got == rounded ? 0 : .infinity }
  let unit = max(rounded.magnitude, T.leastNormalMagnitude).ulp
  return Double((Precise(got) - wanted).magnitude / Precise(unit))
}

/// The same number: the same sign of zero, and any NaN for a NaN.
func isSame<T: NativeReal>(_ a: T, _ b: T) -> Bool { a.bits == b.bits || (a.isNaN && b.isNaN) }

extension ElementwiseCode {
  init(_ op: ScalarExpression.Unary, _ element: ElementType, width: Int) throws {
    try self.init(.unary(op, .x), arity: 1, element, width: width)
  }

  init(_ op: ScalarExpression.Binary, _ element: ElementType, width: Int) throws {
    try self.init(.binary(op, .x, .y), arity: 2, element, width: width)
  }

  /// Over arrays of one length, which are filled up to a multiple of the width.
  func callAsFunction<T>(_ operands: [[T]], width: Int, zero result: T) -> [T] {
    results(operands, width: width, result)
  }

  func results<T, R>(_ operands: [[T]], width: Int, _ zero: R) -> [R] {
    let count = operands[0].count
    let whole = (count + width - 1) / width * width
    var results = [R](repeating: zero, count: whole)
    let filled = operands.map { array in
      array + repeatElement(array[0], count: whole - count)
    }
    let buffers = filled.map { array in
      let buffer = UnsafeMutableBufferPointer<T>.allocate(capacity: whole)
      _ = buffer.initialize(from: array)
      return buffer
    }
    defer { for buffer in buffers { buffer.deallocate() } }
    results.withUnsafeMutableBytes { bytes in
      guard let base = bytes.baseAddress else { return }
      run(buffers.compactMap { $0.baseAddress.map { UnsafeRawPointer($0) } }, base, count: whole)
    }
    return Array(results.prefix(count))
  }
}

/// Numbers that functions are tried with.
enum Samples {
  /// Zeros, infinities, NaN, borders of formats and whole numbers whose parity is easily lost.
  static let special: [Double] =
    ([
      0, 1, 2, 3, 0.5, 1.5, 2.5, 0x1p-1074, 0x1p-1022, 0x1p-149, 0x1p-126, 0x1p-60, 1e-300, 1e300,
      0x1p52, 0x1p52 + 1, 0x1p53 - 1, 0x1p53, 0x1p54, 0x1p23 + 1, 0x1p24 - 1, 0x1p24,
      0x1.fffffffffffffp1023, 0x1.fffffep127, 0x1.fffffffffffffp-2, .infinity, .nan, .pi / 2, .pi,
    ] as [Double]).flatMap { [$0, -$0] }

  private static let key = RandomKey(seed: 20)
  static let isLong = ProcessInfo.processInfo.environment["NODAL_LONG"] == "1"

  /// Any bits; sizes of all orders; near multiples of π/4 and of ½ log 2, where reductions change; near the borders of
  /// exp and its like.
  static func line(_ count: Int) -> [Double] {
    let borders: [Double] = [
      709.7827, 710.4758, -708.3964, -745.1332, 88.72284, 89.41599, -87.33654, -103.97208, 0.3466,
      0.8, 1, 5.92, 26.54, 10.05, 0.5, 0.4142, 0.7071, 1.4142, 19.06, 9.01, 0x1p17, 0x1p30,
    ]
    return special
      + (0..<count).map { i in
        let u = key.uniform(2 * i, from: -1, to: 1)
        let j = key.integer(2 * i + 1, below: 1 << 20)
        switch i % 8 {
        case 0: return Double(bitPattern: key.bits(2 * i))
        case 1: return Double(Float(bitPattern: UInt32(truncatingIfNeeded: key.bits(2 * i))))
        case 2: return (i % 16 == 2 ? 4 : 0x1p17) * u
        case 3: return 800 * u
        case 4: return Foundation.exp(40 * u) * (j % 2 == 0 ? 1 : -1)
        case 5:
          // Up to where π/2 in three parts serves.
          let k = i % 16 == 5 ? j * 1301 : j % 4000 - 2000
          return Double(k) * .pi / 4 * (1 + u * (j % 3 == 0 ? 0 : 1e-9))
        case 6: return Double(j % 300 - 150) * 0.34657359027997264 * (1 + 1e-6 * u)
        default: return borders[j % borders.count] * (1 + 1e-3 * u * u * u) * (j % 2 == 0 ? 1 : -1)
        }
      }
  }

  /// Pairs for pow: two thirds with powers that are neither zero nor infinite.
  static func powers(_ count: Int) -> ([Double], [Double]) {
    var (bases, exponents) = (line(count), Array(line(count).reversed()))
    for i in bases.indices where i % 3 > 0 {
      let u = key.uniform(4 * i, from: -1, to: 1)
      let result = 745 * key.uniform(4 * i + 1, from: -1, to: 1)
      let logarithm = u * (i % 3 == 1 ? 1 : 700)
      bases[i] = Foundation.exp(logarithm)
      exponents[i] = result / logarithm
    }
    return (bases, exponents)
  }
}
