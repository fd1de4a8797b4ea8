import NodalBasics

/// The safetensors format: named arrays behind a JSON header, as Hugging Face's libraries read and
/// write them. Types F32, F64 and I64 are read and written; others are refused by name.
///
/// Layout: the header's length in 8 little-endian bytes; the header, an object from names to
/// `{"dtype", "shape", "data_offsets"}` and perhaps `__metadata__` with strings; then the bytes.
/// No length or offset of the header is believed before it was compared with the file's size.
package struct Safetensors: Sendable, Equatable {
  package struct Entry: Sendable, Equatable {
    package var name: String
    package var array: NumberArray

    package init(_ name: String, _ array: NumberArray) {
      self.name = name
      self.array = array
    }
  }

  package var entries: [Entry]
  package var metadata: [String: String]

  package init(entries: [Entry] = [], metadata: [String: String] = [:]) {
    self.entries = entries
    self.metadata = metadata
  }

  package subscript(_ name: String) -> NumberArray? { entries.first { $0.name == name }?.array }

  /// The file. Entries are sorted by name, so equal weights make equal files.
  package var bytes: [UInt8] {
    var members: [JSONValue.Member] = []
    if !metadata.isEmpty {
      let pairs = metadata.sorted { $0.key < $1.key }
      members.append(
        .init("__metadata__", .object(pairs.map { .init($0.key, .string($0.value)) })))
    }
    var data: [UInt8] = []
    for entry in entries.sorted(by: { $0.name < $1.name }) {
      let start = data.count
      data += entry.array.bytes
      members.append(
        .init(
          entry.name,
          .record([
            "dtype": .string(entry.array.element.safetensorsName),
            "shape": .array(entry.array.shape.map(JSONValue.integer)),
            "data_offsets": .array([.integer(start), .integer(data.count)]),
          ])))
    }
    var header = Array(JSONValue.object(members).text.utf8)
    // Arrays then begin at a multiple of 8, so that others may map the file.
    while header.count % 8 != 0 { header.append(UInt8(ascii: " ")) }
    var bytes: [UInt8] = []
    for shift in stride(from: 0, to: 64, by: 8) {
      bytes.append(UInt8(truncatingIfNeeded: UInt64(header.count) >> UInt64(shift)))
    }
    return bytes + header + data
  }

  /// Reads a file.
  package init(_ bytes: [UInt8]) throws(ArrayFileError) {
    guard bytes.count >= 8 else { throw .tooShort(found: bytes.count, needed: 8) }
    let length = NumberArray.words(bytes[0..<8], as: UInt64.self)[0]
    guard length <= 100_000_000 else { throw .notThisFormat(expected: "safetensors") }
    let start = 8 + Int(length)
    guard start <= bytes.count else { throw .tooShort(found: bytes.count, needed: start) }
    guard bytes.count > 8, bytes[8] == UInt8(ascii: "{") else {
      throw .notThisFormat(expected: "safetensors")
    }
    let header: JSONValue
    do {
      header = try JSONReader.read(bytes[8..<start])
    } catch {
      throw .malformedHeader(error.message)
    }
    guard case .object(let members) = header else { throw .malformedHeader("it is no object") }
    entries = []
    metadata = [:]
    var seen: Set<String> = []
    var taken: [(range: Range<Int>, name: String)] = []
    for member in members {
      guard seen.insert(member.key).inserted else { throw .duplicate(array: member.key) }
      if member.key == "__metadata__" {
        metadata = try Self.metadata(member.value)
        continue
      }
      let (array, range) = try Self.entry(member, data: bytes[start...])
      if !range.isEmpty { taken.append((range, member.key)) }
      entries.append(Entry(member.key, array))
    }
    taken.sort { $0.range.lowerBound < $1.range.lowerBound }
    for (before, after) in zip(taken, taken.dropFirst())
    where after.range.lowerBound < before.range.upperBound {
      throw .overlap(array: after.name)
    }
  }

  private static func metadata(_ value: JSONValue) throws(ArrayFileError) -> [String: String] {
    guard case .object(let members) = value else {
      throw .malformedHeader("`__metadata__` is no object")
    }
    var metadata: [String: String] = [:]
    for member in members {
      guard case .string(let text) = member.value else {
        throw .malformedHeader("`__metadata__` holds more than strings")
      }
      metadata[member.key] = text
    }
    return metadata
  }

  private static func entry(
    _ member: JSONValue.Member, data: ArraySlice<UInt8>
  ) throws(ArrayFileError) -> (NumberArray, Range<Int>) {
    guard case .object(let parts) = member.value,
      case .string(let type)? = parts.first(where: { $0.key == "dtype" })?.value,
      let shape = integers(parts.first { $0.key == "shape" }?.value),
      let offsets = integers(parts.first { $0.key == "data_offsets" }?.value), offsets.count == 2
    else {
      throw .malformedHeader("`\(member.key)` lacks its dtype, shape or data_offsets")
    }
    guard offsets[0] >= 0, offsets[0] <= offsets[1], offsets[1] <= data.count else {
      throw .outsideFile(array: member.key)
    }
    let part = data[data.startIndex + offsets[0]..<data.startIndex + offsets[1]]
    let range = offsets[0]..<offsets[1]
    guard let element = NumberArray.Element.allCases.first(where: { $0.safetensorsName == type })
    else { throw .unsupportedType(array: member.key, type: type) }
    guard let count = NumberArray.count(of: shape),
      case let needed = count.multipliedReportingOverflow(by: element.byteCount), !needed.overflow,
      needed.partialValue == part.count
    else { throw .sizeMismatch(array: member.key, shape: shape, bytes: part.count) }
    return (NumberArray(shape: shape, element.values(part)), range)
  }

  private static func integers(_ value: JSONValue?) -> [Int]? {
    guard case .array(let items)? = value, items.count <= 64 else { return nil }
    var numbers: [Int] = []
    for item in items {
      guard case .integer(let number) = item else { return nil }
      numbers.append(number)
    }
    return numbers
  }
}
