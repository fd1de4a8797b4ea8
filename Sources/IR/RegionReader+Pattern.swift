extension AttributeReader {
  /// `band(below, above, [order])` or `sparse([where rows begin], [columns])`.
  mutating func pattern() throws(RegionTextError) -> MatrixPattern? {
    guard let item = attributes.items.removeValue(forKey: "pattern") else { return nil }
    guard case .call(let name, let items) = item else { throw error("a pattern wanted") }
    switch (name, items.count) {
    case ("band", 3):
      guard case .integer(let below) = items[0], case .integer(let above) = items[1], below >= 0,
        above >= 0, below <= RegionReader.longestExtent, above <= RegionReader.longestExtent,
        case .list(let list) = items[2]
      else { throw error("band(below, above, [order]) wanted") }
      return .band(Band(order: try places(list, of: "a component"), below: below, above: above))
    case ("sparse", 2):
      guard case .list(let first) = items[0], case .list(let second) = items[1] else {
        throw error("sparse([where rows begin], [columns]) wanted")
      }
      let columns = try places(second, of: "a column")
      guard
        let pattern = SparsePattern(
          starts: try places(first, of: "a place"), columns: columns)
      else { throw error("rows of ascending columns wanted, each with that of the diagonal") }
      return .sparse(pattern)
    default: throw error("band(…) or sparse(…) wanted")
    }
  }
}
