/// A value bound inside a typed expression: by a `let`, as a parameter of a body, as a state.
/// Unique in the whole environment, so that no two binders ever clash.
package struct LocalID: Hashable, Sendable, Comparable, CustomStringConvertible {
  package let rawValue: Int
  package init(_ rawValue: Int) { self.rawValue = rawValue }
  package static func < (a: LocalID, b: LocalID) -> Bool { a.rawValue < b.rawValue }
  package var description: String { "%\(rawValue)" }
}

/// A weight in `TypedProgram.weights`.
package struct WeightID: Hashable, Sendable, Comparable {
  package let rawValue: Int
  package init(_ rawValue: Int) { self.rawValue = rawValue }
  package static func < (a: WeightID, b: WeightID) -> Bool { a.rawValue < b.rawValue }
}

/// An ode as elaborated, in `TypedProgram.odes`.
package struct OdeID: Hashable, Sendable, Comparable {
  package let rawValue: Int
  package init(_ rawValue: Int) { self.rawValue = rawValue }
  package static func < (a: OdeID, b: OdeID) -> Bool { a.rawValue < b.rawValue }
}

/// A place in the program at which random numbers are drawn: part of their key.
package struct PlaceID: Hashable, Sendable {
  package let rawValue: Int
  package init(_ rawValue: Int) { self.rawValue = rawValue }
}
