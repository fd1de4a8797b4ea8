/// The methods for dy = f dt + G dW. Strong order is how the mean error of single paths falls with the step, weak order how that of means
/// of a function does.
package enum StochasticScheme: String, Sendable, Hashable, CaseIterable {
  case eulerMaruyama = "euler_maruyama"
  case milstein
  case srk

  var summary: String {
    switch self {
    case .eulerMaruyama:
      "Euler's method with noise, of any kind: strong order 1/2 (1 where it is additive), weak order 1; wants `dt` or `steps`"
    case .milstein:
      "for diagonal noise that depends on the state: strong order 1; wants `dt` or `steps`"
    case .srk: "stochastic Runge-Kutta (SRA1), strong order 3/2 for additive noise, of any kind"
    }
  }

  /// Where there is no noise.
  var order: Int {
    switch self {
    case .eulerMaruyama, .milstein: 1
    case .srk: 2
    }
  }

  /// The embedded method of `srk` is that of Euler and Maruyama, whose error in a step is of order 3/2 in its length, taken as 2.
  var estimateOrder: Int? {
    switch self {
    case .eulerMaruyama, .milstein: nil
    case .srk: 1
    }
  }

  /// Wants G ∂G/∂y, of diagonal noise.
  package var wantsDerivative: Bool {
    switch self {
    case .milstein: true
    case .eulerMaruyama, .srk: false
    }
  }

  /// Wants noise that doesn't depend on the state.
  package var wantsAdditive: Bool {
    switch self {
    case .srk: true
    case .eulerMaruyama, .milstein: false
    }
  }
}
