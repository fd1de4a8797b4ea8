/// Names of headings in links, `language.md#one-value-per-experiment`, as GitHub makes them of a heading's text.
package struct Anchors: Sendable {
  /// Those so far, in order.
  package private(set) var names: [String] = []

  package init() {}

  /// The name of a further heading: the second of one text is `text-1`.
  package mutating func next(for heading: String) -> String {
    let name = Self.name(of: heading)
    var unique = name
    var count = 0
    while names.contains(unique) {
      count += 1
      unique = "\(name)-\(count)"
    }
    names.append(unique)
    return unique
  }

  /// Small letters, digits, `_` and `-` stay; blanks become `-`; all else goes.
  private static func name(of heading: String) -> String {
    var name = ""
    for scalar in heading.lowercased().unicodeScalars {
      if scalar == " " {
        name += "-"
      } else if scalar == "-" || scalar == "_" || scalar.properties.isAlphabetic
        || scalar.properties.generalCategory == .nonspacingMark
        || scalar.properties.numericType != nil
      {
        name.unicodeScalars.append(scalar)
      }
    }
    return name
  }
}
