/// NumPy's `.npy` format: one array. Versions 1 to 3, either order of bytes and of axes; written as version 1, row by row.
///
/// Source: numpy/lib/format.py, "Format Version".
package struct NumPyArray: Sendable {
  private let name: String
  private let type: NumPyType
  private let shape: [Int]
  private let isByColumns: Bool
  private let data: ArraySlice<UInt8>

  static let magic: [UInt8] = [0x93] + Array("NUMPY".utf8)
  /// Elements that are read at most; each takes eight bytes of memory.
  private static let mostElements = 1 << 30

  /// - Parameter name: what messages call it.
  package init(_ bytes: [UInt8], name: String = "array") throws(ArrayFileError) {
    guard bytes.starts(with: Self.magic) else { throw .notThisFormat(expected: "npy") }
    guard bytes.count >= 12 else { throw .tooShort(found: bytes.count, needed: 12) }
    guard (1...3).contains(bytes[6]) else {
      throw .malformedHeader("there is no version \(bytes[6]) of the format")
    }
    let start = bytes[6] >= 2 ? 12 : 10
    let length = bytes[8..<start].reversed().reduce(0) { $0 << 8 | Int($1) }
    guard length <= bytes.count - start else {
      throw .tooShort(found: bytes.count, needed: start + length)
    }
    let header = String(decoding: bytes[start..<start + length], as: UTF8.self)
    guard let descr = Self.value(of: "descr", in: header),
      let order = Self.value(of: "fortran_order", in: header),
      order.hasPrefix("True") || order.hasPrefix("False"), let shape = Self.shape(in: header)
    else { throw .malformedHeader("it lacks descr, fortran_order or shape") }
    let described = descr.first == "'" ? descr.dropFirst().prefix { $0 != "'" } : "["
    guard let type = NumPyType(described) else {
      throw .unsupportedType(array: name, type: String(described))
    }
    let data = bytes[(start + length)...]
    guard let count = NumberArray.count(of: shape), count <= Self.mostElements,
      case let needed = count.multipliedReportingOverflow(by: type.width), !needed.overflow,
      needed.partialValue == data.count
    else { throw .sizeMismatch(array: name, shape: shape, bytes: data.count) }
    guard count > 0 else { throw .nothing(array: name, shape: shape) }
    self.name = name
    self.type = type
    self.shape = shape
    isByColumns = order.hasPrefix("True") && shape.count > 1
    self.data = data
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
      // Python 2 wrote long integers as 3L.
      let text = part.filter { $0 != " " && $0 != "L" }
      if text.isEmpty { continue }
      guard let size = Int(text), sizes.count < 64 else { return nil }
      sizes.append(size)
    }
    return sizes
  }

  // MARK: Its elements

  /// The elements, row by row. A NaN is a missing value, as `nan` is in a table.
  package func array() throws(ArrayFileError) -> NamedArray {
    let content: NamedArray.Content
    switch type.kind {
    case .scalars, .bytes: content = .words(rows(words))
    case .boolean: content = .numbers(rows(data.map { $0 == 0 ? 0 : 1 }), [], true)
    case .integer: content = .numbers(rows(try integers(isSigned: true)), [], true)
    case .unsigned: content = .numbers(rows(try integers(isSigned: false)), [], true)
    case .float:
      let numbers = rows(floats)
      let missing = numbers.contains(where: \.isNaN) ? numbers.map(\.isNaN) : []
      content = .numbers(numbers, missing, false)
    }
    return NamedArray(name: name, shape: shape, content)
  }

  /// The bits of each element.
  private func bits() -> [UInt64] {
    let width = type.width
    return data.withUnsafeBytes { bytes in
      (0..<bytes.count / width).map { index in
        let at = index * width
        func load<T: FixedWidthInteger & UnsignedInteger>(_: T.Type) -> UInt64 {
          let word = bytes.loadUnaligned(fromByteOffset: at, as: T.self)
          return UInt64(type.isBigEndian ? T(bigEndian: word) : T(littleEndian: word))
        }
        return switch width {
        case 1: load(UInt8.self)
        case 2: load(UInt16.self)
        case 4: load(UInt32.self)
        default: load(UInt64.self)
        }
      }
    }
  }

  private var floats: [Double] {
    switch type.width {
    case 2: bits().map { Self.half(UInt16(truncatingIfNeeded: $0)) }
    case 4: bits().map { Double(Float(bitPattern: UInt32(truncatingIfNeeded: $0))) }
    default: bits().map { Double(bitPattern: $0) }
    }
  }

  /// A number of 16 bits: a sign, five of exponent, ten of fraction. `Float16` isn't everywhere.
  private static func half(_ bits: UInt16) -> Double {
    let fraction = Double(bits & 0x3FF) / 1024
    let sign: Double = bits >> 15 == 1 ? -1 : 1
    return switch bits >> 10 & 0x1F {
    case 0: sign * fraction * 0x1p-14
    case 31: fraction == 0 ? sign * .infinity : .nan
    case let exponent:
      sign * (1 + fraction) * Double(sign: .plus, exponent: Int(exponent) - 15, significand: 1)
    }
  }

  /// Whole numbers, which a `Double` has to hold exactly: those beyond 2^53 may be names of things, and two must not become one.
  private func integers(isSigned: Bool) throws(ArrayFileError) -> [Double] {
    let empty = UInt64(64 - 8 * type.width)
    var numbers: [Double] = []
    numbers.reserveCapacity(data.count / type.width)
    for bits in bits() {
      let found: Double?
      let text: String
      if isSigned {
        let whole = Int64(bitPattern: bits << empty) >> Int64(empty)
        (found, text) = (Double(exactly: whole), "\(whole)")
      } else {
        (found, text) = (Double(exactly: bits), "\(bits)")
      }
      guard let found else { throw .notExact(array: name, number: text) }
      numbers.append(found)
    }
    return numbers
  }

  private var words: [String] {
    let count = NumberArray.count(of: shape) ?? 0
    return (0..<count).map { index in
      let part = data.dropFirst(index * type.width).prefix(type.width)
      guard type.kind == .scalars else {
        return String(decoding: part.prefix { $0 != 0 }, as: UTF8.self)
      }
      var text = ""
      var at = part.startIndex
      while at < part.endIndex {
        let four = type.isBigEndian ? Array(part[at..<at + 4]) : part[at..<at + 4].reversed()
        let code = four.reduce(UInt32(0)) { $0 << 8 | UInt32($1) }
        if code == 0 { break }
        text.unicodeScalars.append(Unicode.Scalar(code) ?? "\u{FFFD}")
        at += 4
      }
      return text
    }
  }

  /// Elements that may lie column by column, row by row.
  private func rows<T>(_ elements: [T]) -> [T] {
    guard isByColumns else { return elements }
    var strides: [Int] = []
    var stride = 1
    for size in shape {
      strides.append(stride)
      stride *= size
    }
    var place = [Int](repeating: 0, count: shape.count)
    var at = 0
    return elements.indices.map { _ in
      let element = elements[at]
      for axis in shape.indices.reversed() {
        place[axis] += 1
        at += strides[axis]
        if place[axis] < shape[axis] { break }
        at -= strides[axis] * shape[axis]
        place[axis] = 0
      }
      return element
    }
  }
}

extension NamedArray.Content {
  fileprivate static func numbers(
    _ numbers: [Double], _ missing: [Bool], _ areIntegers: Bool
  ) -> Self {
    .numbers(numbers, missing: missing, areIntegers: areIntegers)
  }
}
