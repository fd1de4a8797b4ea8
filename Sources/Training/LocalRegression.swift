import Foundation

/// Noisy samples made smooth: at each of them a cubic is fitted to its neighbours, the nearer ones counting more.
///
/// Of so many neighbours as foretell each sample best that is left out. Costs: numbers of neighbours, times samples.
/// Sources: Cleveland 1979, Robust locally weighted regression; Fan and Gijbels 1996, Local polynomial modelling, 3.1.
package struct LocalRegression: Sendable {
  /// At each place the value, the slope and the second derivative.
  package let values, slopes, bends: [Double]

  private static let degree = 3
  /// What is tried.
  private static let neighbours = [6, 8, 11, 15, 20, 27, 36, 48, 64]

  /// - Parameters:
  ///   - places: strictly ascending.
  ///   - samples: as many; what isn't finite is missing.
  /// - Returns: nil for fewer than six samples.
  package init?(_ places: [Double], _ samples: [Double]) {
    let known = zip(places, samples).filter { $1.isFinite }
    guard known.count >= Self.neighbours[0] else { return nil }
    let (x, y) = (known.map(\.0), known.map(\.1))
    var best: (error: Double, count: Int)?
    for count in Self.neighbours where count <= x.count {
      var error = 0.0
      for i in x.indices {
        guard let fit = Self.fit(at: x[i], x, y, count) else { continue }
        // What is left of a sample that had no say in its own fit.
        let left = (y[i] - fit.coefficients[0]) / max(1e-9, 1 - fit.ownShare)
        error += left * left
      }
      if best.map({ error < $0.error }) ?? true { best = (error, count) }
    }
    guard let count = best?.count else { return nil }
    let fits = places.map { Self.fit(at: $0, x, y, count)?.coefficients ?? [] }
    func column(_ k: Int, times factor: Double = 1) -> [Double] {
      fits.map { $0.isEmpty ? .nan : factor * $0[k] }
    }
    values = column(0)
    slopes = column(1)
    bends = column(2, times: 2)
  }

  /// The cubic around a place, in powers of the distance from it; and what a sample there counts in its value.
  private static func fit(
    at place: Double, _ x: [Double], _ y: [Double], _ count: Int
  ) -> (coefficients: [Double], ownShare: Double)? {
    let range = nearest(place, x, count)
    // The farthest neighbour just about counts.
    let reach = 1.001 * max(place - x[range.lowerBound], x[range.upperBound - 1] - place)
    guard reach > 0 else { return nil }
    let n = degree + 1
    var matrix = [Double](repeating: 0, count: n * n)
    var right = [Double](repeating: 0, count: n)
    for i in range {
      let distance = (x[i] - place) / reach
      let cube = 1 - abs(distance * distance * distance)
      let weight = cube * cube * cube
      var powers = [1.0]
      for _ in 0..<degree { powers.append(powers[powers.count - 1] * distance) }
      for a in 0..<n {
        right[a] += weight * powers[a] * y[i]
        for b in 0..<n { matrix[a * n + b] += weight * powers[a] * powers[b] }
      }
    }
    for a in 0..<n { matrix[a * n + a] *= 1 + 1e-12 }
    var unit = [Double](repeating: 0, count: n)
    unit[0] = 1
    guard let scaled = Vectors.solvePositive(matrix, right),
      let share = Vectors.solvePositive(matrix, unit)
    else { return nil }
    return (scaled.enumerated().map { $1 / pow(reach, Double($0)) }, share[0])
  }

  /// So many of ascending numbers around a place.
  private static func nearest(_ place: Double, _ x: [Double], _ count: Int) -> Range<Int> {
    var low = x.partitioningIndex { $0 >= place }
    var high = low
    while high - low < count {
      if low > 0, high == x.count || place - x[low - 1] <= x[high] - place {
        low -= 1
      } else {
        high += 1
      }
    }
    return low..<high
  }
}

extension [Double] {
  /// The first of ascending numbers for which something holds, as it does for all behind it.
  fileprivate func partitioningIndex(where holds: (Double) -> Bool) -> Int {
    var (low, high) = (0, count)
    while low < high {
      let middle = (low + high) / 2
      if holds(self[middle]) { high = middle } else { low = middle + 1 }
    }
    return low
  }
}
