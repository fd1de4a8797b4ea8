import NodalDiagnostics

/// What there is to say about a diagnostic's code beyond one message.
public struct ErrorPage: Sendable {
  /// `E0104`.
  public let code: String
  /// A few words.
  public let title: String
  /// A paragraph: what was found, why it matters, how to go on.
  public let explanation: String
  /// A small program that gets the code; nil where none does by itself. Files beside it are shown below it, as
  /// comments.
  public let wrong: String?
  /// The same program, mended.
  public let right: String?

  /// The page of a code, in any case; nil for a code that isn't there.
  public init?(code: String) {
    guard let known = DiagnosticCode(rawValue: code.uppercased()),
      let row = Catalogue.row(for: known)
    else { return nil }
    self.init(row)
  }

  private init(_ row: CatalogueRow) {
    code = row.code.rawValue
    title = row.title
    explanation = row.explanation
    wrong = row.example?.bad
    right = row.example?.mended
  }

  /// All pages, by code.
  public static var all: [ErrorPage] {
    Catalogue.rows.map { ErrorPage($0) }.sorted { $0.code < $1.code }
  }

  /// Codes that were perhaps meant, the nearest first.
  public static func codes(near text: String) -> [String] {
    let text = text.uppercased()
    let ranked = DiagnosticCode.allCases.map {
      ($0.rawValue, EditDistance.between(text, $0.rawValue))
    }
    return ranked.filter { $0.1 <= 2 }.sorted { $0.1 == $1.1 ? $0.0 < $1.0 : $0.1 < $1.1 }
      .prefix(3).map(\.0)
  }

  /// The page for a terminal of a width: title, explanation, the wrong program and the mended one.
  public func text(width: Int = 80) -> String {
    func indented(_ program: String) -> String {
      program.split(separator: "\n", omittingEmptySubsequences: false)
        .map { $0.isEmpty ? "" : "    \($0)" }.joined(separator: "\n")
    }
    var parts = ["\(code): \(title)", Self.wrapped(explanation, width)]
    if let wrong { parts += ["Wrong:", indented(wrong)] }
    if let right { parts += ["Right:", indented(right)] }
    return parts.joined(separator: "\n\n")
  }

  /// Lines no longer than the width, broken between words.
  private static func wrapped(_ text: String, _ width: Int) -> String {
    var lines: [String] = []
    var line = ""
    for word in text.split(whereSeparator: \.isWhitespace) {
      if !line.isEmpty, line.count + 1 + word.count > width {
        lines.append(line)
        line = ""
      }
      line += line.isEmpty ? String(word) : " " + word
    }
    return (lines + [line]).joined(separator: "\n")
  }
}
