import NodalChecking
import NodalExecution
import NodalIR
import NodalReporting
import NodalTypes

/// One series of a plot with its numbers.
struct DrawnSeries {
  let label: String
  private(set) var y: Tensor
  let x: Tensor?
  /// The ends of an interval around each number of `y`.
  private(set) var ends: (lower: Tensor, upper: Tensor)?
  /// Points of the plane, [ny, nx, 2], that the series was computed from.
  let grid: [Double]?

  init(_ series: PlotSeries, _ value: SessionValue) {
    label = series.label
    var points: [Double]?
    series.value.walk { part in
      if case .array(let numbers) = part.kind, let shape = part.type.tensor?.shape.values,
        shape.count == 3, shape[2] == 2
      {
        points = numbers
      }
    }
    grid = points
    var ordinate = value
    if series.hasAbscissa, case .tuple(let parts) = value, parts.count == 2 {
      ordinate = parts[0]
      x = parts[1].tensor
    } else {
      x = nil
    }
    if case .record(let parts) = ordinate {
      func part(_ name: String) -> Tensor? { parts.first { $0.name == name }?.value.tensor }
      y = part("median") ?? Tensor(.f64, shape: [0])
      if let lower = part("lower"), let upper = part("upper") { ends = (lower, upper) }
    } else {
      y = ordinate.tensor ?? Tensor(.f64, shape: [0])
    }
  }

  /// Why nothing can be drawn of it.
  func complaint(as kind: PlotInstance.Kind) -> String? {
    switch kind {
    case .line, .points:
      guard let x, x.shape != y.shape else { return nil }
      // One curve over its places, or a curve for each component or member.
      let n = x.count
      if x.shape.count <= 1, y.shape.first == n || y.shape.last == n { return nil }
      if y.shape.count > x.shape.count, Array(y.shape.prefix(x.shape.count)) == x.shape {
        return nil
      }
      return
        "`\(label)` has \(y.shape.first ?? 1) values, and \(x.shape.first ?? 1) places to be drawn at"
    case .phase:
      if let x {
        return x.count == y.count ? nil : "`\(label)` has two quantities of unequal length"
      }
      return y.shape.count > 1 && (y.shape.last ?? 0) >= 2
        ? nil : "a phase plot wants points of the plane: `[s.u, s.v] as phase`"
    case .histogram, .heat, .arrows, .waterfall, .pairs: return nil
    }
  }

  private var places: [Double] {
    x?.numbers ?? (0..<(y.shape.first ?? 0)).map(Double.init)
  }

  /// A curve for each component; of a batch [curves, samples], a curve for each.
  func curves(asPoints: Bool) -> [Plot.Series] {
    if let x, x.shape.count > 1 { return curvesOfABatch(x, asPoints: asPoints) }
    let n = places.count
    let numbers = y.numbers
    func make(_ name: String, _ ys: [Double]) -> Plot.Series {
      .init(name, asPoints ? .points(x: places, y: ys) : .line(x: places, y: ys))
    }
    guard y.shape.count > 1, n > 0 else { return [make(label, numbers)] }
    if y.shape.first == n {
      let width = numbers.count / n
      return (0..<width).map { k in
        make("\(label)[\(k)]", (0..<n).map { numbers[$0 * width + k] })
      }
    }
    if y.shape.last == n {
      let count = numbers.count / n
      return (0..<count).map { k in
        make(k == 0 ? label : "", Array(numbers[(k * n)..<((k + 1) * n)]))
      }
    }
    return [make(label, numbers)]
  }

  /// Beside each curve, the area between the ends of its intervals; nil where it has none.
  var areas: [Plot.Series?] {
    guard let ends else { return curves(asPoints: false).map { _ in nil } }
    var (below, above) = (self, self)
    (below.y, above.y) = (ends.lower, ends.upper)
    return zip(below.curves(asPoints: false), above.curves(asPoints: false)).map { below, above in
      guard case .line(let x, let low) = below.content, case .line(_, let high) = above.content
      else { return nil }
      let name = below.name.isEmpty ? "" : "\(below.name): lower to upper"
      return Plot.Series(name, .band(x: x, low: low, high: high))
    }
  }

  /// A batch with places of its own for each member: a curve for each, and for each component. What pads a short one is left out.
  private func curvesOfABatch(_ x: Tensor, asPoints: Bool) -> [Plot.Series] {
    let n = x.shape.last ?? 0
    let members = n > 0 ? x.count / n : 0
    let width = x.count > 0 ? y.count / x.count : 0
    let (xs, ys) = (x.numbers, y.numbers)
    return (0..<members).flatMap { member in
      (0..<width).map { component -> Plot.Series in
        let rows = (member * n..<(member + 1) * n).filter { xs[$0].isFinite }
        let name = width > 1 ? "\(label)[\(component)]" : label
        let across = rows.map { xs[$0] }
        let up = rows.map { ys[$0 * width + component] }
        return .init(
          member == 0 ? name : "",
          asPoints ? .points(x: across, y: up) : .line(x: across, y: up), color: component)
      }
    }
  }

  /// The first two components against each other.
  func phase(asPoints: Bool) -> [Plot.Series] {
    if let x {
      return [.init(label, .line(x: x.numbers, y: y.numbers))]
    }
    guard let width = y.shape.last, width >= 2 else { return curves(asPoints: asPoints) }
    let numbers = y.numbers
    let xs = stride(from: 0, to: numbers.count, by: width).map { numbers[$0] }
    let ys = stride(from: 1, to: numbers.count, by: width).map { numbers[$0] }
    return [.init(label, asPoints ? .points(x: xs, y: ys) : .line(x: xs, y: ys))]
  }

  func scatter() -> [Plot.Series] {
    if let x, x.shape.count == 1, y.shape.count > 1, y.shape.first == x.count, x.count > 0 {
      // Several values at each place, as of a member of a batch at several times.
      let width = y.count / x.count
      let across = x.numbers.flatMap { Array(repeating: $0, count: width) }
      return [.init(label, .points(x: across, y: y.numbers))]
    }
    if let x { return [.init(label, .points(x: x.numbers, y: y.numbers))] }
    guard let width = y.shape.last, width >= 2, y.shape.count > 1 else {
      return [.init(label, .points(x: places, y: y.numbers))]
    }
    return phase(asPoints: true)
  }

  /// The places of columns and rows: of the grid of points that the expression was evaluated on, else their numbers.
  private var axes: (x: [Double], y: [Double]) {
    guard y.shape.count >= 2 else { return ([], []) }
    let (rows, columns) = (y.shape[0], y.shape[1])
    if let grid, grid.count == rows * columns * 2 {
      return (
        (0..<columns).map { grid[2 * $0] }, (0..<rows).map { grid[2 * $0 * columns + 1] }
      )
    }
    return ((0..<columns).map(Double.init), (0..<rows).map(Double.init))
  }

  /// A function on a grid, [ny, nx].
  func heat(label: String) -> [Plot.Series] {
    guard y.shape.count >= 2 else { return [] }
    return [.init(label, .heat(x: axes.x, y: axes.y, z: y.numbers))]
  }

  /// A field on a grid, [ny, nx, 2].
  func arrows(label: String) -> [Plot.Series] {
    guard y.shape.count == 3, y.shape[2] >= 2 else { return [] }
    let (rows, columns, width) = (y.shape[0], y.shape[1], y.shape[2])
    let places = axes
    var content: (x: [Double], y: [Double], dx: [Double], dy: [Double]) = ([], [], [], [])
    for i in 0..<rows {
      for j in 0..<columns {
        content.x.append(places.x[j])
        content.y.append(places.y[i])
        content.dx.append(y[(i * columns + j) * width])
        content.dy.append(y[(i * columns + j) * width + 1])
      }
    }
    return [.init(label, .arrows(x: content.x, y: content.y, dx: content.dx, dy: content.dy))]
  }

  func waterfall(label: String) -> [Plot.Series] {
    guard y.shape.count == 2 else { return [] }
    return [
      .init(
        label,
        .waterfall(
          x: (0..<y.shape[1]).map(Double.init), at: (0..<y.shape[0]).map(Double.init), z: y.numbers)
      )
    ]
  }
}
