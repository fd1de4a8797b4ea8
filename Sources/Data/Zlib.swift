import CZlib
package import NodalBasics

/// What may be wrong with compressed bytes. Offsets count the bytes as they are compressed.
package enum ZlibError: Error, Sendable, Equatable {
  case noLibrary(why: String)
  case cutShort(offset: Int)
  case damaged(offset: Int, why: String)
}

/// Compresses and decompresses with the system's zlib.
package struct Zlib: Sendable {
  /// What is around the compressed bytes.
  package enum Wrapping: Sendable {
    /// A gzip file (RFC 1952); several may be joined end to end.
    case gzip
    /// Nothing (RFC 1951): what a zip file holds.
    case none

    /// As zlib is told it: 15 bits of window, and what stands for the wrapping.
    fileprivate var bits: Int32 {
      switch self {
      case .gzip: 31
      case .none: -15
      }
    }
  }

  private let library: HostLibrary

  /// Where systems keep the library.
  private static let names = ["libz.so.1", "libz.1.dylib", "libz.so"]

  package static func isGzip(_ bytes: some Collection<UInt8>) -> Bool {
    bytes.starts(with: [0x1f, 0x8b])
  }

  package init(_ host: Host) throws(ZlibError) {
    var found: HostLibrary?
    for name in Self.names where found == nil { found = try? host.openLibrary(name) }
    guard let found else { throw .noLibrary(why: "no zlib is installed") }
    library = found
  }

  private func symbol<T>(_ name: String, _: T.Type) throws(ZlibError) -> T {
    guard let address = library.symbol(name) else {
      throw .noLibrary(why: "the zlib found lacks `\(name)`")
    }
    return unsafeBitCast(address, to: T.self)
  }

  /// What was compressed, but no more than so many bytes of it: a small file may hold a great many.
  package func inflate(
    _ bytes: ArraySlice<UInt8>, _ wrapping: Wrapping, most: Int
  ) throws(ZlibError) -> [UInt8] {
    let initialize = try symbol("inflateInit2_", czlib_inflate_init2.self)
    let inflate = try symbol("inflate", czlib_inflate.self)
    let reset = try symbol("inflateReset", czlib_inflate_reset.self)
    let end = try symbol("inflateEnd", czlib_inflate_end.self)
    // It keeps its address: the library remembers it.
    let stream = UnsafeMutablePointer<czlib_stream>.allocate(capacity: 1)
    stream.initialize(to: czlib_stream())
    defer { stream.deallocate() }
    guard initialize(stream, wrapping.bits, Self.version, Self.streamSize) == Self.ok else {
      throw .noLibrary(why: "the zlib found is of another version")
    }
    defer { _ = end(stream) }
    var output: [UInt8] = []
    var place = 0
    var chunk = [UInt8](repeating: 0, count: 1 << 16)
    while output.count < most {
      let room = min(chunk.count, most - output.count)
      let (status, used, made) = Self.step(
        stream, bytes, place, into: &chunk, room, inflate, Int32(CZLIB_NO_FLUSH))
      place += used
      output += chunk[..<made]
      switch status {
      case Self.ok: break
      case Self.streamEnd:
        if place == bytes.count { return output }
        switch wrapping {
        case .gzip where Self.isGzip(bytes.dropFirst(place)) && reset(stream) == Self.ok: break
        case .gzip, .none:
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

  /// The bytes without a wrapping, compressed as well as zlib does by default.
  package func deflate(_ bytes: [UInt8]) throws(ZlibError) -> [UInt8] {
    let initialize = try symbol("deflateInit2_", czlib_deflate_init2.self)
    let deflate = try symbol("deflate", czlib_deflate.self)
    let end = try symbol("deflateEnd", czlib_deflate_end.self)
    let stream = UnsafeMutablePointer<czlib_stream>.allocate(capacity: 1)
    stream.initialize(to: czlib_stream())
    defer { stream.deallocate() }
    let begun = initialize(
      stream, Int32(CZLIB_DEFAULT_LEVEL), Int32(CZLIB_DEFLATED), Wrapping.none.bits,
      Int32(CZLIB_DEFAULT_MEMORY), Int32(CZLIB_DEFAULT_STRATEGY), Self.version, Self.streamSize)
    guard begun == Self.ok else { throw .noLibrary(why: "the zlib found is of another version") }
    defer { _ = end(stream) }
    var output: [UInt8] = []
    var place = 0
    var chunk = [UInt8](repeating: 0, count: 1 << 16)
    while true {
      let isLast = bytes.count - place <= Self.mostGiven
      let (status, used, made) = Self.step(
        stream, bytes[...], place, into: &chunk, chunk.count, deflate,
        Int32(isLast ? CZLIB_FINISH : CZLIB_NO_FLUSH))
      place += used
      output += chunk[..<made]
      switch status {
      case Self.ok: break
      case Self.streamEnd: return output
      default: throw .damaged(offset: place, why: "zlib could not compress")
      }
    }
  }

  /// The library counts what it is given at once in 32 bits.
  private static let mostGiven = 1 << 30

  private static func step(
    _ stream: UnsafeMutablePointer<czlib_stream>, _ bytes: ArraySlice<UInt8>, _ place: Int,
    into chunk: inout [UInt8], _ room: Int,
    _ call: (UnsafeMutablePointer<czlib_stream>, Int32) -> Int32, _ flush: Int32
  ) -> (status: Int32, used: Int, made: Int) {
    let given = min(bytes.count - place, mostGiven)
    return bytes.withUnsafeBufferPointer { input in
      chunk.withUnsafeMutableBufferPointer { buffer in
        stream.pointee.next_in = input.baseAddress.map { $0 + place }
        stream.pointee.avail_in = UInt32(given)
        stream.pointee.next_out = buffer.baseAddress
        stream.pointee.avail_out = UInt32(room)
        let status = call(stream, flush)
        return (status, given - Int(stream.pointee.avail_in), room - Int(stream.pointee.avail_out))
      }
    }
  }

  private static let version = "1"
  private static let streamSize = Int32(MemoryLayout<czlib_stream>.size)
  private static let ok = Int32(CZLIB_OK)
  private static let streamEnd = Int32(CZLIB_STREAM_END)
  private static let bufferError = Int32(CZLIB_BUFFER_ERROR)
}
