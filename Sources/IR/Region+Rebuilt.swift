extension Region {
  /// The region made anew through a builder: what a pass does that leaves most nodes as they are.
  ///
  /// `remake` is given each node in turn, with its operands as they have become, and emits what stands in its place: as many
  /// values as the node has results. Origins are kept.
  package func rebuilt(
    _ remake: (inout RegionBuilder, Node, [Value]) throws(IRError) -> [Value]
  ) throws(IRError) -> Region {
    var builder = RegionBuilder(parameters: parameterTypes)
    let results = try builder.remake(self, builder.parameters, remake)
    return try builder.finish(results)
  }
}

extension RegionBuilder {
  /// Makes a region's nodes in here, its parameters replaced, and gives what its results are here.
  ///
  /// A node without an origin of its own comes from where the builder is.
  mutating func remake<Failure: Error>(
    _ inner: Region, _ arguments: [Value],
    _ remake: (inout RegionBuilder, Node, [Value]) throws(Failure) -> [Value]
  ) throws(Failure) -> [Value] {
    var values = arguments
    values.reserveCapacity(inner.types.count)
    let outer = origin
    defer { origin = outer }
    for node in inner.nodes {
      origin = node.origin ?? outer
      values += try remake(&self, node, node.operands.map { values[$0.index] })
    }
    return inner.results.map { values[$0.index] }
  }

  /// A node's results; one with a single result that is already there is used again.
  package mutating func values(_ form: Form, _ operands: [Value]) -> [Value] {
    form.resultCount == 1 ? [value(form, operands)] : emit(form, operands)
  }
}
