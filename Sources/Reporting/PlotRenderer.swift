package import NodalBasics

/// Draws figures: pictures through gnuplot, text by itself.
package enum PlotRenderer {
  /// What became of a figure that was to be a file.
  package enum Outcome: Sendable, Equatable {
    case drawn(path: String)
    /// gnuplot is missing: the numbers were written instead.
    case table(path: String)
  }

  /// The plot's bytes.
  package static func render(
    _ figure: Figure, as format: PlotFormat, host: Host
  ) throws(PlotError) -> [UInt8] {
    switch format {
    case .image(let image): return try render(figure, as: image, host: host)
    case .text(let columns, let rows, let hasColor):
      let text = try TextPlot.render(figure, columns: columns, rows: rows, hasColor: hasColor)
      return Array(text.utf8)
    }
  }

  /// The picture's bytes. Runs gnuplot in a temporary folder, without its initialisation files.
  package static func render(
    _ figure: Figure, as format: ImageFormat, host: Host
  ) throws(PlotError) -> [UInt8] {
    let script = try GnuplotScript(figure, as: format)
    do {
      let folder = try host.files.createTemporaryDirectory()
      defer { try? host.files.remove(folder) }
      for (name, text) in script.files {
        try host.files.write(Path.join(folder, name), text: text)
      }
      try host.files.write(Path.join(folder, "script"), text: script.text)
      let result = try host.run(
        HostCommand(
          program: "gnuplot", arguments: ["-d", "script"], directory: folder,
          environment: ["LC_ALL": "C.UTF-8"]))
      guard result.status == 0 else { throw PlotError.gnuplotFailed(complaint(result)) }
      let bytes = try host.files.read(Path.join(folder, "output"))
      guard !bytes.isEmpty else { throw PlotError.gnuplotFailed(complaint(result)) }
      return bytes
    } catch let error as PlotError {
      throw error
    } catch let error as HostError {
      if error == .notFound(path: "gnuplot") { throw .noGnuplot }
      throw .host(error)
    } catch {
      throw .gnuplotFailed("\(error)")
    }
  }

  /// Draws into a file, by its ending. Without gnuplot the numbers go into a CSV file of the same
  /// name, which the outcome says.
  /// - Parameter path: already allowed by the path policy; its folder is made if it is missing.
  package static func save(
    _ figure: Figure, to path: String, host: Host
  ) throws(PlotError) -> Outcome {
    guard let format = PlotFormat(path: path) else { throw .unknownFormat(path: path) }
    let folder = Path.directory(path)
    do {
      let bytes: [UInt8]
      var target = path
      do {
        bytes = try render(figure, as: format, host: host)
      } catch PlotError.noGnuplot {
        bytes = Array(figure.csv.utf8)
        target = Path.join(folder, Path.stem(path) + ".csv")
      }
      try host.files.createDirectory(folder)
      try host.files.write(target, bytes)
      return target == path ? .drawn(path: path) : .table(path: target)
    } catch let error as PlotError {
      throw error
    } catch let error as HostError {
      throw .host(error)
    } catch {
      throw .gnuplotFailed("\(error)")
    }
  }

  /// The last line that gnuplot wrote, without the script's echo.
  private static func complaint(_ result: HostCommandResult) -> String {
    let lines = String(decoding: result.errors, as: UTF8.self).split(whereSeparator: \.isNewline)
    let last = lines.last { line in line.contains(where: \.isLetter) }
    return last.map { TextWidth.cut(String($0), to: 200) }
      ?? "it ended with status \(result.status)"
  }
}

extension Figure {
  /// All that is drawn, as a table: a row a point, with the series it belongs to.
  package var csv: String {
    var out = "panel,series,x,y,z,w\n"
    let plots = panels.flatMap { $0 }.compactMap { $0 }
    for (index, plot) in plots.enumerated() {
      for series in plot.series {
        for values in series.content.rows {
          let cells = values.map(NumberFormat.shortest)
          let blanks = Array(repeating: "", count: max(0, 4 - cells.count))
          out +=
            ([String(index), CSVText.quoted(series.name)] + cells + blanks)
            .joined(separator: ",") + "\n"
        }
      }
    }
    return out
  }
}

extension Plot.Content {
  /// The numbers of each point: x, y, and what else there is.
  fileprivate var rows: [[Double]] {
    func zipped(_ columns: [Double]...) -> [[Double]] {
      (0..<(columns.map(\.count).min() ?? 0)).map { row in columns.map { $0[row] } }
    }
    func grid(_ x: [Double], _ y: [Double], _ z: [Double]) -> [[Double]] {
      zip(y.flatMap { y in x.map { [$0, y] } }, z).map { $0 + [$1] }
    }
    switch self {
    case .line(let x, let y), .points(let x, let y): return zipped(x, y)
    case .band(let x, let low, let high): return zipped(x, low, high)
    case .histogram(let values, let bins):
      let histogram = Histogram(values, bins: bins)
      return zipped(histogram.centers, histogram.counts.map(Double.init))
    case .heat(let x, let y, let z): return grid(x, y, z)
    case .arrows(let x, let y, let dx, let dy): return zipped(x, y, dx, dy)
    case .waterfall(let x, let at, let z): return grid(x, at, z)
    }
  }
}
