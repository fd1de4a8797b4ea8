/// Trace numbers name run-time extents inside one region. When a region is copied into another one, those that it makes
/// itself must not meet others there.
extension Region {
  /// Numbers of the traces that this region's own solves make.
  package var tracesMade: [Int] {
    nodes.compactMap { node in
      if case .solve(let solve) = node.form { solve.trace } else { nil }
    }
  }

  /// The same region with the traces given numbered anew, from `first`.
  package func renumberingTraces(_ traces: [Int], from first: Int) -> Region {
    var numbers: [Int: Int] = [:]
    for (i, trace) in traces.enumerated() { numbers[trace] = first + i }
    return renumbering(numbers)
  }

  private func renumbering(_ numbers: [Int: Int]) -> Region {
    var region = self
    region.types = types.map { $0.renumbering(numbers) }
    region.nodes = nodes.map { node in
      var node = node
      node.form = node.form.renumbering(numbers)
      return node
    }
    return region
  }

  /// Inner regions see the extents of their parameters; what they make themselves keeps its number.
  fileprivate func renumberingParameters(_ numbers: [Int: Int]) -> Region {
    let own = Set(tracesMade)
    return renumbering(numbers.filter { !own.contains($0.key) })
  }
}

extension Extent {
  fileprivate func renumbering(_ numbers: [Int: Int]) -> Extent {
    switch self {
    case .fixed, .lanes: self
    case .steps(let trace): .steps(trace: numbers[trace] ?? trace)
    }
  }
}

extension ValueType {
  fileprivate func renumbering(_ numbers: [Int: Int]) -> ValueType {
    ValueType(element, extents.map { $0.renumbering(numbers) })
  }
}

extension Form {
  fileprivate func renumbering(_ numbers: [Int: Int]) -> Form {
    let inner = mapRegionsTotal { $0.renumberingParameters(numbers) }
    switch inner {
    case .constant(var constant):
      constant.type = constant.type.renumbering(numbers)
      return .constant(constant)
    case .layout(.broadcast(let extents, let axes)):
      return .layout(.broadcast(to: extents.map { $0.renumbering(numbers) }, axes: axes))
    case .layout(.reshape(let extents)):
      return .layout(.reshape(extents.map { $0.renumbering(numbers) }))
    case .scatter(var scatter):
      scatter.extent = scatter.extent.renumbering(numbers)
      return .scatter(scatter)
    case .scan(var scan):
      if case .counted(let trace, let trajectories) = scan.length {
        scan.length = .counted(
          trace: trace.map { numbers[$0] ?? $0 }, trajectories: trajectories)
      }
      return .scan(scan)
    case .solve(var solve):
      solve.trace = solve.trace.map { numbers[$0] ?? $0 }
      return .solve(solve)
    case .map(var map):
      map.extent = map.extent.renumbering(numbers)
      return .map(map)
    case .elementwise, .select, .convert, .reduce, .contract, .layout, .gather, .factorize,
      .linearSolve,
      .random, .branch,
      .derivative, .interpolate:
      return inner
    }
  }

  private func mapRegionsTotal(_ transform: (Region) -> Region) -> Form {
    (try? mapRegions { (region) throws(IRError) in transform(region) }) ?? self
  }
}
