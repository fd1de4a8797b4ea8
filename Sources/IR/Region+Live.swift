extension Region {
  /// Which nodes lead to a result. The others needn't run: differentiation leaves many behind.
  package var liveNodes: [Bool] {
    var isUsed = [Bool](repeating: false, count: types.count)
    for result in results { isUsed[result.index] = true }
    var live = [Bool](repeating: false, count: nodes.count)
    for (position, node) in nodes.enumerated().reversed()
    where node.results.contains(where: { isUsed[$0] }) {
      live[position] = true
      for operand in node.operands { isUsed[operand.index] = true }
    }
    return live
  }

  /// The same without the nodes that no result needs.
  package func withoutDead() throws(IRError) -> Region {
    var live = liveNodes[...]
    return try rebuilt { (builder, node, operands) throws(IRError) in
      // Dead values get a stand-in that nothing reads.
      live.popFirst() == true
        ? builder.emit(node.form, operands) : node.results.map { _ in Value(-1) }
    }
  }

  /// Whether a result depends on a parameter, by its place.
  package func reads(_ parameter: Int) -> Bool {
    let value = parameters[parameter]
    return results.contains(value)
      || zip(nodes, liveNodes).contains { $1 && $0.operands.contains(value) }
  }
}
