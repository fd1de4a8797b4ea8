import Foundation
import NodalBasics

/// Draws figures with characters, for a terminal: lines as Braille dots, points as signs. Needs no
/// other program.
package enum TextPlot {
  /// Lines of at most `columns` characters, each closed by a line end.
  /// - Throws: `nothingToDraw`, `notPositive`.
  package static func render(
    _ figure: Figure, columns: Int, rows: Int, hasColor: Bool = false
  ) throws(PlotError) -> String {
    let columns = min(max(columns, 20), 500)
    let rows = min(max(rows, 8), 200)
    var lines: [String] = []
    if let title = figure.title { lines.append(clean(title)) }
    for row in figure.panels {
      let width = max(16, columns / max(row.count, 1) - (row.count > 1 ? 1 : 0))
      var blocks: [[String]] = []
      for plot in row {
        guard let plot else { continue }
        let height = figure.panels.count > 1 ? max(8, rows / 2) : rows
        blocks.append(try draw(plot, columns: width, rows: height, hasColor: hasColor))
      }
      let count = blocks.map(\.count).max() ?? 0
      for index in 0..<count {
        let parts = blocks.map { $0.count > index ? $0[index] : "" }
        lines.append(
          parts.dropLast().map { padded($0, to: width) + " " }.joined() + (parts.last ?? ""))
      }
    }
    return lines.map { trimmed($0) + "\n" }.joined()
  }

  // MARK: One pair of axes

  private static let pointSigns: [Character] = ["•", "×", "+", "o", "▪", "◇", "▵", "*"]

  /// The sign of a series of points: each has its own.
  private static func sign(_ plot: Plot, _ index: Int) -> Character {
    let before = plot.series.prefix(index).filter {
      if case .points = $0.content { true } else { false }
    }
    return pointSigns[before.count % pointSigns.count]
  }

  private static func draw(
    _ plot: Plot, columns: Int, rows: Int, hasColor: Bool
  ) throws(PlotError) -> [String] {
    try plot.check()
    let places = plot.series.flatMap(\.content.textExtent)
    var x = AxisScale(places.map(\.x), axis: plot.x)
    var y = AxisScale(places.map(\.y), axis: plot.y)
    var head: [String] = []
    if let title = plot.title { head.append(centered(clean(title), columns)) }
    head += legend(plot, columns: columns, hasColor: hasColor)
    let yName = plot.y.text.isEmpty ? plot.lonelyName ?? "" : plot.y.text
    if !yName.isEmpty { head.append(TextWidth.cut(clean(yName), to: columns)) }
    let height = max(4, rows - head.count - 3)
    if plot.hasEqualAxes {
      // Dots are about as high as wide.
      let shape = Double(max(4, columns - 6) * 2) / Double(4 * height)
      (x, y) = (x.widened(to: (y.high - y.low) * shape), y.widened(to: (x.high - x.low) / shape))
    }
    let yTicks = y.ticks(max(2, height / 4))
    let gutter = min(12, max(1, yTicks.map { $0.label.count }.max() ?? 1)) + 1
    let width = max(4, columns - gutter - 1)
    var canvas = BrailleCanvas(columns: width, rows: height)
    for (index, series) in plot.series.enumerated() {
      paint(series, color: series.color ?? index, sign: sign(plot, index), x, y, &canvas)
    }
    var labels = Array(repeating: "", count: height)
    for tick in yTicks {
      let row = height - 1 - min(height - 1, max(0, Int(tick.fraction * Double(height - 1) + 0.5)))
      labels[row] = tick.label
    }
    var lines = head
    for (row, line) in canvas.lines(hasColor: hasColor).enumerated() {
      let label = TextWidth.cut(labels[row], to: gutter - 1)
      let blanks = String(repeating: " ", count: max(0, gutter - 1 - label.count))
      lines.append("\(blanks)\(label) \(label.isEmpty ? "│" : "┤")\(line)")
    }
    lines += below(x, name: plot.x.text, gutter: gutter, width: width)
    return lines
  }

  /// The x axis, its labels and its name.
  private static func below(
    _ x: AxisScale, name: String, gutter: Int, width: Int
  ) -> [String] {
    var axis = Array(repeating: Character("─"), count: width)
    var labels = Array(repeating: Character(" "), count: gutter + 1 + width)
    var free = 0
    for tick in x.ticks(max(2, width / 10)) {
      let column = min(width - 1, max(0, Int(tick.fraction * Double(width - 1) + 0.5)))
      axis[column] = "┬"
      let start = max(
        0, min(gutter + 1 + column - tick.label.count / 2, labels.count - tick.label.count))
      guard start >= free, start + tick.label.count <= labels.count else { continue }
      for (offset, character) in tick.label.enumerated() { labels[start + offset] = character }
      free = start + tick.label.count + 1
    }
    var lines = [String(repeating: " ", count: gutter) + "└" + String(axis), String(labels)]
    if !name.isEmpty { lines.append(centered(clean(name), 2 * gutter + width)) }
    return lines
  }

  private static func legend(_ plot: Plot, columns: Int, hasColor: Bool) -> [String] {
    let named = plot.series.enumerated().filter { !$0.element.name.isEmpty }
    guard plot.hasLegend, plot.series.count > 1, !named.isEmpty else { return [] }
    var lines: [String] = []
    var line = ""
    var width = 0
    for (index, series) in named {
      let mark: String
      switch series.content {
      case .line, .waterfall: mark = "──"
      case .points: mark = String(sign(plot, index))
      case .band: mark = "░░"
      case .histogram: mark = "▆"
      case .heat: mark = "▒"
      case .arrows: mark = "→"
      }
      let name = TextWidth.cut(clean(series.name), to: columns - 6)
      let own = mark.count + 1 + TextWidth.of(name) + 3
      if width + own > columns, width > 0 {
        lines.append(line)
        (line, width) = ("", 0)
      }
      let color = series.color ?? index
      line += (hasColor ? TextColor.begin(color) + mark + TextColor.end : mark) + " \(name)   "
      width += own
    }
    return lines + [line]
  }

  // MARK: Series

  private static func paint(
    _ series: Plot.Series, color: Int, sign: Character, _ x: AxisScale, _ y: AxisScale,
    _ canvas: inout BrailleCanvas
  ) {
    let across = canvas.dotColumns
    let up = canvas.dotRows
    func place(_ px: Double, _ py: Double) -> (x: Int, y: Int)? {
      guard let fx = x.fraction(px), let fy = y.fraction(py) else { return nil }
      return (Int(fx * Double(across - 1) + 0.5), Int(fy * Double(up - 1) + 0.5))
    }
    func curve(_ xs: [Double], _ ys: [Double], color: Int) {
      var last: (x: Int, y: Int)?
      for (px, py) in zip(xs, ys) {
        let next = place(px, py)
        if let next { canvas.line(from: last ?? next, to: next, color: color) }
        last = next
      }
    }
    switch series.content {
    case .line(let xs, let ys): curve(xs, ys, color: color)
    case .points(let xs, let ys):
      let isDense = min(xs.count, ys.count) > 150
      for (px, py) in zip(xs, ys) {
        guard let at = place(px, py) else { continue }
        if isDense {
          canvas.dot(at.x, at.y, color: color)
        } else {
          canvas.sign(sign, at.x, at.y, color: color)
        }
      }
    case .band(let xs, let low, let high):
      for (index, px) in xs.enumerated() where low.indices.contains(index) {
        guard high.indices.contains(index), let a = place(px, low[index]),
          let b = place(px, high[index]), a.y <= b.y
        else { continue }
        for dot in a.y...b.y where (a.x + dot) % 3 == 0 { canvas.dot(a.x, dot, color: color) }
      }
    case .histogram(let values, let bins):
      let histogram = Histogram(values, bins: bins)
      for (center, count) in zip(histogram.centers, histogram.counts) where count > 0 {
        guard let left = place(center - histogram.width / 2, 0) ?? place(center, 0),
          let top = place(center + histogram.width / 2, Double(count))
            ?? place(center, Double(count)), left.x <= top.x
        else { continue }
        for column in left.x...max(left.x, top.x - 1) {
          for dot in 0...max(0, top.y) { canvas.dot(column, dot, color: color) }
        }
      }
    case .heat(let xs, let ys, let z): heat(xs, ys, z, x, y, &canvas)
    case .arrows(let xs, let ys, let dx, let dy):
      for i in 0..<min(xs.count, ys.count, dx.count, dy.count) {
        guard let at = place(xs[i], ys[i]) else { continue }
        // As it looks: each axis in the measure of its own span.
        let angle = atan2(dy[i] / (y.high - y.low), dx[i] / (x.high - x.low))
        guard angle.isFinite else { continue }
        let turn = (Int((angle / .pi * 4).rounded()) + 8) % 8
        let isNone = dx[i] == 0 && dy[i] == 0
        canvas.sign(isNone ? "·" : arrowSigns[turn], at.x, at.y, color: color)
      }
    case .waterfall(let xs, let at, let z):
      for row in Waterfall.curves(xs, at, z) { curve(xs, row, color: color) }
    }
  }

  private static let arrowSigns: [Character] = ["→", "↗", "↑", "↖", "←", "↙", "↓", "↘"]
  private static let shades: [Character] = [" ", "·", "░", "▒", "▓", "█"]

  /// Each cell shows the value nearest to its centre, in six shades.
  private static func heat(
    _ xs: [Double], _ ys: [Double], _ z: [Double], _ x: AxisScale, _ y: AxisScale,
    _ canvas: inout BrailleCanvas
  ) {
    let finite = z.filter { $0.isFinite }
    guard let low = finite.min(), let high = finite.max() else { return }
    func nearest(_ values: [Double], _ scale: AxisScale, _ fraction: Double) -> Int? {
      values.indices.min {
        abs((scale.fraction(values[$0]) ?? 9) - fraction)
          < abs((scale.fraction(values[$1]) ?? 9) - fraction)
      }
    }
    let across = (0..<canvas.columns).map {
      nearest(xs, x, (Double($0) + 0.5) / Double(canvas.columns))
    }
    for row in 0..<canvas.rows {
      let fraction = (Double(row) + 0.5) / Double(canvas.rows)
      guard let j = nearest(ys, y, fraction) else { continue }
      for column in 0..<canvas.columns {
        guard let i = across[column], z.indices.contains(j * xs.count + i) else { continue }
        let value = z[j * xs.count + i]
        guard value.isFinite else { continue }
        let level = high > low ? (value / 2 - low / 2) / (high / 2 - low / 2) : 1
        let shade = shades[min(shades.count - 1, max(0, Int(level * Double(shades.count))))]
        canvas.sign(shade, 2 * column, 4 * row, color: 6)
      }
    }
  }

  // MARK: Text

  /// Without control characters, which could steer the terminal.
  private static func clean(_ text: String) -> String {
    String(
      String.UnicodeScalarView(
        text.unicodeScalars.map { $0.value < 0x20 || (0x7F..<0xA0).contains($0.value) ? " " : $0 }))
  }

  private static func centered(_ text: String, _ columns: Int) -> String {
    let text = TextWidth.cut(text, to: columns)
    return String(repeating: " ", count: max(0, (columns - TextWidth.of(text)) / 2)) + text
  }

  private static func padded(_ line: String, to width: Int) -> String {
    let shown = line.replacing(/\u{1B}\[[0-9;]*m/, with: "")
    return line + String(repeating: " ", count: max(0, width - TextWidth.of(shown)))
  }

  private static func trimmed(_ line: String) -> String {
    var line = line
    while line.last == " " { line.removeLast() }
    return line
  }
}
