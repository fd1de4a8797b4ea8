extension Tableau {
  /// The explicit midpoint rule, order 2, with Euler's method embedded. Dense output: the one
  /// parabola of order 2 in the two stages.
  /// Source: C. Runge, Math. Ann. 46 (1895). Exact.
  package static let midpoint = Tableau(
    name: "midpoint", order: 2,
    stages: """
      0:
      1/2: 1/2
      """,
    weights: "0 1",
    estimate: .embedded(weights: "1 0", order: 1),
    denseOrder: 2,
    dense: """
      1: 1 -1
      2: 0 1
      """)
}
