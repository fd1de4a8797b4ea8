/// How far a tableau is from the order conditions Σ bᵢ Φᵢ(t) = 1/γ(t), in double-double arithmetic.
package struct OrderConditions: Sendable {
  let trees: [RootedTrees.Tree]
  /// Φᵢ(t) for each tree and stage.
  let stageWeights: [[DoubleDouble]]
  package let highestOrder: Int

  /// Cost: trees × stages² double-double operations; 200 trees up to order 8, 486 up to 9.
  package init(_ tableau: Tableau, upTo order: Int) {
    self.init(rows: tableau.rows, upTo: order)
  }

  /// Of Butcher's matrix by its rows, explicit or not; what a row leaves out is zero.
  package init(rows: [[DoubleDouble]], upTo order: Int) {
    let all = RootedTrees(upTo: order).trees
    var weights: [[DoubleDouble]] = []
    // Σⱼ aᵢⱼ Φⱼ(t): what the tree contributes as a subtree.
    var asSubtree: [[DoubleDouble]] = []
    for tree in all {
      var product = [DoubleDouble](repeating: .one, count: rows.count)
      for child in tree.children {
        for i in product.indices { product[i] = product[i] * asSubtree[child][i] }
      }
      asSubtree.append(
        rows.map { row in
          var sum = DoubleDouble.zero
          for (j, a) in row.enumerated() where !a.isZero { sum += a * product[j] }
          return sum
        })
      weights.append(product)
    }
    trees = all
    stageWeights = weights
    highestOrder = order
  }

  private func sum(_ vector: [DoubleDouble], _ tree: Int) -> DoubleDouble {
    var sum = DoubleDouble.zero
    for (j, b) in vector.enumerated() where !b.isZero { sum += b * stageWeights[tree][j] }
    return sum
  }

  /// The largest residual at each order, the first entry for order 1.
  package func residuals(weights: [DoubleDouble]) -> [Double] {
    var largest = [Double](repeating: 0, count: highestOrder)
    for (index, tree) in trees.enumerated() {
      let residual = sum(weights, index) - DoubleDouble.one / DoubleDouble(tree.density)
      largest[tree.order - 1] = max(largest[tree.order - 1], residual.magnitude)
    }
    return largest
  }

  /// The largest residual at each order of the conditions Σ bᵢ(θ) Φᵢ(t) = θ^r(t) / γ(t), compared
  /// as polynomials in θ: coefficient by coefficient.
  package func residuals(dense: DenseOutput) -> [Double] {
    let degree = max(dense.degree, highestOrder)
    var largest = [Double](repeating: 0, count: highestOrder)
    for power in 1...max(degree, 1) {
      let column = dense.polynomials.map { power <= $0.count ? $0[power - 1] : .zero }
      for (index, tree) in trees.enumerated() {
        var residual = sum(column, index)
        if power == tree.order {
          residual = residual - DoubleDouble.one / DoubleDouble(tree.density)
        }
        largest[tree.order - 1] = max(largest[tree.order - 1], residual.magnitude)
      }
    }
    return largest
  }

  /// The order up to which all residuals are below the tolerance.
  package static func order(of residuals: [Double], tolerance: Double) -> Int {
    residuals.firstIndex { !($0 <= tolerance) } ?? residuals.count
  }
}
