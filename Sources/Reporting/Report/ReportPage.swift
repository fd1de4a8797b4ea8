import NodalBasics

/// A run folder as one HTML file that needs nothing else: it can be mailed, printed, and read without a network.
package struct ReportPage: Sendable {
  private let run: RecordedRun
  private var record: RunRecord { run.record }

  package init(_ run: RecordedRun) { self.run = run }

  package var html: String {
    var page = HTML()
    let title = Path.stem(record.program)
    page.markup("<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">")
    // Nothing is asked of any server, and no script runs, whatever stands in the page.
    page.markup(
      "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'; img-src data:\">"
    )
    page.markup("<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">")
    page.markup("<meta name=\"color-scheme\" content=\"light dark\">")
    page.element("title", title)
    page.markup("<style>\n\(ReportStyle.css)</style></head><body>")
    page.element("h1", title)
    page.element(
      "p",
      "\(record.date) · \(record.nodal) · \(record.outcome) after \(NumberFormat.duration(seconds: record.seconds))",
      class: "faint")
    overview(&page)
    for training in record.trainings { self.training(training, &page) }
    contributions(&page)
    printed(&page)
    pictures(&page)
    page.element("h2", "The program")
    page.element("pre", run.text)
    page.markup("</body></html>")
    return page.text
  }

  private func overview(_ page: inout HTML) {
    page.element("h2", "What was run")
    page.table(
      ["", ""],
      [[.text("program"), .text(record.program)], [.text("seed"), .text(String(record.seed))]]
        + record.settings.map { [.text("--set"), .text("\($0.name) = \($0.value)")] })
    if !record.data.isEmpty { page.element("h3", "Data") }
    page.table(
      ["name", "from", "rows", "examples", "fields", "hash"],
      record.data.map { data in
        [
          .text(data.name),
          .text([data.source, data.file].compactMap { $0 }.joined(separator: " ")),
          .number(Double(data.rows)), .number(Double(data.examples)),
          .text(data.fields.joined(separator: ", ")), .text(String(data.hash.prefix(12))),
        ]
      })
    if !record.diagnostics.isEmpty {
      page.element("h3", "Warnings and errors")
      for diagnostic in record.diagnostics { page.element("pre", diagnostic) }
    }
    page.list(record.omissions, class: "warnings")
  }

  private func contributions(_ page: inout HTML) {
    for own in record.contributions {
      page.element("h2", "What the terms of \(own.ode) add")
      page.element("p", "Along \(own.along).", class: "faint")
      page.table(
        ["equation", "term", "kind", "rms", "share (%)"],
        own.terms.map {
          [
            .text($0.equation), .text($0.term), .text($0.kind), .number($0.rms),
            .number(100 * $0.share),
          ]
        })
    }
  }

  private func printed(_ page: inout HTML) {
    if record.printed.isEmpty { return }
    page.element("h2", "Printed")
    for item in record.printed { page.element("pre", item.text) }
  }

  private func pictures(_ page: inout HTML) {
    if run.pictures.isEmpty { return }
    page.element("h2", "Plots")
    for (name, bytes) in run.pictures {
      if let kind = RunFolder.kind(name) { page.image(bytes, kind: kind, name: name) }
    }
  }
}
