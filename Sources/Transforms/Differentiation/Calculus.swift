package import NodalIR

/// Expands `derivative` forms: the calculus of the language. Inner ones first, so that an outer one
/// differentiates plain nodes.
package enum Calculus {
  package static func expand(_ region: Region) throws(IRError) -> Region {
    var builder = RegionBuilder(parameters: region.parameterTypes)
    var values = builder.parameters
    for node in region.nodes {
      builder.origin = node.origin
      let operands = node.operands.map { values[$0.index] }
      let form = try node.form.mapRegions { (inner) throws(IRError) in try expand(inner) }
      switch form {
      case .derivative(let derivative):
        let body: Region
        switch derivative.mode {
        case .forward: body = try ForwardMode.differentiate(derivative.body, wrt: derivative.wrt)
        case .reverse: body = try ReverseMode.differentiate(derivative.body, wrt: derivative.wrt)
        }
        values += builder.inline(try Simplify.run(body), operands)
      case .constant, .elementwise, .select, .convert, .reduce, .contract, .layout, .gather,
        .scatter, .random, .branch, .scan, .map, .solve, .interpolate:
        values +=
          node.results.count == 1 ? [builder.value(form, operands)] : builder.emit(form, operands)
      }
    }
    return try builder.finish(region.results.map { values[$0.index] })
  }
}
