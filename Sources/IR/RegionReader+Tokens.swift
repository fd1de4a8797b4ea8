/// Why a text is not a region, and where.
package struct RegionTextError: Error, Sendable, Hashable, CustomStringConvertible {
  package var message: String
  /// From 1; columns count bytes.
  package var line: Int
  package var column: Int
  package var description: String { "\(line):\(column): \(message)" }
}

/// The words of the text form.
enum RegionToken: Hashable {
  case word(String)
  case number(String)
  case string(String)
  case sign(UInt8)
  case end

  static func sign(_ character: Unicode.Scalar) -> RegionToken {
    .sign(UInt8(truncatingIfNeeded: character.value))
  }

  var text: String {
    switch self {
    case .word(let text), .number(let text): text
    case .string(let text): "\"\(text)\""
    case .sign(let byte): String(Unicode.Scalar(byte))
    case .end: "the end of the text"
    }
  }
}

/// Cuts a text into words, one at a time.
struct RegionScanner {
  private let bytes: [UInt8]
  private var position = 0
  /// The word under the reader's eye, and where it begins.
  private(set) var token = RegionToken.end
  private(set) var start = 0

  init(_ text: String) throws(RegionTextError) {
    bytes = Array(text.utf8)
    try advance()
  }

  func error(_ message: String, at place: Int? = nil) -> RegionTextError {
    var (line, column) = (1, 1)
    for byte in bytes.prefix(place ?? start) {
      column += 1
      if byte == UInt8(ascii: "\n") { (line, column) = (line + 1, 1) }
    }
    return RegionTextError(message: message, line: line, column: column)
  }

  mutating func advance() throws(RegionTextError) {
    while position < bytes.count, Self.isSpace(bytes[position]) { position += 1 }
    start = position
    guard position < bytes.count else {
      token = .end
      return
    }
    let first = bytes[position]
    if first == UInt8(ascii: "\"") {
      token = .string(try quoted())
    } else if Self.isDigit(first) {
      token = .number(numeral())
    } else if Self.isLetter(first) {
      token = .word(take { Self.isLetter($0) || Self.isDigit($0) })
    } else if first < 0x80 {
      position += 1
      token = .sign(first)
    } else {
      throw error("a character that is no part of the text form")
    }
  }

  private mutating func take(while condition: (UInt8) -> Bool) -> String {
    let begin = position
    while position < bytes.count, condition(bytes[position]) { position += 1 }
    return String(decoding: bytes[begin..<position], as: UTF8.self)
  }

  /// Digits, with fraction and exponent where they follow.
  private mutating func numeral() -> String {
    var text = take(while: Self.isDigit)
    if position + 1 < bytes.count, bytes[position] == UInt8(ascii: "."),
      Self.isDigit(bytes[position + 1])
    {
      position += 1
      text += "." + take(while: Self.isDigit)
    }
    guard position < bytes.count, bytes[position] == UInt8(ascii: "e") else { return text }
    var digits = position + 1
    if digits < bytes.count,
      bytes[digits] == UInt8(ascii: "-") || bytes[digits] == UInt8(ascii: "+")
    {
      digits += 1
    }
    guard digits < bytes.count, Self.isDigit(bytes[digits]) else { return text }
    text += String(decoding: bytes[position..<digits], as: UTF8.self)
    position = digits
    return text + take(while: Self.isDigit)
  }

  private mutating func quoted() throws(RegionTextError) -> String {
    var content: [UInt8] = []
    position += 1
    while position < bytes.count, bytes[position] != UInt8(ascii: "\"") {
      var byte = bytes[position]
      if byte == UInt8(ascii: "\\"), position + 1 < bytes.count {
        position += 1
        byte = bytes[position] == UInt8(ascii: "n") ? UInt8(ascii: "\n") : bytes[position]
      }
      content.append(byte)
      position += 1
    }
    guard position < bytes.count else { throw error("a string without an end") }
    position += 1
    return String(decoding: content, as: UTF8.self)
  }

  private static func isSpace(_ byte: UInt8) -> Bool {
    byte == 0x20 || byte == 0x09 || byte == 0x0A || byte == 0x0D
  }
  private static func isDigit(_ byte: UInt8) -> Bool { byte >= 0x30 && byte <= 0x39 }
  private static func isLetter(_ byte: UInt8) -> Bool {
    (byte | 0x20 >= 0x61 && byte | 0x20 <= 0x7A) || byte == UInt8(ascii: "_")
  }
}
