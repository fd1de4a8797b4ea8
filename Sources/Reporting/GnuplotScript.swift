import Foundation
import NodalBasics

/// A figure as a gnuplot script and the data files that it reads. The script holds no text from
/// outside but in single quotes (`GnuplotText`), and no data.
package struct GnuplotScript: Sendable, Equatable {
  /// The commands. They write a file called `output` in the current folder.
  package private(set) var text = ""
  /// Contents of data files by name.
  package private(set) var files: [String: String] = [:]

  /// - Throws: `nothingToDraw` and `notPositive`, which gnuplot would report in its own words.
  package init(_ figure: Figure, as format: ImageFormat) throws(PlotError) {
    let rows = figure.panels.count
    let columns = figure.panels.map(\.count).max() ?? 0
    let isGrid = rows * columns > 1
    add("set encoding utf8")
    add(Self.terminal(format, rows: rows, columns: columns, figure))
    add("set output 'output'")
    add("set datafile missing 'nan'")
    add("set datafile separator ' '")
    let stops = Palette.magnitudes.enumerated().map { "\($0.offset) '\($0.element)'" }
    add("set palette defined (\(stops.joined(separator: ", ")))")
    if isGrid {
      let title = figure.title.map { " title \(GnuplotText.quoted($0)) noenhanced" } ?? ""
      add("set multiplot layout \(rows),\(columns)\(title)")
    }
    for row in figure.panels {
      for column in 0..<columns {
        if column < row.count, let plot = row[column] {
          try draw(plot, isPanel: isGrid)
        } else {
          add("set multiplot next")
        }
      }
    }
    if isGrid { add("unset multiplot") }
    add("unset output")
  }

  private mutating func add(_ line: String) { text += line + "\n" }

  private static func terminal(
    _ format: ImageFormat, rows: Int, columns: Int, _ figure: Figure
  ) -> String {
    // Panels are drawn smaller than single plots, but the figure grows with them.
    let isGrid = rows * columns > 1
    let across = figure.width ?? (isGrid ? min(max(260 * columns, 640), 2400) : 800)
    let down = figure.height ?? (isGrid ? min(max(230 * rows, 440), 2400) : 500)
    switch format {
    case .svg:
      return "set terminal svg size \(across),\(down) dynamic enhanced "
        + "font 'Helvetica,Arial,sans-serif,14' background '#FFFFFF'"
    case .png:
      return "set terminal pngcairo size \(2 * across),\(2 * down) enhanced font 'sans,11' "
        + "fontscale 2 linewidth 2 pointscale 2 background '#FFFFFF'"
    case .pdf:
      return "set terminal pdfcairo size \(Double(across) / 114)in,\(Double(down) / 114)in "
        + "enhanced font 'sans,11' linewidth 1.5 background '#FFFFFF'"
    }
  }

  // MARK: One pair of axes

  private mutating func draw(_ plot: Plot, isPanel: Bool) throws(PlotError) {
    try plot.check()
    let single = plot.series.count == 1 ? plot.series[0] : nil
    add("reset")  // keeps terminal, output and multiplot
    add("set datafile missing 'nan'")
    add("set datafile separator ' '")
    let stops = Palette.magnitudes.enumerated().map { "\($0.offset) '\($0.element)'" }
    add("set palette defined (\(stops.joined(separator: ", ")))")
    frame(plot, isPanel: isPanel)
    if let title = plot.title { add("set title \(GnuplotText.quoted(title)) noenhanced") }
    label("x", plot.x, fallback: single.flatMap { Self.labelBelow($0) })
    label("y", plot.y, fallback: isPanel ? nil : plot.lonelyName)
    if plot.hasEqualAxes { add("set size ratio -1") }
    let named = plot.series.filter { !$0.name.isEmpty && !Self.carriesNoLegend($0) }
    if plot.hasLegend, named.count > 1 || (named.count == 1 && plot.series.count > 1) {
      // Above the axes, where no curve runs.
      add("set key outside top left horizontal Left reverse noenhanced samplen 2 width 1")
    } else {
      add("unset key")
    }
    var clauses: [String] = []
    for (index, series) in plot.series.enumerated() {
      clauses += clause(series, color: series.color ?? index)
    }
    add("plot \(clauses.joined(separator: ", "))")
  }

  private mutating func frame(_ plot: Plot, isPanel: Bool) {
    add("set border 3 linecolor '#4D4D4D'")
    add("set tics nomirror out scale 0.6")
    add("set grid linetype 1 linecolor '#E4E4E4' linewidth 0.6")
    add("set style fill solid 0.75 noborder")
    if isPanel { add("set tics font ',9'") }
    add("set colorbox user origin graph 1.02, graph 0 size 0.02, graph 1 noborder")
    for (name, axis) in [("x", plot.x), ("y", plot.y)] {
      if axis.isLogarithmic {
        add("set logscale \(name)")
        add("set format \(name) '10^{%L}'")
      } else {
        add("set format \(name) '%g'")
      }
      if let range = axis.range {
        add(
          "set \(name)range [\(GnuplotText.number(range.lowerBound))"
            + ":\(GnuplotText.number(range.upperBound))]")
      }
    }
    for series in plot.series {
      switch series.content {
      case .heat:
        add("set autoscale xfix")
        add("set autoscale yfix")
        add("unset grid")
        colorBox(series.name)
      case .arrows: if !series.isMuted { colorBox(series.name) }
      case .waterfall: add("unset colorbox")  // its y axis says the same
      case .line, .points, .band, .histogram: break
      }
    }
  }

  private mutating func colorBox(_ name: String) {
    // The box is painted with the fill style: a transparent one would pale its colours.
    add("set style fill solid 1 noborder")
    add("set format cb '%g'")
    add("set rmargin \(name.isEmpty ? 11 : 14)")
    if !name.isEmpty { add("set cblabel \(GnuplotText.quoted(name)) noenhanced") }
  }

  private mutating func label(_ name: String, _ axis: Plot.Axis, fallback: String?) {
    let text = axis.text.isEmpty ? fallback ?? "" : axis.text
    if !text.isEmpty { add("set \(name)label \(GnuplotText.quoted(text)) noenhanced") }
  }

  /// Series whose colours mean magnitudes, told by a colour box instead of a legend.
  private static func carriesNoLegend(_ series: Plot.Series) -> Bool {
    switch series.content {
    case .heat, .arrows, .waterfall: return true
    case .line, .points, .band, .histogram: return false
    }
  }

  /// What a lone series writes below its axes.
  private static func labelBelow(_ series: Plot.Series) -> String? {
    switch series.content {
    case .histogram: return series.name
    case .line, .points, .band, .heat, .arrows, .waterfall: return nil
    }
  }

  // MARK: Series

  private mutating func file(_ lines: [String]) -> String {
    let name = "data\(files.count)"
    files[name] = lines.joined(separator: "\n") + "\n"
    return "'\(name)'"
  }

  private mutating func clause(
    _ series: Plot.Series, color index: Int
  ) -> [String] {
    let color = "linecolor '\(Palette.category(index))'"
    let title =
      series.name.isEmpty || Self.carriesNoLegend(series)
      ? "notitle" : "title \(GnuplotText.quoted(series.name))"
    switch series.content {
    case .line(let x, let y):
      return ["\(file(Self.unbridged(x, y))) using 1:2 with lines linewidth 1.8 \(color) \(title)"]
    case .points(let x, let y):
      let size = max(0.35, min(0.8, 12 / Double(max(x.count, 1)).squareRoot()))
      return [
        "\(file(Self.rows(x, y))) using 1:2 with points pointtype 7 pointsize \(size) \(color) \(title)"
      ]
    case .band(let x, let low, let high):
      return [
        "\(file(Self.unbridged(x, low, high))) using 1:2:3 with filledcurves "
          + "fillstyle transparent solid 0.25 noborder \(color) \(title)"
      ]
    case .histogram(let values, let bins):
      let histogram = Histogram(values, bins: bins)
      let lines = Self.rows(histogram.centers, histogram.counts.map(Double.init))
      return [
        "\(file(lines)) using 1:2:(\(GnuplotText.number(histogram.width * 0.94))) "
          + "with boxes \(color) \(title)"
      ]
    case .heat(let x, let y, let z):
      let lines = (0..<y.count).flatMap { row in
        (0..<x.count).map { column in
          Self.row([x[column], y[row], Self.entry(z, row * x.count + column)])
        } + [""]
      }
      return ["\(file(lines)) using 1:2:3 with image notitle"]
    case .arrows(let x, let y, let dx, let dy):
      return [
        "\(file(Self.arrows(x, y, dx, dy))) using 1:2:3:4:5 with vectors "
          + "head filled size screen 0.008,20 linewidth \(series.isMuted ? 0.8 : 1.2) "
          + "linecolor \(series.isMuted ? "'#b0b0b0'" : "palette") notitle"
      ]
    case .waterfall(let x, let at, let z):
      return [
        "\(file(Self.waterfall(x, at, z))) using 1:2:3 with lines linewidth 1.4 "
          + "linecolor palette notitle"
      ]
    }
  }

  private static func entry(_ z: [Double], _ index: Int) -> Double {
    z.indices.contains(index) ? z[index] : .nan
  }

  static func row(_ values: [Double]) -> String {
    values.map { $0.isFinite ? "\($0)" : "nan" }.joined(separator: " ")
  }

  private static func rows(_ columns: [Double]...) -> [String] {
    let count = columns.map(\.count).min() ?? 0
    return (0..<count).map { index in row(columns.map { $0[index] }) }
  }

  /// Rows of what is joined by lines: a blank one breaks the line, where a missing one would be bridged.
  private static func unbridged(_ columns: [Double]...) -> [String] {
    let count = columns.map(\.count).min() ?? 0
    return (0..<count).map { index in
      let values = columns.map { $0[index] }
      return values.allSatisfy(\.isFinite) ? row(values) : ""
    }
  }

  /// Arrows about their places, the longest as long as neighbours are apart: x, y, dx, dy, and
  /// the magnitude before scaling. Each axis is scaled by its own span.
  private static func arrows(
    _ x: [Double], _ y: [Double], _ dx: [Double], _ dy: [Double]
  ) -> [String] {
    let count = [x.count, y.count, dx.count, dy.count].min() ?? 0
    let kept = (0..<count).filter {
      x[$0].isFinite && y[$0].isFinite && dx[$0].isFinite && dy[$0].isFinite
    }
    func span(_ values: [Double]) -> Double {
      let chosen = kept.map { values[$0] }
      return max((chosen.max() ?? 1) - (chosen.min() ?? 0), 1e-12)
    }
    let (width, height) = (span(x), span(y))
    let lengths = kept.map { hypot(dx[$0] / width, dy[$0] / height) }
    let longest = max(lengths.max() ?? 1, .leastNormalMagnitude)
    let scale = 0.95 / (Double(max(kept.count, 4)).squareRoot() - 1) / longest
    return kept.map { i in
      let (u, v) = (dx[i] * scale, dy[i] * scale)
      return row([x[i] - u / 2, y[i] - v / 2, u, v, hypot(dx[i], dy[i])])
    }
  }

  private static func waterfall(_ x: [Double], _ at: [Double], _ z: [Double]) -> [String] {
    // From the back to the front; two blank lines part the curves.
    zip(at, Waterfall.curves(x, at, z)).reversed().flatMap { time, curve in
      zip(x, curve).map { row([$0, $1, time]) } + ["", ""]
    }
  }
}
