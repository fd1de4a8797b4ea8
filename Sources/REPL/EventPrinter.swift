package import Nodal
package import NodalBasics

/// Shows what an interpreter says: to people (values on standard output, the rest on standard error), or as lines of JSON
/// on standard output.
package final class EventPrinter {
  /// How it is shown.
  package struct Style: Sendable {
    package var isJSON: Bool
    /// No progress, no notes on what was written.
    package var isQuiet: Bool
    package var hasColor: Bool

    package init(isJSON: Bool = false, isQuiet: Bool = false, hasColor: Bool = false) {
      self.isJSON = isJSON
      self.isQuiet = isQuiet
      self.hasColor = hasColor
    }
  }

  private let host: Host
  private let style: Style
  private var progress: ProgressPrinter
  /// How much was told so far.
  package private(set) var errors = 0
  package private(set) var passedTests = 0
  package private(set) var failedTests = 0
  /// For the table at the end.
  private var benchmarks: [Benchmark] = []
  package private(set) var failedBenches = 0
  /// Why standard output did not take what was written to it; nil while it does.
  package private(set) var outputFailure: HostError?

  package init(host: Host, style: Style) {
    self.host = host
    self.style = style
    progress = ProgressPrinter(host: host)
  }

  package func receive(_ event: Event) {
    count(event)
    if style.isJSON {
      if case .trainingStep = event, style.isQuiet { return }
      put(event.json + "\n")
    } else {
      show(event)
    }
  }

  /// Writes to standard output.
  package func put(_ text: String) {
    do {
      try host.send(.output, text)
    } catch {
      outputFailure = outputFailure ?? error
    }
  }

  /// Errors and warnings that come as values.
  package func receive(_ diagnostics: [Diagnostic]) {
    for diagnostic in diagnostics { receive(.diagnostic(diagnostic)) }
  }

  private func count(_ event: Event) {
    switch event {
    case .diagnostic(let diagnostic): if diagnostic.isError { errors += 1 }
    case .testPassed: passedTests += 1
    case .testFailed: failedTests += 1
    case .benched(let benchmark): benchmarks.append(benchmark)
    case .benchFailed: failedBenches += 1
    case .printed, .trainingBegan, .trainingStep, .trainingEnded, .plotted, .picture, .wrote, .note:
      break
    }
  }

  /// Shows what was timed since the last time, as one table.
  package func showBenchmarks() {
    defer { benchmarks = [] }
    if style.isJSON || benchmarks.isEmpty { return }
    put(BenchmarkTable.text(benchmarks))
  }

  private func show(_ event: Event) {
    if case .trainingStep(let step) = event {
      if !style.isQuiet { progress.show(step) }
      return
    }
    progress.clear()
    switch event {
    case .diagnostic(let diagnostic): say(diagnostic)
    case .printed(_, let text, _): put(text + "\n")
    case .trainingBegan(_, let header):
      progress.begin()
      note(header)
    case .trainingStep: break
    case .trainingEnded(let name, let summary, _): note("\(name): \(summary)")
    case .plotted(let path): note("plot: \(shown(path))")
    case .picture(let picture): draw(picture)
    case .wrote(let path, let what): note("\(what): \(shown(path))")
    case .testPassed(let title): put("\(paint("ok", .good))    \(title)\n")
    case .testFailed(let title, let diagnostic):
      put("\(paint("FAIL", .bad))  \(title)\n")
      say(diagnostic)
    case .benched(let benchmark): note("bench \(benchmark.title)")
    case .benchFailed(let title, let diagnostic):
      put("\(paint("FAIL", .bad))  \(title)\n")
      say(diagnostic)
    case .note(let text): note(text)
    }
  }

  private func say(_ diagnostic: Diagnostic) {
    host.write(.error, style.hasColor ? diagnostic.coloredText : diagnostic.text)
  }

  private func note(_ text: String) {
    if !style.isQuiet { host.write(.error, text + "\n") }
  }

  private func draw(_ picture: Picture) {
    guard host.isTerminal(.output) else {
      note(
        "note: a plot without `to` is drawn on a terminal only; give it a file: plot … to \"plot.svg\""
      )
      return
    }
    let width = min(host.terminalWidth(.output) ?? 80, 120)
    do {
      put(
        try picture.text(
          columns: width, rows: min(max(width / 4, 15), 28), hasColor: style.hasColor))
    } catch {
      note("note: \(error)")
    }
  }

  /// A path below the current folder, without that folder.
  private func shown(_ path: String) -> String {
    let current = host.files.currentDirectory() + "/"
    return path.hasPrefix(current) ? String(path.dropFirst(current.count)) : path
  }

  private enum Color: String {
    case good = "\u{1B}[1;32m"
    case bad = "\u{1B}[1;31m"
  }

  private func paint(_ text: String, _ color: Color) -> String {
    style.hasColor ? color.rawValue + text + "\u{1B}[0m" : text
  }
}
