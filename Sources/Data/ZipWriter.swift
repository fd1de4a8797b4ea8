package import NodalBasics

/// Writes zip files that `ZipArchive` and every other reader reads: entries deflated where that makes them shorter. Equal entries make
/// equal files: the date of each is the format's first, 1 January 1980.
package struct ZipWriter: Sendable {
  private let zlib: Zlib?
  /// Sizes and places from here on are written in 64 bits. Tests lower it.
  private let mark: Int

  /// Without zlib entries are stored as they are.
  package init(_ host: Host, longFrom mark: Int = 0xFFFF_FFFF) {
    zlib = try? Zlib(host)
    self.mark = mark
  }

  package func bytes(_ entries: [(name: String, bytes: [UInt8])]) -> [UInt8] {
    var file: [UInt8] = []
    var directory: [UInt8] = []
    for entry in entries {
      let start = file.count
      let deflated = (try? zlib?.deflate(entry.bytes)) ?? entry.bytes
      let isShorter = deflated.count < entry.bytes.count
      let packed = isShorter ? deflated : entry.bytes
      let name = Array(entry.name.utf8)
      let sizes = [entry.bytes.count, packed.count]
      let isLong = sizes.contains { $0 >= mark }
      // What both headers say: flags (the name is UTF-8), method, time, date, sum, sizes.
      let version = LittleEndian.bytes(isLong ? 45 : 20, 2)
      let common =
        LittleEndian.bytes(1 << 11, 2) + LittleEndian.bytes(isShorter ? 8 : 0, 2)
        + LittleEndian.bytes(0, 2) + LittleEndian.bytes(1 << 5 | 1, 2)
        + LittleEndian.bytes(Int(CRC32.of(entry.bytes)), 4)
        + [sizes[1], sizes[0]].flatMap { LittleEndian.bytes(isLong ? 0xFFFF_FFFF : $0, 4) }
        + LittleEndian.bytes(name.count, 2)
      let long = extra(isLong ? sizes : [])
      file += LittleEndian.bytes(0x0403_4b50, 4) + version + common
      file += LittleEndian.bytes(long.count, 2) + name + long
      file += packed
      let isFar = start >= mark
      let longer = extra((isLong ? sizes : []) + (isFar ? [start] : []))
      directory += LittleEndian.bytes(0x0201_4b50, 4) + LittleEndian.bytes(45, 2) + version + common
      directory += LittleEndian.bytes(longer.count, 2) + LittleEndian.bytes(0, 10)
      directory += LittleEndian.bytes(isFar ? 0xFFFF_FFFF : start, 4) + name + longer
    }
    return file + directory
      + end(count: entries.count, size: directory.count, start: file.count)
  }

  /// The field of numbers of 64 bits; nothing where there are none.
  private func extra(_ numbers: [Int]) -> [UInt8] {
    if numbers.isEmpty { return [] }
    return LittleEndian.bytes(1, 2) + LittleEndian.bytes(8 * numbers.count, 2)
      + numbers.flatMap { LittleEndian.bytes($0, 8) }
  }

  private func end(count: Int, size: Int, start: Int) -> [UInt8] {
    var end: [UInt8] = []
    let isLong = count >= 0xFFFF || size >= mark || start >= mark
    if isLong {
      end += LittleEndian.bytes(0x0606_4b50, 4) + LittleEndian.bytes(44, 8)
      end += LittleEndian.bytes(45, 2) + LittleEndian.bytes(45, 2) + LittleEndian.bytes(0, 8)
      end += [count, count, size, start].flatMap { LittleEndian.bytes($0, 8) }
      end += LittleEndian.bytes(0x0706_4b50, 4) + LittleEndian.bytes(0, 4)
      end += LittleEndian.bytes(start + size, 8) + LittleEndian.bytes(1, 4)
    }
    end += LittleEndian.bytes(0x0605_4b50, 4) + LittleEndian.bytes(0, 4)
    let shown = isLong ? 0xFFFF : count
    end += LittleEndian.bytes(shown, 2) + LittleEndian.bytes(shown, 2)
    end += LittleEndian.bytes(isLong ? 0xFFFF_FFFF : size, 4)
    return end + LittleEndian.bytes(isLong ? 0xFFFF_FFFF : start, 4) + LittleEndian.bytes(0, 2)
  }
}
