/// What one cell of a table says.
package enum NumberCell: Sendable, Equatable {
  case number(Double)
  case missing
  case text
  /// A number that no `Double` holds, as 1e999.
  case tooLarge

  /// Words that mean "no value", in lower case. `.` is how NONMEM and SAS write it.
  package static let missingWords = ["", "na", "n/a", "nan", "null", "none", "."]

  /// Reads a cell: decimal numbers with a point (or the sign that is said to stand for it) and `e` or `E`, and `inf`.
  /// Hexadecimal and digit groups are text, and so are decimal commas unless they are said to be.
  package init(_ bytes: ArraySlice<UInt8>, decimal: UInt8 = UInt8(ascii: ".")) {
    var bytes = bytes
    if decimal != UInt8(ascii: ".") {
      // A point is then no decimal sign: 1.234 is a group of digits, or a date.
      if bytes.contains(UInt8(ascii: ".")), bytes.count > 1 {
        self = .text
        return
      }
      bytes = ArraySlice(bytes.map { $0 == decimal ? UInt8(ascii: ".") : $0 })
    }
    while let last = bytes.last, last.isBlank { bytes.removeLast() }
    while let first = bytes.first, first.isBlank { bytes.removeFirst() }
    if bytes.count <= 4, Self.isMissing(bytes) {
      self = .missing
    } else if let value = Self.number(bytes) {
      self = value.isInfinite && bytes.contains(where: \.isDigit) ? .tooLarge : .number(value)
    } else {
      self = .text
    }
  }

  private static func isMissing(_ bytes: ArraySlice<UInt8>) -> Bool {
    if bytes.isEmpty { return true }
    if let first = bytes.first, first.isDigit { return false }
    return missingWords.contains(String(decoding: bytes, as: UTF8.self).lowercased())
  }

  private static func number(_ bytes: ArraySlice<UInt8>) -> Double? {
    var rest = bytes
    if let sign = rest.first, sign == UInt8(ascii: "-") || sign == UInt8(ascii: "+") {
      rest.removeFirst()
    }
    let whole = rest.prefix { $0.isDigit }.count
    rest.removeFirst(whole)
    var fraction = 0
    if rest.first == UInt8(ascii: ".") {
      rest.removeFirst()
      fraction = rest.prefix { $0.isDigit }.count
      rest.removeFirst(fraction)
    }
    if whole + fraction == 0 {
      let word = String(decoding: rest, as: UTF8.self).lowercased()
      guard rest.count <= 8, word == "inf" || word == "infinity" else { return nil }
      return bytes.first == UInt8(ascii: "-") ? -.infinity : .infinity
    }
    if let mark = rest.first, mark == UInt8(ascii: "e") || mark == UInt8(ascii: "E") {
      rest.removeFirst()
      if let sign = rest.first, sign == UInt8(ascii: "-") || sign == UInt8(ascii: "+") {
        rest.removeFirst()
      }
      let digits = rest.prefix { $0.isDigit }.count
      if digits == 0 { return nil }
      rest.removeFirst(digits)
    }
    guard rest.isEmpty else { return nil }
    // Swift's reader wants digits on both sides of a point.
    let text = String(decoding: bytes, as: UTF8.self)
    if fraction == 0 || whole == 0 {
      return Double(text) ?? Double(Self.padded(text))
    }
    return Double(text)
  }

  /// `.5` and `5.` with the zero that is left out.
  private static func padded(_ text: String) -> String {
    var out = ""
    var previous: Character = " "
    for character in text {
      if character == ".", !previous.isNumber { out += "0" }
      if previous == ".", !character.isNumber { out += "0" }
      out.append(character)
      previous = character
    }
    return previous == "." ? out + "0" : out
  }
}
