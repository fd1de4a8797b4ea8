package import Foundation

/// Bytes → messages, each behind headers that tell its length, as the base protocol has it.
///
/// What comes in may be anything: a header that can't be read is passed over up to the end of its line, and told once. The
/// memory that is taken is bounded by `longestMessage`.
package struct MessageReader: Sendable {
  package enum Item: Sendable, Equatable {
    /// The content of a message.
    case message(Data)
    /// Headers without a length that makes sense: what follows is looked through for the next ones.
    case badHeader(String)
  }

  /// A text of this length is no program that a person edits.
  package static let longestMessage = 64 << 20
  private static let longestHeader = 8 << 10

  private var buffer: [UInt8] = []
  private var start = 0

  package init() {}

  package mutating func feed(_ bytes: some Sequence<UInt8>) {
    if start > 1 << 16 {
      buffer.removeFirst(start)
      start = 0
    }
    buffer.append(contentsOf: bytes)
  }

  /// The next message that is there as a whole; nil: more bytes are needed.
  package mutating func next() -> Item? {
    while true {
      guard let end = headerEnd() else {
        guard buffer.count - start > Self.longestHeader else { return nil }
        start = buffer.count
        return .badHeader("a header without end")
      }
      let header = String(decoding: buffer[start..<end.start], as: UTF8.self)
      if header.allSatisfy(\.isWhitespace) {
        start = end.end
        continue
      }
      guard let length = Self.length(in: header) else {
        skipToNextHeader(from: end.end)
        return .badHeader("a header without `Content-Length`: \(header.prefix(80))")
      }
      guard length <= Self.longestMessage else {
        skipToNextHeader(from: end.end)
        return .badHeader("a message of \(length) bytes is too long")
      }
      guard buffer.count - end.end >= length else { return nil }
      start = end.end + length
      return .message(Data(buffer[end.end..<start]))
    }
  }

  /// Where the headers end, and where what follows them begins. Lines may end as on any system.
  private func headerEnd() -> (start: Int, end: Int)? {
    var index = start
    let limit = min(buffer.count, start + Self.longestHeader)
    let newline = UInt8(ascii: "\n")
    while index < limit {
      guard buffer[index] == newline else {
        index += 1
        continue
      }
      var next = index + 1
      if next < buffer.count, buffer[next] == UInt8(ascii: "\r") { next += 1 }
      if next < buffer.count, buffer[next] == newline { return (index, next + 1) }
      index += 1
    }
    return nil
  }

  private static func length(in header: String) -> Int? {
    for line in header.split(whereSeparator: \.isNewline) {
      guard let colon = line.firstIndex(of: ":") else { continue }
      let name = line[..<colon].trimmingCharacters(in: .whitespaces).lowercased()
      let value = line[line.index(after: colon)...].trimmingCharacters(in: .whitespaces)
      if name == "content-length" { return Int(value).flatMap { $0 >= 0 ? $0 : nil } }
    }
    return nil
  }

  /// To where headers may begin again, if that is in sight.
  private mutating func skipToNextHeader(from place: Int) {
    let mark = Array("Content-Length".utf8)
    var index = place
    while index + mark.count <= buffer.count {
      if buffer[index] == mark[0], Array(buffer[index..<(index + mark.count)]) == mark { break }
      index += 1
    }
    start = min(index, buffer.count)
  }
}

/// A message with its header.
package func framed(_ content: Data) -> Data {
  Data("Content-Length: \(content.count)\r\n\r\n".utf8) + content
}
