import NodalIR
import NodalOperations

/// What a loop computes in each turn: a graph of scalar operations over elements of arrays in memory. Equal nodes are made
/// once.
struct KernelGraph: Hashable, Sendable {
  enum Node: Hashable, Sendable {
    case load(Access, ElementType)
    case constant(Double, ElementType)
    /// An op of the table, by name, of operands of one element type.
    case apply(String, [Int], ElementType)
    /// a · b + c, rounded once.
    case fma(Int, Int, Int)
    case negate(Int)
    case select(Int, Int, Int)
    case convert(Int, ElementType)
  }

  private(set) var nodes: [Node] = []
  private(set) var elements: [ElementType] = []
  private var known: [Node: Int] = [:]

  init() {}

  static func == (a: KernelGraph, b: KernelGraph) -> Bool {
    a.nodes == b.nodes && a.elements == b.elements
  }

  func hash(into hasher: inout Hasher) {
    hasher.combine(nodes)
    hasher.combine(elements)
  }

  mutating func add(_ node: Node, _ element: ElementType) -> Int {
    if let index = known[node] { return index }
    nodes.append(node)
    elements.append(element)
    known[node] = nodes.count - 1
    return nodes.count - 1
  }

  /// The accesses that it reads by.
  var loads: [Access] {
    nodes.compactMap { if case .load(let access, _) = $0 { access } else { nil } }
  }

  /// Reads by other accesses. Nodes keep their places.
  mutating func mapAccesses(_ transform: (Access) -> Access) {
    known = [:]
    for i in nodes.indices {
      if case .load(let access, let element) = nodes[i] {
        nodes[i] = .load(transform(access), element)
      }
      known[nodes[i]] = i
    }
  }

  func operands(_ i: Int) -> [Int] {
    switch nodes[i] {
    case .load, .constant: []
    case .apply(_, let operands, _): operands
    case .fma(let a, let b, let c), .select(let a, let b, let c): [a, b, c]
    case .negate(let a), .convert(let a, _): [a]
    }
  }

  /// Drops what no root needs; gives the roots' new places.
  mutating func trim(to roots: [Int]) -> [Int] {
    var isLive = [Bool](repeating: false, count: nodes.count)
    for root in roots { isLive[root] = true }
    for i in nodes.indices.reversed() where isLive[i] { for o in operands(i) { isLive[o] = true } }
    var place = [Int](repeating: -1, count: nodes.count)
    var trimmed = KernelGraph()
    for i in nodes.indices where isLive[i] {
      let node: Node =
        switch nodes[i] {
        case .load, .constant: nodes[i]
        case .apply(let name, let operands, let element):
          .apply(name, operands.map { place[$0] }, element)
        case .fma(let a, let b, let c): .fma(place[a], place[b], place[c])
        case .negate(let a): .negate(place[a])
        case .select(let a, let b, let c): .select(place[a], place[b], place[c])
        case .convert(let a, let element): .convert(place[a], element)
        }
      place[i] = trimmed.add(node, elements[i])
    }
    self = trimmed
    return roots.map { place[$0] }
  }
}
