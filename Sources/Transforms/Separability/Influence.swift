import NodalIR

/// For each element of a value, the components of the state that it may depend on, and whether it is known to be zero.
///
/// The axis of lanes counts as its constant factor (a lane depends on its own state only), an axis of steps as 1.
///
/// Of up to a few thousand components the sets are bits. Of more they are lists: where those are worth knowing each element depends on a few, and
/// one that depends on many counts as depending on all.
struct Influence {
  /// Words in a set of bits.
  let width: Int
  let shape: [Int]
  let count: Int
  /// Sets one after the other; one for all elements, if `isShared`; none where nothing depends on anything.
  private var bits: [UInt64] = []
  /// The same as lists, ascending.
  private var lists: [[Int32]] = []
  /// Elements known to be zero; empty if none is. A zero depends on nothing.
  private(set) var zeros: [Bool] = []
  private let isShared: Bool

  private var hasLists: Bool { width > Self.widestBits }
  private static let widestBits = 64
  private static let longestList = 256
  private static let everything: [Int32] = [-1]
  /// Values with more words than this keep one set for all their elements.
  private static let mostWords = 1 << 22

  init(_ type: ValueType, width: Int) { self.init(shape: Self.shape(type), width: width) }

  init(shape: [Int], width: Int) {
    self.width = width
    self.shape = shape
    count = shape.reduce(1) { $0.multipliedReportingOverflow(by: $1).partialValue }
    isShared = count > Self.mostWords / (width > Self.widestBits ? 1 : max(1, width))
  }

  static func shape(_ type: ValueType) -> [Int] {
    type.extents.map { extent in
      switch extent {
      case .fixed(let n): n
      case .lanes(let times): times
      case .steps: 1
      }
    }
  }

  var isEmpty: Bool { bits.isEmpty && lists.isEmpty }
  var hasZeros: Bool { !zeros.isEmpty }

  private func row(_ i: Int) -> Int { isShared ? 0 : i * width }

  private mutating func makeRoom() {
    let sets = isShared ? 1 : count
    if hasLists {
      if lists.isEmpty { lists = Array(repeating: [], count: sets) }
    } else if bits.isEmpty {
      bits = Array(repeating: 0, count: sets * width)
    }
  }

  mutating func insert(_ component: Int, at i: Int) {
    makeRoom()
    if hasLists {
      join([Int32(component)], to: isShared ? 0 : i)
    } else {
      bits[row(i) + component / 64] |= 1 << UInt64(component % 64)
    }
  }

  /// Adds what element `j` of another value depends on.
  mutating func add(_ other: Influence, _ j: Int, to i: Int) {
    guard !other.isEmpty, i < count, j < other.count else { return }
    makeRoom()
    if hasLists {
      join(other.lists[other.isShared ? 0 : j], to: isShared ? 0 : i)
      return
    }
    let (target, source) = (row(i), other.row(j))
    for k in 0..<width { bits[target + k] |= other.bits[source + k] }
  }

  private mutating func join(_ source: [Int32], to i: Int) {
    if source.isEmpty || lists[i] == Self.everything || lists[i] == source { return }
    if lists[i].isEmpty || source == Self.everything {
      lists[i] = source
      return
    }
    let own = lists[i]
    var merged: [Int32] = []
    merged.reserveCapacity(own.count + source.count)
    var (a, b) = (0, 0)
    while a < own.count || b < source.count {
      let next = min(a < own.count ? own[a] : .max, b < source.count ? source[b] : .max)
      merged.append(next)
      if a < own.count, own[a] == next { a += 1 }
      if b < source.count, source[b] == next { b += 1 }
    }
    lists[i] = merged.count > Self.longestList ? Self.everything : merged
  }

  /// Everything that any element of another value depends on, to all elements.
  mutating func addAll(_ other: Influence) {
    guard !other.isEmpty else { return }
    var union = Influence(shape: [], width: width)
    union.collect(other)
    for i in 0..<(isShared ? min(1, count) : count) { add(union, 0, to: i) }
    zeros = []
  }

  /// Everything that any element of another value depends on, to element 0.
  private mutating func collect(_ other: Influence) {
    makeRoom()
    for (k, word) in other.bits.enumerated() { bits[k % width] |= word }
    for list in other.lists { join(list, to: 0) }
  }

  func isZero(_ i: Int) -> Bool { i < zeros.count && zeros[i] }

  mutating func setZero(_ i: Int) {
    if zeros.isEmpty { zeros = Array(repeating: false, count: count) }
    zeros[i] = true
  }

  /// Another value with elements of this one, by their places, and zeros where there is none (-1).
  func rearranged(_ shape: [Int], _ sources: [Int]) -> Influence {
    var result = Influence(shape: shape, width: width)
    for (i, j) in sources.enumerated() {
      if j < 0 || isZero(j) { result.setZero(i) } else { result.add(self, j, to: i) }
    }
    return result
  }

  /// Adds all of another value of the same shape; true if that is news. An element stays zero if it is one in both.
  mutating func join(_ other: Influence) -> Bool {
    let before = (bits, lists, zeros)
    for i in 0..<count {
      add(other, i, to: i)
      if isZero(i) && !other.isZero(i) { zeros[i] = false }
    }
    return before != (bits, lists, zeros)
  }

  /// The components that element `i` depends on, ascending.
  func components(of i: Int) -> [Int] {
    guard !isEmpty else { return [] }
    if hasLists {
      let list = lists[isShared ? 0 : i]
      return list == Self.everything ? Array(0..<(width * 64)) : list.map(Int.init)
    }
    return (0..<(width * 64)).filter { bits[row(i) + $0 / 64] >> UInt64($0 % 64) & 1 == 1 }
  }
}

/// Places in row-major order.
struct Grid {
  let shape: [Int]
  let strides: [Int]
  let count: Int

  init(_ shape: [Int]) {
    self.shape = shape
    var strides = [Int](repeating: 1, count: shape.count)
    for axis in shape.indices.dropLast().reversed() {
      strides[axis] = strides[axis + 1] * shape[axis + 1]
    }
    self.strides = strides
    count = shape.reduce(1, *)
  }

  func index(_ place: Int) -> [Int] { shape.indices.map { place / strides[$0] % shape[$0] } }
  func place(_ index: [Int]) -> Int { zip(index, strides).reduce(0) { $0 + $1.0 * $1.1 } }

  /// Where each place leads, in another grid, whose place moves by so much with each index.
  func places(_ steps: [Int], from offset: Int = 0) -> [Int] {
    var places = [offset]
    for (length, step) in zip(shape, steps) {
      var next: [Int] = []
      next.reserveCapacity(places.count * length)
      for place in places {
        for k in 0..<length { next.append(place + k * step) }
      }
      places = next
    }
    return places
  }
}
