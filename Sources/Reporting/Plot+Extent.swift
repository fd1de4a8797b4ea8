/// A place on the axes.
struct PlotPoint: Sendable {
  let x: Double
  let y: Double
}

extension Plot {
  /// Refuses what has nothing finite (or, on a logarithmic axis, positive) to show, before a
  /// renderer says so in words of its own.
  func check() throws(PlotError) {
    guard !series.isEmpty else { throw .nothingToDraw(series: title ?? "") }
    for series in series {
      let finite = series.content.extent.filter { $0.x.isFinite && $0.y.isFinite }
      if finite.isEmpty { throw .nothingToDraw(series: series.name) }
      if x.isLogarithmic, !finite.contains(where: { $0.x > 0 }) {
        throw .notPositive(axis: "x", series: series.name)
      }
      if y.isLogarithmic, !finite.contains(where: { $0.y > 0 }) {
        throw .notPositive(axis: "y", series: series.name)
      }
    }
  }

  /// What a lone series is called beside its axes, where no label says it.
  var lonelyName: String? {
    guard series.count == 1, let only = series.first else { return nil }
    switch only.content {
    case .histogram: return "count"
    case .line, .points, .band: return only.name
    case .heat, .arrows, .waterfall: return nil
    }
  }
}

extension Plot.Content {
  /// The places that the axes must show.
  var extent: [PlotPoint] {
    func zipped(_ x: [Double], _ y: [Double]) -> [PlotPoint] {
      zip(x, y).map { PlotPoint(x: $0, y: $1) }
    }
    switch self {
    case .line(let x, let y), .points(let x, let y): return zipped(x, y)
    case .band(let x, let low, let high): return zipped(x, low) + zipped(x, high)
    case .histogram(let values, let bins):
      let histogram = Histogram(values, bins: bins)
      return zipped(histogram.centers, histogram.counts.map(Double.init))
    case .heat(let x, let y, let z):
      guard z.contains(where: { $0.isFinite }) else { return [] }
      return y.flatMap { y in x.map { PlotPoint(x: $0, y: y) } }
    case .arrows(let x, let y, let dx, let dy):
      return zip(zipped(x, y), zip(dx, dy)).filter { $1.0.isFinite && $1.1.isFinite }.map(\.0)
    case .waterfall(let x, let at, let z):
      guard z.contains(where: { $0.isFinite }) else { return [] }
      return at.flatMap { at in x.map { PlotPoint(x: $0, y: at) } }
    }
  }

  /// The places of points and lines; empty for what else there is.
  package var places: [(x: Double, y: Double)] {
    switch self {
    case .line(let x, let y), .points(let x, let y): zip(x, y).map { ($0, $1) }
    case .band, .histogram, .heat, .arrows, .waterfall: []
    }
  }

  /// The same with what is drawn around the places: bars from 0, curves above their times.
  var textExtent: [PlotPoint] {
    switch self {
    case .histogram(let values, let bins):
      let width = Histogram(values, bins: bins).width
      return extent.flatMap {
        [PlotPoint(x: $0.x - width / 2, y: 0), PlotPoint(x: $0.x + width / 2, y: $0.y)]
      }
    case .waterfall(let x, let at, let z):
      return Waterfall.curves(x, at, z).flatMap { zip(x, $0).map { PlotPoint(x: $0, y: $1) } }
    case .line, .points, .band, .heat, .arrows: return extent
    }
  }
}

/// Curves one behind the other.
enum Waterfall {
  /// Each row of `z` shifted up to its entry of `at`, as high as three gaps between entries.
  static func curves(_ x: [Double], _ at: [Double], _ z: [Double]) -> [[Double]] {
    let finite = z.filter { $0.isFinite }
    let base = finite.min() ?? 0
    let height = max((finite.max() ?? 1) - base, .leastNormalMagnitude)
    let span = max(abs((at.last ?? 1) - (at.first ?? 0)), .leastNormalMagnitude)
    let scale = 3 * span / Double(max(at.count, 1)) / height
    return at.indices.map { k in
      x.indices.map { i in
        let index = k * x.count + i
        return z.indices.contains(index) ? at[k] + scale * (z[index] - base) : .nan
      }
    }
  }
}
