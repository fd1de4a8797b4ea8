import NodalIR
import NodalOperations
package import NodalTypes

/// Programs of an ode's equations in states that are given, not solved for.
///
/// Declared parameters: times [samples] and states [samples, n], the ode's inputs behind them. Earlier states are taken to be the present ones.
extension Lowering {
  /// What each term of an ode adds to each state's derivative: for each term and contribution an array [samples, …].
  package static func lowerContributions(
    of ode: OdeInstance, sampleCount: Int, _ program: TypedProgram, lengths: [SizeVariable: Int]
  ) throws(LoweringFailure) -> LoweredProgram {
    let values = ode.terms.flatMap { $0.contributions.map(\.value) }
    return try lower(values, of: ode, sampleCount: sampleCount, program, lengths: lengths)
  }

  /// What learned terms read: for each input of an ode that is standardised an array [samples, …].
  package static func lowerLearnedInputs(
    of ode: OdeInstance, sampleCount: Int, _ program: TypedProgram, lengths: [SizeVariable: Int]
  ) throws(LoweringFailure) -> LoweredProgram {
    let values = ode.standardized.map(\.value)
    return try lower(values, of: ode, sampleCount: sampleCount, program, lengths: lengths)
  }

  private static func lower(
    _ values: [TypedExpression], of ode: OdeInstance, sampleCount: Int, _ program: TypedProgram,
    lengths: [SizeVariable: Int]
  ) throws(LoweringFailure) -> LoweredProgram {
    var (lowering, _) = try begin(
      ode, sampleCount: sampleCount, of: program, lengths: lengths, .constrained)
    return try lowering.placing { (lowering) throws(IRError) in
      let results = try lowering.eachSample(values, of: ode, count: sampleCount)
      return try lowering.finish(results, declared: 2)
    }
  }

  /// How far an ode's right-hand side is from given slopes: the mean square over samples and components, each over its scale. By unconstrained weights.
  ///
  /// Behind the parameters that all have, slopes [samples, n] and scales [n].
  package static func lowerCollocation(
    of ode: OdeInstance, sampleCount: Int, _ program: TypedProgram, lengths: [SizeVariable: Int]
  ) throws(LoweringFailure) -> LoweredProgram {
    var (lowering, size) = try begin(
      ode, sampleCount: sampleCount, of: program, lengths: lengths, .unconstrained
    ) { [[sampleCount, $0], [$0]] }
    return try lowering.placing { (lowering) throws(IRError) in
      let given = lowering.scope.parameters
      let rates = try lowering.eachSample(
        ode.states.map(\.derivative), of: ode, count: sampleCount)
      var parts: [Value] = []
      for (state, rate) in zip(ode.states, rates) {
        let extents: [Extent] = [.fixed(sampleCount), .fixed(try lowering.count(state.type))]
        parts.append(lowering.scope.builder.reshape(rate, to: extents))
      }
      let whole = lowering.scope.builder.concatenate(parts, axis: 1)
      let scales = lowering.scope.builder.broadcast(
        given[3], to: [.fixed(sampleCount), .fixed(size)], axes: [1])
      let off = lowering.scope.builder.div(lowering.scope.builder.sub(whole, given[2]), scales)
      let sum = lowering.scope.builder.reduce(
        .sum, lowering.scope.builder.square(off), axes: [0, 1])
      return try lowering.finish(
        [lowering.scope.builder.div(sum, Double(sampleCount * size))], declared: given.count)
    }
  }

  // MARK: samples

  /// A root region with times and states declared, and behind them arrays whose shapes follow from how many numbers the states are.
  private static func begin(
    _ ode: OdeInstance, sampleCount: Int, of program: TypedProgram,
    lengths: [SizeVariable: Int], _ parametrisation: Parametrisation,
    others: (_ size: Int) -> [[Int]] = { _ in [] }
  ) throws(LoweringFailure) -> (Lowering, size: Int) {
    var sizes = Lowering(
      program, lengths: lengths, parametrisation: parametrisation, parameters: [])
    let (size, inputs) = try sizes.placing { (sizes) throws(IRError) in
      var inputs = 0
      for input in ode.inputs { inputs += try sizes.count(input.type) }
      return (try sizes.size(of: ode), inputs)
    }
    let shapes = [[sampleCount, size + inputs]] + others(size)
    let lowering = Lowering(
      program, lengths: lengths, parametrisation: parametrisation,
      parameters: [ValueType(.f64, shape: [sampleCount])]
        + shapes.map { ValueType(sizes.precision, shape: $0) })
    return (lowering, size)
  }

  /// Expressions of an ode in each of the samples: arrays [samples, …].
  private mutating func eachSample(
    _ values: [TypedExpression], of ode: OdeInstance, count: Int
  ) throws(IRError) -> [Value] {
    let given = scope.parameters
    let (results, _) = try mapRegion(count, over: [given[0], given[1]], kind: .plain) {
      (lowering, slices) throws(IRError) in
      try lowering.bindGiven(ode, t: slices[0], states: slices[1])
      var parts: [LoweredValue] = []
      for value in values { parts.append(.array(try lowering.array(value))) }
      return .tuple(parts)
    }
    return results
  }

  /// States and inputs as locals of the scope, cut out of a flat array; and what the equations bind.
  private mutating func bindGiven(
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
