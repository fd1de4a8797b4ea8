import NodalIR
import NodalData
import NodalTraining
import NodalBasics
import NodalChecking
import NodalDiagnostics
import NodalExecution
import NodalReporting
import NodalTypes

extension Session {
  func plot(_ instance: PlotInstance) throws {
    let figure = try figure(instance)
    guard let file = instance.file else {
      sink(.figure(figure))
      return
    }
    let path = try pathForWriting(file, instance.span)
    do {
      switch try PlotRenderer.save(figure, to: path, host: host) {
      case .drawn(let path): sink(.plotted(path: path))
      case .table(let path):
        sink(
          .note(
            "gnuplot is not installed: the plot's numbers are in \(path) (apt-get install gnuplot-nox)"
          ))
        sink(.wrote(path: path, what: "plot"))
      }
    } catch {
      throw SessionFailure(PlotProblem(error, request: instance.span).diagnostic)
    }
  }

  func pathForWriting(_ file: String, _ span: Span) throws -> String {
    do {
      return try policy.pathForWriting(file, from: outputDirectory, files: host.files)
    } catch {
      throw describeRefusal(error, file, span)
    }
  }

  private func figure(_ instance: PlotInstance) throws -> Figure {
    var plot = Plot()
    plot.x.isLogarithmic = instance.logX
    plot.y.isLogarithmic = instance.logY
    if let title = instance.text("title") { plot.title = title }
    var pairs: [(name: String, values: [Double])] = []
    for series in instance.series {
      let value = try evaluate(series.value).shown(as: series.value.type)
      let drawn = Drawn(series, value)
      switch instance.kind {
      case .line:
        plot.series += drawn.curves(asPoints: isData(series.value))
      case .phase:
        plot.series += drawn.phase(asPoints: isData(series.value))
      case .points:
        plot.series += drawn.scatter()
      case .histogram:
        plot.series.append(.init(series.label, .histogram(drawn.y.numbers, bins: nil)))
      case .heat:
        plot.series += drawn.heat(label: series.label)
      case .arrows:
        plot.series += drawn.arrows(label: series.label)
      case .waterfall:
        plot.series += drawn.waterfall(label: series.label)
      case .pairs:
        pairs.append((series.label, drawn.y.numbers))
      }
    }
    if instance.kind == .pairs { return Figure.pairs(pairs) }
    label(&plot, instance)
    return Figure(plot)
  }

  /// Data are drawn as points, solutions as lines.
  private func isData(_ expression: TypedExpression) -> Bool {
    let ordinate: TypedExpression
    if case .tuple(let parts) = expression.kind, let first = parts.first {
      ordinate = first
    } else {
      ordinate = expression
    }
    guard let name = ordinate.sessionPath?.name, case .dataset(let data)? = values[name] else {
      return false
    }
    // Densely sampled data are a curve.
    return data.timeCount <= 400 || !data.isSingleExperiment
  }

  private func label(_ plot: inout Plot, _ instance: PlotInstance) {
    let first = instance.series.first
    var ordinate = first?.value.type
    var abscissa: Type?
    if first?.hasAbscissa == true, case .tuple(let types)? = first?.value.type, types.count == 2 {
      (ordinate, abscissa) = (types[0], types[1])
    }
    if instance.abscissa != nil || instance.kind == .line {
      plot.x.label = instance.text("xlabel") ?? instance.abscissa
    }
    plot.x.unit = abscissa.flatMap(ValueText.unit)
    if instance.kind == .line, instance.series.count == 1 { plot.y.label = first?.label }
    if let label = instance.text("ylabel") { plot.y.label = label }
    if instance.kind == .line { plot.y.unit = ordinate.flatMap(ValueText.unit) }
    if instance.kind == .phase { plot.hasEqualAxes = false }
  }
}

extension PlotInstance {
  func text(_ key: String) -> String? {
    guard case .text(let text)? = options.first(where: { $0.key == key })?.value else { return nil }
    return text
  }
}

/// One series of a plot with its numbers.
private struct Drawn {
  let label: String
  let y: Tensor
  let x: Tensor?
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
    if series.hasAbscissa, case .tuple(let parts) = value, parts.count == 2 {
      y = parts[0].tensor ?? Tensor(.f64, shape: [0])
      x = parts[1].tensor
    } else {
      y = value.tensor ?? Tensor(.f64, shape: [0])
      x = nil
    }
  }

  private var places: [Double] {
    x?.numbers ?? (0..<(y.shape.first ?? 0)).map(Double.init)
  }

  /// A curve for each component; of a batch [curves, samples], a curve for each.
  func curves(asPoints: Bool) -> [Plot.Series] {
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
