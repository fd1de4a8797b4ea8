/// A type of NumPy's, as `descr` of a file's header gives it: `<f8`, `|b1`, `>U12`.
struct NumPyType: Equatable {
  enum Kind: Character, CaseIterable {
    case float = "f"
    case integer = "i"
    case unsigned = "u"
    case boolean = "b"
    /// Words of Unicode scalars, four bytes each, and words of bytes; zeros fill what is shorter.
    case scalars = "U"
    case bytes = "S"
  }

  let kind: Kind
  /// Bytes of an element.
  let width: Int
  let isBigEndian: Bool

  /// Nil for a type that isn't read.
  init?(_ text: Substring) {
    guard let order = text.first, "<>|=".contains(order),
      let kind = text.dropFirst().first.flatMap(Kind.init), let size = Int(text.dropFirst(2))
    else { return nil }
    switch kind {
    case .float: guard [2, 4, 8].contains(size) else { return nil }
    case .integer, .unsigned: guard [1, 2, 4, 8].contains(size) else { return nil }
    case .boolean: guard size == 1 else { return nil }
    case .scalars, .bytes: guard size >= 0, size <= 1 << 20 else { return nil }
    }
    self.kind = kind
    width = kind == .scalars ? 4 * size : size
    isBigEndian = order == ">"
  }

  /// What a type that isn't read holds, in words.
  static func words(_ type: String) -> (what: String, help: String) {
    switch type.drop(while: { "<>|=".contains($0) }).first {
    case "O":
      ("Python objects", "save numbers: numpy.array(a, dtype=float)")
    case "c":
      ("complex numbers", "save their parts: a.real and a.imag")
    case "M", "m":
      ("dates or durations", "save numbers: (a - a[0]) / numpy.timedelta64(1, 's')")
    case "V", "[":
      ("records", "save each of their fields as an array of its own")
    default: ("numbers of the type `\(type)`", "convert them: a.astype(float)")
    }
  }
}
