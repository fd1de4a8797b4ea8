import NodalBasics
import NodalData
import Testing

@Suite struct ArrayFileTests {
  let file = Safetensors(
    entries: [
      .init("net.dense_1.weight", NumberArray(shape: [2, 3], .f32([1, 2, 3, 4, 5, -.infinity]))),
      .init("θ'", NumberArray(shape: [], .f64([.pi]))),
      .init("steps", NumberArray(shape: [2], .i64([-1, .max]))),
      .init("empty", NumberArray(shape: [0, 4], .f64([]))),
    ],
    metadata: ["format": "nodal", "seed": "3"])

  @Test func whatIsWrittenReadsBack() throws {
    let again = try Safetensors(file.bytes)
    #expect(again.metadata == file.metadata)
    for entry in file.entries { #expect(again[entry.name] == entry.array) }
    #expect(again.bytes == file.bytes)
    #expect((file.bytes.count - 8 * 5) % 4 == 0)
  }

  private func header(_ text: String, data: Int = 8) -> [UInt8] {
    let bytes = Array(text.utf8)
    return (0..<8).map { UInt8(truncatingIfNeeded: bytes.count >> (8 * $0)) } + bytes
      + Array(repeating: 0, count: data)
  }

  @Test(arguments: [
    #"{"a":{"dtype":"F64","shape":[1],"data_offsets":[0,16]}}"#,
    #"{"a":{"dtype":"F64","shape":[1],"data_offsets":[8,0]}}"#,
    #"{"a":{"dtype":"F64","shape":[1],"data_offsets":[-8,0]}}"#,
    #"{"a":{"dtype":"F64","shape":[2],"data_offsets":[0,8]}}"#,
    #"{"a":{"dtype":"F64","shape":[-1],"data_offsets":[0,8]}}"#,
    #"{"a":{"dtype":"F64","shape":[4611686018427387904,4],"data_offsets":[0,8]}}"#,
    #"{"a":{"dtype":"F64","shape":[2305843009213693953],"data_offsets":[0,8]}}"#,
    #"{"a":{"dtype":"F8_E4M3","shape":[8],"data_offsets":[0,8]}}"#,
    #"{"a":{"dtype":"F64","shape":[1],"data_offsets":[0,8,9]}}"#,
    #"{"a":{"dtype":"F64","shape":[1.5],"data_offsets":[0,8]}}"#,
    #"{"a":{"dtype":"F64","shape":[1],"data_offsets":[0,1e300]}}"#,
    #"{"a":{"dtype":"F64","shape":[1],"data_offsets":[0,8]},"a":{"dtype":"F64","shape":[1],"data_offsets":[0,8]}}"#,
    #"{"a":{"dtype":"F64","shape":[1],"data_offsets":[0,8]},"b":{"dtype":"F32","shape":[1],"data_offsets":[4,8]}}"#,
    #"{"a":3}"#, #"[]"#, #"{"__metadata__":{"a":1}}"#, #"{"#, "",
  ])
  func hostileHeadersAreRefused(text: String) {
    #expect(throws: ArrayFileError.self) { try Safetensors(header(text)) }
  }

  @Test func cutAndSpoiledFilesDoNotTrap() {
    let bytes = file.bytes
    for count in 0..<bytes.count {
      #expect(throws: ArrayFileError.self) { try Safetensors(Array(bytes.prefix(count))) }
    }
    #expect(throws: ArrayFileError.self) {
      try Safetensors(Array(repeating: 0xFF, count: 64))
    }
    for round in 0..<5000 {
      let key = RandomKey(seed: 8, example: UInt32(round))
      var spoiled = bytes
      spoiled[key.integer(0, below: bytes.count)] = UInt8(key.integer(1, below: 256))
      _ = try? Safetensors(spoiled)
    }
  }

  @Test func npyRoundTrip() throws {
    for entry in file.entries {
      let bytes = NumPyArray.bytes(entry.array)
      if entry.array.count == 0 {
        #expect(throws: ArrayFileError.self) { try NumPyArray(bytes) }
      } else if entry.name != "steps" {
        let found = try NumPyArray(bytes).array()
        #expect(found.shape == entry.array.shape)
        #expect(
          found.content
            == .numbers(entry.array.doubles, missing: [], areIntegers: false))
      }
      for count in 0..<bytes.count {
        #expect(throws: ArrayFileError.self) { try NumPyArray(Array(bytes.prefix(count))) }
      }
      for round in 0..<2000 {
        let key = RandomKey(seed: 9, example: UInt32(round))
        var spoiled = bytes
        spoiled[key.integer(0, below: bytes.count)] = UInt8(key.integer(1, below: 256))
        _ = try? NumPyArray(spoiled).array()
      }
    }
    let text = String(decoding: NumPyArray.bytes(file.entries[0].array)[10..<74], as: UTF8.self)
    #expect(text.hasPrefix("{'descr': '<f4', 'fortran_order': False, 'shape': (2, 3), }"))
  }
}
