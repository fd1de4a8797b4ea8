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
}
