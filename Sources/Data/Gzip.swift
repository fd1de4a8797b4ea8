import CZlib
package import NodalBasics

/// What may be wrong with a compressed file. Offsets count bytes of the compressed file.
package enum GzipError: Error, Sendable, Equatable {
  case noLibrary(why: String)
  case cutShort(offset: Int)
  case damaged(offset: Int, why: String)
}

/// Reads gzip files (RFC 1952) with the system's zlib.
package struct Gzip: Sendable {
  private let initialize: @Sendable (UnsafeMutablePointer<czlib_stream>) -> Int32
  private let step: @Sendable (UnsafeMutablePointer<czlib_stream>) -> Int32
  private let reset: @Sendable (UnsafeMutablePointer<czlib_stream>) -> Int32
  private let end: @Sendable (UnsafeMutablePointer<czlib_stream>) -> Void

  /// Where systems keep the library.
  private static let names = ["libz.so.1", "libz.1.dylib", "libz.so"]

  package static func isCompressed(_ bytes: some Collection<UInt8>) -> Bool {
    bytes.starts(with: [0x1f, 0x8b])
  }

  package init(_ host: Host) throws(GzipError) {
    var found: HostLibrary?
    for name in Self.names where found == nil { found = try? host.openLibrary(name) }
    guard let library = found else {
      throw .noLibrary(why: "no zlib is installed")
    }
    func symbol<T>(_ name: String, _: T.Type) throws(GzipError) -> T {
      guard let address = library.symbol(name) else {
        throw .noLibrary(why: "the zlib found lacks `\(name)`")
      }
      return unsafeBitCast(address, to: T.self)
    }
    let initialize = try symbol("inflateInit2_", czlib_inflate_init2.self)
    let inflate = try symbol("inflate", czlib_inflate.self)
    let reset = try symbol("inflateReset", czlib_inflate_reset.self)
    let end = try symbol("inflateEnd", czlib_inflate_end.self)
    self.initialize = { stream in
      // 15 bits of window, and 16 for the header of gzip.
      initialize(stream, 31, "1", Int32(MemoryLayout<czlib_stream>.size))
    }
    step = { inflate($0, Int32(CZLIB_NO_FLUSH)) }
    self.reset = { reset($0) }
    self.end = { _ = end($0) }
  }

  /// What was compressed, but no more than so many bytes of it: a small file may hold a great many.
  package func inflate(_ bytes: [UInt8], most: Int) throws(GzipError) -> [UInt8] {
    // It keeps its address: the library remembers it.
    let stream = UnsafeMutablePointer<czlib_stream>.allocate(capacity: 1)
    stream.initialize(to: czlib_stream())
    defer { stream.deallocate() }
    guard initialize(stream) == Self.ok else {
      throw .noLibrary(why: "the zlib found is of another version")
    }
    defer { end(stream) }
    var output: [UInt8] = []
    var place = 0
    var chunk = [UInt8](repeating: 0, count: 1 << 16)
    while output.count < most {
      let given = min(bytes.count - place, 1 << 30)
      let room = min(chunk.count, most - output.count)
      let (status, used, made) = bytes.withUnsafeBufferPointer { input in
        chunk.withUnsafeMutableBufferPointer { buffer in
          stream.pointee.next_in = input.baseAddress.map { $0 + place }
          stream.pointee.avail_in = UInt32(given)
          stream.pointee.next_out = buffer.baseAddress
          stream.pointee.avail_out = UInt32(room)
          let status = step(stream)
          return (
            status, given - Int(stream.pointee.avail_in), room - Int(stream.pointee.avail_out)
          )
        }
      }
      place += used
      output += chunk[..<made]
      switch status {
      case Self.ok: break
      case Self.streamEnd:
        if place == bytes.count { return output }
        // Files may be joined end to end.
        guard Self.isCompressed(bytes[place...]), reset(stream) == Self.ok else {
          throw .damaged(offset: place, why: "something else follows the compressed data")
        }
      case Self.bufferError: throw .cutShort(offset: bytes.count)
      default:
        let why = stream.pointee.msg.map { String(cString: $0) }
        throw .damaged(offset: place, why: why ?? "the compressed data are damaged")
      }
    }
    return output
  }

  private static let ok = Int32(CZLIB_OK)
  private static let streamEnd = Int32(CZLIB_STREAM_END)
  private static let bufferError = Int32(CZLIB_BUFFER_ERROR)
}
