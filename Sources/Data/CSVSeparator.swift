/// What stands between the cells of a line.
package enum CSVSeparator: Sendable, Hashable, CaseIterable {
  case comma
  case semicolon
  case tab
  case bar
  /// Any number of spaces and tabs, as MATLAB's and Fortran's tables have.
  case blanks

  /// The byte that separates; nil for blanks.
  package var byte: UInt8? {
    switch self {
    case .comma: return UInt8(ascii: ",")
    case .semicolon: return UInt8(ascii: ";")
    case .tab: return UInt8(ascii: "\t")
    case .bar: return UInt8(ascii: "|")
    case .blanks: return nil
    }
  }

  /// As a program writes it.
  package var spelling: String {
    switch self {
    case .comma: return ","
    case .semicolon: return ";"
    case .tab: return "\t"
    case .bar: return "|"
    case .blanks: return " "
    }
  }

  func matches(_ byte: UInt8) -> Bool {
    if let own = self.byte { return byte == own }
    return byte.isBlank
  }

  /// The separator that cuts the first lines into the most even rows of two or more cells; the
  /// comma when none does.
  package static func detected(in source: [UInt8], from start: Int) -> CSVSeparator {
    let lines = sample(source, from: start)
    var best = CSVSeparator.comma
    var bestScore = 0
    for candidate in allCases {
      let counts = lines.map { candidate.count(in: source[$0]) }
      guard let first = counts.first, first > 0 else { continue }
      let even = counts.filter { $0 == first }.count
      // Words in a header are no columns: blanks must cut every line alike. A comma in cells
      // (decimal commas) is likewise no separator where the header has none.
      if candidate == .blanks, even < counts.count { continue }
      if even > bestScore {
        best = candidate
        bestScore = even
      }
    }
    return best
  }

  /// The first 20 lines that are neither comments nor blank; a quoted line end cuts one in two,
  /// which costs a detection some evenness and nothing else.
  private static func sample(_ source: [UInt8], from start: Int) -> [Range<Int>] {
    var lines: [Range<Int>] = []
    var at = start
    while at < source.count, lines.count < 20, at - start < 1 << 20 {
      var end = at
      while end < source.count, !source[end].isLineEnd { end += 1 }
      var first = at
      while first < end, source[first].isBlank { first += 1 }
      if first < end, source[first] != .hash, source[first] != .percent { lines.append(at..<end) }
      at = end + 1
    }
    return lines
  }

  private func count(in line: ArraySlice<UInt8>) -> Int {
    var count = 0
    var quoted = false
    var wasBlank = true
    for byte in line {
      if byte == .quote { quoted.toggle() }
      let isMine = !quoted && matches(byte)
      if self == .blanks {
        if !isMine, wasBlank { count += 1 }
        wasBlank = isMine
      } else if isMine {
        count += 1
      }
    }
    return self == .blanks ? count - 1 : count
  }
}
