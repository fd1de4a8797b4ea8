/// A file (or a line at the prompt) as checked.
package struct TypedProgram: Sendable {
  package enum Precision: String, Sendable, Hashable { case f32, f64 }

  package var precision: Precision
  package var seed: Int
  /// In order of execution.
  package var statements: [TypedStatement]
  /// Every weight of the environment, by id.
  package var weights: [WeightID: Weight]
  /// Every ode that was elaborated, by id.
  package var odes: [OdeID: OdeInstance]
  /// Declared things whose meaning changed because something they read was redefined.
  package var redefined: [Redefinition]

  /// Nothing: what a session starts with.
  package static let empty = TypedProgram(
    precision: .f64, seed: 0, statements: [], weights: [:], odes: [:], redefined: [])
}

/// A name that got a new meaning, and what was elaborated anew because of it. Learned weights whose
/// path and shape persist keep their values.
package struct Redefinition: Sendable, Hashable {
  package var name: String
  package var dependants: [String]
  package init(name: String, dependants: [String]) {
    self.name = name
    self.dependants = dependants
  }
}
