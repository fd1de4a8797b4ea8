/// Methods for any system whose steps can be undone. A companion of the state, which is remembered from step to step, makes them so.
package enum ReversibleScheme: String, Sendable, Hashable, CaseIterable {
  case heun = "reversible_heun"
  case asynchronousLeapfrog = "asynchronous_leapfrog"

  var summary: String {
    switch self {
    case .heun:
      "Heun's method beside a leapfrog: algebraically reversible, order 2; wants `dt` or `steps`"
    case .asynchronousLeapfrog:
      "a leapfrog of the state and its slope: algebraically reversible, order 2; wants `dt` or `steps`"
    }
  }
}
