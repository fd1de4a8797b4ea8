import NodalIR
import NodalMethods
import NodalOperations

/// Small pieces that both modes of differentiation are written with.
extension RegionBuilder {
  mutating func zeros(like value: Value) -> Value { constant(0, type(value)) }

  /// The sum of one or more values of one type.
  mutating func sum(_ terms: [Value]) -> Value {
    var total = terms[0]
    for term in terms.dropFirst() { total = add(total, term) }
    return total
  }

  func isZero(_ value: Value) -> Bool { constantValue(value)?.uniform == 0 }

  /// A result of a reduction, repeated along the axes that were reduced away.
  mutating func unreduced(_ y: Value, like x: Value, axes: [Int]) -> Value {
    let extents = type(x).extents
    return broadcast(y, to: extents, axes: extents.indices.filter { !axes.contains($0) })
  }

  /// The derivative of max or min: 1 at the extreme element, shared evenly where several are equal.
  mutating func extremeShare(_ reduction: Reduction, _ x: Value, _ result: Value) -> Value {
    let extreme = unreduced(result, like: x, axes: reduction.axes)
    let mask = convert(apply("eq", x, extreme), to: type(x).element)
    let count = unreduced(reduce(.sum, mask, axes: reduction.axes), like: x, axes: reduction.axes)
    return div(mask, count)
  }
}

extension Region {
  /// The same region with its parameters and results in another order; results may be left out.
  func reordered(parameters order: [Int], results: [Int]) throws(IRError) -> Region {
    var builder = RegionBuilder(parameters: order.map { parameterTypes[$0] })
    let given = builder.parameters
    var arguments = given
    for (new, old) in order.enumerated() { arguments[old] = given[new] }
    let values = builder.inline(self, arguments)
    return try builder.finish(results.map { values[$0] })
  }
}

extension Solve {
  /// The regions of its method's steps.
  func stepRegions() throws(IRError) -> StepRegions {
    guard let method = Method.named(settings.method) else {
      throw IRError("no method is named \(settings.method)")
    }
    return try StepBuilder.regions(method, StepProblem(self))
  }
}
