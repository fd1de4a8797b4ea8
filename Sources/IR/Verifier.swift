/// Checks the rules that every region keeps: values are defined before use, numbered densely, and typed by the
/// rules of their forms; inner regions keep the same rules. Runs after every pass.
package enum Verifier {
  package static func verify(_ region: Region, pass: String? = nil) throws(IRError) {
    do throws(IRError) {
      try check(region)
    } catch {
      throw error.after(pass)
    }
  }

  private static func check(_ region: Region) throws(IRError) {
    var defined = region.parameterCount
    try expect(region.parameterCount <= region.types.count, "fewer types than parameters")
    for (position, node) in region.nodes.enumerated() {
      func place() -> String { "node \(position) (\(node.form.name))" }
      for operand in node.operands {
        try expect(
          operand.index >= 0 && operand.index < defined,
          "\(place()) uses %\(operand.index) before it is defined")
      }
      try expect(
        node.results.lowerBound == defined, "\(place()) defines \(node.results) at \(defined)")
      let types: [ValueType]
      do throws(IRError) {
        types = try node.form.resultTypes(node.operands.map { region.types[$0.index] })
      } catch {
        throw IRError("\(place()): \(error.message)")
      }
      defined = node.results.upperBound
      try expect(
        defined <= region.types.count && Array(region.types[node.results]) == types,
        "\(place()) is recorded as \(region.types[node.results]), is \(types)")
      for inner in node.form.regions { try check(inner) }
    }
    try expect(defined == region.types.count, "types of values that nothing defines")
    for result in region.results {
      try expect(
        result.index >= 0 && result.index < defined, "result %\(result.index) is undefined")
    }
    for type in region.types {
      for (axis, extent) in type.extents.enumerated() where axis > 0 {
        if case .lanes = extent { throw IRError("lanes at axis \(axis) of \(type)") }
      }
    }
  }
}

extension Region {
  /// Whether a form of which this holds is in it, or in a region inside.
  package func contains(_ isWanted: (Form) -> Bool) -> Bool {
    nodes.contains { node in
      isWanted(node.form) || node.form.regions.contains { $0.contains(isWanted) }
    }
  }
}

extension Form {
  /// The regions inside, in a fixed order.
  package var regions: [Region] {
    switch self {
    case .constant, .elementwise, .select, .convert, .reduce, .contract, .layout, .gather, .scatter,
      .factorize, .linearSolve,
      .random:
      []
    case .branch(let branch): [branch.whenTrue, branch.whenFalse]
    case .scan(let scan): [scan.body]
    case .map(let map): [map.body]
    case .derivative(let derivative): [derivative.body]
    case .solve(let solve):
      [solve.rhs]
        + [
          solve.quadrature, solve.mass, solve.jacobian, solve.noise?.diffusion,
          solve.delays?.history, solve.delays?.kick,
        ].compactMap { $0 }
        + solve.events.flatMap { [$0.root, $0.jump] }
    case .interpolate(let interpolate): [interpolate.dense]
    }
  }

  /// The same form with other regions inside.
  package func mapRegions(
    _ transform: (Region) throws(IRError) -> Region
  ) throws(IRError) -> Form {
    switch self {
    case .constant, .elementwise, .select, .convert, .reduce, .contract, .layout, .gather, .scatter,
      .factorize, .linearSolve,
      .random:
      return self
    case .branch(var branch):
      branch.whenTrue = try transform(branch.whenTrue)
      branch.whenFalse = try transform(branch.whenFalse)
      return .branch(branch)
    case .scan(var scan):
      scan.body = try transform(scan.body)
      return .scan(scan)
    case .map(var map):
      map.body = try transform(map.body)
      return .map(map)
    case .derivative(var derivative):
      derivative.body = try transform(derivative.body)
      return .derivative(derivative)
    case .solve(var solve):
      solve.rhs = try transform(solve.rhs)
      if let quadrature = solve.quadrature { solve.quadrature = try transform(quadrature) }
      if let mass = solve.mass { solve.mass = try transform(mass) }
      if let jacobian = solve.jacobian { solve.jacobian = try transform(jacobian) }
      if let noise = solve.noise { solve.noise?.diffusion = try transform(noise.diffusion) }
      if let delays = solve.delays { solve.delays?.history = try transform(delays.history) }
      if let kick = solve.delays?.kick { solve.delays?.kick = try transform(kick) }
      solve.events = try solve.events.map { (event) throws(IRError) in
        try event.mapRegions(transform)
      }
      return .solve(solve)
    case .interpolate(var interpolate):
      interpolate.dense = try transform(interpolate.dense)
      return .interpolate(interpolate)
    }
  }
}
