package import NodalDiagnostics
import NodalSyntax

/// A name in a text, and what it stands for.
package struct SymbolMention: Sendable, Hashable {
  /// The name without its primes.
  package var span: Span
  package var name: String
  package var kind: Inquiry.Kind
  /// The type, or how it is called; empty where neither is known.
  package var detail: String
  package var documentation: String?
  /// The name where it is declared; nil for what the language itself names, and for fields that no name declares.
  package var definition: Span?
  /// Whether that lies in the standard library, which has no files.
  package var isOfLibrary: Bool

  package var isDefinition: Bool { definition == span }
}

/// Takes down what each name of one text is found to mean while it is elaborated: there is no second account of scopes.
///
/// A reference, used by one check alone, as trials of the checker are taken back and what they found about names is not. A
/// name in a function's body is met once for each call; the last one that could tell its type is kept.
final class SymbolRecorder: @unchecked Sendable {
  private struct Entry {
    var name: Name
    var definition: Span?
    var meaning: Meaning
    var declaration: DeclarationID?
  }

  let source: SourceID
  private var open: [Span: Entry] = [:]
  private var settled: [Span: SymbolMention] = [:]
  /// Where states and members of odes are declared, by the path of the ode and the name in it.
  private var members: [String: [String: Span]] = [:]

  init(source: SourceID) { self.source = source }

  func note(
    _ name: Name, _ meaning: Meaning, definition: Span?, declaration: DeclarationID? = nil
  ) {
    guard name.span.source == source, !name.span.isEmpty, !name.isWildcard else { return }
    if case .invalid = meaning, open[name.span] != nil { return }
    open[name.span] = Entry(
      name: name, definition: definition, meaning: meaning, declaration: declaration)
  }

  func declare(member name: String, of path: String, _ span: Span) {
    members[path, default: [:]][name] = span
  }

  func member(_ name: String, of path: String) -> Span? { members[path]?[name] }

  /// Puts into words what was noted since: before what a checker knows of types is taken back, and at the end.
  func settle(in checker: Checker) {
    for (span, entry) in open {
      var known = checker.description(of: entry.meaning, named: entry.name.spelling)
      if let id = entry.declaration {
        known = checker.declared(id, known)
      }
      let own = Self.withoutPrimes(span, entry.name)
      if let before = settled[own], known.detail.isEmpty, !before.detail.isEmpty { continue }
      settled[own] = SymbolMention(
        span: own, name: entry.name.spelling, kind: known.kind, detail: known.detail,
        documentation: known.documentation, definition: entry.definition,
        isOfLibrary: entry.definition.map { checker.librarySources.contains($0.source) } ?? false)
    }
    open = [:]
  }

  /// In the order of the text. Names that are declared and never read are told too.
  func mentions(in checker: Checker) -> [SymbolMention] {
    settle(in: checker)
    for mention in Array(settled.values) {
      guard let span = mention.definition, span.source == source, settled[span] == nil else {
        continue
      }
      var own = mention
      own.span = span
      own.name = String(mention.name.prefix { $0 != "'" })
      settled[span] = own
    }
    return settled.values.sorted { ($0.span.start, $0.span.end) < ($1.span.start, $1.span.end) }
  }

  /// A derivative's primes are no part of what is called by the name.
  private static func withoutPrimes(_ span: Span, _ name: Name) -> Span {
    Span(source: span.source, start: span.start, end: max(span.start, span.end - name.primes))
  }
}
