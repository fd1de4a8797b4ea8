/// A value inside one region: parameters are numbered first, then the results of the nodes in order.
package struct Value: Sendable, Hashable, Comparable {
  package var index: Int
  package init(_ index: Int) { self.index = index }
  package static func < (a: Value, b: Value) -> Bool { a.index < b.index }
}

/// Where a node came from: a number that the floor which made it can turn into a place in a source file.
package struct Origin: Sendable, Hashable {
  package var id: Int
  package init(_ id: Int) { self.id = id }
}

package struct Node: Sendable, Hashable {
  package var form: Form
  package var operands: [Value]
  /// Indices of the values that it defines.
  package var results: Range<Int>
  package var origin: Origin?

  package init(_ form: Form, _ operands: [Value], results: Range<Int>, origin: Origin?) {
    self.form = form
    self.operands = operands
    self.results = results
    self.origin = origin
  }
}

/// A closed piece of program in SSA form: it sees its parameters and nothing else.
///

package struct Region: Sendable, Hashable {
  package var types: [ValueType]
  package var parameterCount: Int
  package var nodes: [Node]
  package var results: [Value]

  package init(
    types: [ValueType] = [], parameterCount: Int = 0, nodes: [Node] = [], results: [Value] = []
  ) {
    self.types = types
    self.parameterCount = parameterCount
    self.nodes = nodes
    self.results = results
  }

  package var parameters: [Value] { (0..<parameterCount).map(Value.init) }
  package var parameterTypes: [ValueType] { Array(types.prefix(parameterCount)) }
  package var resultTypes: [ValueType] { results.map { types[$0.index] } }
  package subscript(value: Value) -> ValueType { types[value.index] }
}
