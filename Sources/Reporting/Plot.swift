/// A picture of one pair of axes.
package struct Plot: Sendable, Equatable {
  package var title: String?
  package var x: Axis
  package var y: Axis
  package var series: [Series]
  /// One unit of x as long as one of y: for phase portraits of like quantities.
  package var hasEqualAxes = false
  /// Names of series are shown where there are several.
  package var hasLegend = true

  package init(
    title: String? = nil, x: Axis = Axis(), y: Axis = Axis(), series: [Series] = [],
    hasEqualAxes: Bool = false
  ) {
    self.title = title
    self.x = x
    self.y = y
    self.series = series
    self.hasEqualAxes = hasEqualAxes
  }

  package struct Axis: Sendable, Equatable {
    package var label: String?
    package var unit: String?
    package var isLogarithmic: Bool
    package var range: ClosedRange<Double>?

    package init(
      _ label: String? = nil, unit: String? = nil, isLogarithmic: Bool = false,
      range: ClosedRange<Double>? = nil
    ) {
      self.label = label
      self.unit = unit
      self.isLogarithmic = isLogarithmic
      self.range = range
    }

    /// `θ (rad)`; empty without a label.
    package var text: String {
      guard let label else { return unit.map { "(\($0))" } ?? "" }
      guard let unit, !unit.isEmpty, unit != "1" else { return label }
      return "\(label) (\(unit))"
    }
  }

  package struct Series: Sendable, Equatable {
    /// For the legend; empty for none.
    package var name: String
    package var content: Content
    /// Which colour of the palette; nil for the next one. A fit and its data may share one.
    package var color: Int?
    /// In grey, and without a legend: what stands behind the others.
    package var isMuted = false

    package init(_ name: String, _ content: Content, color: Int? = nil) {
      self.name = name
      self.content = content
      self.color = color
    }
  }

  /// What is drawn. Lists that belong together are used to the length of the shortest; a value
  /// that is not finite leaves a gap.
  package enum Content: Sendable, Equatable {
    case line(x: [Double], y: [Double])
    case points(x: [Double], y: [Double])
    /// A band between two curves, for an uncertainty.
    case band(x: [Double], low: [Double], high: [Double])
    /// How often values fall in equal bins; the number of bins is chosen when nil.
    case histogram([Double], bins: Int?)
    /// Colours on a grid: `z` row by row, a row for each y.
    case heat(x: [Double], y: [Double], z: [Double])
    /// Arrows from (x, y) along (dx, dy), scaled so that they do not overlap.
    case arrows(x: [Double], y: [Double], dx: [Double], dy: [Double])
    /// Curves over x one behind the other, one for each entry of `at`: `z` row by row.
    case waterfall(x: [Double], at: [Double], z: [Double])
  }
}

/// Plots in rows and columns; a nil leaves its place empty.
package struct Figure: Sendable, Equatable {
  package var panels: [[Plot?]]
  package var title: String?
  /// In points of an svg; nil: what suits the panels. Text is as wide as its terminal.
  package var width: Int?
  package var height: Int?

  package init(_ plot: Plot) { panels = [[plot]] }

  package init(panels: [[Plot?]], title: String? = nil) {
    self.panels = panels
    self.title = title
  }

  /// Every pair of some quantities: histograms on the diagonal, points below it.
  package static func pairs(_ quantities: [(name: String, values: [Double])]) -> Figure {
    let count = quantities.count
    return Figure(
      panels: (0..<count).map { row in
        (0..<count).map { column in
          if column > row { return nil }
          let across = quantities[column]
          let axis = Plot.Axis(row == count - 1 ? across.name : nil)
          if row == column {
            return Plot(
              x: axis, series: [.init("", .histogram(across.values, bins: nil), color: 0)])
          }
          let up = quantities[row]
          return Plot(
            x: axis, y: Plot.Axis(column == 0 ? up.name : nil),
            series: [.init("", .points(x: across.values, y: up.values), color: 0)])
        }
      })
  }
}
