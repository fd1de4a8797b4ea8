import NodalIR

/// The parameters of a region that `interpolate` reads, and nothing else does: arrays over the steps of a trace, and how many
/// of the steps each lane has. Unrolled code gets the arrays as places in memory, not as elements.
struct TraceParameters {
  /// By number of the parameter.
  private(set) var arrays: Set<Int> = []
  private(set) var counts: Set<Int> = []

  /// Operands of `interpolate`.
  private static let count = 1
  private static let arrays = 2...5

  /// nil where `interpolate` reads what isn't a parameter, or somebody else reads what it does.
  init?(_ region: Region) {
    var others = Set(region.results.map(\.index))
    for node in region.nodes {
      let operands = node.operands.map(\.index)
      guard case .interpolate = node.form else {
        others.formUnion(operands)
        continue
      }
      counts.insert(operands[Self.count])
      arrays.formUnion(operands[Self.arrays])
      others.insert(operands[0])
    }
    let all = arrays.union(counts)
    guard all.allSatisfy({ $0 < region.parameterCount }), all.isDisjoint(with: others),
      arrays.isDisjoint(with: counts),
      counts.allSatisfy({ Unrolling.ownCount(region.types[$0]) == 1 })
    else { return nil }
  }

  /// Traces whose lengths the code needs.
  static func lengths(_ region: Region) -> Set<Measure.Length> {
    var found: Set<Measure.Length> = []
    for type in region.types {
      for case .steps(let trace) in type.extents { found.insert(.steps(trace: trace)) }
    }
    return found
  }
}
