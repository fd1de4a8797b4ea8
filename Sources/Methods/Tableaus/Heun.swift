extension Tableau {
  /// Heun's method (the explicit trapezoidal rule), order 2, with Euler's method embedded. Dense
  /// output: the parabola of order 2, the integral of the line through both slopes.
  /// Source: K. Heun, Z. Math. Phys. 45 (1900). Exact.
  package static let heun = Tableau(
    name: "heun", order: 2,
    stages: """
      0:
      1: 1
      """,
    weights: "1/2 1/2",
    estimate: .embedded(weights: "1 0", order: 1),
    denseOrder: 2,
    dense: """
      1: 1 -1/2
      2: 0 1/2
      """)
}
