import NodalIR
import NodalOperations

/// Makes the graph of a loop from nodes of a region: what isn't kept in memory is computed where it is read.
struct KernelGraphBuilder {
  let region: Region
  /// Which values have memory, and whose memory each is.
  let memory: [Int?]
  private(set) var graph = KernelGraph()
  let loops: Int
  private let uses: UseCounts
  /// What this loop has computed and stored, by where it lies.
  private var stored: [Access: Int] = [:]

  init(_ region: Region, memory: [Int?], loops: Int, uses: UseCounts) {
    self.region = region
    self.memory = memory
    self.loops = loops
    self.uses = uses
  }

  mutating func zero(_ element: ElementType) -> Int { graph.add(.constant(0, element), element) }

  /// Remembers that a node's value is what lies at a place.
  mutating func note(_ node: Int, at access: Access) { stored[access] = node }

  /// The place of an element of a value that has memory, or that lies in the memory of another.
  func access(_ value: Int, _ index: [AxisIndex]) -> Access {
    Access(value: memory[value] ?? value, type: region.types[value], at: index, loops: loops)
  }

  /// The node that computes an element of a value.
  mutating func element(_ value: Int, _ index: [AxisIndex]) -> Int {
    let type = region.types[value]
    if memory[value] != nil {
      let access = access(value, index)
      if let node = stored[access] { return node }
      return graph.add(.load(access, type.element), type.element)
    }
    return compute(value, index)
  }

  /// The same, of a value that is to be computed here whether it has memory or not.
  mutating func compute(_ value: Int, _ index: [AxisIndex]) -> Int {
    let type = region.types[value]
    guard let node = region.definition(of: Value(value)) else {
      // A parameter has memory.
      return graph.add(.constant(.nan, type.element), type.element)
    }
    switch node.form {
    case .constant(let constant):
      return graph.add(.constant(constant.uniform ?? .nan, type.element), type.element)
    case .elementwise(let schema):
      return elementwise(schema, node.operands, type.element, index)
    case .select:
      let parts = node.operands.map { element($0.index, index) }
      return graph.add(.select(parts[0], parts[1], parts[2]), type.element)
    case .convert(let target):
      return graph.add(.convert(element(node.operands[0].index, index), target), target)
    case .layout(let layout):
      let operand = node.operands[0].index
      return element(
        operand, layout.source(of: index, operand: region.types[operand], loops: loops))
    case .reduce, .contract, .gather, .scatter, .factorize, .linearSolve, .random, .branch, .scan,
      .map, .derivative,
      .solve, .interpolate:
      // These have memory.
      return graph.add(.constant(.nan, type.element), type.element)
    }
  }

  /// An op; a sum with a product that is used for nothing else is fused.
  private mutating func elementwise(
    _ schema: OpSchema, _ operands: [Value], _ element: ElementType, _ index: [AxisIndex]
  ) -> Int {
    switch FusedSum(schema, operands, region, uses) {
    case .plus(let a, let b, let c):
      let parts = [a, b, c].map { self.element($0.index, index) }
      return graph.add(.fma(parts[0], parts[1], parts[2]), element)
    case .minus(let a, let b, let c):
      let parts = [a, b, c].map { self.element($0.index, index) }
      return graph.add(.fma(parts[0], parts[1], graph.add(.negate(parts[2]), element)), element)
    case .from(let a, let b, let c):
      let parts = [a, b, c].map { self.element($0.index, index) }
      return graph.add(.fma(graph.add(.negate(parts[0]), element), parts[1], parts[2]), element)
    case nil:
      let parts = operands.map { self.element($0.index, index) }
      let operandElement = region[operands[0]].element
      return graph.add(.apply(schema.name, parts, operandElement), element)
    }
  }
}

extension Layout {
  /// Where in the operand an element of the result comes from. Of the layouts that move elements about by a formula:
  /// `reshape` here only adds and removes axes of length 1; `pad` and `concatenate` have memory.
  func source(of index: [AxisIndex], operand: ValueType, loops: Int) -> [AxisIndex] {
    switch self {
    case .broadcast(_, let axes):
      return axes.map { index[$0] }
    case .transpose(let permutation):
      var source = index
      for (i, axis) in permutation.enumerated() { source[axis] = index[i] }
      return source
    case .slice(let axis, let start, _, let stride):
      var source = index
      source[axis] = index[axis].scaled(by: stride, from: start)
      return source
    case .reverse(let axis):
      var source = index
      source[axis] = index[axis].reversed(operand.extents[axis])
      return source
    case .reshape(let extents):
      var long = zip(extents, index).filter { $0.0 != .fixed(1) }.map(\.1)[...]
      return operand.extents.map { extent in
        extent == .fixed(1)
          ? .constant(0, loops: loops) : long.popFirst() ?? .constant(0, loops: loops)
      }
    case .window(let axis, _, let stride, let dilation):
      var source = index
      let place = source.remove(at: axis)
      source[axis] = index[axis + 1].scaled(by: stride, from: 0).adding(
        place.scaled(by: dilation, from: 0))
      return source
    case .pad, .concatenate:
      return index
    }
  }

  /// The result's elements lie at a formula of the loops: no memory of its own is needed.
  func isView(of operand: ValueType) -> Bool {
    switch self {
    case .broadcast, .transpose, .slice, .reverse, .window: true
    case .reshape(let extents):
      extents.filter { $0 != .fixed(1) } == operand.extents.filter { $0 != .fixed(1) }
    case .pad, .concatenate: false
    }
  }
}
