import NodalChecking
import NodalData
import NodalExecution
import NodalIR
import NodalTransforms

/// Regions for one example, run for many.
extension LossEvaluator {
  /// What a program for examples is given: their arrays, then its inputs.
  func arguments(
    _ lowered: LoweredProgram, _ vector: [Double], step: Int, _ group: ExampleGroup
  ) throws -> [Tensor] {
    let inputs = try bind(lowered, vector, step: step, group)
    return zip(try group.arrays(of: loss), lowered.region.parameterTypes).map {
      Tensor($1.element, shape: $0.shape, $0.numbers)
    } + inputs
  }

  /// What a region for one example gives for each of a group, where its parameters are those of a program: for each example its results.
  func eachExample(
    of region: Region, _ lowered: LoweredProgram, _ vector: [Double], _ group: ExampleGroup
  ) throws -> [[Tensor]] {
    let mapped = lowered.isOfExample
    var builder = RegionBuilder(parameters: region.parameterTypes.withLanes(mapped))
    let each = builder.emit(
      .map(Map(extent: .lane, mapped: mapped, body: region)), builder.parameters)
    let runner = try session.compile(
      try builder.finish(each), .evaluation, runsOnce: true, lanes: group.count)
    let arguments = try arguments(lowered, vector, step: 0, group)
    let results = try session.perform(lowered) { () throws(ExecutionError) in
      try runner.run(arguments, lanes: group.count, session.batchOptions).0
    }
    return (0..<group.count).map { lane in
      results.map { tensor in
        let width = tensor.count / group.count
        return Tensor(
          .f64, shape: Array(tensor.shape.dropFirst()),
          Array(tensor.numbers[(lane * width)..<((lane + 1) * width)]))
      }
    }
  }
}

extension [ValueType] {
  /// Parameters of a region for many examples: those that each example has its own of get an axis of lanes.
  func withLanes(_ isOfExample: [Bool]) -> [ValueType] {
    zip(self, isOfExample).map { $1 ? $0.prepending(.lane) : $0 }
  }
}
