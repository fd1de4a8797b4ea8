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
    var areas: [[Plot.Series?]] = []
    for series in instance.series {
      let value = try evaluate(series.value).shown(as: series.value.type)
      let drawn = DrawnSeries(series, value)
      if let complaint = drawn.complaint(as: instance.kind) {
        throw SessionFailure(.plotFailed, complaint, at: series.value.span)
      }
      switch instance.kind {
      case .line:
        curves.append(drawn.curves(asPoints: isData(series.value)))
        areas.append(drawn.areas)
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
    plot.series += Self.joined(curves.flatMap { $0 }, areas: areas.flatMap { $0 })
    plot.hasLegend = instance.boolean("legend") ?? true
    var figure = Figure(plot)
    if instance.kind == .pairs {
      figure = Figure.pairs(pairs)
    } else {
      label(&plot, instance)
      figure =
        instance.boolean("panels") == true
        ? try panels(plot, curves, areas, instance) : Figure(plot)
    }
    figure.width = instance.integer("width")
    figure.height = instance.integer("height")
    return figure
  }

  /// Lines on the areas that they run through, each in the colour of its own.
  static func joined(_ curves: [Plot.Series], areas: [Plot.Series?]) -> [Plot.Series] {
    guard areas.contains(where: { $0 != nil }) else { return curves }
    var (behind, before) = ([Plot.Series](), curves)
    for k in curves.indices {
      let color = curves[k].color ?? k
      before[k].color = color
      guard var area = areas[k] else { continue }
      area.color = color
      behind.append(area)
    }
    return behind + before
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
    let ordinate = first?.drawn
    var abscissa: Type?
    if first?.hasAbscissa == true, case .tuple(let types)? = first?.value.type, types.count == 2 {
      abscissa = types[1]
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
      let units = instance.series.map { $0.drawn.flatMap(ValueText.unit) }
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
  /// The type of the numbers that are drawn upwards.
  fileprivate var drawn: Type? { ordinate.map { $0.median ?? $0 } }
}
