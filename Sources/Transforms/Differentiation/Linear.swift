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
}

extension Region {
  /// The constant that a result is, if it is one.
  func constantResult(_ i: Int) -> Constant? {
    guard case .constant(let constant)? = definition(of: results[i])?.form else { return nil }
    return constant
  }

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
    try StepBuilder.regions(method(), StepProblem(self))
  }

  /// Type of the dense record of its method's steps, for one trajectory.
  func stepRecord() throws(IRError) -> ValueType {
    try StepBuilder.record(method(), StepProblem(self))
  }

  private func method() throws(IRError) -> Method {
    guard let method = Method.serving(settings) else {
      throw IRError("no method is named \(settings.method)")
    }
    return method
  }
}
