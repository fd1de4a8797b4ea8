import NodalIR
import NodalOperations

/// A right-hand side made ready for power series: beside its own nodes it has those of the partial derivatives that the rules of
/// its ops ask for, and it is known which values change with time.
///
/// A partial may need partials of its own (sin needs cos, and cos needs sin: equal nodes are one). Ops whose partials come to no
/// end have another rule, or none.
struct SeriesExpansion {
  /// The right-hand side, with partials behind what they are of; its result is that of the right-hand side.
  let region: Region
  /// By value: it has coefficients beyond the first.
  let varies: [Bool]
  /// By the index of a node's result: the partial by each operand, where the operand varies and the partial isn't zero.
  let partials: [Int: [Value?]]
  /// Nothing in it is put together of pieces that change with the state or with time, as |x| is: the series sees the one piece
  /// that a step begins in.
  let isSmooth: Bool

  /// - Parameter rhs: (t, y, p…) → y', of which t and y vary.
  init(_ rhs: Region) throws(IRError) {
    var making = Making(rhs)
    try making.expand()
    region = try making.builder.finish(making.results)
    varies = making.varies
    partials = making.partials
    isSmooth = making.isSmooth
  }

  private struct Making {
    var builder: RegionBuilder
    var results: [Value]
    var varies: [Bool]
    var partials: [Int: [Value?]] = [:]
    var isSmooth = true

    init(_ rhs: Region) {
      builder = RegionBuilder(parameters: rhs.parameterTypes)
      results = builder.inline(rhs, builder.parameters)
      varies = rhs.parameters.map { $0.index < 2 }
    }

    /// Nodes are appended while it runs, and visited in their turn.
    mutating func expand() throws(IRError) {
      var position = 0
      while position < builder.region.nodes.count {
        let node = builder.region.nodes[position]
        builder.origin = node.origin
        let varying = node.operands.map { varies[$0.index] }
        var isVarying = false
        if varying.contains(true) {
          isVarying = try visit(node, varying)
          // A step function, a comparison: constant as far as series go.
          if !isVarying { isSmooth = false }
        }
        varies += node.results.map { isVarying && builder.region.types[$0].element.isFloating }
        position += 1
      }
    }

    /// Whether a node's value varies, some of its operands doing so.
    private mutating func visit(_ node: Node, _ varying: [Bool]) throws(IRError) -> Bool {
      switch node.form {
      case .elementwise(let schema):
        guard builder.region.types[node.results.lowerBound].element.isFloating else { return false }
        let row = try Operations.row(of: schema)
        let result = Value(node.results.lowerBound)
        switch row.series {
        case .linear, .recurrence: return true
        case .flat: return false
        case .partials: return keep(row.partials(&builder, node.operands, result), node, varying)
        case .derivative(let partials):
          return keep(partials(&builder, node.operands, result), node, varying)
        case .none: throw refusal(row.name, node)
        }
      case .reduce(let reduction):
        switch reduction.kind {
        case .sum: return true
        case .argmax, .argmin: return false
        case .max, .min:
          let share = builder.extremeShare(
            reduction, node.operands[0], Value(node.results.lowerBound))
          return keep([share], node, varying)
        }
      // The condition chooses by the first coefficients.
      case .select: return varying[1] || varying[2]
      case .convert(let element): return element.isFloating
      case .contract, .layout: return true
      case .gather, .scatter: return varying[0]
      case .constant, .random: return false
      case .factorize, .linearSolve, .branch, .scan, .map, .solve, .interpolate, .derivative:
        throw refusal(node.form.name, node)
      }
    }

    private mutating func keep(_ all: [Value?], _ node: Node, _ varying: [Bool]) -> Bool {
      let kept = zip(all, varying).map { $1 ? $0 : nil }
      guard kept.contains(where: { $0 != nil }) else { return false }
      partials[node.results.lowerBound] = kept
      return true
    }

    private func refusal(_ name: String, _ node: Node) -> IRError {
      IRError(
        "\(name) has no power series",
        refusal: Refusal(.noSeries(of: name), origin: place(of: node))
      )
    }

    /// Where a node came from, or the first with a place that it leads to: lowering places equations, not each op of theirs.
    private func place(of node: Node) -> Origin? {
      if let origin = node.origin { return origin }
      var reached = Set(node.results)
      for later in builder.region.nodes {
        guard later.operands.contains(where: { reached.contains($0.index) }) else { continue }
        if let origin = later.origin { return origin }
        reached.formUnion(later.results)
      }
      return nil
    }
  }
}
