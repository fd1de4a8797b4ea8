import Foundation
import NodalBasics
import NodalData
import NodalDiagnostics
import NodalTypes
import Testing

/// NumPy's files: what is read of those that NumPy wrote, of each type, and of spoiled ones.
@Suite struct NumPyTests {
  static let host = Host.system

  /// The bytes of an array as the format has them.
  static func npy(
    _ type: String, _ shape: String, _ data: [UInt8], version: UInt8 = 1, byColumns: Bool = false
  ) -> [UInt8] {
    var header =
      "{'descr': '\(type)', 'fortran_order': \(byColumns ? "True" : "False"), 'shape': \(shape), }"
    while (header.utf8.count + 1) % 16 != 0 { header += " " }
    header += "\n"
    let length = (0..<(version == 1 ? 2 : 4)).map {
      UInt8(truncatingIfNeeded: header.utf8.count >> (8 * $0))
    }
    return [0x93] + Array("NUMPY".utf8) + [version, 0] + length + Array(header.utf8) + data
  }

  static func bytes(_ bits: [UInt64], width: Int, isBigEndian: Bool) -> [UInt8] {
    bits.flatMap { word in
      let bytes = (0..<width).map { UInt8(truncatingIfNeeded: word >> (8 * UInt64($0))) }
      return isBigEndian ? bytes.reversed() : bytes
    }
  }

  static func numbers(_ bytes: [UInt8]) throws -> [Double] {
    guard case .numbers(let numbers, _, _) = try NumPyArray(bytes).array().content else {
      return []
    }
    return numbers
  }

  @Test(arguments: [1, 2, 4, 8], [false, true])
  func wholeNumbersOfEachWidth(width: Int, isBigEndian: Bool) throws {
    let order = width == 1 ? "|" : isBigEndian ? ">" : "<"
    let bits: [UInt64] = [0, 1, 0x7F, 0xFF].map { $0 << UInt64(8 * (width - 1)) }
    let big = Double(sign: .plus, exponent: 8 * (width - 1), significand: 1)
    let file = Self.bytes(bits, width: width, isBigEndian: isBigEndian)
    #expect(
      try Self.numbers(Self.npy("\(order)u\(width)", "(4,)", file)) == [
        0, big, 127 * big, 255 * big,
      ])
    #expect(
      try Self.numbers(Self.npy("\(order)i\(width)", "(4,)", file)) == [0, big, 127 * big, -big])
  }

  @Test(arguments: [false, true])
  func numbersWithAPoint(isBigEndian: Bool) throws {
    let order = isBigEndian ? ">" : "<"
    let values: [Double] = [1, -0.5, 65504, 0x1p-24, .infinity, 0]
    let half: [UInt64] = [0x3C00, 0xB800, 0x7BFF, 1, 0x7C00, 0]
    func check(_ type: String, _ bits: [UInt64], _ width: Int) throws {
      let file = Self.npy(
        order + type, "(6,)", Self.bytes(bits, width: width, isBigEndian: isBigEndian))
      #expect(try Self.numbers(file) == values)
    }
    try check("f2", half, 2)
    try check("f4", values.map { UInt64(Float($0).bitPattern) }, 4)
    try check("f8", values.map(\.bitPattern), 8)
  }

  @Test func aNaNIsMissing() throws {
    let file = Self.npy(
      "<f8", "(2,)", Self.bytes([Double.nan.bitPattern, 0], width: 8, isBigEndian: false))
    guard case .numbers(_, let missing, _) = try NumPyArray(file).array().content else {
      Issue.record("no numbers")
      return
    }
    #expect(missing == [true, false])
  }

  @Test func headersOfEachVersionAndOrder() throws {
    let data: [UInt8] = [1, 2, 3, 4, 5, 6]
    for version: UInt8 in 1...3 {
      #expect(
        try Self.numbers(Self.npy("|u1", "(2, 3)", data, version: version)) == data.map(Double.init)
      )
    }
    #expect(
      try Self.numbers(Self.npy("|u1", "(2, 3)", data, byColumns: true)) == [1, 3, 5, 2, 4, 6])
    let cube = try Self.numbers(Self.npy("|u1", "(1, 2, 3)", data, byColumns: true))
    #expect(cube == [1, 3, 5, 2, 4, 6])
    #expect(try Self.numbers(Self.npy("|u1", "()", [7])) == [7])
    // As Python 2 wrote it.
    #expect(try Self.numbers(Self.npy("|u1", "(2L,)", [7, 8])) == [7, 8])
  }

  @Test(arguments: [
    ("|O", "Python objects"), ("<c16", "complex numbers"), ("<M8[s]", "dates"), ("<f16", "f16"),
    ("<m8[ns]", "durations"), ("|V8", "records"),
  ])
  func whatIsNotReadIsNamed(type: String, what: String) {
    #expect {
      try NumPyArray(Self.npy(type, "(1,)", [UInt8](repeating: 0, count: 16)), name: "x")
    } throws: { error in
      guard let error = error as? ArrayFileError else { return false }
      return error.message.contains(what) && error.message.contains("`x`") && !error.help.isEmpty
    }
  }

  @Test func largeWholeNumbersAreNotRounded() {
    let file = Self.npy(
      "<u8", "(1,)", Self.bytes([1 << 53 + 1], width: 8, isBigEndian: false))
    #expect(throws: ArrayFileError.notExact(array: "array", number: "9007199254740993")) {
      try NumPyArray(file).array()
    }
  }

  @Test(arguments: [
    "(3,)", "(-2,)", "(4611686018427387904, 4)", "(2305843009213693953,)", "(0,)", "(1.5,)", "(2",
    "(1, 1)", "2",
  ])
  func shapesThatDontFitAreRefused(shape: String) {
    #expect(throws: ArrayFileError.self) {
      try NumPyArray(Self.npy("<f8", shape, [UInt8](repeating: 0, count: 16)))
    }
  }

  // MARK: npz

  /// numpy.savez_compressed, NumPy 2.4: t, x in Fortran order, k of >i2, words.
  static let compressed = """
    UEsDBC0AAAAIAAAAIQBfwoPG//////////8FABQAdC5ucHkBABAAoAAAAAAAAABPAAAAAAAAAJvsF+obEMnIUMZQrZ6SWpxcpG6l\
    oG6TZqGuo6Cell9UUpSYF59flJIKEndLzClOBYoXZyQWpAL5GiY6mjoKtQoUAC4GFPDAHkJ/gNI/7AFQSwMELQAAAAgAAAAhAHNV\
    Lqr//////////wUAFAB4Lm5weQEAEADAAAAAAAAAAFsAAAAAAAAAm+wX6hsQychQxlCtnpJanFykbqWgbpNmoa6joJ6WX1RSlJgX\
    n1+UkgoSDykqTQUKF2ckFqQCuRomOgpGmjoKtQrkAy4GVOAAoQSgtASU/mAPoTmgfBEoLeMAAFBLAwQtAAAACAAAACEADiattv//\
    ////////BQAUAGsubnB5AQAQAIgAAAAAAAAATAAAAAAAAACb7BfqGxDJyFDGUK2eklqcXKRupaBul2mkrqOgnpZfVFKUmBefX5SS\
    ChJ3S8wpTgWKF2ckFqQC+RomOpo6CrUKFAAuBub//xmYGBgAUEsDBC0AAAAIAAAAIQATNk9B//////////8IABQAbmFtZS5ucHkB\
    ABAAwAAAAAAAAABVAAAAAAAAAJvsF+obEMnIUMZQrZ6SWpxcpG6loG4TaqKuo6Cell9UUpSYF59flJIKEndLzClOBYoXZyQWpAL5\
    GiY6mjoKtQoUAK5EBlSQBMQvgbgEiNHlGLCIAQBQSwECLQMtAAAACAAAACEAX8KDxk8AAACgAAAABQAAAAAAAAAAAAAAgAEAAAAA\
    dC5ucHlQSwECLQMtAAAACAAAACEAc1UuqlsAAADAAAAABQAAAAAAAAAAAAAAgAGGAAAAeC5ucHlQSwECLQMtAAAACAAAACEADiat\
    tkwAAACIAAAABQAAAAAAAAAAAAAAgAEYAQAAay5ucHlQSwECLQMtAAAACAAAACEAEzZPQVUAAADAAAAACAAAAAAAAAAAAAAAgAGb\
    AQAAbmFtZS5ucHlQSwUGAAAAAAQABADPAAAAKgIAAAAA
    """
  /// Written to a stream that can't go back: the sizes stand behind the bytes.
  static let streamed = """
    UEsDBBQACAAIADsKfV0AAAAAAAAAAAAAAAAFAAAAdC5ucHmb7BfqGxDJyFDGUK2eklqcXKRupaBuk2ahrqOgnpZfVFKUmBefX5SS\
    ChJ3S8wpTgWKF2ckFqQC+RomOpo6CrUKFAAuBhTwwB5Cf4DSP+wBUEsHCF/Cg8ZPAAAAoAAAAFBLAwQUAAgACAA7Cn1dAAAAAAAA\
    AAAAAAAABQAAAHgubnB5m+wX6hsQychQxlCtnpJanFykbqWgbpNmoa6joJ6WX1RSlJgXn1+UkgoSDykqTQUKF2ckFqQCuRomOgpG\
    mjoKtQrkAy4GVOAAoQSgtASU/mAPoTmgfBEoLeMAAFBLBwhzVS6qWwAAAMAAAABQSwECFAMUAAgACAA7Cn1dX8KDxk8AAACgAAAA\
    BQAAAAAAAAAAAAAAgAEAAAAAdC5ucHlQSwECFAMUAAgACAA7Cn1dc1UuqlsAAADAAAAABQAAAAAAAAAAAAAAgAGCAAAAeC5ucHlQ\
    SwUGAAAAAAIAAgBmAAAAEAEAAAAA
    """

  static func file(_ text: String) throws -> [UInt8] {
    Array(try #require(Data(base64Encoded: text)))
  }

  @Test func filesOfNumPyAreRead() throws {
    for (text, count) in [(Self.compressed, 4), (Self.streamed, 2)] {
      let arrays = try NumPyArchive.read(try Self.file(text), Self.host)
      #expect(arrays.count == count)
      #expect(arrays[0].name == "t" && arrays[1].name == "x" && arrays[1].shape == [4, 2])
      #expect(
        arrays[1].content == .numbers([0, 1, 2, 3, 4, 5, 6, 7], missing: [], areIntegers: false))
      guard count == 4 else { continue }
      #expect(arrays[2].content == .numbers([3, -1, 2, 0], missing: [], areIntegers: true))
      #expect(arrays[3].content == .words(["a", "béta", "", "a"]))
    }
  }

  static let arrays = [
    OutputArray(name: "t", shape: [3], .f64([0, 0.5, 1]), axes: ["t"], description: ""),
    OutputArray(
      name: "θ'", shape: [3, 40], .f32((0..<120).map { Float($0 / 7) }), axes: ["t", "i"],
      description: ""),
    OutputArray(name: "n", shape: [3], .i64([1, -2, 3]), axes: ["t"], description: ""),
    OutputArray(name: "ok", shape: [3], .bool([true, false, true]), axes: ["t"], description: ""),
    OutputArray(name: "w", shape: [2], .words(["a", "béta"]), axes: ["w"], description: ""),
  ]

  @Test(arguments: [0xFFFF_FFFF, 1])
  func whatIsWrittenReadsBack(longFrom mark: Int) throws {
    for host in [Self.host, MemoryWorld(files: [:]).host] {
      let file = ZipWriter(host, longFrom: mark).bytes(
        Self.arrays.map { ($0.name + ".npy", NumPyArray.bytes($0)) })
      let found = try NumPyArchive.read(file, Self.host)
      #expect(found.map(\.name) == Self.arrays.map(\.name))
      #expect(found.map(\.shape) == Self.arrays.map(\.shape))
      #expect(
        found[1].content
          == .numbers((0..<120).map { Double($0 / 7) }, missing: [], areIntegers: false))
      #expect(found[3].content == .numbers([1, 0, 1], missing: [], areIntegers: true))
      #expect(found[4].content == .words(["a", "béta"]))
    }
  }

  @Test func spoiledArchivesAreRefusedOrRead() throws {
    for text in [Self.compressed, Self.streamed] {
      let file = try Self.file(text)
      for count in 0..<file.count {
        #expect(throws: ZipError.self) {
          try NumPyArchive.read(Array(file.prefix(count)), Self.host)
        }
      }
      let whole = try NumPyArchive.read(file, Self.host)
      for place in file.indices {
        for change: UInt8 in [1, 0x80, 0xFF] {
          var spoiled = file
          spoiled[place] ^= change
          // What is read nevertheless are the same numbers: names and dates have no sum.
          guard let found = try? NumPyArchive.read(spoiled, Self.host) else { continue }
          let contents = found.map(\.content)
          #expect(contents == whole.map(\.content).filter(contents.contains), "byte \(place)")
        }
      }
    }
  }

  @Test func aSizeIsNotBelieved() throws {
    // The directory promises 2^32 - 2 bytes of the first entry, which its deflated bytes can't hold.
    var file = try Self.file(Self.compressed)
    let directory = try #require(
      file.indices.first { file[$0...].starts(with: [0x50, 0x4B, 0x01, 0x02]) })
    file.replaceSubrange(directory + 24..<directory + 28, with: [0xFE, 0xFF, 0xFF, 0xFF])
    #expect {
      try NumPyArchive.read(file, Self.host)
    } throws: { error in
      if case ZipError.wrongSize(_, _, promised: 0xFFFF_FFFE) = error { true } else { false }
    }
  }
}
