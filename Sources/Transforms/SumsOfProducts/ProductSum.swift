import NodalIR

/// A sum of products, as einsum notation has it: r[i…] = scale · Σ over all other indices of Π factor[its indices].
struct ProductSum {
  struct Factor {
    /// A value of the region that the sum was read from.
    var value: Value
    /// One for each axis.
    var indices: [Int]
  }

  var factors: [Factor] = []
  var scale = 1.0
  /// Lengths by index.
  private(set) var extents: [Extent] = []
  /// Those of the result's axes.
  private(set) var result: [Int] = []
  /// What the nodes that it was read from cost, in multiplications.
  private(set) var cost = 0.0
  /// More than one product of two values, as the region has it.
  private(set) var isComposed = false

  private let region: Region
  private let readers: [Int]
  /// Pairs of indices that are equal where a product is not zero: factors that are identity matrices.
  private var equalities: [(Int, Int)] = []

  /// Reads the sum that a contraction or reduction is the root of; nil where there is none that can be written otherwise.
  init?(_ root: Node, in region: Region, readers: [Int]) {
    self.region = region
    self.readers = readers
    let type = region.types[root.results.lowerBound]
    guard type.element.isFloating else { return nil }
    result = type.extents.map { index($0) }
    guard isSum(root.form), takeApart(root, result) else { return nil }
    guard isComposed, substitute() else { return nil }
    for index in extents.indices where !result.contains(index) && !isUsed(index) {
      // A sum over what no factor depends on; what an equality has replaced is summed over no more.
      guard !replaced.contains(index) else { continue }
      guard case .fixed(let length) = extents[index] else { return nil }
      scale *= Double(length)
    }
    for extent in extents { if case .steps = extent { return nil } }
  }

  // MARK: Reading

  private mutating func index(_ extent: Extent) -> Int {
    extents.append(extent)
    return extents.count - 1
  }

  private func isSum(_ form: Form) -> Bool {
    switch form {
    case .contract: true
    case .reduce(let reduction): reduction.kind == .sum
    case .constant, .elementwise, .select, .convert, .layout, .gather, .scatter, .factorize,
      .linearSolve, .random, .branch,
      .scan, .map, .derivative, .solve, .interpolate:
      false
    }
  }

  /// The product of the lengths of indices.
  func size(_ indices: some Sequence<Int>) -> Double {
    indices.reduce(1) { $0 * length($1) }
  }

  /// Whether an array with these axes may be: lanes lead, and are there once at most. (What one lane has may be multiplied with a
  /// sum over all lanes: then two of a sum's indices are lanes.)
  func hasLanesInFront(_ indices: [Int]) -> Bool {
    indices.dropFirst().allSatisfy { if case .lanes = extents[$0] { false } else { true } }
  }

  /// Batches are taken for large: what is done for each lane is done often.
  private func length(_ index: Int) -> Double {
    switch extents[index] {
    case .fixed(let n): Double(n)
    case .lanes(let times): 256 * Double(times)
    case .steps: 256
    }
  }

  /// Takes a value as a factor, or as a product of others if nobody else wants it.
  private mutating func take(_ value: Value, _ indices: [Int]) {
    if let node = region.definition(of: value), isFree(node) || readers[value.index] == 1,
      takeApart(node, indices)
    {
      isComposed = true
      return
    }
    factors.append(Factor(value: value, indices: indices))
  }

  private func isFree(_ node: Node) -> Bool {
    switch node.form {
    case .constant, .layout(.broadcast), .layout(.transpose): true
    case .elementwise, .select, .convert, .reduce, .contract, .layout, .gather,
      .scatter, .factorize, .linearSolve, .random, .branch, .scan, .map, .derivative, .solve,
      .interpolate:
      false
    }
  }

  /// False, with nothing taken, for a node that is no part of a sum of products.
  private mutating func takeApart(_ node: Node, _ indices: [Int]) -> Bool {
    let operands = node.operands
    switch node.form {
    case .contract(let contraction):
      takeApart(contraction, operands[0], operands[1], indices)
      return true
    case .reduce(let reduction) where reduction.kind == .sum:
      let extents = region[operands[0]].extents
      var rest = indices[...]
      let inner = extents.indices.map { axis in
        reduction.axes.contains(axis) ? index(extents[axis]) : rest.removeFirst()
      }
      cost += size(inner)
      take(operands[0], inner)
      return true
    case .elementwise(let schema):
      return takeApart(schema.name, operands, indices)
    case .layout(.broadcast(_, let axes)):
      if let node = region.definition(of: operands[0]), isIdentity(node) {
        equalities.append((indices[axes[0]], indices[axes[1]]))
      } else {
        take(operands[0], axes.map { indices[$0] })
      }
      return true
    case .layout(.transpose(let permutation)):
      var inner = indices
      for (i, axis) in permutation.enumerated() { inner[axis] = indices[i] }
      take(operands[0], inner)
      return true
    case .constant where isIdentity(node):
      equalities.append((indices[0], indices[1]))
      return true
    case .constant, .select, .convert, .reduce, .layout, .gather, .scatter, .factorize,
      .linearSolve, .random, .branch,
      .scan, .map, .derivative, .solve, .interpolate:
      return false
    }
  }

  private mutating func takeApart(
    _ contraction: Contraction, _ a: Value, _ b: Value, _ indices: [Int]
  ) {
    var rest = indices[...]
    var ofA = [Int?](repeating: nil, count: region[a].rank)
    var ofB = [Int?](repeating: nil, count: region[b].rank)
    for pair in contraction.batch {
      let shared = rest.removeFirst()
      (ofA[pair.a], ofB[pair.b]) = (shared, shared)
    }
    for axis in contraction.freeAxes(ofA: ofA.count) { ofA[axis] = rest.removeFirst() }
    for axis in contraction.freeAxes(ofB: ofB.count) { ofB[axis] = rest.removeFirst() }
    for pair in contraction.contracted {
      let summed = index(region[a].extents[pair.a])
      (ofA[pair.a], ofB[pair.b]) = (summed, summed)
    }
    let (inA, inB) = (ofA.compactMap(\.self), ofB.compactMap(\.self))
    cost += size(Set(inA + inB))
    take(a, inA)
    take(b, inB)
  }

  private mutating func takeApart(_ op: String, _ operands: [Value], _ indices: [Int]) -> Bool {
    func number(_ value: Value) -> Double? {
      guard case .constant(let constant)? = region.definition(of: value)?.form else { return nil }
      return constant.uniform
    }
    switch op {
    case "mul":
      cost += size(indices)
      if let factor = number(operands[0]) {
        scale *= factor
        take(operands[1], indices)
      } else if let factor = number(operands[1]) {
        scale *= factor
        take(operands[0], indices)
      } else {
        take(operands[0], indices)
        take(operands[1], indices)
      }
      return true
    case "div":
      guard let divisor = number(operands[1]), divisor != 0 else { return false }
      cost += size(indices)
      scale /= divisor
      take(operands[0], indices)
      return true
    case "neg":
      cost += size(indices)
      scale = -scale
      take(operands[0], indices)
      return true
    default:
      return false
    }
  }

  private func isIdentity(_ node: Node) -> Bool {
    guard case .constant(let constant) = node.form, constant.type.rank == 2,
      case .fixed(let n) = constant.type.extents[0], constant.type.extents[1] == .fixed(n), n > 1,
      case .array(let numbers) = constant.values
    else { return false }
    return numbers.indices.allSatisfy { numbers[$0] == ($0 / n == $0 % n ? 1 : 0) }
  }

  // MARK: Equal indices

  private var replaced: Set<Int> = []

  private func isUsed(_ index: Int) -> Bool { factors.contains { $0.indices.contains(index) } }

  /// Puts one index for two that are equal. False where a factor would be read along its diagonal.
  private mutating func substitute() -> Bool {
    while let (a, b) = equalities.popLast() {
      if a == b { return false }
      let (kept, gone) = result.contains(b) ? (b, a) : (a, b)
      guard !result.contains(gone), extents[kept] == extents[gone] else { return false }
      replaced.insert(gone)
      for k in factors.indices {
        factors[k].indices = factors[k].indices.map { $0 == gone ? kept : $0 }
        if Set(factors[k].indices).count < factors[k].indices.count { return false }
      }
      equalities = equalities.map { ($0 == gone ? kept : $0, $1 == gone ? kept : $1) }
    }
    return true
  }
}
