import NodalBasics

/// A chart as SVG within HTML.
///
/// It is drawn here rather than by gnuplot, which may be missing where a report is made; and its colours are those of the page's style, light or dark.
struct ReportChart: Sendable {
  enum Mark: Sendable { case line, points }

  struct Series: Sendable {
    var name: String
    var mark: Mark
    var x, y: [Double]
    /// The number of its colour.
    var color = 0
  }

  var title = ""
  var xLabel = "", yLabel = ""
  var isLogarithmic = false
  /// A line at y = 0, and y = x.
  var hasZero = false, hasDiagonal = false
  var series: [Series]
  var width = 640.0, height = 300.0

  /// Of a character of 11 px, a little more than most take.
  private static let characterWidth = 6.6
  private static let inset = 6.0

  /// Nothing to be drawn.
  var isEmpty: Bool {
    !series.contains { zip($0.x, $0.y).contains { $0.isFinite && $1.isFinite } }
  }

  var svg: String {
    let points = series.flatMap { series in
      zip(series.x, series.y).filter { $0.isFinite && $1.isFinite }
    }
    let (x, y) = (AxisScale(xs(points), axis: .init()), yScale(points))
    let yTicks = y.ticks(max(3, Int(height / 45)))
    let left =
      (yTicks.map { Double($0.label.count) }.max() ?? 1) * Self.characterWidth + 12
      + (yLabel.isEmpty ? 0 : 16)
    let top = title.isEmpty ? 10.0 : 28
    let bottom = xLabel.isEmpty ? 24.0 : 40
    let area = (
      x: left, y: top, width: max(20, width - left - 14), height: max(20, height - top - bottom)
    )
    func place(_ fraction: Double, _ start: Double, _ length: Double) -> Double {
      start + Self.inset + fraction * (length - 2 * Self.inset)
    }
    func px(_ fraction: Double) -> Double { place(fraction, area.x, area.width) }
    func py(_ fraction: Double) -> Double { place(1 - fraction, area.y, area.height) }

    var out =
      "<svg class=\"chart\" viewBox=\"0 0 \(Self.text(width)) \(Self.text(height))\" width=\"\(Self.text(width))\" role=\"img\" aria-label=\"\(HTML.escaped(title.isEmpty ? yLabel : title))\">"
    out +=
      "<rect class=\"frame\" x=\"\(Self.text(area.x))\" y=\"\(Self.text(area.y))\" width=\"\(Self.text(area.width))\" height=\"\(Self.text(area.height))\"/>"
    for tick in yTicks {
      let at = py(tick.fraction)
      out += Self.line("grid", area.x, at, area.x + area.width, at)
      out += Self.label(tick.label, area.x - 6, at + 4, anchor: "end")
    }
    for tick in xTicks(x, area.width - 2 * Self.inset) {
      let at = px(tick.fraction)
      out += Self.line("grid", at, area.y, at, area.y + area.height)
      out += Self.label(tick.label, at, area.y + area.height + 15)
    }
    if hasZero, let zero = y.fraction(0) {
      out += Self.line("zero", area.x, py(zero), area.x + area.width, py(zero))
    }
    if hasDiagonal {
      let (low, high) = (max(x.low, y.low), min(x.high, y.high))
      if low < high, let x0 = x.fraction(low), let x1 = x.fraction(high), let y0 = y.fraction(low),
        let y1 = y.fraction(high)
      {
        out += Self.line("zero", px(x0), py(y0), px(x1), py(y1))
      }
    }
    for series in series {
      let places = zip(series.x, series.y).map { a, b -> (Double, Double)? in
        guard let u = x.fraction(a), let v = y.fraction(b) else { return nil }
        return (px(u), py(v))
      }
      switch series.mark {
      case .line: out += Self.path(places, series.color)
      case .points:
        for case let (u, v)? in places {
          out +=
            "<circle class=\"point c\(series.color)\" cx=\"\(Self.text(u))\" cy=\"\(Self.text(v))\" r=\"2.5\"/>"
        }
      }
    }
    if !title.isEmpty { out += Self.label(title, area.x, 17, anchor: "start", style: "title") }
    if !xLabel.isEmpty { out += Self.label(xLabel, area.x + area.width / 2, height - 6) }
    if !yLabel.isEmpty {
      let middle = area.y + area.height / 2
      out +=
        "<text text-anchor=\"middle\" transform=\"translate(12 \(Self.text(middle))) rotate(-90)\">\(HTML.escaped(yLabel))</text>"
    }
    return out + "</svg>"
  }

  private func xs(_ points: [(Double, Double)]) -> [Double] { points.map(\.0) }

  /// Without two powers of ten to write beside it, an axis of logarithms says nothing.
  private func yScale(_ points: [(Double, Double)]) -> AxisScale {
    let values = points.map(\.1)
    if isLogarithmic, values.contains(where: { $0 > 0 }) {
      let scale = AxisScale(values, axis: .init(isLogarithmic: true))
      if scale.ticks(6).count >= 2 { return scale }
    }
    return AxisScale(values, axis: .init())
  }

  /// As many as have room beside each other.
  private func xTicks(
    _ scale: AxisScale, _ length: Double
  ) -> [(fraction: Double, label: String)] {
    for count in [8, 6, 5, 4, 3, 2] {
      let ticks = scale.ticks(count)
      let longest = ticks.map { Double($0.label.count) }.max() ?? 0
      let gaps = zip(ticks, ticks.dropFirst()).map { ($1.fraction - $0.fraction) * length }
      if gaps.allSatisfy({ $0 >= (longest + 1.5) * Self.characterWidth }) { return ticks }
    }
    return []
  }

  private static func text(_ x: Double) -> String { NumberFormat.fixed(x, decimals: 1) }

  private static func line(
    _ style: String, _ x1: Double, _ y1: Double, _ x2: Double, _ y2: Double
  ) -> String {
    "<line class=\"\(style)\" x1=\"\(text(x1))\" y1=\"\(text(y1))\" x2=\"\(text(x2))\" y2=\"\(text(y2))\"/>"
  }

  private static func label(
    _ label: String, _ x: Double, _ y: Double, anchor: String = "middle", style: String? = nil
  ) -> String {
    "<text\(style.map { " class=\"\($0)\"" } ?? "") x=\"\(text(x))\" y=\"\(text(y))\" text-anchor=\"\(anchor)\">\(HTML.escaped(label))</text>"
  }

  /// A line is broken where there is nothing to be drawn; a single place is a point.
  private static func path(_ places: [(Double, Double)?], _ color: Int) -> String {
    var out = ""
    for run in places.split(whereSeparator: { $0 == nil }) {
      let run = run.compactMap { $0 }
      if run.count == 1, let (u, v) = run.first {
        out += "<circle class=\"point c\(color)\" cx=\"\(text(u))\" cy=\"\(text(v))\" r=\"2.5\"/>"
      } else {
        let points = run.map { "\(text($0.0)),\(text($0.1))" }.joined(separator: " ")
        out += "<polyline class=\"curve c\(color)\" points=\"\(points)\"/>"
      }
    }
    return out
  }

  /// An interval on a track from -100 % to +100 % of a value; an arrow where it goes on beyond.
  static func interval(_ value: Double, _ lower: Double, _ upper: Double) -> String {
    let scale = value != 0 ? abs(value) : max(abs(lower), abs(upper))
    guard value.isFinite, scale.isFinite, scale > 0, !lower.isNaN, !upper.isNaN else { return "" }
    let (width, middle) = (120.0, 60.0)
    func place(_ x: Double) -> Double {
      min(max((x - value) / scale, -1), 1) * (middle - 6) + middle
    }
    let (a, b) = (place(lower), place(upper))
    var out =
      "<svg class=\"bar\" viewBox=\"0 0 120 14\" width=\"120\" height=\"14\" aria-hidden=\"true\">"
    out += line("grid", 6, 7, width - 6, 7)
    out +=
      "<rect class=\"span\" x=\"\(text(a))\" y=\"4\" width=\"\(text(max(1, b - a)))\" height=\"6\"/>"
    if lower < value - scale { out += "<path class=\"span\" d=\"M6 2 L0 7 L6 12 Z\"/>" }
    if upper > value + scale { out += "<path class=\"span\" d=\"M114 2 L120 7 L114 12 Z\"/>" }
    return out + line("zero", middle, 1, middle, 13) + "</svg>"
  }
}
