import NodalIR

/// Arrays of a region of which rows are gathered one at a time, and nothing else is read: parameters, and constants. Unrolled code finds the rows in
/// memory, at places that are known only when it runs, and has none of their elements in registers.
struct GatherTables {
  /// By number of the parameter; those that nothing reads are among them.
  private(set) var parameters: Set<Int> = []
  /// Those that something is gathered of.
  private(set) var gathered: Set<Int> = []
  /// By number of the value.
  private(set) var constants: Set<Int> = []

  /// Longer constants make texts of code that are longer than anybody wants.
  private static let longestConstant = 4096

  init(_ region: Region) {
    var tables: Set<Int> = []
    var others = Set(region.results.map(\.index))
    for node in region.nodes {
      if case .gather(let gather) = node.form, Self.picksRows(gather, node, region) {
        tables.insert(node.operands[0].index)
        others.insert(node.operands[1].index)
      } else {
        others.formUnion(node.operands.map(\.index))
      }
    }
    tables.subtract(others)
    parameters = Set(0..<region.parameterCount).subtracting(others)
    gathered = parameters.intersection(tables)
    for node in region.nodes {
      guard case .constant(let constant) = node.form, let count = constant.type.fixedCount,
        tables.contains(node.results.lowerBound), count <= Self.longestConstant
      else { continue }
      constants.insert(node.results.lowerBound)
    }
  }

  func contains(_ value: Int) -> Bool { parameters.contains(value) || constants.contains(value) }

  /// One row for each lane, from what each has of its own or all have in common.
  private static func picksRows(_ gather: Gather, _ node: Node, _ region: Region) -> Bool {
    let table = region[node.operands[0]]
    let result = region.types[node.results.lowerBound]
    return !gather.isChecked && table.element.isFloating
      && gather.batchAxes == (table.isBatched ? 1 : 0)
      && table.extents.dropFirst(gather.batchAxes).allSatisfy { $0.fixedLength != nil }
      && Unrolling.ownCount(region[node.operands[1]]) == 1 && Unrolling.ownCount(result) != nil
  }
}
