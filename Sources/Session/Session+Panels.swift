import NodalChecking
import NodalData
import NodalDiagnostics
import NodalReporting

extension Session {
  /// Each member of a batch in a panel of its own: what has a curve for each member stands apart, what has one is in every panel.
  ///
  /// - Parameters:
  ///   - plot: all of it in one: axes and names are taken from it.
  ///   - curves: of each series.
  ///   - areas: beside each curve.
  func panels(
    _ plot: Plot, _ curves: [[Plot.Series]], _ areas: [[Plot.Series?]], _ instance: PlotInstance
  ) throws -> Figure {
    let counts = Set(curves.map(\.count).filter { $0 > 1 })
    guard let count = counts.first, counts.count == 1 else {
      throw SessionFailure(
        .optionValue,
        counts.isEmpty
          ? "`panels:` draws each member of a batch in a panel of its own, and there is only one"
          : "`panels:` wants series with equally many members, and these have "
            + counts.sorted().map(String.init).joined(separator: " and "), at: instance.span)
    }
    let titles = instance.series.lazy.compactMap { self.dataset(under: $0.value) }.first {
      $0.exampleCount == count && $0.experimentNames != nil
    }
    // About as many beside each other as below.
    let columns = Int(Double(count).squareRoot().rounded(.up))
    let rows = (count + columns - 1) / columns
    let grid = (0..<rows).map { row in
      (0..<columns).map { column -> Plot? in
        let member = row * columns + column
        guard member < count else { return nil }
        var panel = plot
        panel.title = titles?.experimentTitle(ofExample: member) ?? "\(member)"
        if member + columns < count { panel.x.label = nil }
        if column > 0 { panel.y.label = nil }
        panel.hasLegend = plot.hasLegend && member == 0
        let places = curves.map { $0.count > 1 ? member : 0 }
        panel.series = Self.joined(
          curves.indices.map { k in
            var own = curves[k][places[k]]
            own.name = instance.series[k].label
            own.color = k
            return own
          }, areas: areas.indices.map { areas[$0][places[$0]] })
        return panel
      }
    }
    return Figure(panels: grid, title: plot.title)
  }

  /// The data set that a series is a column of, alone or over another.
  func dataset(under expression: TypedExpression) -> Dataset? {
    let ordinate: TypedExpression
    if case .tuple(let parts) = expression.kind, let first = parts.first {
      ordinate = first
    } else {
      ordinate = expression
    }
    guard let name = ordinate.sessionPath?.name, case .dataset(let data)? = values[name] else {
      return nil
    }
    return data
  }
}
