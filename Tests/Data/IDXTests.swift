import NodalBasics
import NodalData
import NodalDiagnostics
import TestSupport
import Testing

/// Files of images and labels: what is read back, and what is said of those that can't be.
@Suite struct IDXTests {
  static let host = Host.system

  /// The bytes of a file with these numbers.
  static func file(_ element: IDXArray.Element, _ shape: [Int], _ numbers: [Double]) -> [UInt8] {
    var bytes: [UInt8] = [0, 0, element.rawValue, UInt8(shape.count)]
    for length in shape { bytes += bigEndian(UInt64(length), 4) }
    for number in numbers {
      let bits: UInt64 =
        switch element {
        case .unsignedByte, .signedByte, .short, .int: UInt64(bitPattern: Int64(number))
        case .float: UInt64(Float(number).bitPattern)
        case .double: number.bitPattern
        }
      bytes += bigEndian(bits, element.byteCount)
    }
    return bytes
  }

  static func bigEndian(_ bits: UInt64, _ count: Int) -> [UInt8] {
    (0..<count).reversed().map { UInt8(truncatingIfNeeded: bits >> (8 * UInt64($0))) }
  }

  /// A gzip file of blocks that are stored as they are (RFC 1951, 3.2.4).
  static func stored(_ bytes: [UInt8]) -> [UInt8] {
    var result: [UInt8] = [0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 255]
    var rest = bytes[...]
    repeat {
      let block = rest.prefix(1000)
      rest = rest.dropFirst(block.count)
      let length = UInt16(block.count)
      result.append(rest.isEmpty ? 1 : 0)
      for word in [length, ~length] { result += [UInt8(word & 255), UInt8(word >> 8)] }
      result += block
    } while !rest.isEmpty
    var sum: UInt32 = .max
    for byte in bytes {
      sum ^= UInt32(byte)
      for _ in 0..<8 { sum = sum & 1 == 1 ? sum >> 1 ^ 0xEDB8_8320 : sum >> 1 }
    }
    return result + bigEndian(UInt64(~sum), 4).reversed()
      + bigEndian(UInt64(bytes.count), 4).reversed()
  }

  /// Numbers that each type holds exactly.
  static func sample(_ element: IDXArray.Element, _ count: Int) -> [Double] {
    let (low, span): (Int, Int) =
      switch element {
      case .unsignedByte: (0, 256)
      case .signedByte: (-128, 256)
      case .short: (-32768, 65536)
      case .int, .float, .double: (-1 << 20, 1 << 21)
      }
    return (0..<count).map { i in
      let whole = Double(low + (i * 7919 + 13) % span)
      return element.isInteger ? whole : whole / 64
    }
  }

  @Test(arguments: IDXArray.Element.allCases)
  func whatIsWrittenReadsBack(_ element: IDXArray.Element) throws {
    for shape in [[7], [3, 4], [5, 2, 3], [2, 3, 4, 5], [0, 28, 28], [4, 0]] {
      let numbers = Self.sample(element, shape.reduce(1, *))
      let file = Self.file(element, shape, numbers)
      let found = try IDXArray.read(file)
      #expect(found.shape == shape && found.element == element && found.numbers == numbers)
      for packed in [
        Self.stored(file),
        Self.stored(Array(file.prefix(9))) + Self.stored(Array(file.dropFirst(9))),
      ] {
        #expect(try IDXArray.read(packed, Self.host) == found)
      }
    }
  }

  /// A file cut anywhere, compressed or not, is said to be, and where it ends.
  @Test func cutFilesAreRefused() throws {
    let file = Self.file(.unsignedByte, [4, 3, 5], Self.sample(.unsignedByte, 60))
    for length in 0..<file.count {
      let cut = Array(file.prefix(length))
      let error = #expect(throws: IDXError.self) { try IDXArray.read(cut) }
      if length < 2 {
        #expect(error == .notThisFormat)
      } else {
        let needed = length < 4 ? 4 : length < 16 ? 16 : file.count
        #expect(error == .cutShort(offset: length, needed: needed))
      }
    }
    let packed = Self.stored(file)
    for length in 2..<packed.count {
      let error = #expect(throws: IDXError.self) {
        try IDXArray.read(Array(packed.prefix(length)), Self.host)
      }
      #expect(error == .compression(.cutShort(offset: length)), "\(length)")
    }
    #expect(throws: IDXError.tooLong(offset: 76)) { try IDXArray.read(file + [0]) }
    #expect(throws: IDXError.tooLong(offset: 76)) {
      try IDXArray.read(Self.stored(file + [1, 2, 3]), Self.host)
    }
    #expect(
      throws: IDXError.compression(
        .damaged(offset: packed.count, why: "something else follows the compressed data"))
    ) {
      try IDXArray.read(packed + [7, 7], Self.host)
    }
  }

  @Test func hostileHeadersAreRefused() {
    #expect(throws: IDXError.unknownType(code: 7)) { try IDXArray.read([0, 0, 7, 1, 0, 0, 0, 0]) }
    #expect(throws: IDXError.noAxes) { try IDXArray.read([0, 0, 8, 0]) }
    let huge = [UInt8](repeating: 255, count: 12)
    #expect(throws: IDXError.tooLarge(shape: [4_294_967_295, 4_294_967_295, 4_294_967_295])) {
      try IDXArray.read([0, 0, 8, 3] + huge)
    }
    #expect(throws: IDXError.cutShort(offset: 8, needed: 8 + 1 << 27)) {
      try IDXArray.read([0, 0, 8, 1, 8, 0, 0, 0])
    }
  }

  @Test(arguments: 0..<Effort.count(300, long: 3_000))
  func spoiledFilesDoNotTrap(seed: Int) {
    let key = RandomKey(seed: UInt64(seed))
    var drawn = 0
    func draw(below n: Int) -> Int {
      drawn += 1
      return key.integer(drawn, below: n)
    }
    var file = Self.file(.short, [3, 2, 4], Self.sample(.short, 24))
    if seed % 2 == 1 { file = Self.stored(file) }
    for _ in 0..<(1 + draw(below: 4)) {
      let place = draw(below: file.count)
      switch draw(below: 3) {
      case 0: file[place] = UInt8(draw(below: 256))
      case 1: file.remove(at: place)
      default: file.insert(UInt8(draw(below: 256)), at: place)
      }
    }
    guard let found = try? IDXArray.read(file, Self.host) else { return }
    #expect(found.numbers.count == found.shape.reduce(1, *))
  }

  @Test func imagesAreScaledAndHaveChannels() throws {
    let images = try IDXArray.read(Self.file(.unsignedByte, [2, 1, 3], [0, 51, 255, 102, 0, 204]))
    let labels = try IDXArray.read(Self.file(.unsignedByte, [2], [7, 0]))
    let data = try LabelledImages(images).labelled(labels).dataset
    #expect(data.exampleCount == 2 && data.fieldNames == ["image", "label"])
    #expect(data["image"]?.shape == [1, 1, 3])
    #expect(data["image"]?.values == [0, 0.2, 1, 0.4, 0, 0.8])
    #expect(data["label"]?.values == [7, 0] && data["label"]?.isInteger == true)
    let colours = try IDXArray.read(Self.file(.float, [1, 3, 2, 2], Self.sample(.float, 12)))
    #expect(try LabelledImages(colours).dataset["image"]?.shape == [3, 2, 2])
    #expect(try LabelledImages(colours).dataset["image"]?.values == colours.numbers)
    #expect(throws: IDXError.notImages(shape: [2])) { try LabelledImages(labels) }
    #expect(throws: IDXError.nothing(shape: [0, 2, 2])) {
      try LabelledImages(IDXArray.read(Self.file(.unsignedByte, [0, 2, 2], [])))
    }
    #expect(throws: IDXError.notLabels(shape: [2, 1, 3], .unsignedByte)) {
      try LabelledImages(images).labelled(images)
    }
    let three = try IDXArray.read(Self.file(.int, [3], [1, 2, 3]))
    #expect(throws: IDXError.counts(images: 2, labels: 3)) {
      try LabelledImages(images).labelled(three)
    }
  }

  @Test func withoutZlibThatIsSaid() throws {
    let world = MemoryWorld().host
    let file = Self.stored(Self.file(.unsignedByte, [1], [1]))
    let error = #expect(throws: IDXError.self) { try IDXArray.read(file, world) }
    #expect(error == .compression(.noLibrary(why: "no zlib is installed")))
    let problem = DataProblem(.images(try #require(error)), file: "labels.gz").diagnostic
    #expect(problem.code == .unreadableFile && problem.help.first?.contains("zlib") == true)
  }
}
