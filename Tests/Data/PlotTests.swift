import NodalBasics
import NodalReporting
import Testing

private let hasGnuplot =
  (try? Host.system.run(HostCommand(program: "gnuplot", arguments: ["-V"]))) != nil

@Suite(.enabled(if: hasGnuplot, "gnuplot is not installed"))
struct GnuplotTests {
  private static let formats: [(ImageFormat, [UInt8])] = [
    (.svg, Array("<?xml".utf8)), (.png, [0x89, 0x50, 0x4E, 0x47]), (.pdf, Array("%PDF".utf8)),
  ]

  @Test(arguments: PlotGallery.names)
  func everyKindIsDrawnInEveryFormat(name: String) throws {
    let figure = PlotGallery.figure(name)
    for (format, magic) in Self.formats {
      let bytes = try PlotRenderer.render(figure, as: format, host: .system)
      #expect(bytes.starts(with: magic))
      #expect(bytes.count > 200)
      if let folder = Host.system.environmentVariable("NODAL_GALLERY") {
        try Host.system.files.createDirectory(folder)
        try Host.system.files.write(Path.join(folder, "\(name).\(format.rawValue)"), bytes)
      }
    }
  }

  /// Names and titles that would do harm, were they read as commands, macros or markup.
  private static let hostile = [
    "`touch pwned`", "$(touch pwned)", "'; system('touch pwned'); '", "\"; !touch pwned",
    "a'\n!touch pwned\n'b", "a'; set output 'pwned'; '", "@ARG0 @pwned", "x_1^{2} {/Symbol a}",
    "</text><script>alert(1)</script>", "%s%n%d", "back\\", "\\", "'", "''", "back\\'", "#",
    "\u{0}\u{1}\u{1B}[31m", "a\r!touch pwned", "θ̂ 🌀 ünïcode", "with lines, '-'",
    String(repeating: "long ", count: 1000),
  ]

  @Test(arguments: hostile)
  func labelsAreOnlyText(label: String) throws {
    let figure = Figure(
      Plot(
        title: label, x: .init(label, unit: label), y: .init(label),
        series: [
          .init(label, .line(x: [0, 1], y: [0, 1])), .init(label + "2", .points(x: [1], y: [2])),
        ]))
    for (format, _) in Self.formats {
      // The folder that gnuplot runs in is the only one that a command could write to by a bare
      // name: it must hold what was put there, and the picture.
      let left = Recorder()
      var host = Host.system
      host.run = { command throws(HostError) in
        let result = try Host.system.run(command)
        left.names = try Host.system.files.list(command.directory ?? ".")
        return result
      }
      let bytes = try PlotRenderer.render(figure, as: format, host: host)
      #expect(left.names == ["data0", "data1", "output", "script"])
      if format == .svg {
        let text = String(decoding: bytes, as: UTF8.self)
        #expect(!text.contains("<script"))
      }
    }
  }

  @Test func aPlotGoesToItsFile() throws {
    let folder = try Host.system.files.createTemporaryDirectory()
    defer { try? Host.system.files.remove(folder) }
    let path = folder + "/new/plot.svg"
    let figure = PlotGallery.figure("line")
    #expect(try PlotRenderer.save(figure, to: path, host: .system) == .drawn(path: path))
    #expect(Host.system.files.kind(path) == .file)
    #expect(throws: PlotError.unknownFormat(path: "a.gif")) {
      try PlotRenderer.save(figure, to: "a.gif", host: .system)
    }
  }
}

/// What one call left behind; used from one thread.
private final class Recorder: @unchecked Sendable {
  var names: [String] = []
}

@Suite struct PlotTests {
  @Test(arguments: PlotGallery.names)
  func everyKindIsDrawnWithCharacters(name: String) throws {
    for (columns, rows) in [(80, 24), (1, 1), (5000, 5000)] {
      for hasColor in [false, true] {
        let text = try TextPlot.render(
          PlotGallery.figure(name), columns: columns, rows: rows, hasColor: hasColor)
        #expect(text.contains("\u{1B}") == hasColor)
        if columns == 80, !hasColor {
          let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
          #expect(lines.allSatisfy { $0.count <= 80 })
          if name != "pairs" { #expect(lines.count <= 25) }
          if let folder = Host.system.environmentVariable("NODAL_GALLERY") {
            try Host.system.files.createDirectory(folder)
            try Host.system.files.write(Path.join(folder, "\(name).txt"), text: text)
          }
        }
      }
    }
  }

  /// Numbers at the edges of what doubles hold neither trap nor stall.
  @Test func extremeNumbersAreDrawn() throws {
    let values: [Double] = [
      0, -0.0, 1, .nan, .infinity, -.infinity, .leastNonzeroMagnitude, .greatestFiniteMagnitude,
      -.greatestFiniteMagnitude, 1e-300, 1 + .ulpOfOne, 1e15, -3,
    ]
    for i in values {
      for j in values {
        for isLogarithmic in [false, true] {
          let contents: [Plot.Content] = [
            .line(x: [i, j, 1], y: [j, i, 1]), .points(x: [i, j], y: [j, i]),
            .band(x: [i, j], low: [i, i], high: [j, j]), .histogram([i, j, i], bins: nil),
            .heat(x: [i, j], y: [i, j], z: [i, j, 0, 1]),
            .arrows(x: [i, j], y: [j, i], dx: [i, j], dy: [1, i]),
            .waterfall(x: [i, j], at: [j, i], z: [i, j, 0, 1]),
          ]
          for content in contents {
            let plot = Plot(
              x: .init(isLogarithmic: isLogarithmic), y: .init(isLogarithmic: isLogarithmic),
              series: [.init("a", content)])
            _ = try? TextPlot.render(Figure(plot), columns: 40, rows: 12)
            _ = try? GnuplotScript(Figure(plot), as: .svg)
          }
        }
      }
    }
  }

  @Test func withoutGnuplotTheNumbersAreWritten() throws {
    let world = MemoryWorld()
    let outcome = try PlotRenderer.save(
      Figure(Plot(series: [.init("a, b", .line(x: [0, 1], y: [2, .nan]))])), to: "runs/p.svg",
      host: world.host)
    #expect(outcome == .table(path: "runs/p.csv"))
    #expect(
      world.text("runs/p.csv")
        == "panel,series,x,y,z,w\n0,\"a, b\",0,2,,\n0,\"a, b\",1,nan,,\n")
    #expect(PlotError.noGnuplot.help[0].contains("gnuplot-nox"))
  }

  @Test func linesBreakWhereNothingIs() throws {
    let script = try GnuplotScript(
      Figure(Plot(series: [.init("a", .line(x: [0, 1, 2], y: [1, .nan, 3]))])), as: .svg)
    #expect(script.files["data0"] == "0.0 1.0\n\n2.0 3.0\n")
  }

  @Test func figuresHaveTheSizeAndLegendAskedFor() throws {
    var plot = Plot(
      series: [
        .init("a", .line(x: [0, 1], y: [1, 3])), .init("b", .line(x: [0, 1], y: [1, 3])),
      ])
    #expect(try GnuplotScript(Figure(plot), as: .svg).text.contains("set key outside"))
    plot.hasLegend = false
    var figure = Figure(plot)
    figure.width = 300
    figure.height = 200
    let text = try GnuplotScript(figure, as: .svg).text
    #expect(text.contains("size 300,200") && text.contains("unset key"))
    #expect(
      try !TextPlot.render(figure, columns: 60, rows: 20).contains("──  a"))
  }

  @Test func whatCannotBeDrawnIsNamed() {
    func script(_ series: Plot.Series, log: Bool = false) throws -> GnuplotScript {
      try GnuplotScript(
        Figure(Plot(y: .init(isLogarithmic: log), series: [series])), as: .svg)
    }
    #expect(throws: PlotError.nothingToDraw(series: "a")) {
      try script(.init("a", .line(x: [], y: [])))
    }
    #expect(throws: PlotError.nothingToDraw(series: "a")) {
      try script(.init("a", .points(x: [1], y: [.nan])))
    }
    #expect(throws: PlotError.notPositive(axis: "y", series: "a")) {
      try script(.init("a", .line(x: [0, 1], y: [-1, 0])), log: true)
    }
    #expect(throws: PlotError.nothingToDraw(series: "")) {
      try GnuplotScript(Figure(Plot()), as: .svg)
    }
  }

  @Test func histogramsCountEveryFiniteValue() {
    for values in [
      [], [1], [1, 1, 1], [0, 1e308, -1e308], [.nan, .infinity, 2], [0, .leastNonzeroMagnitude],
      [1, 1 + 2e-16],
      (0..<1000).map { Double($0 % 37) },
    ] as [[Double]] {
      for bins in [nil, 1, 7, -5, .max] as [Int?] {
        let histogram = Histogram(values, bins: bins)
        #expect(histogram.counts.reduce(0, +) == values.filter { $0.isFinite }.count)
        #expect(histogram.width > 0)
      }
    }
  }
}

@Suite struct ReportTests {
  @Test func tablesLineUp() {
    var table = TextTable(columns: [.init("name"), .init("value", .right)])
    table.rows = [["θ̂", "1.5"], ["a\nb", "-12"], ["long name"]]
    #expect(table.text == "name        value\nθ̂             1.5\na b           -12\nlong name\n")
    #expect(TextWidth.cut("abcdef", to: 4) == "abc…")
    #expect(TextWidth.of("日本") == 4)
  }

  @Test func progressLines() {
    let progress = Progress(
      step: 120, total: 500, loss: 0.012341, best: 0.0119, evaluations: 8400, elapsed: 2,
      stage: "adam")
    #expect(
      progress.line()
        == "adam  120/500  loss 0.01234  best 0.0119  8400 evals  60 steps/s  6.3 s left")
    #expect(progress.line(width: 52) == "adam  120/500  loss 0.01234  best 0.0119  6.3 s left")
    #expect(progress.line(width: 24) == "120/500  loss 0.01234")
    #expect(progress.line(width: 5) == "120/…")
    let batches = Progress(step: 7, total: 9, loss: 0.25, mean: 0.5, elapsed: 0)
    #expect(batches.line() == "7/9  loss 0.25  mean 0.5  0 µs")
    let open = Progress(step: 3, loss: .nan, elapsed: 0)
    #expect(open.line() == "step 3  loss nan  0 µs")
    #expect(
      progress.record.text
        == #"{"kind":"step","step":120,"loss":0.012341,"elapsed":2,"stage":"adam","total":500,"#
        + #""best":0.0119,"evaluations":8400}"#)
  }

  @Test func jsonLines() {
    #expect(
      JSONLines.line("value", ["x": JSONLines.array([1, 2, 3, 4], shape: [2, 2])])
        == "{\"kind\":\"value\",\"x\":[[1,2],[3,4]]}\n")
    #expect(JSONLines.array([1], shape: []) == .number(1))
    #expect(JSONLines.array([1], shape: [2, .max, .max]) == .numbers([1]))
    #expect(JSONLines.array([], shape: [0, 3]) == .array([]))
  }
}

/// Series in one line.
@Suite struct SparklineTests {
  @Test func stretchesHaveTheirMeans() {
    #expect(Sparkline.text([0, 1, 2, 3, 4, 5, 6, 7]) == "▁▂▃▄▅▆▇█")
    #expect(Sparkline.text([1, 3, 5, 7], width: 2) == "▁█")
    #expect(Sparkline.text([2, 2, 2]) == "▄▄▄")
    #expect(Sparkline.text([1, .nan, 2]) == "▁ █")
    #expect(Sparkline.text([.nan, .nan]) == "  " && Sparkline.text([]) == "")
    #expect(Sparkline.text((0..<1000).map(Double.init)).count == 24)
    #expect(Sparkline.text([-1e308, 1e308]) == "▁█")
  }
}
