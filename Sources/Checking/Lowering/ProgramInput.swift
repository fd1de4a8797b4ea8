package import NodalIR

/// What a lowered program wants to be given, besides its declared parameters.
package enum ProgramInput: Sendable, Hashable {
  /// A weight: its value, or, of a program that is to be trained, the unconstrained number behind it.
  case weight(WeightID)
  /// An array of a session value: the value's name, and the way to the array in it by fields (`["final", "θ"]`).
  case session(String, path: [String])
  /// i64[2]: what random draws are keyed by: seed and step, example.
  case randomKey
  /// i64: which member of a group the example is.
  case member(WeightGroup)
  /// i64[4]: of an example that is a window of an experiment, the rows of `windowStates` in which it and the next one begin, and for each of both whether
  /// there is such a row (else 0).
  case window
  /// f64: where the next window begins, in the time of a loss's solve, which is given by its number.
  case windowEnd(solve: Int)
  /// [rows, components]: a state of a loss's solve in which windows begin, in the state's unconstrained coordinates.
  case windowStates(solve: Int, state: Int)

  /// Whether each example has its own.
  package var isOfExample: Bool {
    switch self {
    case .randomKey, .member, .window, .windowEnd: true
    case .weight, .session, .windowStates: false
    }
  }
}

/// How an array of numbers is put together to a value of the language: what a program's results mean.
package indirect enum ValueLayout: Sendable, Hashable {
  case array(ValueType)
  case tuple([ValueLayout])
  case record([Named])
  case solution([Named])
  case text(String)
  case nothing

  package struct Named: Sendable, Hashable {
    package var name: String
    package var layout: ValueLayout
    package init(_ name: String, _ layout: ValueLayout) {
      self.name = name
      self.layout = layout
    }
  }
}

/// A typed expression as IR.
package struct LoweredProgram: Sendable {
  /// (declared parameters…, inputs…) → arrays of the result, in the order of `layout`.
  package var region: Region
  /// How many parameters were declared: the arrays of an example.
  package var declaredCount: Int
  package var inputs: [ProgramInput]
  package var layout: ValueLayout
  /// Places that nodes came from, by origin id.
  package var origins: [LoweredOrigin]

  /// Of each parameter of the region, whether each example has its own.
  package var isOfExample: [Bool] {
    Array(repeating: true, count: declaredCount) + inputs.map(\.isOfExample)
  }

  /// The region's parameter for an input.
  package func parameter(of input: ProgramInput) -> Int? {
    inputs.firstIndex(of: input).map { declaredCount + $0 }
  }
}
