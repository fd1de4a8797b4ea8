package import NodalIR
import NodalOperations

/// Rebuilds a region through the builder's peepholes (x + 0, x·1, constants folded, equal nodes made once), then drops what no
/// result needs. Inner regions are simplified too.
///
/// Values don't change, not even in the last bit, except that 0·x is 0 where x is not finite, and that a column may have zeros with a sign.
package enum Simplify {
  package static func run(_ region: Region) throws(IRError) -> Region {
    try rebuild(region).withoutDead()
  }

  private static func rebuild(_ region: Region) throws(IRError) -> Region {
    try region.rebuilt { (builder, node, operands) throws(IRError) in
      switch node.form {
      case .elementwise(let schema):
        [builder.apply(try Operations.row(of: schema), operands)]
      case .layout(.broadcast(let extents, let axes)):
        [builder.broadcast(operands[0], to: extents, axes: axes)]
      case .layout(.reshape(let extents)):
        [builder.reshape(operands[0], to: extents)]
      case .layout(.pad(let axis, let before, let after, interior: 0)):
        [builder.pad(operands[0], axis: axis, before: before, after: after)]
      case .select:
        [builder.select(operands[0], operands[1], operands[2])]
      case .convert(let element):
        [builder.convert(operands[0], to: element)]
      case .contract(let contraction):
        [
          builder.unitProduct(contraction, operands, region.types[node.results.lowerBound])
            ?? builder.value(node.form, operands)
        ]
      case .constant, .reduce, .layout, .gather, .scatter, .factorize, .linearSolve,
        .random, .branch, .scan, .map,
        .derivative, .solve, .interpolate:
        builder.values(
          try node.form.mapRegions { (inner) throws(IRError) in try run(inner) }, operands)
      }
    }
  }
}
