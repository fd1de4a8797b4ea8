import NodalIR
package import NodalTypes

extension Lowering {
  /// What learned terms read in given states: for each input of an ode that is standardised an array [samples, …].
  ///
  /// Declared parameters: times [samples] and states [samples, n], the ode's inputs behind them. Earlier states are taken to be the present ones.
  package static func lowerLearnedInputs(
    of ode: OdeInstance, sampleCount: Int, _ program: TypedProgram, lengths: [SizeVariable: Int]
  ) throws(LoweringFailure) -> LoweredProgram {
    let width = try widths(of: ode, program, lengths: lengths).withInputs
    let precision: ElementType = program.precision == .f32 ? .f32 : .f64
    var lowering = Lowering(
      program, lengths: lengths, parametrisation: .constrained,
      parameters: [
        ValueType(.f64, shape: [sampleCount]), ValueType(precision, shape: [sampleCount, width]),
      ])
    return try lowering.placing { (lowering) throws(IRError) in
      let (results, _) = try lowering.mapRegion(
        sampleCount, over: lowering.scope.parameters, kind: .plain
      ) { (lowering, slices) throws(IRError) in
        try lowering.bindGiven(ode, t: slices[0], states: slices[1])
        var values: [LoweredValue] = []
        for input in ode.standardized {
          values.append(.array(try lowering.array(input.value)))
        }
        return .tuple(values)
      }
      return try lowering.finish(results, declared: 2)
    }
  }

  /// How many numbers an ode's states are, and with its inputs behind them.
  static func widths(
    of ode: OdeInstance, _ program: TypedProgram, lengths: [SizeVariable: Int]
  ) throws(LoweringFailure) -> (states: Int, withInputs: Int) {
    var lowering = Lowering(
      program, lengths: lengths, parametrisation: .constrained, parameters: [])
    return try lowering.placing { (lowering) throws(IRError) in
      let states = try lowering.size(of: ode)
      var sum = states
      for input in ode.inputs { sum += try lowering.count(input.type) }
      return (states, sum)
    }
  }

  /// States and inputs as locals of the scope, cut out of a flat array; and what the equations bind.
  mutating func bindGiven(
    _ ode: OdeInstance, t: Value, states: Value
  ) throws(IRError) {
    try bindStates(ode, t: t, y: states)
    try bindEarlierStates(ode, past: nil)
    var place = try size(of: ode)
    for input in ode.inputs {
      guard let tensor = input.type.tensor else { throw IRError("an input of no type") }
      let range = place..<(place + (try count(input.type)))
      place = range.upperBound
      let extents = try extents(tensor.shape)
      let part = scope.builder.slice(states, axis: 0, range)
      scope.locals[input.local] = .array(scope.builder.reshape(part, to: extents))
      // Nothing is known of how it changes.
      scope.locals[input.rate] = .array(
        scope.builder.constant(.nan, ValueType(precision, extents)))
    }
    for bound in ode.bindings { scope.locals[bound.local] = try lower(bound.value) }
  }
}
