extension Tableau {
  /// Euler's method, order 1. Dense output: the chord, order 1.
  /// Source: L. Euler, Institutiones calculi integralis (1768). Exact.
  package static let euler = Tableau(
    name: "euler", order: 1,
    stages: "0:",
    weights: "1",
    estimate: .none,
    denseOrder: 1,
    dense: "1: 1")
}
