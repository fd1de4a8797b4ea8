package import NodalBasics

/// A zip file, as far as `.npz` files are ones: entries that are stored or deflated, sizes of 32 or 64 bits. No size or place that it
/// tells is believed before it was compared with the file's own size.
///
/// Source: PKWARE's APPNOTE.TXT 6.3.3. The sizes are those of the directory at the file's end, so it doesn't matter whether an entry was
/// written with its sizes before or behind it.
package struct ZipArchive: Sendable {
  package struct Entry: Sendable, Equatable {
    package let name: String
    fileprivate let method: Int
    fileprivate let sum: Int
    /// Where its bytes lie in the file.
    fileprivate let packed: Range<Int>
    /// How many bytes it has when they are decompressed.
    fileprivate let size: Int
  }

  package let entries: [Entry]
  private let bytes: [UInt8]

  private static let stored = 0
  private static let deflated = 8
  /// No deflated byte stands for more bytes than these.
  private static let mostRatio = 1032
  /// Entries that are larger are refused: they are to be held in memory, eight bytes for each number.
  private static let mostBytes = 1 << 33

  package init(_ bytes: [UInt8]) throws(ZipError) {
    let words = LittleEndian(bytes)
    guard words[0, 2] == 0x4b50, let end = Self.end(words) else { throw .notThisFormat }
    let directory = try Self.directory(words, end: end)
    var entries: [Entry] = []
    var names: Set<String> = []
    var at = directory.start
    for _ in 0..<directory.count {
      let (entry, next) = try Self.entry(words, at: at, end: directory.end)
      guard names.insert(entry.name).inserted else { throw .duplicate(entry: entry.name) }
      entries.append(entry)
      at = next
    }
    let order = entries.sorted { $0.packed.lowerBound < $1.packed.lowerBound }
    for (before, after) in zip(order, order.dropFirst())
    where after.packed.lowerBound < before.packed.upperBound {
      throw .overlap(entry: after.name)
    }
    self.entries = entries
    self.bytes = bytes
  }

  /// Where the record at the end begins: a comment may follow it.
  private static func end(_ words: LittleEndian) -> Int? {
    let length = 22
    let last = words.count - length
    guard last >= 0 else { return nil }
    return (max(0, last - 0xFFFF)...last).reversed().first {
      words[$0, 4] == 0x0605_4b50 && words[$0 + 20, 2] == words.count - length - $0
    }
  }

  /// Where the directory lies, and how many entries it has.
  private static func directory(
    _ words: LittleEndian, end: Int
  ) throws(ZipError) -> (start: Int, end: Int, count: Int) {
    guard words[end + 4, 2] == 0 || words[end + 4, 2] == 0xFFFF else {
      throw .malformed(offset: end, what: "the archive is said to go on in another file")
    }
    var found = (count: words[end + 10, 2], size: words[end + 12, 4], start: words[end + 16, 4])
    if found.count == 0xFFFF || found.size == 0xFFFF_FFFF || found.start == 0xFFFF_FFFF {
      guard words[end - 20, 4] == 0x0706_4b50, let place = words[end - 12, 8],
        words[place, 4] == 0x0606_4b50
      else { throw .malformed(offset: end, what: "the record of sizes of 64 bits is missing") }
      found = (words[place + 32, 8], words[place + 40, 8], words[place + 48, 8])
    }
    guard let count = found.count, let size = found.size, let start = found.start,
      case let (stop, overflows) = start.addingReportingOverflow(size), !overflows, stop <= end
    else { throw .malformed(offset: end, what: "the directory is said to lie outside the file") }
    return (start, stop, count)
  }

  private static func entry(
    _ words: LittleEndian, at place: Int, end: Int
  ) throws(ZipError) -> (Entry, next: Int) {
    let header = 46
    guard place + header <= end, words[place, 4] == 0x0201_4b50, let flags = words[place + 8, 2],
      let method = words[place + 10, 2], let sum = words[place + 16, 4],
      var packed = words[place + 20, 4], var size = words[place + 24, 4],
      let nameLength = words[place + 28, 2], let extraLength = words[place + 30, 2],
      let commentLength = words[place + 32, 2], var local = words[place + 42, 4],
      case let extra = place + header + nameLength,
      case let next = extra + extraLength + commentLength, next <= end
    else { throw .malformed(offset: place, what: "an entry of the directory is missing") }
    let name = String(decoding: words.bytes[place + header..<extra], as: UTF8.self)
    // What doesn't fit 32 bits stands behind, in this order; it is marked here by ones.
    var long = longNumbers(words, extra..<extra + extraLength)[...]
    let mark = 0xFFFF_FFFF
    if size == mark, let found = long.popFirst() { size = found }
    if packed == mark, let found = long.popFirst() { packed = found }
    if local == mark, let found = long.popFirst() { local = found }
    guard words[local, 4] == 0x0403_4b50, let nameHere = words[local + 26, 2],
      let extraHere = words[local + 28, 2], case let start = local + 30 + nameHere + extraHere,
      start <= words.count, packed <= words.count - start
    else {
      throw .malformed(
        offset: place, what: "the bytes of `\(name)` are said to lie outside the file")
    }
    guard flags & 1 == 0 else { throw .unsupported(entry: name, why: "is encrypted") }
    guard size <= mostBytes else { throw .tooLarge(entry: name, size: size) }
    switch method {
    case stored:
      guard size == packed else { throw .wrongSize(entry: name, found: packed, promised: size) }
    case deflated:
      guard size / mostRatio <= packed else {
        throw .wrongSize(entry: name, found: packed, promised: size)
      }
    default: throw .unsupported(entry: name, why: "is compressed by method \(method)")
    }
    return (
      Entry(name: name, method: method, sum: sum, packed: start..<start + packed, size: size), next
    )
  }

  /// The numbers of 64 bits in the extra fields of an entry.
  private static func longNumbers(_ words: LittleEndian, _ extra: Range<Int>) -> [Int] {
    var at = extra.lowerBound
    while at + 4 <= extra.upperBound, let kind = words[at, 2], let length = words[at + 2, 2] {
      let end = min(at + 4 + length, extra.upperBound)
      if kind == 1 {
        return stride(from: at + 4, through: end - 8, by: 8).compactMap { words[$0, 8] }
      }
      at = end
    }
    return []
  }

  /// An entry's bytes, decompressed and checked by their sum.
  package func contents(of entry: Entry, _ host: Host) throws(ZipError) -> [UInt8] {
    let packed = bytes[entry.packed]
    let found: [UInt8]
    if entry.method == Self.stored {
      found = Array(packed)
    } else {
      do throws(ZlibError) {
        found = try Zlib(host).inflate(packed, .none, most: entry.size + 1)
      } catch {
        throw .compression(entry: entry.name, error)
      }
    }
    guard found.count == entry.size else {
      throw .wrongSize(entry: entry.name, found: found.count, promised: entry.size)
    }
    guard CRC32.of(found) == entry.sum else { throw .wrongSum(entry: entry.name) }
    return found
  }
}
