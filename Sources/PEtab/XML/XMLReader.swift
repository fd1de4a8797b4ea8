package import NodalDiagnostics

/// Reads the XML that models are written in: elements, attributes, text, comments, CDATA, character references. A document may be anybody's, so it has no
/// entities of its own (DOCTYPE is refused), and nesting has an end.
///
/// Foundation's reader has no places to name, takes documents whose end is missing, and brings a library to every start of the command.
package struct XMLReader {
  /// Deeper than any model nests; what reads the tree may recurse.
  static let deepest = 120

  private let source: SourceFile
  private let bytes: [UInt8]
  private var at = 0

  private init(_ source: SourceFile) {
    self.source = source
    bytes = source.utf8
  }

  /// The root element.
  /// - Parameter leavingOut: elements of these names are read over.
  package static func read(
    _ source: SourceFile, leavingOut: Set<String> = []
  ) throws(ImportFailure) -> XMLElement {
    var reader = XMLReader(source)
    return try reader.document(leavingOut)
  }

  private mutating func document(_ ignored: Set<String>) throws(ImportFailure) -> XMLElement {
    if bytes.starts(with: [0xEF, 0xBB, 0xBF]) { at = 3 }
    var open: [XMLElement] = []
    var root: XMLElement?
    while at < bytes.count {
      guard bytes[at] == UInt8(ascii: "<") else {
        try text(into: &open)
        continue
      }
      if skips("<?", to: "?>") || skips("<!--", to: "-->") { continue }
      if starts("<![CDATA[") {
        try characterData(into: &open)
      } else if starts("<!") {
        throw failure(.xml(.doctype), at, at + 9)
      } else if starts("</") {
        try close(&open, &root, ignored)
      } else {
        guard root == nil else { throw failure(.xml(.twoRoots), at, at + 1) }
        let (element, isEmpty) = try tag()
        guard open.count < Self.deepest else {
          throw ImportFailure(.tooDeep(limit: Self.deepest), at: element.span)
        }
        open.append(element)
        if isEmpty { finish(&open, &root, ignored) }
      }
    }
    if let last = open.last {
      throw ImportFailure(.xml(.unclosed(last.name)), at: last.span)
    }
    guard let root else { throw failure(.xml(.empty), 0, 0) }
    return root
  }

  private func finish(_ open: inout [XMLElement], _ root: inout XMLElement?, _ ignored: Set<String>)
  {
    guard let element = open.popLast() else { return }
    guard let parent = open.indices.last else {
      root = element
      return
    }
    // Words on both sides of an element are two words: `<cn>1.5<sep/>3</cn>`.
    open[parent].text += " "
    if !ignored.contains(element.name) { open[parent].children.append(element) }
  }

  private mutating func close(
    _ open: inout [XMLElement], _ root: inout XMLElement?, _ ignored: Set<String>
  ) throws(ImportFailure) {
    let start = at
    at += 2
    let (prefix, name) = try qualifiedName()
    skipBlanks()
    guard take(">") else { throw failure(.xml(.malformedTag), start, at) }
    guard let last = open.last, last.name == name, last.prefix == prefix else {
      throw failure(.xml(.mismatched(open: open.last?.name, close: name)), start, at)
    }
    finish(&open, &root, ignored)
  }

  /// A first tag, and whether it is the last as well.
  private mutating func tag() throws(ImportFailure) -> (XMLElement, Bool) {
    let start = at
    at += 1
    let (prefix, name) = try qualifiedName()
    var attributes: [String: String] = [:]
    while true {
      let before = at
      skipBlanks()
      if take(">") { return (element(prefix, name, attributes, start), false) }
      if skips("/>", to: "") { return (element(prefix, name, attributes, start), true) }
      guard at > before, at < bytes.count else { throw failure(.xml(.malformedTag), start, at) }
      let key = at
      let (space, local) = try qualifiedName()
      skipBlanks()
      guard take("=") else { throw failure(.xml(.malformedTag), key, at) }
      skipBlanks()
      let value = try quoted()
      let full = space == "xmlns" ? "xmlns:" + local : local
      if attributes.updateValue(value, forKey: full) != nil, space.isEmpty {
        throw failure(.xml(.duplicateAttribute(full)), key, at)
      }
    }
  }

  private func element(
    _ prefix: String, _ name: String, _ attributes: [String: String], _ start: Int
  ) -> XMLElement {
    XMLElement(
      name: name, prefix: prefix, attributes: attributes,
      span: Span(source: source.id, start: start, end: at))
  }

  private mutating func quoted() throws(ImportFailure) -> String {
    let start = at
    guard at < bytes.count, bytes[at] == UInt8(ascii: "\"") || bytes[at] == UInt8(ascii: "'") else {
      throw failure(.xml(.malformedTag), start, at + 1)
    }
    let mark = bytes[at]
    at += 1
    guard let end = bytes[at...].firstIndex(of: mark) else {
      throw failure(.xml(.malformedTag), start, start + 1)
    }
    let value = try decoded(at..<end)
    at = end + 1
    return value
  }

  private mutating func text(into open: inout [XMLElement]) throws(ImportFailure) {
    let start = at
    at = bytes[at...].firstIndex(of: UInt8(ascii: "<")) ?? bytes.count
    guard let last = open.indices.last else {
      if let place = (start..<at).first(where: { !Self.isBlank(bytes[$0]) }) {
        throw failure(.xml(.textOutside), place, place + 1)
      }
      return
    }
    open[last].text += try decoded(start..<at)
  }

  private mutating func characterData(into open: inout [XMLElement]) throws(ImportFailure) {
    let start = at
    guard let last = open.indices.last else { throw failure(.xml(.textOutside), start, start + 9) }
    guard skips("<![CDATA[", to: "]]>") else {
      throw failure(.xml(.unclosed("CDATA")), start, start + 9)
    }
    open[last].text += String(decoding: bytes[(start + 9)..<(at - 3)], as: UTF8.self)
  }

  /// Text with `&lt;`, `&#955;` and their kind replaced.
  private func decoded(_ range: Range<Int>) throws(ImportFailure) -> String {
    guard bytes[range].contains(UInt8(ascii: "&")) else {
      return String(decoding: bytes[range], as: UTF8.self)
    }
    var result = ""
    var from = range.lowerBound
    while let mark = bytes[from..<range.upperBound].firstIndex(of: UInt8(ascii: "&")) {
      result += String(decoding: bytes[from..<mark], as: UTF8.self)
      let rest = bytes[mark..<min(range.upperBound, mark + 12)]
      guard let end = rest.firstIndex(of: UInt8(ascii: ";")),
        let character = Self.character(String(decoding: bytes[(mark + 1)..<end], as: UTF8.self))
      else { throw failure(.xml(.unknownEntity), mark, mark + 1) }
      result.unicodeScalars.append(character)
      from = end + 1
    }
    return result + String(decoding: bytes[from..<range.upperBound], as: UTF8.self)
  }

  private static func character(_ name: String) -> Unicode.Scalar? {
    switch name {
    case "lt": "<"
    case "gt": ">"
    case "amp": "&"
    case "quot": "\""
    case "apos": "'"
    default:
      if name.hasPrefix("#x") {
        UInt32(name.dropFirst(2), radix: 16).flatMap { Unicode.Scalar($0) }
      } else if name.hasPrefix("#") {
        UInt32(name.dropFirst()).flatMap { Unicode.Scalar($0) }
      } else {
        nil
      }
    }
  }

  private mutating func qualifiedName() throws(ImportFailure) -> (prefix: String, name: String) {
    let start = at
    while at < bytes.count, Self.isNameByte(bytes[at]) { at += 1 }
    let parts = bytes[start..<at].split(
      separator: UInt8(ascii: ":"), omittingEmptySubsequences: false
    )
    .map { String(decoding: $0, as: UTF8.self) }
    switch parts.count {
    case 1 where !parts[0].isEmpty: return ("", parts[0])
    case 2 where !parts[1].isEmpty: return (parts[0], parts[1])
    case _: throw failure(.xml(.malformedTag), start, at + 1)
    }
  }

  private static func isNameByte(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
      UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"), UInt8(ascii: "-"),
      UInt8(ascii: "."), UInt8(ascii: ":"), 0x80...:
      true
    default: false
    }
  }

  private static func isBlank(_ byte: UInt8) -> Bool {
    byte == 0x20 || byte == 0x09 || byte == 0x0A || byte == 0x0D
  }

  private mutating func skipBlanks() {
    while at < bytes.count, Self.isBlank(bytes[at]) { at += 1 }
  }

  private mutating func take(_ character: Unicode.Scalar) -> Bool {
    guard at < bytes.count, bytes[at] == UInt8(ascii: character) else { return false }
    at += 1
    return true
  }

  private func starts(_ mark: StaticString) -> Bool {
    mark.withUTF8Buffer { bytes[at...].starts(with: $0) }
  }

  /// Goes over a stretch that begins and ends so; stays where there is none, or it has no end.
  private mutating func skips(_ begin: StaticString, to end: StaticString) -> Bool {
    guard starts(begin) else { return false }
    var place = at + begin.utf8CodeUnitCount
    while place <= bytes.count {
      if end.withUTF8Buffer({ bytes[place...].starts(with: $0) }) {
        at = place + end.utf8CodeUnitCount
        return true
      }
      place += 1
    }
    return false
  }

  private func failure(_ error: ImportError, _ start: Int, _ end: Int) -> ImportFailure {
    ImportFailure(
      error,
      at: Span(source: source.id, start: min(start, bytes.count), end: min(end, bytes.count)))
  }
}
