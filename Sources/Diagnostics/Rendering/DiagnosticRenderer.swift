/// Diagnostic → text for people: message, place, source lines with the spans underlined, help.
///
/// ```
/// error[E0104]: `(` is not closed
///   --> swing.node:3:14
///    |
///  3 |   θ'' = -sin(θ
///    |             ^ opened here
///    = help: …
/// ```
package struct DiagnosticRenderer: Sendable {
  package enum Style: Sendable, Hashable { case plain, colored }

  let style: Style
  let sources: SourceMap

  package init(_ style: Style = .plain, sources: SourceMap) {
    self.style = style
    self.sources = sources
  }

  /// One diagnostic; ends with a line break.
  package func render(_ diagnostic: Diagnostic) -> String {
    var lines = [headline(of: diagnostic)]
    let labels = marks(of: diagnostic)
    var margin = 1
    for source in orderedSources(labels) {
      guard let file = sources[source] else { continue }
      let here = labels.filter { $0.label.span.source == source }
      let numbers = here.map { file.line(at: $0.label.span.start) }
      margin = max(margin, String(numbers.max() ?? 1).count)
      lines += excerpt(of: file, here, margin: margin)
    }
    let indent = String(repeating: " ", count: margin + 1)
    for help in diagnostic.help {
      lines.append(indent + paint("= help: ", .accent) + help)
    }
    return lines.joined(separator: "\n") + "\n"
  }

  /// Several, with an empty line between them.
  package func render(_ diagnostics: [Diagnostic]) -> String {
    diagnostics.map(render).joined(separator: "\n")
  }

  // MARK: Parts

  private struct Mark {
    let label: Label
    let isPrimary: Bool
  }

  private func headline(of diagnostic: Diagnostic) -> String {
    let color = color(of: diagnostic.severity)
    return paint("\(diagnostic.severity.rawValue)[\(diagnostic.code.rawValue)]", color)
      + paint(": " + diagnostic.message, .strong)
  }

  private func marks(of diagnostic: Diagnostic) -> [Mark] {
    (diagnostic.primary.map { [Mark(label: $0, isPrimary: true)] } ?? [])
      + diagnostic.secondary.map { Mark(label: $0, isPrimary: false) }
  }

  /// The primary's source first, then the others in order of appearance.
  private func orderedSources(_ marks: [Mark]) -> [SourceID] {
    var seen: [SourceID] = []
    for mark in marks where !seen.contains(mark.label.span.source) {
      seen.append(mark.label.span.source)
    }
    return seen
  }

  private func excerpt(of file: SourceFile, _ marks: [Mark], margin: Int) -> [String] {
    guard let first = marks.first else { return [] }
    let position = file.position(at: first.label.span.start)
    let empty = String(repeating: " ", count: margin + 1) + paint("|", .accent)
    var lines = [
      String(repeating: " ", count: margin) + paint("--> ", .accent)
        + "\(file.path):\(position.line):\(position.column)",
      empty,
    ]
    let numbers = Set(marks.map { file.line(at: $0.label.span.start) }).sorted()
    var last: Int?
    for number in numbers {
      if let last, number > last + 1 { lines.append(paint("...", .accent)) }
      last = number
      let text = file.text(in: file.range(ofLine: number))
      let label = String(number)
      let pad = String(repeating: " ", count: margin - min(margin, label.count))
      let gutter = paint(pad + label + " | ", .accent)
      let here = marks.filter { file.line(at: $0.label.span.start) == number }
      let shown = Array(expanded(text))
      let places = here.map { place(of: $0, in: file, line: number, count: shown.count) }
      let window = Self.window(of: shown.count, around: places.first?.lowerBound ?? 0)
      let head = window.lowerBound > 0 ? "…" : ""
      let tail = window.upperBound < shown.count ? "…" : ""
      lines.append(trimmed(gutter + head + String(shown[window]) + tail))
      for (mark, place) in zip(here, places) {
        let visible = place.clamped(to: window)
        let before = DisplayWidth.of(head + String(shown[window.lowerBound..<visible.lowerBound]))
        // At least one mark, also for the empty span of something that is missing.
        let width = max(1, DisplayWidth.of(String(shown[visible])))
        lines.append(empty + " " + underline(mark, before: before, width: width))
      }
    }
    return lines
  }

  /// Where a mark lies in its line as shown, in characters.
  private func place(of mark: Mark, in file: SourceFile, line: Int, count: Int) -> Range<Int> {
    let range = file.range(ofLine: line)
    let start = min(max(mark.label.span.start, range.lowerBound), range.upperBound)
    let end = min(max(mark.label.span.end, start), range.upperBound)
    let from = min(expanded(file.text(in: range.lowerBound..<start)).count, count)
    return from..<min(from + expanded(file.text(in: start..<end)).count, count)
  }

  /// The part of a line that is shown: all of it, unless it is so long that nobody would find the mark.
  private static func window(of count: Int, around column: Int) -> Range<Int> {
    let limit = 160
    guard count > limit else { return 0..<count }
    let start = max(0, min(column - limit / 3, count - limit))
    return start..<(start + limit)
  }

  private func underline(_ mark: Mark, before: Int, width: Int) -> String {
    let sign = String(repeating: mark.isPrimary ? "^" : "-", count: width)
    let text = mark.label.text.isEmpty ? "" : " " + mark.label.text
    return String(repeating: " ", count: before)
      + paint(sign + text, mark.isPrimary ? .error : .accent)
  }

  /// Tabs become four blanks, other control characters a visible sign.
  private func expanded(_ text: String) -> String {
    var result = ""
    for character in text {
      if character == "\t" {
        result += "    "
      } else if let scalar = character.unicodeScalars.first,
        scalar.value < 0x20 || scalar.value == 0x7F
      {
        result += "\u{FFFD}"
      } else {
        result.append(character)
      }
    }
    return result
  }

  private func trimmed(_ text: String) -> String {
    var text = text
    while text.last == " " { text.removeLast() }
    return text
  }

  // MARK: Colours

  private enum Color: String {
    case error = "\u{1B}[1;31m"
    case warning = "\u{1B}[1;33m"
    case note = "\u{1B}[1;36m"
    case accent = "\u{1B}[1;34m"
    case strong = "\u{1B}[1m"
  }

  private func color(of severity: Severity) -> Color {
    switch severity {
    case .error: .error
    case .warning: .warning
    case .note: .note
    }
  }

  private func paint(_ text: String, _ color: Color) -> String {
    style == .colored ? color.rawValue + text + "\u{1B}[0m" : text
  }
}
