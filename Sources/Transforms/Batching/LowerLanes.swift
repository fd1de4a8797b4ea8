package import NodalIR

extension Batching {
  /// Expands all maps, and gives the regions of batched solves and branches their axis of lanes, outermost first.
  package static func expand(_ region: Region) throws(IRError) -> Region {
    try region.rebuilt { (builder, node, operands) throws(IRError) in
      switch node.form {
      case .map(let map) where !map.isLowered:
        // Outermost first: a map inside is expanded together with the one around it.
        let body = try batch(map.body, mapped: map.mapped, extent: map.extent)
        return builder.inline(try expand(body.region), operands)
      case .solve(var solve) where solve.trajectories != nil && !solve.isLowered:
        let flags = [true, true] + solve.batched[Solve.Operand.parameters...]
        solve.rhs = try expand(batch(solve.rhs, mapped: flags, extent: .lane).region)
        solve.isLowered = true
        return builder.emit(.solve(solve), operands)
      case .branch(var branch) where branch.lanes != nil && !branch.isLowered:
        branch.whenTrue = try expand(
          batch(branch.whenTrue, mapped: branch.batched, extent: .lane).region)
        branch.whenFalse = try expand(
          batch(branch.whenFalse, mapped: branch.batched, extent: .lane).region)
        branch.isLowered = true
        return builder.emit(.branch(branch), operands)
      case .constant, .elementwise, .select, .convert, .reduce, .contract, .layout, .gather,
        .scatter, .random, .scan, .interpolate, .branch, .map, .derivative, .solve:
        let form = try node.form.mapRegions { (r) throws(IRError) in try expand(r) }
        return builder.values(form, operands)
      }
    }
  }
}
