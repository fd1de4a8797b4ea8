import NodalDiagnostics
import NodalParsing
import NodalSyntax

/// What kind of text is being written at an offset, as the lexer sees it.
struct CompletionPlace: Sendable {
  enum Kind: Sendable {
    /// In a comment, in a number, or behind what ends a word.
    case nothing
    /// A name or a word; its text ends at `end`.
    case word(end: Int)
    /// In a string: the index of its token, and what was written of it so far.
    case string(token: Int, written: String)
    /// Behind `<`.
    case unit
    /// Behind `\`.
    case symbol
  }

  let kind: Kind
  /// What was written of it so far: up to the place asked about.
  let range: Range<Int>
  let tokens: [Token]
  /// The index of the last token before it; -1 at the beginning.
  let previous: Int

  init(in source: SourceFile, at offset: Int) {
    tokens = Lexer.tokens(of: source).tokens
    let bytes = source.utf8
    // The first token that ends at the place or behind it. The last token is the end.
    let index = tokens.firstIndex { $0.span.end >= offset } ?? tokens.count - 1
    let token = tokens[index]
    let isInside = token.span.start < offset
    func place(_ kind: Kind, _ start: Int, _ previous: Int) -> (Kind, Range<Int>, Int) {
      (kind, min(start, offset)..<offset, previous)
    }
    let found: (Kind, Range<Int>, Int)
    if isInside, case .string = token.kind {
      let isClosed =
        token.span.length > 1 && bytes[token.span.end - 1] == UInt8(ascii: "\"")
      let start = token.span.start + 1
      if offset == token.span.end, isClosed {
        found = place(.nothing, offset, index)
      } else {
        let written = source.text(in: start..<offset)
        let name = written.utf8.lastIndex(of: UInt8(ascii: "/"))
          .map { written.utf8.distance(from: written.utf8.startIndex, to: $0) + 1 }
        found = place(.string(token: index, written: written), start + (name ?? 0), index - 1)
      }
    } else if Self.isInComment(source, offset, after: isInside ? nil : index - 1, tokens) {
      found = place(.nothing, offset, index - 1)
    } else if let start = Self.symbolStart(bytes, offset) {
      found = place(.symbol, start, index - 1)
    } else if let (start, opener) = Self.unitStart(source, offset, tokens) {
      found = place(.unit, start, opener)
    } else if isInside {
      switch token.kind {
      case .name, .keyword: found = place(.word(end: token.span.end), token.span.start, index - 1)
      case .symbol: found = place(.word(end: offset), offset, index)
      case .integer, .real, .string, .unit, .primes, .newline, .end, .invalid:
        found = place(.nothing, offset, index)
      }
    } else if token.span.start == offset, token.isName || token.keyword != nil {
      found = place(.word(end: token.span.end), offset, index - 1)
    } else {
      found = place(.word(end: offset), offset, index - 1)
    }
    (kind, range, previous) = found
  }

  /// Whether a place between two tokens lies in a comment.
  private static func isInComment(
    _ source: SourceFile, _ offset: Int, after token: Int?, _ tokens: [Token]
  ) -> Bool {
    guard let token else { return false }
    let start = max(
      token >= 0 ? tokens[token].span.end : 0,
      source.range(ofLine: source.line(at: offset)).lowerBound)
    return start < offset && source.text(in: start..<offset).contains("//")
  }

  /// Where `\theta` begins.
  private static func symbolStart(_ bytes: [UInt8], _ offset: Int) -> Int? {
    var start = offset
    while start > 0, offset - start < 32 {
      let byte = bytes[start - 1]
      if byte == UInt8(ascii: "\\") { return start - 1 }
      let isLetter = (byte | 0x20) >= UInt8(ascii: "a") && (byte | 0x20) <= UInt8(ascii: "z")
      let isDigit = byte >= UInt8(ascii: "0") && byte <= UInt8(ascii: "9")
      guard isLetter || isDigit || byte == UInt8(ascii: "_") || byte == UInt8(ascii: "^") else {
        return nil
      }
      start -= 1
    }
    return nil
  }

  /// Where the name of a unit begins that is being written, and the index of the token before the `<`.
  private static func unitStart(
    _ source: SourceFile, _ offset: Int, _ tokens: [Token]
  ) -> (start: Int, owner: Int)? {
    let line = source.range(ofLine: source.line(at: offset)).lowerBound
    let before = source.text(in: line..<offset)
    // What may stand in a unit, from its `<` to here.
    guard let open = before.unicodeScalars.lastIndex(of: "<") else { return nil }
    let written = before.unicodeScalars[before.unicodeScalars.index(after: open)...]
    let isUnit = written.allSatisfy {
      NameCharacters.mayContinue($0) || "*/^()- ".unicodeScalars.contains($0)
    }
    guard isUnit else { return nil }
    let openOffset = line + before.unicodeScalars[..<open].reduce(0) { $0 + UTF8.width($1) }
    guard let owner = tokens.lastIndex(where: { $0.span.end == openOffset }) else { return nil }
    switch tokens[owner].kind {
    case .integer, .real, .string: break
    case .name(let text, _): guard text == "Real" else { return nil }
    case .keyword, .unit, .primes, .symbol, .newline, .end, .invalid: return nil
    }
    let name = written.reversed().prefix { NameCharacters.mayContinue($0) }
    return (offset - name.reduce(0) { $0 + UTF8.width($1) }, owner)
  }
}

extension UTF8 {
  fileprivate static func width(_ scalar: Unicode.Scalar) -> Int {
    scalar.value < 0x80 ? 1 : scalar.value < 0x800 ? 2 : scalar.value < 0x10000 ? 3 : 4
  }
}
