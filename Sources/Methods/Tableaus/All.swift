extension Tableau {
  /// Every tableau, from the lowest order to the highest.
  package static let all: [Tableau] = [
    euler, midpoint, heun, rk4, bs3, dopri5, tsit5, dopri8, dop853,
  ]
}

extension Tableau: CustomStringConvertible {
  package var description: String { name }
}
