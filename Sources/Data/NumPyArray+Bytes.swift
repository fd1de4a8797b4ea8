extension NumPyArray {
  /// The file of an array, row by row.
  package static func bytes(_ array: NumberArray) -> [UInt8] {
    bytes(type: array.element.numPyName, shape: array.shape, array.bytes)
  }

  static func bytes(type: String, shape lengths: [Int], _ data: [UInt8]) -> [UInt8] {
    let sizes = lengths.map { "\($0)," }.joined(separator: " ")
    let shape = lengths.count == 1 ? sizes : String(sizes.dropLast(sizes.isEmpty ? 0 : 1))
    var header = "{'descr': '\(type)', 'fortran_order': False, 'shape': (\(shape)), }"
    // The numbers begin at a multiple of 64; 10 bytes precede the header, a line end closes it.
    while (header.utf8.count + 11) % 64 != 0 { header += " " }
    header += "\n"
    return magic + [1, 0] + LittleEndian.bytes(header.utf8.count, 2) + Array(header.utf8) + data
  }

  /// The file of an array, row by row; words as Unicode scalars, as many for each as the longest has.
  package static func bytes(_ array: OutputArray) -> [UInt8] {
    switch array.values {
    case .f32(let values): return bytes(NumberArray(shape: array.shape, .f32(values)))
    case .f64(let values): return bytes(NumberArray(shape: array.shape, .f64(values)))
    case .i64(let values): return bytes(NumberArray(shape: array.shape, .i64(values)))
    case .bool(let values):
      return bytes(type: "|b1", shape: array.shape, values.map { $0 ? 1 : 0 })
    case .words(let words):
      let width = words.map(\.unicodeScalars.count).max() ?? 0
      let data = words.flatMap { word in
        word.unicodeScalars.flatMap { LittleEndian.bytes(Int($0.value), 4) }
          + [UInt8](repeating: 0, count: 4 * (width - word.unicodeScalars.count))
      }
      return bytes(type: "<U\(width)", shape: array.shape, data)
    }
  }
}
