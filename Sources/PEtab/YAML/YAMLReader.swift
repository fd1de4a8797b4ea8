import NodalDiagnostics

/// Reads the part of YAML that problem files are written in: maps and lists by indentation, lists in brackets, plain and quoted words, comments. The rest
/// (anchors, tags, blocks of text, several documents) is refused, not guessed at.
struct YAMLReader {
  private struct Line {
    var indent: Int
    /// Without indentation, comment and blanks at its end.
    var text: String
    var start: Int
  }

  private static let deepest = 16
  private let source: SourceFile
  private var lines: [Line] = []
  private var at = 0

  static func read(_ source: SourceFile) throws(ImportFailure) -> YAMLValue {
    var reader = YAMLReader(source: source)
    try reader.cut()
    guard let first = reader.lines.first else {
      return .map([], source.span)
    }
    let value = try reader.block(indent: first.indent, depth: 0)
    guard reader.at == reader.lines.count else { throw reader.failure(.indentation) }
    return value
  }

  private init(source: SourceFile) { self.source = source }

  private func failure(_ mistake: ImportError.YAMLMistake, _ line: Int? = nil) -> ImportFailure {
    let index = line ?? at
    guard lines.indices.contains(index) else {
      return ImportFailure(.yaml(mistake), at: source.span.after)
    }
    return ImportFailure(.yaml(mistake), at: span(lines[index]))
  }

  private func span(_ line: Line) -> Span {
    Span(source: source.id, start: line.start, end: line.start + line.text.utf8.count)
  }

  private mutating func cut() throws(ImportFailure) {
    for number in 1...source.lineCount {
      let range = source.range(ofLine: number)
      let whole = source.text(in: range)
      let indent = whole.utf8.prefix { $0 == 0x20 }.count
      let rest = String(decoding: whole.utf8.dropFirst(indent), as: UTF8.self)
      let start = range.lowerBound + indent
      if rest.hasPrefix("\t") {
        throw ImportFailure(
          .yaml(.tab), at: Span(source: source.id, start: start, end: start + 1))
      }
      let text = Self.withoutComment(rest)
      if text.isEmpty || indent == 0 && text == "---" && lines.isEmpty { continue }
      lines.append(Line(indent: indent, text: text, start: start))
    }
  }

  /// `#` begins a comment at the beginning of a line and behind a blank, unless it is quoted.
  private static func withoutComment(_ text: String) -> String {
    var quote: Character?
    var kept = ""
    for character in text {
      if let open = quote {
        if character == open { quote = nil }
      } else if character == "#", kept.last?.isWhitespace ?? true {
        break
      } else if character == "\"" || character == "'", kept.last?.isWhitespace ?? true {
        quote = character
      }
      kept.append(character)
    }
    while kept.last?.isWhitespace == true { kept.removeLast() }
    return kept
  }

  private mutating func block(indent: Int, depth: Int) throws(ImportFailure) -> YAMLValue {
    guard depth < Self.deepest else { throw failure(.tooDeep) }
    let first = lines[at]
    if first.text == "-" || first.text.hasPrefix("- ") {
      return try list(indent: indent, depth: depth)
    }
    if Self.key(of: first.text) == nil {
      at += 1
      return try scalar(first.text, span(first), first)
    }
    return try map(indent: indent, depth: depth)
  }

  private mutating func list(indent: Int, depth: Int) throws(ImportFailure) -> YAMLValue {
    let start = span(lines[at])
    var items: [YAMLValue] = []
    while at < lines.count, lines[at].indent == indent,
      lines[at].text == "-" || lines[at].text.hasPrefix("- ")
    {
      let line = lines[at]
      let rest = line.text.utf8.dropFirst()
      let blanks = rest.prefix { $0 == 0x20 }.count
      let text = String(decoding: rest.dropFirst(blanks), as: UTF8.self)
      if text.isEmpty {
        at += 1
        if at < lines.count, lines[at].indent > indent {
          items.append(try block(indent: lines[at].indent, depth: depth + 1))
        }
      } else {
        // `- key: value` begins a map that goes on below, where its key stands.
        let inner = indent + 1 + blanks
        lines[at] = Line(indent: inner, text: text, start: line.start + 1 + blanks)
        items.append(try block(indent: inner, depth: depth + 1))
      }
    }
    return .list(items, start)
  }

  private mutating func map(indent: Int, depth: Int) throws(ImportFailure) -> YAMLValue {
    let start = span(lines[at])
    var entries: [(key: String, value: YAMLValue)] = []
    while at < lines.count, lines[at].indent == indent {
      let line = lines[at]
      guard let (key, rest) = Self.key(of: line.text) else {
        throw failure(.unknownSyntax(line.text))
      }
      guard !entries.contains(where: { $0.key == key }) else { throw failure(.duplicateKey(key)) }
      at += 1
      if !rest.isEmpty {
        entries.append((key, try scalar(rest, span(line), line)))
        continue
      }
      guard at < lines.count else {
        entries.append((key, .scalar("", span(line))))
        continue
      }
      let next = lines[at]
      let isList = next.text == "-" || next.text.hasPrefix("- ")
      if next.indent > indent || next.indent == indent && isList {
        entries.append((key, try block(indent: next.indent, depth: depth + 1)))
      } else {
        entries.append((key, .scalar("", span(line))))
      }
    }
    if at < lines.count, lines[at].indent > indent { throw failure(.indentation) }
    return .map(entries, start)
  }

  /// `key: rest`; nil where there is no key.
  private static func key(of text: String) -> (String, String)? {
    if let quote = text.first, quote == "\"" || quote == "'" {
      let inner = text.dropFirst()
      guard let end = inner.firstIndex(of: quote) else { return nil }
      let rest = inner[inner.index(after: end)...]
      guard rest.hasPrefix(":") else { return nil }
      return (String(inner[..<end]), trimmed(rest.dropFirst()))
    }
    var index = text.startIndex
    while let colon = text[index...].firstIndex(of: ":") {
      let next = text.index(after: colon)
      if next == text.endIndex || text[next] == " " {
        let key = trimmed(text[..<colon])
        return key.isEmpty || "[{&*!|>%@".contains(key.prefix(1))
          ? nil : (key, trimmed(text[next...]))
      }
      index = next
    }
    return nil
  }

  private static func trimmed(_ text: some StringProtocol) -> String {
    let rest = text.drop { $0 == " " }
    return String(rest.reversed().drop { $0 == " " }.reversed())
  }

  private func scalar(_ text: String, _ span: Span, _ line: Line) throws(ImportFailure) -> YAMLValue
  {
    if text == "{}" { return .map([], span) }
    if text.hasPrefix("[") {
      guard text.hasSuffix("]") else { throw ImportFailure(.yaml(.unknownSyntax(text)), at: span) }
      let inner = Self.trimmed(text.dropFirst().dropLast())
      if inner.isEmpty { return .list([], span) }
      var items: [YAMLValue] = []
      for part in inner.split(separator: ",", omittingEmptySubsequences: false) {
        items.append(try scalar(Self.trimmed(part), span, line))
      }
      return .list(items, span)
    }
    if let quote = text.first, quote == "\"" || quote == "'" {
      let inner = text.dropFirst().dropLast()
      guard text.count > 1, text.last == quote, !inner.contains(quote), !inner.contains("\\") else {
        throw ImportFailure(.yaml(.unclosedQuote), at: span)
      }
      return .scalar(String(inner), span)
    }
    if let first = text.first, "&*!|>%@`{]}".contains(first) {
      throw ImportFailure(.yaml(.unknownSyntax(text)), at: span)
    }
    return .scalar(text, span)
  }
}
