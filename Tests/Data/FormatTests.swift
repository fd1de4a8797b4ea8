import NodalBasics
import Testing

@Suite struct FormatTests {
  @Test(
    arguments: [
      (3, "3"), (-0.0, "0"), (0.1, "0.1"), (1e-5, "0.00001"), (1.5e-6, "1.5e-6"),
      (6.02e23, "6.02e23"), (123_456_789, "123456789"), (1e17, "1e17"), (.nan, "nan"),
      (.infinity, "inf"), (-.infinity, "-inf"), (-2.5, "-2.5"), (.leastNonzeroMagnitude, "5e-324"),
    ] as [(Double, String)])
  func shortest(x: Double, text: String) { #expect(NumberFormat.shortest(x) == text) }

  @Test func shortestReadsBack() {
    let key = RandomKey(seed: 3)
    for i in 0..<20_000 {
      let x = Double(bitPattern: key.bits(i))
      if x.isFinite { #expect(Double(NumberFormat.shortest(x)) == x) }
      let y = Float(bitPattern: UInt32(truncatingIfNeeded: key.bits(i)))
      if y.isFinite { #expect(Float(NumberFormat.shortest(y)) == y) }
    }
  }

  @Test(
    arguments: [
      (1 / 3.0, 4, "0.3333"), (2 / 3.0, 3, "0.667"), (0.00012345, 3, "0.000123"),
      (1.23456e-7, 3, "1.23e-7"), (999.96, 4, "1000"), (120_000, 2, "120000"),
      (12_345_678, 3, "1.23e7"), (0, 3, "0"), (-9.9999, 2, "-10"),
    ] as [(Double, Int, String)])
  func significant(x: Double, count: Int, text: String) {
    #expect(NumberFormat.significant(x, count) == text)
  }

  @Test(
    arguments: [
      (1.5, 2, "1.50"), (0.05, 0, "0"), (0.5, 0, "1"), (0.7, 0, "1"), (99.999, 2, "100.00"),
      (0.004, 2, "0.00"), (-0.004, 2, "0.00"), (1e20, 2, "1e20"), (0.00996, 3, "0.010"),
    ] as [(Double, Int, String)])
  func fixed(x: Double, decimals: Int, text: String) {
    #expect(NumberFormat.fixed(x, decimals: decimals) == text)
  }

  @Test func otherForms() {
    #expect(NumberFormat.engineering(12345) == "12.35e3")
    #expect(NumberFormat.engineering(4.5e-4) == "450e-6")
    #expect(NumberFormat.engineering(2) == "2")
    #expect(NumberFormat.engineering(0) == "0")
    #expect(NumberFormat.scientific(0.02284) == "2.28e-2")
    #expect(NumberFormat.scientific(1) == "1e0")
    #expect(NumberFormat.scientific(-99_999) == "-1e5")
    #expect(NumberFormat.scientific(0) == "0")
    #expect(NumberFormat.grouped(20000) == "20_000")
    #expect(NumberFormat.grouped(-1_234_567) == "-1_234_567")
    #expect(NumberFormat.grouped(1234) == "1234")
    #expect(NumberFormat.duration(seconds: 0.0042) == "4.2 ms")
    #expect(NumberFormat.duration(seconds: 200) == "3 min 20 s")
    #expect(NumberFormat.duration(seconds: 7500) == "2 h 05 min")
    #expect(NumberFormat.duration(seconds: .nan) == "?")
    #expect(NumberFormat.bytes(4_200_000) == "4.2 MB")
  }

  @Test func jsonReadsWhatItWrites() throws {
    let value = JSONValue.record([
      "a": .array([.integer(1), .number(2.5), .null, .bool(true)]),
      "θ'": .string("quote \" slash \\ line \n bell \u{7} 🌀"), "empty": .object([]),
    ])
    #expect(try JSONReader.read(value.text) == value)
    #expect(JSONValue.numbers([.nan, .infinity, 1]).text == #"["nan","inf",1]"#)
    #expect(try JSONReader.read(#""\ud83c\udf00\u00e9""#) == .string("🌀é"))
  }

  @Test(arguments: [
    "", "{", "[1,]", "{\"a\"}", "tru", "\"\\q\"", "\"abc", "1 2", "-", "+1", "1e", "[\"\\u12\"]",
    String(repeating: "[", count: 100_000), "\"\u{1}\"", "nan",
  ])
  func malformedJSONIsRefused(text: String) {
    #expect(throws: JSONReader.Failure.self) { try JSONReader.read(text) }
  }
}
