import NodalBasics
import NodalChecking
import NodalDiagnostics
import NodalTraining

/// Laplace's approximation: around its lowest point minus a log-density is taken to be a parabola, in unconstrained coordinates (MacKay 2003, chapter 27).
struct Laplace {
  let density: LogDensity
  /// The lowest point, which is the mode.
  let lowest: (point: [Double], value: Double)
  var mode: [Double] { lowest.point }
  /// Directions, each of unit length in scaled coordinates, with the standard deviation along it, the widest first.
  let directions: [(deviation: Double, vector: [Double])]

  /// Beyond a factor of so many e-folds, or so many times its size, nothing is known of a parameter.
  static let unknown = 5.0

  init(_ density: LogDensity) throws {
    self.density = density
    lowest = try density.minimum(from: density.start)
    let n = lowest.point.count
    let scales = density.coordinates.map(\.scale)
    var curvature = try density.curvature(lowest.point)
    for i in 0..<n { for j in 0..<n { curvature[i * n + j] *= scales[i] * scales[j] } }
    guard curvature.allSatisfy(\.isFinite) else {
      throw SessionFailure(
        .nonFiniteLoss, "the loss has no finite curvature at the best parameters", at: nil)
    }
    let (values, vectors) = SymmetricEigen.decompose(curvature, n)
    // Flat within what differences can tell, or bent downwards: nothing holds the parameters there.
    let least = (values.last ?? 0) * 1e-10
    directions = zip(values, vectors).map { value, vector in
      (value > least ? 1 / value.squareRoot() : .infinity, vector)
    }
  }

  /// Directions along which nothing is known.
  var unknownDirections: [[Double]] {
    directions.filter { $0.deviation > Self.unknown }.map(\.vector)
  }

  /// The standard deviation of a coordinate; infinite where it is part of what isn't known.
  func deviation(_ k: Int) -> Double {
    var variance = 0.0
    for (deviation, vector) in directions {
      // Rounding puts a little of every coordinate into each direction.
      if deviation > Self.unknown, abs(vector[k]) < 1e-2 { continue }
      variance += deviation * deviation * vector[k] * vector[k]
    }
    return variance.squareRoot() * density.coordinates[k].scale
  }

  /// The interval of a parameter, so many deviations to either side in its coordinate; as wide as its domain where nothing is known.
  func bounds(_ k: Int, _ quantile: Double) -> (lower: Double, upper: Double) {
    let coordinate = density.coordinates[k]
    let deviation = deviation(k)
    let reach =
      deviation > Self.unknown * coordinate.scale ? Double.infinity : quantile * deviation
    let ends = [mode[k] - reach, mode[k] + reach].map(coordinate.domain.constrained).sorted()
    return (ends[0], ends[1])
  }

  /// The correlation of two coordinates, along the directions that are known.
  func correlation(_ a: Int, _ b: Int) -> Double {
    var (aa, bb, ab) = (0.0, 0.0, 0.0)
    for (deviation, vector) in directions where deviation <= Self.unknown {
      let square = deviation * deviation
      aa += square * vector[a] * vector[a]
      bb += square * vector[b] * vector[b]
      ab += square * vector[a] * vector[b]
    }
    return aa > 0 && bb > 0 ? ab / (aa * bb).squareRoot() : 0
  }

  /// What there is to say of it, and of what the data don't tell.
  var sentences: [String] { wordsOfDistance + Identifiability.words(self) }

  /// A run on minibatches, with penalties, or that was stopped early, may have ended elsewhere than where the loss of all the data is lowest.
  private var wordsOfDistance: [String] {
    let far = mode.indices.filter { abs(density.start[$0] - mode[$0]) > deviation($0) }
    if far.isEmpty { return [] }
    let places = far.prefix(3).map { k in
      let coordinate = density.coordinates[k]
      return
        "`\(coordinate.name)` at \(NumberFormat.significant(coordinate.domain.constrained(mode[k]), 4))"
    }
    let others = far.count > 3 ? ", and \(far.count - 3) more" : ""
    return [
      "the run ended away from where the loss of all the data is lowest, which the intervals are about: \(places.joined(separator: ", "))\(others)"
    ]
  }

  /// A point drawn from it; along what isn't known it stays at the mode.
  func draw(_ key: RandomKey) -> [Double] {
    var point = mode
    for (index, (deviation, vector)) in directions.enumerated() where deviation.isFinite {
      let length = key.normal(index) * min(deviation, Self.unknown)
      for k in point.indices { point[k] += length * vector[k] * density.coordinates[k].scale }
    }
    return point
  }
}
