import Foundation
import NodalIR
import NodalOperations

/// What a signal was between equally spaced samples, when all its frequencies lie below half their rate: the sum of the samples, each times
/// sinc of the distance to it (Whittaker 1915, Shannon 1949), cut off after 16 samples by Kaiser's window (Kaiser, Schafer 1980).
///
/// Frequencies below three quarters of half the rate come back to 1e-5 of their size, between samples at the ends of the data less well: there the signal
/// is taken to go on point-symmetric to the last sample. From sample to sample the sum is a polynomial in each of the 32 samples around, so a
/// piece costs a row of a contraction, once, and evaluating it no more than Horner's rule.
enum BandlimitedKernel {
  /// Samples on each side.
  private static let reach = 16
  /// Of polynomials of degree 9, which differ from the window's sum by less than its own error.
  static let coefficients = 10
  /// Kaiser's β: side lobes 1e-5 high, a transition from 0.75 to 1.25 of half the rate.
  private static let sharpness = 11.0

  /// [2 reach, coefficients]: what each of the samples around adds to each power of the share of the piece that has passed.
  private static let table: [Double] = {
    let nodes = (0..<coefficients).map {
      (1 - cos(.pi * Double($0) / Double(coefficients - 1))) / 2
    }
    let rows = nodes.map { node in
      let weights = (0..<2 * reach).map { kernel(node - Double($0 - reach + 1)) }
      // Constants stay what they are.
      let sum = weights.reduce(0, +)
      return weights.map { $0 / sum }
    }
    return (0..<2 * reach).flatMap { j in powers(nodes, rows.map { $0[j] }) }
  }()

  private static func kernel(_ x: Double) -> Double {
    let share = x / Double(reach)
    guard abs(share) < 1 else { return 0 }
    let sinc = x == 0 ? 1 : x == x.rounded() ? 0 : sin(.pi * x) / (.pi * x)
    // Less what Kaiser's window ends with, so that slopes go on where one sample comes in and another leaves.
    let window = bessel(sharpness * (1 - share * share).squareRoot()) - 1
    return sinc * window / (bessel(sharpness) - 1)
  }

  /// I₀, by its series.
  private static func bessel(_ x: Double) -> Double {
    var (sum, term, k) = (1.0, 1.0, 1.0)
    while term > sum * 1e-17 {
      term *= x * x / (4 * k * k)
      sum += term
      k += 1
    }
    return sum
  }

  /// The polynomial through points, by powers: Newton's divided differences, multiplied out.
  private static func powers(_ x: [Double], _ y: [Double]) -> [Double] {
    var differences = y
    for order in 1..<x.count {
      for i in (order..<x.count).reversed() {
        differences[i] = (differences[i] - differences[i - 1]) / (x[i] - x[i - order])
      }
    }
    var result = [Double](repeating: 0, count: x.count)
    for i in x.indices.reversed() {
      for k in (1..<x.count).reversed() { result[k] = result[k - 1] - x[i] * result[k] }
      result[0] = differences[i] - x[i] * result[0]
    }
    return result
  }

  /// [n, coefficients · d] from samples [n, d]: a row for each piece, the lowest power of the share of it that has passed first.
  /// - Parameter follows: whether another sample comes behind each, as a condition [n].
  static func pieces(_ samples: Value, follows: Value, _ b: inout RegionBuilder) -> Value {
    let type = b.type(samples)
    let (n, d) = (type.extents[0].fixedLength ?? 0, type.extents[1].fixedLength ?? 0)
    let around = b.window(extended(samples, follows, n, &b), axis: 0, size: 2 * reach)
    let weights = b.constant(
      table, ValueType(type.element, shape: [2 * reach, coefficients]))
    let sums = b.value(.contract(Contraction(contracted: [.init(0, 0)])), [around, weights])
    return b.reshape(
      b.transpose(sums, [0, 2, 1]), to: [.fixed(n), .fixed(coefficients * d)])
  }

  /// The samples with those beyond both ends: point-symmetric to the first, and to the last that another sample leads to.
  private static func extended(
    _ samples: Value, _ follows: Value, _ n: Int, _ b: inout RegionBuilder
  ) -> Value {
    let places = ValueType(.f64, shape: [n + 2 * reach - 1])
    let place = b.constant((1 - reach..<n + reach).map(Double.init), places)
    let none = b.zero(like: place)
    let last = b.splat(b.reduce(.sum, b.convert(follows, to: .f64), axes: [0]), like: place)
    let isBehind = b.greater(place, last)
    let isOutside = b.or(b.less(place, none), isBehind)
    let mirrored = b.select(isBehind, b.sub(b.mul(last, 2), place), b.abs(place))
    func row(_ places: Value) -> Value {
      b.value(.gather(Gather(batchAxes: 0)), [samples, b.convert(places, to: .i64)])
    }
    let inner = row(b.min(b.max(mirrored, none), last))
    let edge = row(b.select(isBehind, last, none))
    let condition = b.broadcast(isOutside, to: b.type(inner).extents, axes: [0])
    return b.select(condition, b.sub(b.mul(edge, 2), inner), inner)
  }
}
