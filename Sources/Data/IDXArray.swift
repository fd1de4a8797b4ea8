package import NodalBasics

/// What may be wrong with an idx file. Offsets count its bytes, after decompression.
package enum IDXError: Error, Sendable, Equatable {
  case notThisFormat
  case unknownType(code: UInt8)
  case noAxes
  /// The header says how many bytes there are.
  case cutShort(offset: Int, needed: Int)
  case tooLong(offset: Int)
  case tooLarge(shape: [Int])
  case compression(ZlibError)
  case notImages(shape: [Int])
  case nothing(shape: [Int])
  case notLabels(shape: [Int], IDXArray.Element)
  case counts(images: Int, labels: Int)
}

/// A file in the format of the MNIST data: one array of numbers, row-major, the first byte of a number leading. Two zero
/// bytes, the type, the number of axes, their lengths in four bytes each, then the numbers.
///
/// Source: http://yann.lecun.com/exdb/mnist/, "the IDX file format".
package struct IDXArray: Sendable, Equatable {
  package enum Element: UInt8, Sendable, CaseIterable {
    case unsignedByte = 0x08
    case signedByte = 0x09
    case short = 0x0B
    case int = 0x0C
    case float = 0x0D
    case double = 0x0E

    package var byteCount: Int {
      switch self {
      case .unsignedByte, .signedByte: 1
      case .short: 2
      case .int, .float: 4
      case .double: 8
      }
    }

    package var isInteger: Bool {
      switch self {
      case .unsignedByte, .signedByte, .short, .int: true
      case .float, .double: false
      }
    }
  }

  package let element: Element
  package let shape: [Int]
  /// The numbers as they lie in the file.
  private let bytes: ArraySlice<UInt8>

  /// Elements that are read at most; each takes eight bytes of memory.
  private static let mostElements = 1 << 30

  /// Reads a file, compressed by gzip or not.
  package static func read(_ file: [UInt8], _ host: Host) throws(IDXError) -> IDXArray {
    guard Zlib.isGzip(file) else { return try read(file) }
    let zlib = try unpacking { () throws(ZlibError) in try Zlib(host) }
    // The header says how long the rest is; nothing beyond it is decompressed.
    let start = try unpacking { () throws(ZlibError) in
      try zlib.inflate(file[...], .gzip, most: Header.longest)
    }
    let header = try Header(start)
    let whole = try unpacking { () throws(ZlibError) in
      try zlib.inflate(file[...], .gzip, most: header.byteCount + 1)
    }
    return try read(whole)
  }

  private static func unpacking<T>(_ work: () throws(ZlibError) -> T) throws(IDXError) -> T {
    do throws(ZlibError) { return try work() } catch { throw .compression(error) }
  }

  package static func read(_ file: [UInt8]) throws(IDXError) -> IDXArray {
    let header = try Header(file)
    guard file.count >= header.byteCount else {
      throw .cutShort(offset: file.count, needed: header.byteCount)
    }
    guard file.count == header.byteCount else { throw .tooLong(offset: header.byteCount) }
    return IDXArray(
      element: header.element, shape: header.shape, bytes: file[header.start...])
  }

  /// The numbers, in order.
  package var numbers: [Double] {
    let width = element.byteCount
    var numbers: [Double] = []
    numbers.reserveCapacity(bytes.count / width)
    var place = bytes.startIndex
    while place < bytes.endIndex {
      var bits: UInt64 = 0
      for byte in bytes[place..<(place + width)] { bits = bits << 8 | UInt64(byte) }
      numbers.append(element.number(bits))
      place += width
    }
    return numbers
  }

  private struct Header {
    let element: Element
    let shape: [Int]
    /// Where the numbers begin.
    let start: Int
    /// Bytes of the file.
    let byteCount: Int

    /// With as many axes as there may be.
    static let longest = 4 + 4 * 255

    init(_ file: [UInt8]) throws(IDXError) {
      guard file.starts(with: [0, 0]) else { throw .notThisFormat }
      guard file.count >= 4 else { throw .cutShort(offset: file.count, needed: 4) }
      guard let element = Element(rawValue: file[2]) else { throw .unknownType(code: file[2]) }
      let rank = Int(file[3])
      guard rank > 0 else { throw .noAxes }
      start = 4 + 4 * rank
      guard file.count >= start else { throw .cutShort(offset: file.count, needed: start) }
      var shape: [Int] = []
      for axis in 0..<rank {
        shape.append(file[(4 + 4 * axis)..<(8 + 4 * axis)].reduce(0) { $0 << 8 | Int($1) })
      }
      var count = 1
      for length in shape {
        let (product, overflows) = count.multipliedReportingOverflow(by: length)
        guard !overflows, product <= IDXArray.mostElements else { throw .tooLarge(shape: shape) }
        count = product
      }
      self.element = element
      self.shape = shape
      byteCount = start + count * element.byteCount
    }
  }
}

extension IDXArray.Element {
  /// The number whose bytes these are.
  fileprivate func number(_ bits: UInt64) -> Double {
    switch self {
    case .unsignedByte: Double(bits)
    case .signedByte: Double(Int8(truncatingIfNeeded: bits))
    case .short: Double(Int16(truncatingIfNeeded: bits))
    case .int: Double(Int32(truncatingIfNeeded: bits))
    case .float: Double(Float(bitPattern: UInt32(truncatingIfNeeded: bits)))
    case .double: Double(bitPattern: bits)
    }
  }
}
