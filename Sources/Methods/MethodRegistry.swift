package import NodalIR

/// Every method that the language has a name for, in the order of the manual.
package struct MethodEntry: Sendable {
  package enum Standing: Sendable {
    case available(Method)
    /// Another name for a method, until there is more to choose from.
    case alias(of: String)
  }

  package let name: String
  package let summary: String
  package let purpose: Method.Purpose
  package let standing: Standing

  /// The method, where there is one.
  package var method: Method? {
    switch standing {
    case .available(let method): method
    case .alias(let other): Method.named(other)
    }
  }
}

extension Method {
  /// The method of that name, `auto` included; nil for unknown names.
  package static func named(_ name: String) -> Method? {
    MethodEntry.named(name)?.method
  }

  /// The method that a solve asks for, of the order that its tolerances ask for.
  package static func serving(_ settings: SolverSettings) -> Method? {
    named(settings.method)?.serving(settings.stepping)
  }
}

extension MethodEntry {
  package static func named(_ name: String) -> MethodEntry? { all.first { $0.name == name } }

  /// All names, in order.
  package static var names: [String] { all.map(\.name) }

  package static let all: [MethodEntry] =
    [
      alias(
        "auto", of: "tsit5",
        "the default: `tsit5`, and `rodas5p` where the problem turns out to be stiff"),
      explicit(.euler, "Euler's method, order 1; wants `dt` or `steps`"),
      explicit(.midpoint, "the explicit midpoint rule, order 2(1)"),
      explicit(.heun, "Heun's method, the explicit trapezoidal rule, order 2(1)"),
      explicit(.rk4, "the classical Runge-Kutta method, order 4; wants `dt` or `steps`"),
      explicit(.bs3, "Bogacki and Shampine's pair of order 3(2), for loose tolerances"),
      explicit(.dopri5, "Dormand and Prince's pair of order 5(4)"),
      explicit(.tsit5, "Tsitouras' pair of order 5(4), for most problems"),
      explicit(.dopri8, "Prince and Dormand's pair of order 8(7), for tight tolerances"),
      explicit(
        .dop853, "Hairer's method of order 8(5,3), for tight tolerances and dense output of order 7"
      ),
      available(
        Method(
          name: "taylor",
          summary:
            "Taylor series of the right-hand side, the order chosen by tolerance, for tight ones",
          purpose: .explicit, family: .taylor(order: TaylorSteps.givenOrder))),
      stiff(
        .rosenbrock23, "Shampine and Reichelt's Rosenbrock pair of order 2(3), for loose tolerances"
      ),
      stiff(.rodas5p, "Steinebach's Rosenbrock method of order 5(4), for most stiff problems"),
      implicit(
        .kvaerno3, "Kværnø's singly diagonally implicit pair of order 3(2), for loose tolerances"),
      implicit(.kvaerno5, "Kværnø's singly diagonally implicit pair of order 5(4)"),
      available(
        Method(
          name: "radau5",
          summary: "the Radau IIA method of order 5, for stiff problems and many digits",
          purpose: .stiff, family: .radau)),
      available(
        Method(
          name: "bdf",
          summary:
            "backward differentiation formulas of variable order, 1 to 5, for stiff problems that are large",
          purpose: .stiff, family: .bdf)),
    ]
    + Composition.all.map { composition in
      available(
        Method(
          name: composition.name, summary: composition.summary, purpose: .structurePreserving,
          family: .leapfrog(composition)))
    }
    + ReversibleScheme.allCases.map { scheme in
      available(
        Method(
          name: scheme.rawValue, summary: scheme.summary, purpose: .structurePreserving,
          family: .reversible(scheme)))
    }
    + StochasticScheme.allCases.map { scheme in
      available(
        Method(
          name: scheme.rawValue, summary: scheme.summary, purpose: .stochastic,
          family: .stochastic(scheme)))
    }

  private static func available(_ method: Method) -> MethodEntry {
    MethodEntry(
      name: method.name, summary: method.summary, purpose: method.purpose,
      standing: .available(method))
  }

  private static func explicit(_ tableau: Tableau, _ summary: String) -> MethodEntry {
    available(
      Method(
        name: tableau.name, summary: summary, purpose: .explicit, family: .rungeKutta(tableau)))
  }

  private static func stiff(_ tableau: RosenbrockTableau, _ summary: String) -> MethodEntry {
    available(
      Method(
        name: tableau.name, summary: summary, purpose: .stiff, family: .rosenbrock(tableau)))
  }

  private static func implicit(
    _ tableau: DiagonallyImplicitTableau, _ summary: String
  ) -> MethodEntry {
    available(
      Method(
        name: tableau.name, summary: summary, purpose: .stiff,
        family: .diagonallyImplicit(tableau)))
  }

  private static func alias(_ name: String, of other: String, _ summary: String) -> MethodEntry {
    MethodEntry(name: name, summary: summary, purpose: .explicit, standing: .alias(of: other))
  }
}
