import NodalDiagnostics
import NodalIR
import NodalOperations
package import NodalTypes

/// An ode as functions of time, state and inputs: what leaves the language.
package struct LoweredEquations: Sendable {
  /// (t, flat state, an array for each of `inputs`…, weights…) → flat slopes.
  package var slopes: LoweredProgram
  /// The same parameters → outputs, one behind the other; nil where there are none.
  package var outputs: LoweredProgram?
  /// (weights…) → the flat state at the beginning, NaN where nothing says it.
  package var initial: LoweredProgram
  /// The inputs, each that is differentiated followed by its rate.
  package var inputs: [(name: String, type: Type)]
}

extension Lowering {
  package static func lowerEquations(
    _ ode: OdeInstance, of program: TypedProgram, lengths: [SizeVariable: Int]
  ) throws(LoweringFailure) -> LoweredEquations {
    var inputs: [(name: String, type: Type)] = []
    for input in ode.inputs {
      inputs.append((input.name, input.type))
      if input.isDifferentiated { inputs.append((input.name + "'", input.type)) }
    }
    func begin(_ types: [ValueType]) -> Lowering {
      Lowering(program, lengths: lengths, parametrisation: .constrained, parameters: types)
    }
    var sizes = begin([])
    let given = try sizes.placing { (lowering) throws(IRError) in
      var given = [
        ValueType.time, ValueType(lowering.precision, shape: [try lowering.size(of: ode)]),
      ]
      for input in inputs { given += try lowering.leafTypes(input.type) }
      return given
    }
    func make(
      _ values: [TypedExpression], binding: Bool
    ) throws(LoweringFailure) -> LoweredProgram {
      var lowering = begin(binding ? given : [])
      return try lowering.placing { (lowering) throws(IRError) in
        if binding { try lowering.bindFromOutside(ode) }
        var parts: [Value] = []
        for value in values {
          let part = lowering.flat(try lowering.array(value))
          parts.append(lowering.scope.builder.convert(part, to: lowering.precision))
        }
        return try lowering.finish(
          [lowering.scope.builder.concatenate(parts, axis: 0)], declared: binding ? given.count : 0)
      }
    }
    let nothing = ode.states.map { state in
      state.initial
        ?? TypedExpression(
          .broadcast(TypedExpression(.number(.nan), .real, state.span)), state.type, state.span)
    }
    return LoweredEquations(
      slopes: try make(ode.states.map(\.derivative), binding: true),
      outputs: ode.outputs.isEmpty ? nil : try make(ode.outputs.map(\.value), binding: true),
      initial: try make(nothing, binding: false), inputs: inputs)
  }

  /// Time, states and inputs from the parameters of a root region.
  private mutating func bindFromOutside(_ ode: OdeInstance) throws(IRError) {
    var rest = scope.parameters.dropFirst(2)
    for input in ode.inputs {
      if let value = rest.popFirst() { scope.locals[input.local] = .array(value) }
      if input.isDifferentiated, let rate = rest.popFirst() {
        scope.locals[input.rate] = .array(rate)
      }
    }
    var closed = ode
    closed.inputs = []
    try bindEquations(closed, t: scope.parameters[0], y: scope.parameters[1])
  }
}
