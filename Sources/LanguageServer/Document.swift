import Nodal

/// A text that the editor has open, as it is there.
struct Document {
  let uri: String
  /// The file's, where the address is one of a file; else the address.
  let path: String
  private(set) var text: String
  private(set) var version: Int?
  private(set) var lines: LineIndex
  /// What was found out about this very text.
  var analysis: Analysis?
  /// What was found out about the text before its last changes.
  private(set) var lastKnown: Analysis?

  init(uri: String, path: String, text: String, version: Int?) {
    self.uri = uri
    self.path = path
    self.text = text
    self.version = version
    lines = LineIndex(text)
  }

  /// Applies changes one after the other: each is about the text that the one before has left.
  mutating func apply(
    _ changes: [DidChangeParameters.Change], version: Int?, _ encoding: PositionEncoding
  ) {
    let known = analysis ?? lastKnown
    for change in changes {
      if let range = change.range {
        let start = lines.offset(of: range.start, encoding)
        let end = max(start, lines.offset(of: range.end, encoding))
        var bytes = Array(text.utf8)
        bytes.replaceSubrange(start..<end, with: Array(change.text.utf8))
        text = String(decoding: bytes, as: UTF8.self)
      } else {
        text = change.text
      }
      lines = LineIndex(text)
    }
    self.version = version ?? self.version
    analysis = nil
    // Of the text before: near enough for hints.
    lastKnown = known
  }

  var program: Program { Program(text: text, path: path) }

  var readsFiles: Bool { text.contains("import \"") }
}
