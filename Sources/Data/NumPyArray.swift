/// NumPy's `.npy` format, version 1.0: one array. Types `<f4`, `<f8` and `<i8`, row-major.
package enum NumPyArray {
  private static let magic: [UInt8] = [0x93] + Array("NUMPY".utf8)

  package static func bytes(_ array: NumberArray) -> [UInt8] {
    let type = array.element.numPyName
    let sizes = array.shape.map { "\($0)," }.joined(separator: " ")
    let shape = array.shape.count == 1 ? sizes : String(sizes.dropLast(sizes.isEmpty ? 0 : 1))
    var header = "{'descr': '\(type)', 'fortran_order': False, 'shape': (\(shape)), }"
    // The numbers begin at a multiple of 64; 10 bytes precede the header, a line end closes it.
    while (header.utf8.count + 11) % 64 != 0 { header += " " }
    header += "\n"
    let length = UInt16(clamping: header.utf8.count)
    return magic + [1, 0, UInt8(truncatingIfNeeded: length), UInt8(length >> 8)]
      + Array(header.utf8) + array.bytes
  }

  package static func read(_ bytes: [UInt8]) throws(ArrayFileError) -> NumberArray {
    guard bytes.starts(with: magic) else { throw .notThisFormat(expected: "npy") }
    guard bytes.count >= 12 else { throw .tooShort(found: bytes.count, needed: 12) }
    let isLong = bytes[6] >= 2
    let start = isLong ? 12 : 10
    let length = bytes[8..<start].reversed().reduce(0) { $0 << 8 | Int($1) }
    guard length <= bytes.count - start else {
      throw .tooShort(found: bytes.count, needed: start + length)
    }
    let header = String(decoding: bytes[start..<start + length], as: UTF8.self)
    guard let type = value(of: "descr", in: header)?.split(separator: "'").first,
      let order = value(of: "fortran_order", in: header),
      let shape = shape(in: header)
    else { throw .malformedHeader("it lacks descr, fortran_order or shape") }
    if order.hasPrefix("True"), shape.count > 1 { throw .fortranOrder }
    let data = bytes[(start + length)...]
    guard let element = NumberArray.Element.allCases.first(where: { $0.numPyName == type }) else {
      throw .unsupportedType(array: "array", type: String(type))
    }
    guard let count = NumberArray.count(of: shape),
      case let needed = count.multipliedReportingOverflow(by: element.byteCount), !needed.overflow,
      needed.partialValue == data.count
    else { throw .sizeMismatch(array: "array", shape: shape, bytes: data.count) }
    return NumberArray(shape: shape, element.values(data))
  }

  /// What follows `'key':` in the header, a Python dictionary.
  private static func value(of key: String, in header: String) -> Substring? {
    guard let found = header.firstRange(of: "'\(key)':") else { return nil }
    return header[found.upperBound...].drop { $0 == " " }
  }

  private static func shape(in header: String) -> [Int]? {
    guard let rest = value(of: "shape", in: header), rest.first == "(",
      let close = rest.firstIndex(of: ")")
    else { return nil }
    let parts = rest[rest.index(after: rest.startIndex)..<close].split(separator: ",")
    var sizes: [Int] = []
    for part in parts {
      let text = part.filter { $0 != " " }
      if text.isEmpty { continue }
      guard let size = Int(text), sizes.count < 64 else { return nil }
      sizes.append(size)
    }
    return sizes
  }
}
