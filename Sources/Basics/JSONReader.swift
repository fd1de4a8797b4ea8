/// Reads JSON (RFC 8259). Nesting deeper than 64 is refused rather than followed: the input may
/// be anybody's.
package struct JSONReader {
  package struct Failure: Error, Sendable, Equatable {
    /// From the beginning of the input, in bytes.
    package let offset: Int
    package let message: String
  }

  private let bytes: ArraySlice<UInt8>
  private var at: Int

  private init(_ bytes: ArraySlice<UInt8>) {
    self.bytes = bytes
    self.at = bytes.startIndex
  }

  /// One value with nothing but blanks around it. Whole numbers that fit are `integer`, others
  /// `number`.
  package static func read(_ bytes: ArraySlice<UInt8>) throws(Failure) -> JSONValue {
    var reader = JSONReader(bytes)
    let value = try reader.value(depth: 0)
    reader.skipBlanks()
    guard reader.at == bytes.endIndex else { throw reader.failure("something follows the value") }
    return value
  }

  package static func read(_ text: String) throws(Failure) -> JSONValue {
    try read(Array(text.utf8)[...])
  }

  private func failure(_ message: String) -> Failure {
    Failure(offset: at - bytes.startIndex, message: message)
  }

  private var next: UInt8? { at < bytes.endIndex ? bytes[at] : nil }

  private mutating func skipBlanks() {
    while let byte = next, byte == 0x20 || byte == 0x09 || byte == 0x0A || byte == 0x0D { at += 1 }
  }

  private mutating func take(_ character: Unicode.Scalar) -> Bool {
    guard next == UInt8(ascii: character) else { return false }
    at += 1
    return true
  }

  private mutating func value(depth: Int) throws(Failure) -> JSONValue {
    guard depth < 64 else { throw failure("it is nested too deeply") }
    skipBlanks()
    switch next {
    case UInt8(ascii: "{"): return try object(depth: depth)
    case UInt8(ascii: "["): return try array(depth: depth)
    case UInt8(ascii: "\""): return .string(try string())
    case UInt8(ascii: "t"): return try word("true", .bool(true))
    case UInt8(ascii: "f"): return try word("false", .bool(false))
    case UInt8(ascii: "n"): return try word("null", .null)
    case nil: throw failure("it ends too early")
    default: return try number()
    }
  }

  private mutating func word(_ word: String, _ value: JSONValue) throws(Failure) -> JSONValue {
    guard bytes[at...].starts(with: word.utf8) else { throw failure("`\(word)` was expected") }
    at += word.utf8.count
    return value
  }

  private mutating func object(depth: Int) throws(Failure) -> JSONValue {
    at += 1
    var members: [JSONValue.Member] = []
    skipBlanks()
    if take("}") { return .object([]) }
    while true {
      skipBlanks()
      guard next == UInt8(ascii: "\"") else { throw failure("a key was expected") }
      let key = try string()
      skipBlanks()
      guard take(":") else { throw failure("`:` was expected") }
      members.append(.init(key, try value(depth: depth + 1)))
      skipBlanks()
      if take("}") { return .object(members) }
      guard take(",") else { throw failure("`,` or `}` was expected") }
    }
  }

  private mutating func array(depth: Int) throws(Failure) -> JSONValue {
    at += 1
    var items: [JSONValue] = []
    skipBlanks()
    if take("]") { return .array([]) }
    while true {
      items.append(try value(depth: depth + 1))
      skipBlanks()
      if take("]") { return .array(items) }
      guard take(",") else { throw failure("`,` or `]` was expected") }
    }
  }

  private mutating func number() throws(Failure) -> JSONValue {
    let start = at
    while let byte = next, "+-.eE0123456789".utf8.contains(byte) { at += 1 }
    let text = String(decoding: bytes[start..<at], as: UTF8.self)
    if let integer = Int(text), text.first != "+" { return .integer(integer) }
    guard let first = text.first, first == "-" || first.isNumber, text.last?.isNumber == true,
      let number = Double(text)
    else {
      at = start
      throw failure("a value was expected")
    }
    return .number(number)
  }

  private mutating func string() throws(Failure) -> String {
    at += 1
    var text: [UInt8] = []
    while let byte = next {
      at += 1
      switch byte {
      case UInt8(ascii: "\""):
        guard let result = String(validating: text, as: UTF8.self) else {
          throw failure("a string is not UTF-8")
        }
        return result
      case UInt8(ascii: "\\"): text += Array(String(try escape()).utf8)
      case 0..<0x20: throw failure("a control character stands in a string")
      default: text.append(byte)
      }
    }
    throw failure("a string is never closed")
  }

  private mutating func escape() throws(Failure) -> Unicode.Scalar {
    guard let byte = next else { throw failure("a string is never closed") }
    at += 1
    switch Unicode.Scalar(byte) {
    case "\"", "\\", "/": return Unicode.Scalar(byte)
    case "b": return "\u{8}"
    case "f": return "\u{C}"
    case "n": return "\n"
    case "r": return "\r"
    case "t": return "\t"
    case "u":
      let first = try unit()
      guard first & 0xFC00 == 0xD800 else {
        return Unicode.Scalar(UInt32(first)) ?? "\u{FFFD}"
      }
      // The second half of a pair, if it is there; a lone half becomes U+FFFD.
      guard at + 1 < bytes.endIndex, bytes[at] == UInt8(ascii: "\\"),
        bytes[at + 1] == UInt8(ascii: "u")
      else { return "\u{FFFD}" }
      let before = at
      at += 2
      let second = try unit()
      guard second & 0xFC00 == 0xDC00 else {
        at = before
        return "\u{FFFD}"
      }
      let value = 0x10000 + UInt32(first & 0x3FF) << 10 + UInt32(second & 0x3FF)
      return Unicode.Scalar(value) ?? "\u{FFFD}"
    default: throw failure("`\\\(Character(Unicode.Scalar(byte)))` is no escape")
    }
  }

  private mutating func unit() throws(Failure) -> UInt16 {
    guard at + 4 <= bytes.endIndex else { throw failure("a string is never closed") }
    let digits = String(decoding: bytes[at..<at + 4], as: UTF8.self)
    guard digits.allSatisfy({ $0.isHexDigit }), let unit = UInt16(digits, radix: 16) else {
      throw failure("`\\u` wants four hexadecimal digits")
    }
    at += 4
    return unit
  }
}
