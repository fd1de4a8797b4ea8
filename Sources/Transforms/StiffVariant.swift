package import NodalIR
import NodalMethods

extension Region {
  /// The same program with a stiff method beside the explicit one in each solve by `auto`, or in its place where two can't take turns; nil
  /// where there is none, or its Jacobians would be more than anybody wants to wait for.
  package func solvingStiffly() throws(IRError) -> Region? {
    var found = false
    var isLarge = false
    func changed(_ region: Region) throws(IRError) -> Region {
      try region.rebuilt { (builder, node, operands) throws(IRError) in
        var form = try node.form.mapRegions(changed)
        if case .solve(var solve) = form, solve.isAutomatic {
          found = true
          if !Linearization.isBearable(solve.rhs) { isLarge = true }
          solve.settings.partner = solve.stiffMethod
          if !solve.canHandOver { solve = solve.byOneMethod }
          if solve.trace != nil { solve.record = try solve.stepRecord() }
          form = .solve(solve)
        }
        return builder.values(form, operands)
      }
    }
    let result = try changed(self)
    return found && !isLarge ? result : nil
  }
}
