/// A stretch of source text: UTF-8 offsets `start ..< end` of one source.
package struct Span: Hashable, Sendable {
  package let source: SourceID
  package let start: Int
  package let end: Int

  /// - Precondition: none; an `end` before `start` becomes `start`.
  package init(source: SourceID, start: Int, end: Int) {
    self.source = source
    self.start = start
    self.end = max(start, end)
  }

  package var length: Int { end - start }
  package var isEmpty: Bool { end == start }

  /// The least span that covers both; `other` is ignored where it lies in another source.
  package func joined(with other: Span) -> Span {
    guard other.source == source else { return self }
    return Span(source: source, start: min(start, other.start), end: max(end, other.end))
  }

  /// The empty span at the end of this one: where something missing should have stood.
  package var after: Span { Span(source: source, start: end, end: end) }

  /// The empty span at the beginning of this one.
  package var before: Span { Span(source: source, start: start, end: start) }
}
