import NodalIR
import NodalOperations
package import NodalTypes

extension Lowering {
  /// How far an ode's right-hand side is from given slopes in given states: the mean square over samples and components, each over its scale.
  ///
  /// Declared parameters: times [samples], states [samples, n] with the ode's inputs behind them, slopes [samples, n], scales [n]. By unconstrained weights.
  package static func lowerCollocation(
    of ode: OdeInstance, sampleCount: Int, _ program: TypedProgram, lengths: [SizeVariable: Int]
  ) throws(LoweringFailure) -> LoweredProgram {
    let (size, width) = try widths(of: ode, program, lengths: lengths)
    let precision: ElementType = program.precision == .f32 ? .f32 : .f64
    var lowering = Lowering(
      program, lengths: lengths, parametrisation: .unconstrained,
      parameters: [
        ValueType(.f64, shape: [sampleCount]), ValueType(precision, shape: [sampleCount, width]),
        ValueType(precision, shape: [sampleCount, size]), ValueType(precision, shape: [size]),
      ])
    return try lowering.placing { (lowering) throws(IRError) in
      let given = lowering.scope.parameters
      let (results, _) = try lowering.mapRegion(
        sampleCount, over: [given[0], given[1]], kind: .plain
      ) { (lowering, slices) throws(IRError) in
        try lowering.bindGiven(ode, t: slices[0], states: slices[1])
        var parts: [Value] = []
        for state in ode.states {
          let rate = try lowering.array(state.derivative)
          parts.append(
            lowering.scope.builder.reshape(rate, to: [.fixed(try lowering.count(state.type))]))
        }
        return .array(lowering.scope.builder.concatenate(parts, axis: 0))
      }
      let scales = lowering.scope.builder.broadcast(
        given[3], to: [.fixed(sampleCount), .fixed(size)], axes: [1])
      let off = lowering.scope.builder.div(
        lowering.scope.builder.sub(results[0], given[2]), scales)
      let sum = lowering.scope.builder.reduce(
        .sum, lowering.scope.builder.square(off), axes: [0, 1])
      return try lowering.finish(
        [lowering.scope.builder.div(sum, Double(sampleCount * size))], declared: 4)
    }
  }
}
