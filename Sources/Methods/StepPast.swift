import NodalIR
import NodalOperations

/// Earlier states among the parameters of a step's regions: rows of all delays for each node, a share of the step, one behind the other.
struct StepPast {
  /// Its place among the parameters p….
  let place: Int
  /// How many numbers there are for a node.
  let length: Int
  /// Each once.
  let nodes: [Double]

  /// nil for a problem without delays.
  init?(_ problem: StepProblem, _ types: StepProblem.Types, nodes wanted: [Double]) {
    guard let delays = problem.delays else { return nil }
    place = delays.past
    length = types.parameters[delays.past].extents.last?.fixedLength ?? 0
    var nodes: [Double] = []
    for node in wanted where !nodes.contains(node) { nodes.append(node) }
    self.nodes = nodes
  }

  /// The parameters p… of a step's regions.
  func types(_ types: StepProblem.Types) -> [ValueType] {
    var parameters = types.parameters
    let single = parameters[place]
    parameters[place] = ValueType(
      single.element, single.extents.dropLast() + [.fixed(nodes.count * length)])
    return parameters
  }
}

extension StepArithmetic {
  /// The parameters of the right-hand side at a node of the step, of those of the step.
  mutating func parameters(_ shared: [Value], at node: Double, _ past: StepPast?) -> [Value] {
    guard let past, let n = past.nodes.firstIndex(of: node) else { return shared }
    var own = shared
    own[past.place] = builder.slice(
      shared[past.place], axis: types.axis, (n * past.length)..<((n + 1) * past.length))
    return own
  }
}
