extension Tableau {
  /// The classical Runge-Kutta method, order 4. Dense output of order 3 from the four stages alone
  /// (Hairer, Nørsett and Wanner I, II.6); it is continuous, its derivative is not: a cubic Hermite
  /// would cost an evaluation at the end of each step, for the same order.
  /// Source: W. Kutta, Z. Math. Phys. 46 (1901). Exact.
  package static let rk4 = Tableau(
    name: "rk4", order: 4,
    stages: """
      0:
      1/2: 1/2
      1/2: 0 1/2
      1: 0 0 1
      """,
    weights: "1/6 1/3 1/3 1/6",
    estimate: .none,
    denseOrder: 3,
    dense: """
      1: 1 -3/2 2/3
      2: 0 1 -2/3
      3: 0 1 -2/3
      4: 0 -1/2 2/3
      """)
}
