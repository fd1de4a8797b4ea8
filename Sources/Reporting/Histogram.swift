import Foundation

/// Counts of values in equal bins.
package struct Histogram: Sendable, Equatable {
  package let centers: [Double]
  package let counts: [Int]
  package let width: Double

  /// - Parameter bins: how many; nil for Freedman and Diaconis's rule (1981), from 5 to 100.
  /// Values that are not finite are left out.
  package init(_ values: [Double], bins: Int? = nil) {
    let sorted = values.filter { $0.isFinite }.sorted()
    guard let low = sorted.first, let high = sorted.last else {
      (centers, counts, width) = ([], [], 1)
      return
    }
    // A span of a few units in the last place cannot be cut into bins.
    guard high - low > (abs(low) + abs(high)) * 1e-13, high - low > 1e-290,
      (high - low).isFinite
    else {
      (centers, counts, width) = ([low], [sorted.count], max(abs(low) * 0.1, 0.1))
      return
    }
    let spread = sorted[sorted.count * 3 / 4] - sorted[sorted.count / 4]
    let ideal = 2 * spread / cbrt(Double(sorted.count))
    let chosen = ideal > 0 ? min(max((high - low) / ideal, 5), 100) : 20
    let number = min(max(bins ?? Int(chosen.rounded(.up)), 1), 10_000)
    let step = (high - low) / Double(number)
    var counts = Array(repeating: 0, count: number)
    for value in sorted { counts[min(Int((value - low) / step), number - 1)] += 1 }
    self.counts = counts
    self.width = step
    self.centers = (0..<number).map { low + (Double($0) + 0.5) * step }
  }
}
