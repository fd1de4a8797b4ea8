import NodalExecution
import NodalIR

/// Where the values of a region lie: planned once, from their lifetimes. Sizes are filled in when
/// the lengths are known.
struct StoragePlan: Sendable {
  enum Place: Sendable {
    case parameter(Int)
    /// Written once, when the lengths are known.
    case constant(Constant)
    /// Memory that values of one size share, one after the other.
    case slot(Int)
    /// The same memory as another value's, from this byte on.
    case alias(of: Int, offset: Int)
    /// A result of a child: memory of the child's.
    case child
    /// Never computed.
    case nothing
  }

  private(set) var places: [Place] = []
  /// Which nodes lead to a result. The others are not run: differentiation leaves many behind.
  let isLive: [Bool]
  /// The sizes of all values, in bytes of one an element.
  private(set) var counts: [ByteSize] = []
  private(set) var slots: [ByteSize] = []
  private(set) var aliases: [(value: Int, root: Int, offset: Int)] = []
  private(set) var constants: [(value: Int, constant: Constant)] = []
  /// Traces whose lengths solves of this region find out.
  private(set) var traces: [Int] = []

  init(_ region: Region) {
    isLive = region.liveNodes
    counts = region.types.map { ByteSize($0.with(.bool)) }
    places = region.parameters.map { .parameter($0.index) }
    // The value whose memory each value is.
    var roots = Array(0..<region.types.count)
    for (node, live) in zip(region.nodes, isLive) where live {
      if Self.aliasOffset(node, region) != nil {
        roots[node.results.lowerBound] = roots[node.operands[0].index]
      }
    }
    var lastUse = [Int](repeating: -1, count: region.types.count)
    for (position, node) in region.nodes.enumerated() where isLive[position] {
      for operand in node.operands { lastUse[roots[operand.index]] = position }
      for result in node.results { lastUse[roots[result]] = max(lastUse[roots[result]], position) }
    }
    for result in region.results { lastUse[roots[result.index]] = .max }
    for node in region.nodes {
      for operand in node.form.handedOn { lastUse[roots[node.operands[operand].index]] = .max }
    }
    var free: [ByteSize: [Int]] = [:]
    for (position, node) in region.nodes.enumerated() {
      guard isLive[position] else {
        places += node.results.map { _ in .nothing }
        continue
      }
      // Memory of operands that nobody reads after this.
      var dying: [(ByteSize, Int)] = []
      for root in Set(node.operands.map { roots[$0.index] }).sorted()
      where lastUse[root] == position {
        if case .slot(let slot) = places[root] {
          dying.append((ByteSize(region.types[root]), slot))
        }
      }
      // An elementwise loop may write where it reads.
      let inPlace = Self.isElementwise(node.form)
      if inPlace { for (size, slot) in dying { free[size, default: []].append(slot) } }
      place(node, region, &free)
      if !inPlace { for (size, slot) in dying { free[size, default: []].append(slot) } }
      // Results that nobody reads.
      for result in node.results where lastUse[result] == position && roots[result] == result {
        if case .slot(let slot) = places[result] {
          free[ByteSize(region.types[result]), default: []].append(slot)
        }
      }
    }
  }

  private mutating func place(_ node: Node, _ region: Region, _ free: inout [ByteSize: [Int]]) {
    if case .constant(let constant) = node.form {
      constants.append((node.results.lowerBound, constant))
      places.append(.constant(constant))
      return
    }
    if let offset = Self.aliasOffset(node, region) {
      let root = node.operands[0].index
      aliases.append((node.results.lowerBound, root, offset))
      places.append(.alias(of: root, offset: offset))
      return
    }
    if case .solve(let solve) = node.form, let trace = solve.trace { traces.append(trace) }
    for result in node.results {
      guard !node.form.hasExecutable else {
        places.append(.child)
        continue
      }
      let size = ByteSize(region.types[result])
      if let slot = free[size]?.popLast() {
        places.append(.slot(slot))
      } else {
        places.append(.slot(slots.count))
        slots.append(size)
      }
    }
  }

  /// Elements of the result depend on the elements of the operands at the same place only, of the
  /// same size.
  private static func isElementwise(_ form: Form) -> Bool {
    switch form {
    case .elementwise(let schema): schema.typing == .arithmetic
    case .constant, .select, .convert, .reduce, .contract, .layout, .gather, .scatter, .factorize,
      .linearSolve, .random,
      .branch, .scan, .map, .derivative, .solve, .interpolate:
      false
    }
  }

  /// For a node whose result is a piece of its operand as it lies in memory: the first byte.
  static func aliasOffset(_ node: Node, _ region: Region) -> Int? {
    guard case .layout(let layout) = node.form, let operand = node.operands.first else {
      return nil
    }
    let type = region[operand]
    switch layout {
    case .reshape:
      return 0
    case .broadcast(let extents, _):
      // Only axes of length 1 are new.
      return extents.count(where: { $0 != .fixed(1) })
        == type.extents.count(where: { $0 != .fixed(1) })
        ? 0 : nil
    case .slice(let axis, let start, _, let stride):
      guard stride == 1, type.extents[..<axis].allSatisfy({ $0 == .fixed(1) }) else { return nil }
      guard let inner = ValueType(type.element, Array(type.extents[(axis + 1)...])).fixedCount
      else { return nil }
      return start * inner * type.element.byteCount
    case .transpose, .pad, .concatenate, .reverse, .window:
      return nil
    }
  }
}
