/// Text in HTML, as cmark writes it.
enum HTMLText {
  static func escaped(_ text: some StringProtocol) -> String {
    var result = ""
    for character in text {
      switch character {
      case "&": result += "&amp;"
      case "<": result += "&lt;"
      case ">": result += "&gt;"
      case "\"": result += "&quot;"
      default: result.append(character)
      }
    }
    return result
  }

  /// What stands for the entities that `escaped` makes; others stay.
  static func unescaped(_ text: some StringProtocol) -> String {
    var result = ""
    var rest = Substring(text)
    while let ampersand = rest.firstIndex(of: "&") {
      result += rest[..<ampersand]
      rest = rest[ampersand...]
      let known = entities.first { rest.hasPrefix($0.entity) }
      result += known?.text ?? "&"
      rest = rest.dropFirst(known?.entity.count ?? 1)
    }
    return result + rest
  }

  /// `%CE%BB` → `λ`; what is no such triple stays.
  static func percentDecoded(_ text: String) -> String {
    var bytes: [UInt8] = []
    var rest = text.utf8[...]
    while let byte = rest.popFirst() {
      if byte == UInt8(ascii: "%"), rest.count >= 2,
        let value = UInt8(String(decoding: rest.prefix(2), as: UTF8.self), radix: 16)
      {
        bytes.append(value)
        rest = rest.dropFirst(2)
      } else {
        bytes.append(byte)
      }
    }
    return String(decoding: bytes, as: UTF8.self)
  }

  private static let entities = [
    (entity: "&lt;", text: "<"), (entity: "&gt;", text: ">"), (entity: "&quot;", text: "\""),
    (entity: "&amp;", text: "&"),
  ]
}
