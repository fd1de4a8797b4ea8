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
    tellWhatIsLeftOut(figure, instance)
    try draw(figure, to: instance.file, instance.span)
  }

  /// Draws to a file, or shows where none is named.
  func draw(_ figure: Figure, to file: String?, _ span: Span) throws {
    guard let file else {
      sink(.figure(figure))
      return
    }
    let path = try pathForWriting(file, span)
    let host = host
    let result = try alone { () -> Result<PlotRenderer.Outcome, PlotError> in
      Result { () throws(PlotError) in try PlotRenderer.save(figure, to: path, host: host) }
    }
    do {
      switch try result.get() {
      case .drawn(let path): sink(.plotted(path: path))
      case .table(let path):
        sink(
          .note(
            "\(line(of: span))gnuplot is not installed: the plot's numbers are in \(path) (apt-get install gnuplot-nox)"
          ))
        sink(.wrote(path: path, what: "plot"))
      }
    } catch {
      throw SessionFailure(PlotProblem(error, request: span).diagnostic)
    }
  }

  /// `model.node:12: `
  private func line(of span: Span) -> String {
    guard let source = sourceMap[span.source] else { return "" }
    return "\(source.path):\(source.position(at: span.start).line): "
  }

  func pathForWriting(_ file: String, _ span: Span) throws -> String {
    do {
      return try policy.pathForWriting(file, from: outputDirectory, files: host.files)
    } catch {
      throw describeRefusal(error, file, span)
    }
  }

  func figure(_ instance: PlotInstance) throws -> Figure {
    var plot = Plot()
    plot.x.isLogarithmic = instance.logX
    plot.y.isLogarithmic = instance.logY
    if let title = instance.text("title") { plot.title = title }
    var pairs: [(name: String, values: [Double])] = []
    var curves: [[Plot.Series]] = []
    for series in instance.series {
      let value = try evaluate(series.value).shown(as: series.value.type)
      let drawn = Drawn(series, value)
      if let complaint = drawn.complaint(as: instance.kind) {
        throw SessionFailure(.plotFailed, complaint, at: series.value.span)
      }
      switch instance.kind {
      case .line:
        curves.append(drawn.curves(asPoints: isData(series.value)))
      case .phase:
        plot.series += drawn.phase(asPoints: isData(series.value))
      case .points:
        plot.series += drawn.scatter()
      case .histogram:
        plot.series.append(
          .init(series.label, .histogram(drawn.y.numbers, bins: instance.integer("bins"))))
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
    plot.series += curves.flatMap { $0 }
    plot.hasLegend = instance.boolean("legend") ?? true
    var figure = Figure(plot)
    if instance.kind == .pairs {
      figure = Figure.pairs(pairs)
    } else {
      label(&plot, instance)
      figure =
        instance.boolean("panels") == true ? try panels(plot, curves, instance) : Figure(plot)
    }
    figure.width = instance.integer("width")
    figure.height = instance.integer("height")
    return figure
  }

  /// A logarithmic axis has no place for what is not positive: it is left out, and said.
  private func tellWhatIsLeftOut(_ figure: Figure, _ instance: PlotInstance) {
    for plot in figure.panels.flatMap({ $0 }).compactMap({ $0 }) {
      for series in plot.series {
        let places = series.content.places
        let hidden = places.count { place in
          place.x.isFinite && place.y.isFinite
            && (plot.x.isLogarithmic && place.x <= 0 || plot.y.isLogarithmic && place.y <= 0)
        }
        guard hidden > 0, hidden < places.count else { continue }
        sink(
          .note(
            "plot: \(NumberFormat.grouped(hidden)) of \(NumberFormat.grouped(places.count)) points of \(series.name) are not positive, and have no place on a logarithmic axis"
          ))
      }
    }
  }

  /// Data are drawn as points, solutions as lines.
  private func isData(_ expression: TypedExpression) -> Bool {
    guard let data = dataset(under: expression) else { return false }
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
    if instance.kind == .line {
      plot.y.unit = ordinate.flatMap(ValueText.unit)
      // Quantities of several units share no axis label: each name has its own.
      let units = instance.series.map { $0.ordinate.flatMap(ValueText.unit) }
      if Set(units).count > 1 {
        plot.y.unit = nil
        for k in plot.series.indices {
          guard let index = instance.series.firstIndex(where: { $0.label == plot.series[k].name }),
            let unit = units[index]
          else { continue }
          plot.series[k].name += " (\(unit))"
        }
      }
    }
    if instance.kind == .phase { plot.hasEqualAxes = false }
  }
}

extension PlotInstance {
  func text(_ key: String) -> String? {
    guard case .text(let text)? = options.first(where: { $0.key == key })?.value else { return nil }
    return text
  }

  private func constant(_ key: String) -> TypedExpression.Kind? {
    guard case .expression(let value)? = options.first(where: { $0.key == key })?.value else {
      return nil
    }
    return value.kind
  }

  func integer(_ key: String) -> Int? {
    if case .integer(let value)? = constant(key) { value } else { nil }
  }

  func boolean(_ key: String) -> Bool? {
    if case .boolean(let value)? = constant(key) { value } else { nil }
  }
}

extension PlotSeries {
  /// The type of what is drawn upwards.
  fileprivate var ordinate: Type? {
    if hasAbscissa, case .tuple(let types) = value.type { return types.first }
    return value.type
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
