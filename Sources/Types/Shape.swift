/// A trailing axis that may be there or not: what `dense()` without a width leaves open.
package struct TailVariable: Hashable, Sendable {
  package let id: Int
  package init(id: Int) { self.id = id }
}

/// The lengths of an array's axes, outermost first; no axes is a scalar.
package struct Shape: Hashable, Sendable {
  package var sizes: [Size]
  /// Where it is set, one more axis may follow, or none.
  package var tail: TailVariable?

  package static let scalar = Shape([])

  package init(_ sizes: [Size], tail: TailVariable? = nil) {
    self.sizes = sizes
    self.tail = tail
  }
  package init(_ sizes: [Int]) { self.init(sizes.map { Size($0) }) }

  /// The number of axes that are certain.
  package var rank: Int { sizes.count }
  package var isScalar: Bool { sizes.isEmpty && tail == nil }

  /// All lengths as numbers, where they are known.
  package var values: [Int]? {
    guard tail == nil else { return nil }
    var result: [Int] = []
    for size in sizes {
      guard let value = size.value else { return nil }
      result.append(value)
    }
    return result
  }

  package func lifted(by leading: [Size]) -> Shape { Shape(leading + sizes, tail: tail) }
  package func dropping(_ count: Int) -> Shape { Shape(Array(sizes.dropFirst(count)), tail: tail) }
}

extension Shape: CustomStringConvertible {
  package var description: String {
    "[" + (sizes.map(\.description) + (tail == nil ? [] : ["?"])).joined(separator: ", ") + "]"
  }
}
