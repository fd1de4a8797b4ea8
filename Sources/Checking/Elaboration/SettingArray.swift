/// The numbers of an array that is given from outside: `[1.5, 2]`, `[[1, 0], [0, 1]]`.
struct SettingArray {
  let shape: [Int]
  /// Row-major.
  let numbers: [Double]

  /// Nil for what is no such text, or has rows of unequal lengths.
  init?(_ text: String) {
    var rest = text.filter { !$0.isWhitespace && $0 != "_" }[...]
    guard rest.first == "[", let found = Self.read(&rest, depth: 0), rest.isEmpty else {
      return nil
    }
    (shape, numbers) = found
  }

  private static func read(_ text: inout Substring, depth: Int) -> (
    shape: [Int], numbers: [Double]
  )? {
    guard text.first == "[" else {
      let word = text.prefix { $0 != "," && $0 != "]" }
      text.removeFirst(word.count)
      return Double(word).map { ([], [$0]) }
    }
    guard depth < 16 else { return nil }
    text.removeFirst()
    var parts: [(shape: [Int], numbers: [Double])] = []
    while text.first != "]" {
      if !parts.isEmpty {
        guard text.first == "," else { return nil }
        text.removeFirst()
      }
      guard let part = read(&text, depth: depth + 1), part.shape == parts.first?.shape ?? part.shape
      else { return nil }
      parts.append(part)
    }
    text.removeFirst()
    return ([parts.count] + (parts.first?.shape ?? []), parts.flatMap(\.numbers))
  }
}
