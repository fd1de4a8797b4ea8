package import NodalIR
import NodalOperations

/// Rebuilds a region through the builder's peepholes (x + 0, x·1, constants folded, equal nodes made once), then drops what no
/// result needs. Inner regions are simplified too.
///
/// Values don't change, not even in the last bit, except that 0·x is 0 where x is not finite.
package enum Simplify {
  package static func run(_ region: Region) throws(IRError) -> Region {
    try dropDead(try rebuild(region))
  }

  private static func rebuild(_ region: Region) throws(IRError) -> Region {
    var builder = RegionBuilder(parameters: region.parameterTypes)
    var values = builder.parameters
    for node in region.nodes {
      builder.origin = node.origin
      let operands = node.operands.map { values[$0.index] }
      switch node.form {
      case .elementwise(let schema):
        values.append(builder.apply(try Operations.row(of: schema), operands))
      case .layout(.broadcast(let extents, let axes)):
        values.append(builder.broadcast(operands[0], to: extents, axes: axes))
      case .layout(.reshape(let extents)):
        values.append(builder.reshape(operands[0], to: extents))
      case .select:
        values.append(builder.select(operands[0], operands[1], operands[2]))
      case .convert(let element):
        values.append(builder.convert(operands[0], to: element))
      case .constant, .reduce, .contract, .layout, .gather, .scatter, .random:
        values.append(builder.value(node.form, operands))
      case .branch, .scan, .map, .derivative, .solve, .interpolate:
        let form = try node.form.mapRegions { (inner) throws(IRError) in try run(inner) }
        values += builder.emit(form, operands)
      }
    }
    return try builder.finish(region.results.map { values[$0.index] })
  }

  private static func dropDead(_ region: Region) throws(IRError) -> Region {
    var isLive = [Bool](repeating: false, count: region.types.count)
    for result in region.results { isLive[result.index] = true }
    for node in region.nodes.reversed() where node.results.contains(where: { isLive[$0] }) {
      for operand in node.operands { isLive[operand.index] = true }
    }
    var builder = RegionBuilder(parameters: region.parameterTypes)
    // Dead values get a stand-in that nothing reads.
    var values = builder.parameters
    for node in region.nodes {
      guard node.results.contains(where: { isLive[$0] }) else {
        values += node.results.map { _ in Value(-1) }
        continue
      }
      builder.origin = node.origin
      values += builder.emit(node.form, node.operands.map { values[$0.index] })
    }
    return try builder.finish(region.results.map { values[$0.index] })
  }
}

extension Operations {
  /// The row of an op in a graph; a graph with an op that is in no row is wrong.
  static func row(of schema: OpSchema) throws(IRError) -> OpRow {
    guard let row = row(named: schema.name) else { throw IRError("no op is named \(schema.name)") }
    return row
  }
}
