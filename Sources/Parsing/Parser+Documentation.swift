import NodalDiagnostics
import NodalSyntax

/// `///` comments: what they document.
extension Parser {
  /// The `///` lines directly above the current token, which begins its line.
  mutating func documentation() -> Documentation? {
    let start = current.span.start
    let line = source.line(at: start)
    var lines: [String] = []
    var first = line
    while first > 1, let content = documentation(onLine: first - 1) {
      lines.append(content)
      first -= 1
    }
    guard first < line else { return nil }
    documentedLines.formUnion(first..<line)
    return Documentation(
      text: lines.reversed().joined(separator: "\n"),
      span: Span(
        source: source.id, start: source.range(ofLine: first).lowerBound,
        end: source.range(ofLine: line - 1).upperBound))
  }

  /// What a line says if it is a `///` comment and nothing else.
  private func documentation(onLine line: Int) -> String? {
    let text = source.text(in: source.range(ofLine: line))
      .drop { $0 == " " || $0 == "\t" || $0 == "\u{FEFF}" }
    guard text.hasPrefix("///") else { return nil }
    let content = text.dropFirst(3)
    return String(content.first == " " ? content.dropFirst() : content)
  }

  /// Reports `///` comments that stand above nothing. Those that begin the file are about the file. Where the
  /// text has mistakes nothing is reported: what a comment documents was perhaps not read.
  mutating func reportDetachedDocumentation() {
    guard errors.isEmpty, source.text.contains("///") else { return }
    let begin = tokens.first { !$0.isNewline }?.span.start ?? source.utf8.count
    let first = source.line(at: begin)
    let last = source.line(at: source.utf8.count)
    var line = 1
    var isHeader = true
    while line <= last {
      let start = line
      while line <= last, documentation(onLine: line) != nil, !documentedLines.contains(line) {
        line += 1
      }
      if line == start {
        line += 1
        continue
      }
      if !(isHeader && start < first) {
        let range = source.range(ofLine: start)
        let indent = source.text(in: range).utf8.prefix { $0 == 32 || $0 == 9 }.count
        errors.append(
          .detachedDocumentation(
            Span(source: source.id, start: range.lowerBound + indent, end: range.upperBound)))
      }
      isHeader = false
    }
  }
}
