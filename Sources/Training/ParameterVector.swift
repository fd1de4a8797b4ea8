/// Everything that is learned, as one flat vector with named blocks.
///
/// Components are in the coordinates in which optimisers move: whoever has domains maps them to the
/// whole line first.
package struct ParameterVector: Sendable, Hashable {
  /// A weight's place in the vector.
  package struct Block: Sendable, Hashable {
    /// `net.dense_1.weight`; unique in the vector.
    package let path: String
    package let offset: Int
    package let count: Int
    /// Optimisers leave it as it is.
    package var isFrozen: Bool
    /// What a step of a rule with a rate is multiplied by here.
    package var pace = 1.0

    package var range: Range<Int> { offset..<(offset + count) }
  }

  /// What was asked of a vector that hasn't got it.
  package enum PathError: Error, Sendable, Hashable {
    /// No block lies at or below the path.
    case unknown(path: String)
    /// Two blocks of one name.
    case duplicate(path: String)
  }

  package private(set) var blocks: [Block]
  /// All components; their number never changes.
  package private(set) var values: [Double]

  /// A vector of blocks in the order given.
  package init(_ parts: [(path: String, values: [Double])]) throws(PathError) {
    blocks = []
    values = []
    var seen: Set<String> = []
    for part in parts {
      guard seen.insert(part.path).inserted else { throw .duplicate(path: part.path) }
      blocks.append(
        Block(path: part.path, offset: values.count, count: part.values.count, isFrozen: false))
      values += part.values
    }
  }

  package var count: Int { values.count }

  /// The number of components that optimisers move.
  package var freeCount: Int { blocks.reduce(0) { $0 + ($1.isFrozen ? 0 : $1.count) } }

  /// The values of the block of exactly that path; nil without one. A value of another length is
  /// not taken.
  package subscript(path: String) -> [Double]? {
    get { blocks.first { $0.path == path }.map { Array(values[$0.range]) } }
    set {
      guard let block = blocks.first(where: { $0.path == path }), let newValue,
        newValue.count == block.count
      else { return }
      values.replaceSubrange(block.range, with: newValue)
    }
  }

  /// Takes other values for all components; false, and no change, where the number differs.
  @discardableResult package mutating func replaceValues(_ new: [Double]) -> Bool {
    guard new.count == values.count else { return false }
    values = new
    return true
  }

  // MARK: Frozen and free

  /// Freezes the block at `path`, or all blocks below it (`net` freezes `net.dense_1.weight`).
  package mutating func freeze(_ path: String) throws(PathError) {
    try setFrozen(true, path)
  }

  /// Frees the block at `path`, or all blocks below it.
  package mutating func free(_ path: String) throws(PathError) {
    try setFrozen(false, path)
  }

  private mutating func setFrozen(_ flag: Bool, _ path: String) throws(PathError) {
    try change(path) { $0.isFrozen = flag }
  }

  /// Makes the block at `path`, or all blocks below it, move so many times as far.
  package mutating func pace(_ path: String, _ factor: Double) throws(PathError) {
    try change(path) { $0.pace = factor }
  }

  private mutating func change(
    _ path: String, _ body: (inout Block) -> Void
  ) throws(PathError) {
    var found = false
    for i in blocks.indices where blocks[i].path == path || blocks[i].path.hasPrefix(path + ".") {
      body(&blocks[i])
      found = true
    }
    guard found else { throw .unknown(path: path) }
  }

  /// Where free components come to that were to move from one place to another, each at its block's pace.
  package func paced(from old: [Double], to new: [Double]) -> [Double] {
    let free = blocks.filter { !$0.isFrozen }
    guard free.contains(where: { $0.pace != 1 }) else { return new }
    let paces = free.flatMap { Array(repeating: $0.pace, count: $0.count) }
    return zip(zip(old, new), paces).map { ends, pace in
      pace == 1 ? ends.1 : ends.0 + pace * (ends.1 - ends.0)
    }
  }

  /// The free components of a vector that is laid out like this one, one after the other.
  package func gatherFree(_ full: [Double]) -> [Double] {
    var free: [Double] = []
    free.reserveCapacity(freeCount)
    for block in blocks where !block.isFrozen && block.range.upperBound <= full.count {
      free += full[block.range]
    }
    return free
  }

  /// The rows and columns of the free components, of a square matrix that is laid out like this vector.
  package func gatherFree(matrix: [Double]) -> [Double] {
    guard matrix.count == count * count else { return [] }
    let free = blocks.filter { !$0.isFrozen }.flatMap { Array($0.range) }
    return free.flatMap { i in free.map { matrix[i * count + $0] } }
  }

  /// All components, with `free` in the places of those that are not frozen.
  package func scatterFree(_ free: [Double]) -> [Double] {
    var full = values
    var next = 0
    for block in blocks where !block.isFrozen {
      for i in block.range where next < free.count {
        full[i] = free[next]
        next += 1
      }
    }
    return full
  }

  // MARK: Reports by path

  /// The norm of each free block's part of a gradient, in order.
  package func normsByPath(_ gradient: [Double]) -> [(path: String, norm: Double)] {
    freeParts(gradient).map { ($0.path, Vectors.norm($0.part)) }
  }

  /// Free blocks (none of them empty) of whose gradient every component is exactly zero: nothing
  /// they hold has reached the loss.
  package func untouchedPaths(_ gradient: [Double]) -> [String] {
    freeParts(gradient).filter { !$0.part.isEmpty && $0.part.allSatisfy { $0 == 0 } }.map(\.path)
  }

  /// Free blocks in which a component of `vector` is NaN or infinite.
  package func nonFinitePaths(_ vector: [Double]) -> [String] {
    freeParts(vector).filter { !$0.part.allSatisfy(\.isFinite) }.map(\.path)
  }

  private func freeParts(_ vector: [Double]) -> [(path: String, part: ArraySlice<Double>)] {
    blocks.compactMap {
      $0.isFrozen || $0.range.upperBound > vector.count ? nil : ($0.path, vector[$0.range])
    }
  }
}
