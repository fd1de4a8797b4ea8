/// The three forms of netCDF's classic format. They differ in how wide the numbers of the header are.
package enum NetCDFVersion: UInt8 {
  case classic = 1
  case longOffsets = 2
  case longData = 5

  /// Bytes of a length or a count.
  var countWidth: Int {
    switch self {
    case .classic, .longOffsets: 4
    case .longData: 8
    }
  }

  /// Bytes of a place in the file.
  var offsetWidth: Int {
    switch self {
    case .classic: 4
    case .longOffsets, .longData: 8
    }
  }

  /// The oldest form that can hold variables of so many bytes, one after another: the more programs read it.
  /// - Parameter headerSize: an upper bound.
  package init(byteCounts: [Int], lengths: [Int], headerSize: Int, needsLongIntegers: Bool) {
    let most = 0xFFFF_FFFC
    let starts = byteCounts.dropLast().reduce(headerSize, +)
    if needsLongIntegers || byteCounts.contains(where: { $0 > most })
      || lengths.contains(where: { $0 > 0x7FFF_FFFC })
    {
      self = .longData
    } else {
      self = starts > 0x7FFF_FFFF ? .longOffsets : .classic
    }
  }
}
