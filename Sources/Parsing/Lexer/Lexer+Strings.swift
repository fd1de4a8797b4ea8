import NodalDiagnostics
import NodalSyntax

extension Lexer {
  /// `"…"` on one line, with `\n \t \r \" \\ \u{…}`. An unclosed one ends with its line.
  mutating func lexString() {
    let start = offset
    if starts(with: "\"\"\"") {
      lexTripleQuotes()
      return
    }
    offset += 1
    var value: [UInt8] = []
    while true {
      guard let byte = byte(at: offset), byte != UInt8(ascii: "\n") else {
        if value.last == UInt8(ascii: "\r") { value.removeLast() }
        errors.append(
          .unclosedString(Span(source: source.id, start: start, end: start + 1)))
        break
      }
      if byte == UInt8(ascii: "\"") {
        offset += 1
        break
      }
      if byte == UInt8(ascii: "\\") {
        lexEscape(into: &value)
      } else {
        value.append(byte)
        offset += 1
      }
    }
    append(.string(String(decoding: value, as: UTF8.self)), from: start)
    lexUnitIfAny()
  }

  private mutating func lexEscape(into value: inout [UInt8]) {
    let start = offset
    offset += 1
    guard let (scalar, length) = scalar(at: offset), scalar != "\n" else { return }
    offset += length
    switch scalar {
    case "n": value.append(UInt8(ascii: "\n"))
    case "t": value.append(UInt8(ascii: "\t"))
    case "r": value.append(UInt8(ascii: "\r"))
    case "\"", "\\": value.append(UInt8(ascii: scalar))
    case "u":
      if let character = lexCodePoint() {
        value += Array(String(character).utf8)
      } else {
        errors.append(.unknownEscape(source.text(in: start..<offset), span(from: start)))
      }
    default:
      errors.append(.unknownEscape(source.text(in: start..<offset), span(from: start)))
    }
  }

  /// `{3B8}` behind `\u`.
  private mutating func lexCodePoint() -> Unicode.Scalar? {
    guard byte(at: offset) == UInt8(ascii: "{") else { return nil }
    var end = offset + 1
    while let byte = byte(at: end), end - offset <= 8, byte != UInt8(ascii: "}"),
      byte != UInt8(ascii: "\""), byte != UInt8(ascii: "\n")
    {
      end += 1
    }
    guard byte(at: end) == UInt8(ascii: "}") else { return nil }
    let digits = source.text(in: (offset + 1)..<end)
    offset = end + 1
    guard let value = UInt32(digits, radix: 16) else { return nil }
    return Unicode.Scalar(value)
  }

  /// Python's long string: one diagnostic, and the text as one token.
  private mutating func lexTripleQuotes() {
    let start = offset
    offset += 3
    while offset < bytes.count, !starts(with: "\"\"\"") { offset += 1 }
    offset = min(offset + 3, bytes.count)
    errors.append(
      .foreignSyntax(.tripleQuotes, Span(source: source.id, start: start, end: start + 3)))
    append(.string(""), from: start)
  }
}
