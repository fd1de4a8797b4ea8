package import NodalIR

/// A system of ordinary differential equations, ready to be written as C.
package struct CSystem: Sendable {
  /// Numbers with a name: a state, a parameter, an input, an output.
  package struct Entry: Sendable {
    /// As the program calls it.
    package var name: String
    package var shape: [Int]
    /// `rad/s`; nil where there is none.
    package var unit: String?
    /// Of a parameter: what it is now, row by row.
    package var values: [Double]

    package init(_ name: String, shape: [Int], unit: String? = nil, values: [Double] = []) {
      self.name = name
      self.shape = shape
      self.unit = unit
      self.values = values
    }

    package var count: Int { shape.reduce(1, *) }
  }

  /// What a parameter of a region is given.
  package enum Binding: Sendable, Equatable {
    case time
    case state
    /// From this place on among the parameters, or the inputs.
    case parameters(Int)
    case inputs(Int)
    /// What nobody changes: the weights of a network.
    case constant([Double])
  }

  /// A function over the system: a region with one flat result.
  package struct Function: Sendable {
    package var region: Region
    package var bindings: [Binding]
    package init(_ region: Region, _ bindings: [Binding]) {
      self.region = region
      self.bindings = bindings
    }
  }

  /// As the program calls it; and the file, for the comment at the top.
  package var name: String
  package var program: String
  package var timeUnit: String?
  package var documentation: String?
  package var states: [Entry]
  package var parameters: [Entry]
  package var inputs: [Entry]
  package var outputs: [Entry]
  /// (t, y, p, u) → dy.
  package var slopes: Function
  /// (t, y, p, u) → outputs; nil where there are none.
  package var observed: Function?
  /// (p) → y; NaN where a state has no initial value of its own.
  package var initial: Function

  package init(
    name: String, program: String, timeUnit: String?, documentation: String?, states: [Entry],
    parameters: [Entry], inputs: [Entry], outputs: [Entry], slopes: Function, observed: Function?,
    initial: Function
  ) {
    self.name = name
    self.program = program
    self.timeUnit = timeUnit
    self.documentation = documentation
    self.states = states
    self.parameters = parameters
    self.inputs = inputs
    self.outputs = outputs
    self.slopes = slopes
    self.observed = observed
    self.initial = initial
  }
}

/// What comes of it: two files.
package struct CSource: Sendable {
  /// What names in them begin with, and what the files are called.
  package var prefix: String
  package var header: String
  package var source: String
}
