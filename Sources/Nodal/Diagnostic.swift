import NodalBasics
import NodalDiagnostics

/// What is wrong with a program or went wrong in it, where, and what to try.
public struct Diagnostic: Sendable, Hashable {
  /// How much a diagnostic matters: an error stops what follows.
  public enum Severity: String, Sendable, Hashable, CaseIterable {
    /// What follows does not run.
    case error
    /// It runs, and may not do what was meant.
    case warning
    /// Something to know.
    case note
  }

  /// A stretch of a text, in lines and columns from 1; a column is one character as people count.
  public struct Place: Sendable, Hashable {
    /// The path as the program was named.
    public let file: String
    /// The first line.
    public let line: Int
    /// The first column.
    public let column: Int
    /// The line it ends in.
    public let endLine: Int
    /// The column behind its end.
    public let endColumn: Int
    /// What is to be said of this place; may be empty.
    public let label: String
    /// The stretch in UTF-8 offsets.
    public let range: Range<Int>

    init?(_ label: Label, in sources: SourceMap) {
      guard let source = sources[label.span.source] else { return nil }
      let start = source.position(at: label.span.start)
      let end = source.position(at: label.span.end)
      (file, line, column) = (source.path, start.line, start.column)
      (endLine, endColumn) = (end.line, end.column)
      self.label = label.text
      range = label.span.start..<label.span.end
    }
  }

  /// The stable code, for `nodal explain-error` and `ErrorPage`: `E0201`.
  public let code: String
  /// How much it matters.
  public let severity: Severity
  /// One sentence without a final stop, in the program's own names.
  public let message: String
  /// Where; nil for what has no place in a text.
  public let place: Place?
  /// Other places that explain it.
  public let related: [Place]
  /// What to try, a sentence each.
  public let help: [String]
  /// For people: message, source lines with the place underlined, help. Ends with a line break.
  public let text: String
  /// The same with the colours of a terminal.
  public let coloredText: String
  /// One JSON object without line break; `docs/json.md` says what is in it.
  public let json: String

  /// Whether it stops what follows.
  public var isError: Bool { severity == .error }

  init(_ diagnostic: NodalDiagnostics.Diagnostic, in sources: SourceMap) {
    code = diagnostic.code.rawValue
    severity =
      switch diagnostic.severity {
      case .error: .error
      case .warning: .warning
      case .note: .note
      }
    message = diagnostic.message
    self.place = diagnostic.primary.flatMap { Place($0, in: sources) }
    related = diagnostic.secondary.compactMap { Place($0, in: sources) }
    help = diagnostic.help
    text = DiagnosticRenderer(.plain, sources: sources).render(diagnostic)
    coloredText = DiagnosticRenderer(.colored, sources: sources).render(diagnostic)
    json = DiagnosticJSON.line(for: diagnostic, in: sources)
  }
}

extension Sequence<Diagnostic> {
  /// Whether any of them is an error.
  public var hasErrors: Bool { contains { $0.isError } }
}

/// Why something could not be done: at least one diagnostic that is an error.
public struct ProgramFailure: Error, Sendable, CustomStringConvertible {
  /// All that was found, errors and warnings.
  public let diagnostics: [Diagnostic]

  /// The diagnostics as people read them.
  public var description: String { diagnostics.map(\.text).joined(separator: "\n") }

  /// Whether it is no mistake: a `Cancellation` asked for it.
  public var isCancellation: Bool {
    diagnostics.contains { $0.code == DiagnosticCode.cancelled.rawValue }
  }
}
