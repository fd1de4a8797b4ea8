/// Numbers of one type with a shape: what files of weights and arrays hold.
package struct NumberArray: Sendable, Equatable {
  package enum Values: Sendable, Equatable {
    case f32([Float])
    case f64([Double])
    case i64([Int64])
  }
  /// A type of numbers, and what the formats call it.
  enum Element: CaseIterable {
    case f32, f64, i64

    var numPyName: String {
      switch self {
      case .f32: "<f4"
      case .f64: "<f8"
      case .i64: "<i8"
      }
    }

    var safetensorsName: String {
      switch self {
      case .f32: "F32"
      case .f64: "F64"
      case .i64: "I64"
      }
    }

    var byteCount: Int {
      switch self {
      case .f32: 4
      case .f64, .i64: 8
      }
    }

    /// The numbers in little-endian bytes, whose number is a multiple of `byteCount`.
    func values(_ bytes: ArraySlice<UInt8>) -> Values {
      switch self {
      case .f32:
        .f32(NumberArray.words(bytes, as: UInt32.self).map(Float.init(bitPattern:)))
      case .f64:
        .f64(NumberArray.words(bytes, as: UInt64.self).map(Double.init(bitPattern:)))
      case .i64: .i64(NumberArray.words(bytes, as: Int64.self))
      }
    }
  }

  package var shape: [Int]
  package var values: Values

  var element: Element {
    switch values {
    case .f32: .f32
    case .f64: .f64
    case .i64: .i64
    }
  }

  package init(shape: [Int], _ values: Values) {
    self.shape = shape
    self.values = values
  }

  package var count: Int {
    switch values {
    case .f32(let values): return values.count
    case .f64(let values): return values.count
    case .i64(let values): return values.count
    }
  }

  /// As doubles. Integers beyond 2^53 lose their last digits.
  package var doubles: [Double] {
    switch values {
    case .f32(let values): return values.map(Double.init)
    case .f64(let values): return values
    case .i64(let values): return values.map(Double.init)
    }
  }

  /// The product of the sizes; nil when one is negative or the product overflows.
  package static func count(of shape: [Int]) -> Int? {
    var count = 1
    for size in shape {
      guard size >= 0 else { return nil }
      let product = count.multipliedReportingOverflow(by: size)
      if product.overflow { return nil }
      count = product.partialValue
    }
    return count
  }

  /// Little-endian bytes, row-major.
  var bytes: [UInt8] {
    func pack<T: FixedWidthInteger>(_ words: [T]) -> [UInt8] {
      var bytes: [UInt8] = []
      bytes.reserveCapacity(words.count * MemoryLayout<T>.size)
      for word in words {
        for shift in stride(from: 0, to: T.bitWidth, by: 8) {
          bytes.append(UInt8(truncatingIfNeeded: word >> T(shift)))
        }
      }
      return bytes
    }
    switch values {
    case .f32(let values): return pack(values.map(\.bitPattern))
    case .f64(let values): return pack(values.map(\.bitPattern))
    case .i64(let values): return pack(values)
    }
  }

  /// Little-endian words of `bytes`, whose number is a multiple of the word's size.
  static func words<T: FixedWidthInteger>(_ bytes: ArraySlice<UInt8>, as: T.Type) -> [T] {
    let size = MemoryLayout<T>.size
    return stride(from: bytes.startIndex, through: bytes.endIndex - size, by: size).map { start in
      var word: T = 0
      for offset in 0..<size {
        word |= T(truncatingIfNeeded: bytes[start + offset]) << T(8 * offset)
      }
      return word
    }
  }
}
