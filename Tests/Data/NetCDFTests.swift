import Foundation
import NodalData
import Testing

/// The netCDF files that are written, beside one of another writer, and their header's numbers.
@Suite struct NetCDFTests {
  /// The same arrays, by scipy.io.netcdf_file (SciPy 1.17).
  static let other = """
    Q0RGAQAAAAAAAAAKAAAAAwAAAAF0AAAAAAAAAwAAAAN4XzAAAAAAAgAAAAt3b3JkX2xlbmd0aAAAAAACAAAADAAAAAIAAAALQ29u\
    dmVudGlvbnMAAAAAAgAAAAdDRi0xLjEwAAAAAAV0aXRsZQAAAAAAAAIAAAAGbS5ub2RlAAAAAAALAAAABQAAAAF4AAAAAAAAAgAA\
    AAAAAAABAAAADAAAAAEAAAAJbG9uZ19uYW1lAAAAAAAAAgAAAAZ4IG9mIGYAAAAAAAUAAAAYAAAB8AAAAAR3b3JkAAAAAgAAAAAA\
    AAACAAAADAAAAAEAAAAJbG9uZ19uYW1lAAAAAAAAAgAAAAR3b3JkAAAAAgAAAAgAAAIIAAAAAXQAAAAAAAABAAAAAAAAAAwAAAAC\
    AAAACWxvbmdfbmFtZQAAAAAAAAIAAAAGdCBvZiBmAAAAAAAFdW5pdHMAAAAAAAACAAAAAXMAAAAAAAAGAAAAGAAAAhAAAAABbgAA\
    AAAAAAEAAAAAAAAADAAAAAEAAAAJbG9uZ19uYW1lAAAAAAAAAgAAAAFuAAAAAAAABAAAAAwAAAIoAAAAAm9rAAAAAAABAAAAAAAA\
    AAwAAAABAAAACWxvbmdfbmFtZQAAAAAAAAIAAAACb2sAAAAAAAEAAAAEAAACND+AAABAAAAAQEAAAECAAABAoAAAQMAAAGEAYmNk\
    AAAAAAAAAAAAAAA/4AAAAAAAAD/wAAAAAAAAAAAAAf////4AAAADAQABgQ==
    """

  static let arrays = [
    OutputArray(
      name: "x", shape: [3, 2], .f32([1, 2, 3, 4, 5, 6]), axes: ["t", "x_0"], description: "x of f"),
    OutputArray(
      name: "word", shape: [3], .words(["a", "bc", "d"]), axes: ["t"], description: "word"),
    OutputArray(
      name: "t", shape: [3], .f64([0, 0.5, 1]), axes: ["t"], unit: "s", description: "t of f"),
    OutputArray(name: "n", shape: [3], .i64([1, -2, 3]), axes: ["t"], description: "n"),
    OutputArray(
      name: "ok", shape: [3], .bool([true, false, true]), axes: ["t"], description: "ok"),
  ]

  @Test func bytesAreThoseOfAnotherWriter() throws {
    let writer = try NetCDFWriter(
      Self.arrays, attributes: [("Conventions", "CF-1.10"), ("title", "m.node")])
    #expect(writer.bytes == Array(try #require(Data(base64Encoded: Self.other))))
  }

  @Test func longWholeNumbersWantTheNewerForm() throws {
    var array = Self.arrays[3]
    array.values = .i64([1, 1 << 40, 3])
    let bytes = try NetCDFWriter([array], attributes: []).bytes
    #expect(bytes.starts(with: [0x43, 0x44, 0x46, 5]))
    #expect(bytes.suffix(16) == [0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 3])
  }

  @Test func sizesChooseTheForm() {
    func form(_ counts: [Int], long: Bool = false) -> NetCDFVersion {
      NetCDFVersion(byteCounts: counts, lengths: counts, headerSize: 400, needsLongIntegers: long)
    }
    #expect(form([8, 1 << 30]) == .classic)
    #expect(form([1 << 30, 1 << 30, 8]) == .longOffsets)
    #expect(form([1 << 32]) == .longData)
    #expect(form([8], long: true) == .longData)
  }

  /// A reader takes a variable of an axis's name for the places along it.
  @Test func namesOfAxesAreNobodyElses() throws {
    let arrays = [
      OutputArray(
        name: "a", shape: [2, 3], .bool([Bool](repeating: true, count: 6)), axes: ["a", "b"],
        description: ""),
      OutputArray(
        name: "c/d", shape: [3], .bool([true, true, true]), axes: ["a"], description: ""),
    ]
    let text = String(decoding: try NetCDFWriter(arrays, attributes: []).bytes, as: UTF8.self)
    #expect(text.contains("a_\0") && text.contains("a__\0") && text.contains("c_d\0"))
  }

  @Test func nothingCantBeWritten() {
    let none = OutputArray(name: "x", shape: [0], .f64([]), axes: ["x_0"], description: "")
    #expect(throws: NetCDFWriter.Problem.nothing(array: "x")) {
      try NetCDFWriter([none], attributes: [])
    }
  }

  @Test func timesThatAllShareAreWrittenOnce() {
    func arrays(_ times: [Double]) -> [OutputArray] {
      [
        OutputArray(
          name: "t", shape: [2, 2], .f64(times), axes: ["trajectory", "sample"], description: ""),
        OutputArray(
          name: "x", shape: [2, 2], .f64(times), axes: ["trajectory", "sample"], description: ""),
      ].sharing(times: "t")
    }
    #expect(arrays([0, 1, 0, 1])[0].values == .f64([0, 1]))
    #expect(arrays([0, 1, 0, 1])[1].axes == ["trajectory", "t"])
    #expect(arrays([0, 1, 0, 2])[0].shape == [2, 2])
    #expect(arrays([0, .nan, 0, .nan])[0].shape == [2, 2])
  }
}
