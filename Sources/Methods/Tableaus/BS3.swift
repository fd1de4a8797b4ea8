extension Tableau {
  /// Bogacki and Shampine's 3(2) pair. Dense output: the cubic Hermite interpolant of both ends,
  /// order 3.
  /// Source: P. Bogacki, L. F. Shampine, Appl. Math. Lett. 2(4), 321-325 (1989). Exact.
  package static let bs3 = Tableau(
    name: "bs3", order: 3,
    stages: """
      0:
      1/2: 1/2
      3/4: 0 3/4
      1: 2/9 1/3 4/9
      """,
    weights: "2/9 1/3 4/9 0",
    estimate: .embedded(weights: "7/24 1/4 1/3 1/8", order: 2),
    denseOrder: 3,
    dense: """
      1: 1 -4/3 5/9
      2: 0 1 -2/3
      3: 0 4/3 -8/9
      4: 0 -1 1
      """)
}
