import NodalBasics
import NodalReporting

/// A plot without a file, for a shell to draw.
public struct Picture: Sendable {
  let figure: Figure

  init(_ figure: Figure) { self.figure = figure }

  /// Drawn with characters: lines as Braille dots, points as signs.
  /// - Throws: `FileFailure` where there is nothing finite to draw.
  public func text(columns: Int = 80, rows: Int = 24, hasColor: Bool = false) throws -> String {
    do {
      return try TextPlot.render(figure, columns: columns, rows: rows, hasColor: hasColor)
    } catch {
      throw FileFailure(path: "", message: error.message)
    }
  }

  /// All that is drawn, as CSV: a row a point, with the series it belongs to.
  public var table: String { figure.csv }
}
