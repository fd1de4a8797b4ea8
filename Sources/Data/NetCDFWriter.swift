/// Writes arrays as netCDF, in the classic format: a header, then the numbers, the first byte of each leading.
///
/// Source: the format's specification in the NetCDF Users' Guide, "File format specifications".
package struct NetCDFWriter: Sendable {
  /// Why arrays can't be written so.
  package enum Problem: Error, Sendable, Equatable {
    /// A length of zero means something else there.
    case nothing(array: String)
  }

  private let arrays: [Variable]
  private let attributes: [(name: String, text: String)]
  private let dimensions: [(name: String, length: Int)]

  private struct Variable {
    var name: String
    var dimensions: [Int]
    var type: ExternalType
    var bytes: [UInt8]
    var attributes: [(name: String, type: ExternalType, bytes: [UInt8])]
  }

  private enum ExternalType: Int {
    case byte = 1
    case character = 2
    case int = 4
    case float = 5
    case double = 6
    case int64 = 10

    var width: Int {
      switch self {
      case .byte, .character: 1
      case .int, .float: 4
      case .double, .int64: 8
      }
    }

    /// What makes up a multiple of four bytes: the type's fill value, where it is shorter than that.
    var filling: UInt8 {
      switch self {
      case .byte: 0x81
      case .character, .int, .float, .double, .int64: 0
      }
    }
  }

  /// - Parameter attributes: what the file as a whole is.
  package init(
    _ arrays: [OutputArray], attributes: [(name: String, text: String)]
  ) throws(Problem) {
    var names = UniqueNames()
    var dimensions: [(name: String, length: Int)] = []
    // Others take a variable of an axis's name for its coordinate: no other may be called so.
    let coordinates = Set(arrays.filter { $0.axes == [$0.name] }.map(\.name))
    let others = Set(arrays.map(\.name)).subtracting(coordinates)
    func dimension(_ axis: String, _ length: Int) -> Int {
      var name = Self.name(axis)
      while others.contains(name)
        || dimensions.contains(where: { $0.name == name && $0.length != length })
      {
        name += "_"
      }
      if let known = dimensions.firstIndex(where: { $0.name == name }) { return known }
      dimensions.append((name, length))
      return dimensions.count - 1
    }
    var variables: [Variable] = []
    for array in arrays {
      guard !array.shape.contains(0) else { throw .nothing(array: array.name) }
      var places = zip(array.axes, array.shape).map(dimension)
      let (type, bytes) = Self.contents(array.values)
      if case .words = array.values {
        places.append(dimension(array.name + "_length", bytes.count / max(array.values.count, 1)))
      }
      var described: [(name: String, type: ExternalType, bytes: [UInt8])] = [
        ("long_name", .character, Array(array.description.utf8))
      ]
      if let unit = array.unit { described.append(("units", .character, Array(unit.utf8))) }
      switch array.values {
      case .f32(let values) where values.contains(where: \.isNaN):
        described.append(("_FillValue", .float, Self.bigEndian(Float.nan.bitPattern)))
      case .f64(let values) where values.contains(where: \.isNaN):
        described.append(("_FillValue", .double, Self.bigEndian(Double.nan.bitPattern)))
      case .f32, .f64, .i64, .bool, .words: break
      }
      variables.append(
        Variable(
          name: names.take(Self.name(array.name)), dimensions: places, type: type, bytes: bytes,
          attributes: described))
    }
    self.arrays = variables
    self.attributes = attributes
    self.dimensions = dimensions
  }

  /// The file.
  package var bytes: [UInt8] {
    let sizes = arrays.map { Self.padded($0.bytes.count) }
    // With the widest numbers the header is longest.
    let longest = header(.longData, sizes, start: 0).count
    let version = NetCDFVersion(
      byteCounts: sizes, lengths: dimensions.map(\.length), headerSize: longest,
      needsLongIntegers: arrays.contains { $0.type == .int64 })
    let start = header(version, sizes, start: 0).count
    var file = header(version, sizes, start: start)
    file.reserveCapacity(start + sizes.reduce(0, +))
    for (array, size) in zip(arrays, sizes) {
      file += array.bytes
      file += [UInt8](repeating: array.type.filling, count: size - array.bytes.count)
    }
    return file
  }

  private func header(_ version: NetCDFVersion, _ sizes: [Int], start: Int) -> [UInt8] {
    var header: [UInt8] = Array("CDF".utf8) + [version.rawValue]
    func put(_ number: Int, _ width: Int) {
      header += LittleEndian.bytes(number, width).reversed()
    }
    func count(_ number: Int) { put(number, version.countWidth) }
    func text(_ bytes: [UInt8]) {
      count(bytes.count)
      header += bytes + [UInt8](repeating: 0, count: Self.padded(bytes.count) - bytes.count)
    }
    func list(_ tag: Int, _ length: Int) {
      put(length == 0 ? 0 : tag, 4)
      count(length)
    }
    func put(_ attributes: [(name: String, type: ExternalType, bytes: [UInt8])]) {
      list(12, attributes.count)
      for attribute in attributes {
        text(Array(attribute.name.utf8))
        put(attribute.type.rawValue, 4)
        count(attribute.bytes.count / attribute.type.width)
        header += attribute.bytes
        header += [UInt8](
          repeating: 0, count: Self.padded(attribute.bytes.count) - attribute.bytes.count)
      }
    }
    // There is no dimension that grows.
    count(0)
    list(10, dimensions.count)
    for dimension in dimensions {
      text(Array(dimension.name.utf8))
      count(dimension.length)
    }
    put(attributes.map { ($0.name, .character, Array($0.text.utf8)) })
    list(11, arrays.count)
    var place = start
    for (array, size) in zip(arrays, sizes) {
      text(Array(array.name.utf8))
      count(array.dimensions.count)
      for dimension in array.dimensions { count(dimension) }
      put(array.attributes)
      put(array.type.rawValue, 4)
      count(size)
      put(place, version.offsetWidth)
      place += size
    }
    return header
  }

  private static func padded(_ count: Int) -> Int { (count + 3) / 4 * 4 }

  /// Whole numbers take 32 bits where all fit: the older forms have no longer ones.
  private static func contents(_ values: OutputArray.Values) -> (ExternalType, [UInt8]) {
    switch values {
    case .f32(let values): return (.float, values.flatMap { bigEndian($0.bitPattern) })
    case .f64(let values): return (.double, values.flatMap { bigEndian($0.bitPattern) })
    case .i64(let values):
      let short = values.compactMap { Int32(exactly: $0) }
      return short.count == values.count
        ? (.int, short.flatMap { bigEndian($0) }) : (.int64, values.flatMap { bigEndian($0) })
    case .bool(let values): return (.byte, values.map { $0 ? 1 : 0 })
    case .words(let words):
      let width = max(words.map(\.utf8.count).max() ?? 1, 1)
      return (
        .character,
        words.flatMap { Array($0.utf8) + [UInt8](repeating: 0, count: width - $0.utf8.count) }
      )
    }
  }

  private static func bigEndian<T: FixedWidthInteger>(_ number: T) -> [UInt8] {
    withUnsafeBytes(of: number.bigEndian) { Array($0) }
  }

  /// A name as the format wants it: no slash or control sign, nothing but a letter, a digit or `_` in front.
  private static func name(_ text: String) -> String {
    var name = String(
      String.UnicodeScalarView(
        text.unicodeScalars.map { $0 == "/" || $0.value < 32 || $0.value == 127 ? "_" : $0 }))
    while name.last == " " { name.removeLast() }
    guard let first = name.unicodeScalars.first else { return "_" }
    let isPlain =
      first.value > 127 || first == "_" || first.properties.isAlphabetic
      || ("0"..."9").contains(first)
    return isPlain ? name : "_" + name
  }
}

/// Names of which no two are alike.
struct UniqueNames {
  private var taken: Set<String> = []

  mutating func take(_ name: String) -> String {
    var name = name
    while !taken.insert(name).inserted { name += "_" }
    return name
  }
}
