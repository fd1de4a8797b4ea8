import NodalIR
import NodalOperations

/// Whether a region is written without loops over components: each element of each value a register, vectors running
/// along the lanes.
///
/// For small systems: it needs no memory between operations, and its text grows with the number of elements.
enum Unrolling {
  /// More operations than this are written as loops: the compiler's time grows with them.
  static let limit = 1500
  /// One op on all elements of a value is a loop if it takes more instructions than this.
  static let longestLine = 200

  /// Larger systems of linear equations are solved by a routine.
  static let longestSystem = 12

  private static let wholeNumberOps: Set = ["add", "sub", "mul"]

  /// With `sumsLanes` a sum over lanes is left to who runs the code: see `LaneShares`.
  static func suits(_ region: Region, limit: Int = limit, sumsLanes: Bool = false) -> Bool {
    (work(region, limit: limit, sumsLanes: sumsLanes) ?? .max) <= limit
  }

  /// The number of operations, roughly; nil where it can't be written so, or there are more than the limit.
  private static func work(_ region: Region, limit: Int, sumsLanes: Bool) -> Int? {
    guard let traces = TraceParameters(region) else { return nil }
    let tables = GatherTables(region)
    // Elements that each lane has of its own are gathered from rows, one by one.
    var work = region.parameterTypes.indices.reduce(0) { sum, i in
      let type = region.types[i]
      return sum + (type.isBatched && !tables.contains(i) ? 2 * (ownCount(type) ?? 0) : 0)
    }
    for (i, type) in region.types.enumerated()
    where !traces.arrays.contains(i) && !traces.counts.contains(i) && !tables.contains(i) {
      guard let count = ownCount(type), count <= (type.element == .i64 ? 1 : 1024) else {
        return nil
      }
    }
    for node in region.nodes {
      let type = region.types[node.results.lowerBound]
      let count = ownCount(type) ?? limit
      switch node.form {
      case .constant(let constant):
        if constant.type.isBatched && constant.uniform == nil { return nil }
        if tables.contains(node.results.lowerBound) { continue }
      case .elementwise(let schema):
        if schema.typing == .comparison, region[node.operands[0]].element == .bool { return nil }
        // Of whole numbers there is what finds a row.
        if node.operands.contains(where: { region[$0].element == .i64 }),
          !wholeNumberOps.contains(schema.name)
        {
          return nil
        }
        let cost = Operations.row(named: schema.name)?.scalar.cost ?? 1
        work += count + min(count * cost, longestLine) / 4
      case .select:
        work += count
      case .convert:
        if type.element == .i64 || region[node.operands[0]].element == .i64 { return nil }
        work += count
      case .gather:
        guard tables.contains(node.operands[0].index) else { return nil }
        work += 10 + 3 * count
      case .reduce(let reduction):
        switch reduction.kind {
        case .sum, .max, .min: break
        case .argmax, .argmin: return nil
        }
        let operand = region[node.operands[0]]
        if operand.element == .i64 { return nil }
        if operand.isBatched, reduction.axes.contains(0), !sumsLanes { return nil }
        work += ownCount(operand) ?? limit
      case .contract(let contraction):
        guard type.element.isFloating else { return nil }
        let a = region[node.operands[0]]
        for pair in contraction.contracted {
          guard let n = a.extents[pair.a].fixedLength ?? (sumsLanes ? 1 : nil) else {
            return nil
          }
          work += count * n
        }
      case .layout(let layout):
        guard keepsLanes(layout, region[node.operands[0]], type) else { return nil }
      case .interpolate(let interpolate):
        guard interpolate.trajectories == nil || interpolate.trajectories == .lane,
          let inside = Self.work(interpolate.dense, limit: limit, sumsLanes: false)
        else { return nil }
        // Looking for the step, and copying its numbers.
        work +=
          inside + 20 + interpolate.dense.parameterTypes.reduce(0) { $0 + (ownCount($1) ?? 0) }
      case .factorize(let pattern):
        guard pattern == nil else { return nil }
        let n = (type.extents.last?.fixedLength ?? 1) - 1
        guard type.rank == (type.isBatched ? 3 : 2), n <= longestSystem else { return nil }
        // A third of the cube in products, the rest exchanges of rows.
        work += n * n * n
      case .linearSolve(let system):
        guard system.pattern == nil, type.rank == (type.isBatched ? 2 : 1), count <= longestSystem
        else { return nil }
        work += 2 * count * count
      case .scatter, .random, .branch, .scan, .map, .derivative, .solve:
        return nil
      }
      if work > limit { return nil }
    }
    return work
  }

  /// Elements of one lane; nil where that isn't known, or lanes are not the whole of the first axis.
  static func ownCount(_ type: ValueType) -> Int? {
    var count = 1
    for (axis, extent) in type.extents.enumerated() {
      switch extent {
      case .fixed(let n): count *= n
      case .lanes(let times): if axis > 0 || times != 1 { return nil }
      case .steps: return nil
      }
    }
    return count
  }

  /// The axis of lanes stays the first.
  private static func keepsLanes(_ layout: Layout, _ operand: ValueType, _ result: ValueType)
    -> Bool
  {
    switch layout {
    case .broadcast(_, let axes):
      return operand.isBatched ? axes.first == 0 && result.isBatched : true
    case .transpose(let permutation):
      return !operand.isBatched || permutation.first == 0
    case .reshape:
      return operand.isBatched == result.isBatched
    case .slice(let axis, _, _, _), .pad(let axis, _, _, _), .reverse(let axis),
      .window(let axis, _, _, _):
      return !(operand.isBatched && axis == 0)
    case .concatenate(let axis):
      return !(operand.isBatched && axis == 0)
    }
  }
}
