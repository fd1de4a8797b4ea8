import NodalIR

/// An order of the components of a sparse matrix that brings its entries near the diagonal: the one that they have, or that of Cuthill and
/// McKee (1969), turned around, whichever is the narrower.
enum BandOrder {
  /// - Parameter pattern: the columns of each row's entries.
  static func band(_ pattern: [[Int]]) -> Band {
    let natural = band(pattern, order: Array(pattern.indices))
    let other = band(pattern, order: reversedCuthillMcKee(pattern))
    return cost(other) < cost(natural) ? other : natural
  }

  private static func cost(_ band: Band) -> Int { band.below * (band.below + band.above) }

  private static func band(_ pattern: [[Int]], order: [Int]) -> Band {
    var place = [Int](repeating: 0, count: order.count)
    for (p, component) in order.enumerated() { place[component] = p }
    var (below, above) = (0, 0)
    for (row, columns) in pattern.enumerated() {
      for column in columns {
        below = max(below, place[row] - place[column])
        above = max(above, place[column] - place[row])
      }
    }
    return Band(order: order, below: below, above: above)
  }

  /// From a component at the rim outwards, neighbours of few neighbours first.
  private static func reversedCuthillMcKee(_ pattern: [[Int]]) -> [Int] {
    var sets = [Set<Int>](repeating: [], count: pattern.count)
    for (row, columns) in pattern.enumerated() {
      for column in columns where column != row {
        sets[row].insert(column)
        sets[column].insert(row)
      }
    }
    let neighbours = sets.map { set in
      set.sorted { (sets[$0].count, $0) < (sets[$1].count, $1) }
    }
    var isPlaced = [Bool](repeating: false, count: pattern.count)
    var order: [Int] = []
    for start in pattern.indices.sorted(by: { (sets[$0].count, $0) < (sets[$1].count, $1) })
    where !isPlaced[start] {
      let levels = Self.levels(from: rim(of: start, neighbours), neighbours)
      for component in levels.joined() {
        isPlaced[component] = true
        order.append(component)
      }
    }
    return order.reversed()
  }

  /// A component far away from others: one of the farthest, and from there again, while that leads farther.
  private static func rim(of start: Int, _ neighbours: [[Int]]) -> Int {
    var (rim, depth) = (start, 0)
    while true {
      let levels = Self.levels(from: rim, neighbours)
      guard levels.count > depth, let last = levels.last,
        let next = last.min(by: { neighbours[$0].count < neighbours[$1].count })
      else { return rim }
      (rim, depth) = (next, levels.count)
    }
  }

  /// The components at each distance from one, each level in the order of the one before.
  private static func levels(from start: Int, _ neighbours: [[Int]]) -> [[Int]] {
    var seen: Set<Int> = [start]
    var levels: [[Int]] = []
    var level = [start]
    while !level.isEmpty {
      levels.append(level)
      var next: [Int] = []
      for component in level {
        for other in neighbours[component] where seen.insert(other).inserted { next.append(other) }
      }
      level = next
    }
    return levels
  }
}
