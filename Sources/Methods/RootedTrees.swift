/// All rooted trees up to an order, each as the multiset of its subtrees: the index set of the
/// order conditions (Butcher; Hairer, Nørsett and Wanner I, II.2). A tree's children come before
/// it, so one pass in order evaluates anything defined by recursion.
package struct RootedTrees: Sendable {
  package struct Tree: Sendable {
    /// Indices of the subtrees at the root, none larger than the one before.
    package let children: [Int]
    /// The number of vertices, r(t).
    package let order: Int
    /// The density, γ(t) = r(t) Π γ(children): at most 9! for the orders in use here.
    package let density: Double
  }

  package private(set) var trees: [Tree] = []

  /// 1, 1, 2, 4, 9, 20, 48, 115, 286 trees of orders 1 to 9.
  package init(upTo order: Int) {
    guard order >= 1 else { return }
    trees.append(Tree(children: [], order: 1, density: 1))
    for size in 2..<(max(order, 1) + 1) where size <= order {
      var forests: [[Int]] = []
      collect(remaining: size - 1, largest: trees.count - 1, chosen: [], into: &forests)
      for forest in forests {
        let density = forest.reduce(Double(size)) { $0 * trees[$1].density }
        trees.append(Tree(children: forest, order: size, density: density))
      }
    }
  }

  private func collect(
    remaining: Int, largest: Int, chosen: [Int], into forests: inout [[Int]]
  ) {
    if remaining == 0 {
      forests.append(chosen)
      return
    }
    for index in stride(from: largest, through: 0, by: -1) where trees[index].order <= remaining {
      collect(
        remaining: remaining - trees[index].order, largest: index, chosen: chosen + [index],
        into: &forests)
    }
  }
}
