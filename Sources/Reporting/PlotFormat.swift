package import NodalBasics

/// Pictures that gnuplot draws.
package enum ImageFormat: String, Sendable, Hashable, CaseIterable {
  case svg
  case png
  case pdf
}

/// What a plot is drawn as.
package enum PlotFormat: Sendable, Hashable {
  case image(ImageFormat)
  /// Characters, so many columns and rows.
  case text(columns: Int, rows: Int, hasColor: Bool)

  /// By a file's ending; nil for one that is not known.
  package init?(path: String) {
    let ending = Path.fileExtension(path)
    if let format = ImageFormat(rawValue: ending) {
      self = .image(format)
    } else if ending == "txt" {
      self = .text(columns: 100, rows: 30, hasColor: false)
    } else {
      return nil
    }
  }

  /// The endings that `init(path:)` knows.
  package static let fileExtensions = ImageFormat.allCases.map(\.rawValue) + ["txt"]

  /// As fits a terminal; colours only where a person sees them.
  package static func terminal(_ host: Host) -> PlotFormat {
    let width = host.terminalWidth(.output) ?? 80
    let hasColor =
      host.isTerminal(.output) && host.environmentVariable("NO_COLOR") == nil
      && host.environmentVariable("TERM") != "dumb"
    return .text(columns: min(width, 120), rows: min(max(width / 4, 15), 28), hasColor: hasColor)
  }
}

/// Why a picture could not be drawn.
package enum PlotError: Error, Sendable, Equatable {
  case noGnuplot
  case gnuplotFailed(String)
  case nothingToDraw(series: String)
  case notPositive(axis: String, series: String)
  case unknownFormat(path: String)
  case host(HostError)

  package var message: String {
    switch self {
    case .noGnuplot: return "gnuplot, which draws the plots, is not installed"
    case .gnuplotFailed(let why): return "gnuplot could not draw the plot: \(why)"
    case .nothingToDraw(let series):
      let what = series.isEmpty ? "the plot" : "`\(series)`"
      return "\(what) has no finite values to draw"
    case .notPositive(let axis, let series):
      return "`\(series)` has no positive values for the logarithmic \(axis) axis"
    case .unknownFormat(let path):
      return "`\(path)` does not end in one of the known formats"
    case .host(let error): return error.message
    }
  }

  package var help: [String] {
    switch self {
    case .noGnuplot:
      return ["Debian: apt-get install gnuplot-nox; macOS: brew install gnuplot"]
    case .unknownFormat:
      return [
        "the endings are " + PlotFormat.fileExtensions.map { "." + $0 }.joined(separator: ", ")
      ]
    case .notPositive: return ["leave `log` out"]
    case .gnuplotFailed, .nothingToDraw, .host: return []
    }
  }
}
