package import Foundation

/// The server at two streams: bytes in, bytes out, until the editor says `exit` or is gone.
package enum ServerLoop {
  /// - Parameters:
  ///   - read: waits for bytes, and gives those that are there; none at the end.
  package static func run(
    _ server: LanguageServer, read: () -> [UInt8], write: (Data) -> Void
  ) -> LanguageServer.End {
    var reader = MessageReader()
    while true {
      let bytes = read()
      if bytes.isEmpty { return server.end ?? .abrupt }
      reader.feed(bytes)
      var items: [MessageReader.Item] = []
      while let item = reader.next() { items.append(item) }
      if items.isEmpty { continue }
      for answer in server.receive(items) { write(framed(answer)) }
      if let end = server.end { return end }
    }
  }
}
