import NodalMethods
import Testing

@Suite("Tableaus")
struct MethodsTableauTests {
  /// What rounding of the published coefficients leaves of a residual: exact fractions and 30
  /// digits, but for dopri8, whose published fractions approximate the method to 1e-17.
  static func tolerance(_ tableau: Tableau) -> Double { tableau.name == "dopri8" ? 1e-15 : 1e-20 }

  @Test("rooted trees are counted as in the literature")
  func trees() {
    let trees = RootedTrees(upTo: 9).trees
    let counts = (1...9).map { order in trees.count { $0.order == order } }
    #expect(counts == [1, 1, 2, 4, 9, 20, 48, 115, 286])
    // Σ over trees of one order of (the number of monotonic labellings) / order! … the densest is
    // r!.
    let tall = (1...9).map { order in trees.filter { $0.order == order }.map(\.density).max() }
    #expect(tall == [1, 2, 6, 24, 120, 720, 5040, 40320, 362_880])
    let bushy = (1...9).map { order in trees.filter { $0.order == order }.map(\.density).min() }
    #expect(bushy == (1...9).map { Double($0) })
  }

  @Test("double-double keeps 30 digits")
  func doubleDouble() throws {
    let third = try #require(DoubleDouble("1/3"))
    let decimal = try #require(DoubleDouble("0.33333333333333333333333333333333333"))
    #expect((third - decimal).magnitude < 1e-31)
    let one = third * DoubleDouble(3) - .one
    #expect(one.magnitude < 1e-31)
    #expect(DoubleDouble("1e-3")?.value == 1e-3)
    #expect(DoubleDouble("-2187/6784")?.value == -2187.0 / 6784.0)
    for wrong in ["", "-", "1/0", "1/2/3", "a", "1e", "1e999", "1.2.3", "٣"] {
      #expect(DoubleDouble(wrong) == nil, "\(wrong)")
    }
  }

  @Test("row sums and counts", arguments: Tableau.all)
  func form(_ tableau: Tableau) {
    #expect(tableau.faults == [])
    #expect(tableau.rows.first?.isEmpty == true)
  }

  @Test(
    "order of implicit tableaus, and of the solutions in them",
    arguments: DiagonallyImplicitTableau.all)
  func implicitOrder(_ tableau: DiagonallyImplicitTableau) {
    #expect(tableau.faults == [])
    let rows = tableau.matrix.map { $0.map { DoubleDouble($0) } }
    let conditions = OrderConditions(rows: rows, upTo: tableau.order + 1)
    let count = tableau.stageCount
    for (row, order) in [(count - 1, tableau.order), (count - 2, tableau.estimateOrder)] {
      let residuals = conditions.residuals(weights: rows[row])
      #expect(residuals[..<order].allSatisfy { $0 < 2e-14 }, "\(residuals)")
      #expect(residuals[order] > 1e-6, "\(residuals)")
    }
  }

  @Test("a wrong digit is found")
  func wrongDigit() {
    let good = Tableau.dopri5
    var rows = good.rows
    rows[3][1] += DoubleDouble(1e-12)
    let bad = Tableau(
      name: "bad", order: 5, nodes: good.nodes, rows: rows, weights: good.weights,
      estimate: good.estimate, dense: good.dense)
    #expect(bad.faults.count == 1)
    rows[3][0] += DoubleDouble(-1e-12)
    let hidden = Tableau(
      name: "hidden", order: 5, nodes: good.nodes, rows: rows, weights: good.weights,
      estimate: good.estimate, dense: good.dense)
    #expect(hidden.faults == [])
    let residuals = OrderConditions(hidden, upTo: 5).residuals(weights: good.weights)
    #expect(OrderConditions.order(of: residuals, tolerance: 1e-14) < 5)
  }

  @Test("the order stated is the order of the conditions that hold", arguments: Tableau.all)
  func order(_ tableau: Tableau) {
    let conditions = OrderConditions(tableau, upTo: 9)
    let tolerance = Self.tolerance(tableau)
    let main = conditions.residuals(weights: tableau.weights)
    #expect(OrderConditions.order(of: main, tolerance: tolerance) == tableau.order, "\(main)")

    switch tableau.estimate {
    case .none: break
    case .embedded(let difference, let order):
      let embedded = subtract(tableau.weights, difference)
      let residuals = conditions.residuals(weights: embedded)
      #expect(OrderConditions.order(of: residuals, tolerance: tolerance) == order, "\(residuals)")
    case .fifthAndThird(let fifth, let third):
      for (difference, order) in [(fifth, 5), (third, 3)] {
        let residuals = conditions.residuals(weights: subtract(tableau.weights, difference))
        #expect(OrderConditions.order(of: residuals, tolerance: tolerance) == order)
      }
    }

    let dense = conditions.residuals(dense: tableau.dense)
    #expect(
      OrderConditions.order(of: dense, tolerance: tolerance) == tableau.dense.order, "\(dense)")
  }

  private func subtract(_ a: [DoubleDouble], _ b: [DoubleDouble]) -> [DoubleDouble] {
    (0..<max(a.count, b.count)).map { j in
      (j < a.count ? a[j] : .zero) - (j < b.count ? b[j] : .zero)
    }
  }

  @Test("the dense output joins its ends", arguments: Tableau.all)
  func ends(_ tableau: Tableau) {
    let dense = tableau.dense
    #expect(dense.weights(at: 0).allSatisfy { $0 == 0 })
    for (stage, end) in dense.weights(at: 1).enumerated() {
      let weight = stage < tableau.weights.count ? tableau.weights[stage].value : 0
      #expect(abs(end - weight) < 1e-12)
    }
    let smooth = ["bs3", "dopri5", "tsit5", "dopri8", "dop853"].contains(tableau.name)
    #expect(dense.hasContinuousDerivative(nextStepStage: tableau.nextStepStage) == smooth)
  }

  @Test("what is derived from the coefficients")
  func derived() {
    func facts(_ t: Tableau) -> [Int] {
      [t.stageCount, t.allStageCount, t.evaluationsPerStep, t.isFirstSameAsLast ? 1 : 0]
    }
    #expect(facts(.euler) == [1, 1, 1, 0])
    #expect(facts(.midpoint) == [2, 2, 2, 0])
    #expect(facts(.heun) == [2, 2, 2, 0])
    #expect(facts(.rk4) == [4, 4, 4, 0])
    #expect(facts(.bs3) == [4, 4, 3, 1])
    #expect(facts(.dopri5) == [7, 7, 6, 1])
    #expect(facts(.tsit5) == [7, 7, 6, 1])
    #expect(facts(.dopri8) == [13, 16, 13, 0])
    #expect(facts(.dop853) == [12, 16, 12, 0])
    #expect(Tableau.dop853.nextStepStage == 12)
    #expect(Tableau.dopri8.nextStepStage == 13)
  }

  /// The ends of the intervals of stability on the negative real axis, as the literature has them
  /// (Hairer and Wanner II, IV.2, for the first ones).
  @Test("stability on the real axis")
  func stability() {
    #expect(abs(Tableau.euler.realStability - 2) < 1e-6)
    #expect(abs(Tableau.heun.realStability - 2) < 1e-6)
    #expect(abs(Tableau.rk4.realStability - 2.785293563) < 1e-6)
    #expect(abs(Tableau.dopri5.realStability - 3.306567893) < 1e-6)
    #expect(abs(Tableau.dop853.realStability - 6.39366) < 1e-4)
  }
}
