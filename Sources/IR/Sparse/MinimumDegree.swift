/// An order of elimination that makes little fill: what has the fewest neighbours goes first, and its neighbours become neighbours of each other.
///
/// The graph is kept as a quotient graph: what has been eliminated is an *element*, which stands for all the edges among the variables around it.
/// Degrees are bounds from above (Amestoy, Davis and Duff 1996, An approximate minimum degree ordering algorithm); variables with the same
/// neighbours are one; an element whose variables another one has is absorbed by it.
struct MinimumDegree {
  /// What is eliminated at once: variables, all of whose neighbours are each other, and the variables that they leave behind.
  struct Pivot {
    var variables: [Int]
    let rows: [Int]
    /// The pivot that takes up what this one leaves.
    var parent: Int?
  }

  /// In the order of elimination: parents behind their children.
  private(set) var pivots: [Pivot] = []

  private let count: Int
  /// The variables and elements around each variable.
  private var variables: [[Int]]
  private var elements: [[Int]]
  /// The variables around each element, named by its pivot variable, and how many there are with those that they stand for.
  private var around: [[Int]]
  private var sizes: [Int]
  /// How many variables each stands for; 0 where it has been eliminated, or another stands for it.
  private var weights: [Int]
  /// Those variables.
  private var members: [[Int]]
  private var isAlive: [Bool]
  /// The pivot of each element.
  private var pivotOf: [Int]
  private var degrees: [Int]
  private var lists: DegreeLists
  private var eliminated = 0
  private var marks: [Int]
  private var stamp = 0
  /// How much of each element is outside of the one that is made, valid where `outsideStamps` has the stamp.
  private var outside: [Int]
  private var outsideStamps: [Int]

  /// - Parameter neighbours: of each variable, without itself, both ways.
  init(neighbours: [[Int]]) {
    count = neighbours.count
    variables = neighbours
    elements = Array(repeating: [], count: count)
    around = elements
    sizes = Array(repeating: 0, count: count)
    weights = Array(repeating: 1, count: count)
    members = (0..<count).map { [$0] }
    isAlive = Array(repeating: false, count: count)
    pivotOf = Array(repeating: -1, count: count)
    degrees = neighbours.map(\.count)
    lists = DegreeLists(count)
    marks = Array(repeating: 0, count: count)
    outside = marks
    outsideStamps = marks
    for i in (0..<count).reversed() { lists.insert(i, degree: degrees[i]) }
    while let pivot = lists.first { eliminate(pivot) }
  }

  private mutating func eliminate(_ p: Int) {
    var front = makeElement(p)
    var own = members[p]
    eliminated += weights[p]
    weights[p] = 0
    var weight = front.reduce(0) { $0 + weights[$1] }
    measure(front)
    var hashes: [(hash: Int, variable: Int)] = []
    for i in front {
      let (degree, hash) = simplify(i, around: p)
      if elements[i].isEmpty && variables[i].isEmpty {
        // All that it has left is the element: it may go at once.
        own += members[i]
        eliminated += weights[i]
        weight -= weights[i]
        weights[i] = 0
        continue
      }
      elements[i].append(p)
      degrees[i] = min(degrees[i], degree)
      hashes.append((hash, i))
    }
    join(&hashes)
    front.removeAll { weights[$0] == 0 }
    for i in front {
      let rest = weight - weights[i]
      degrees[i] = max(0, min(degrees[i] + rest, count - eliminated - weights[i]))
      lists.insert(i, degree: degrees[i])
    }
    pivotOf[p] = pivots.count
    pivots.append(Pivot(variables: own, rows: front.flatMap { members[$0] }, parent: nil))
    around[p] = front
    sizes[p] = weight
    isAlive[p] = weight > 0
    (variables[p], elements[p], members[p]) = ([], [], [])
  }

  /// The variables around p, which leave the lists; elements that p belongs to are absorbed.
  private mutating func makeElement(_ p: Int) -> [Int] {
    lists.remove(p, degree: degrees[p])
    stamp += 1
    marks[p] = stamp
    var front: [Int] = []
    for i in variables[p] { take(i, &front) }
    for e in elements[p] where isAlive[e] {
      for i in around[e] { take(i, &front) }
      absorb(e, into: p)
    }
    return front
  }

  private mutating func take(_ i: Int, _ front: inout [Int]) {
    guard weights[i] > 0, marks[i] != stamp else { return }
    marks[i] = stamp
    lists.remove(i, degree: degrees[i])
    front.append(i)
  }

  private mutating func absorb(_ e: Int, into p: Int) {
    isAlive[e] = false
    around[e] = []
    pivots[pivotOf[e]].parent = pivots.count
  }

  /// How much of the elements around a front is outside of it.
  private mutating func measure(_ front: [Int]) {
    for i in front {
      for e in elements[i] where isAlive[e] {
        if outsideStamps[e] != stamp { (outsideStamps[e], outside[e]) = (stamp, sizes[e]) }
        outside[e] -= weights[i]
      }
    }
  }

  /// Takes from variable i what the new element says already; the rest of its degree, and a number that is equal for equal neighbours.
  private mutating func simplify(_ i: Int, around p: Int) -> (degree: Int, hash: Int) {
    var (degree, hash, kept) = (0, 0, 0)
    var list = elements[i]
    elements[i] = []
    for e in list where isAlive[e] {
      guard outside[e] > 0 else {
        absorb(e, into: p)
        continue
      }
      degree += outside[e]
      hash &+= e
      list[kept] = e
      kept += 1
    }
    list.removeLast(list.count - kept)
    elements[i] = list
    list = variables[i]
    variables[i] = []
    kept = 0
    for j in list where weights[j] > 0 && marks[j] != stamp {
      degree += weights[j]
      hash &+= j
      list[kept] = j
      kept += 1
    }
    list.removeLast(list.count - kept)
    variables[i] = list
    return (degree, hash)
  }

  /// Variables with the same neighbours become one.
  private mutating func join(_ hashes: inout [(hash: Int, variable: Int)]) {
    guard hashes.count > 1 else { return }
    hashes.sort { ($0.hash, $0.variable) < ($1.hash, $1.variable) }
    for (k, one) in hashes.enumerated() where weights[one.variable] > 0 {
      let i = one.variable
      var isMarked = false
      for other in hashes[(k + 1)...] {
        guard other.hash == one.hash else { break }
        let j = other.variable
        guard weights[j] > 0, variables[i].count == variables[j].count,
          elements[i].count == elements[j].count
        else { continue }
        if !isMarked {
          stamp += 1
          for v in variables[i] { marks[v] = stamp }
          for e in elements[i] { marks[e] = stamp }
          isMarked = true
        }
        guard variables[j].allSatisfy({ marks[$0] == stamp }),
          elements[j].allSatisfy({ marks[$0] == stamp })
        else { continue }
        members[i] += members[j]
        weights[i] += weights[j]
        weights[j] = 0
        (variables[j], elements[j], members[j]) = ([], [], [])
      }
    }
  }
}

/// Variables by degree: lists with two directions, the last that came first.
private struct DegreeLists {
  private var heads: [Int]
  private var next: [Int]
  private var previous: [Int]
  private var least = 0

  init(_ count: Int) {
    heads = Array(repeating: -1, count: count + 1)
    next = Array(repeating: -1, count: count)
    previous = next
  }

  mutating func insert(_ i: Int, degree: Int) {
    let head = heads[degree]
    (next[i], previous[i]) = (head, -1)
    if head >= 0 { previous[head] = i }
    heads[degree] = i
    least = min(least, degree)
  }

  mutating func remove(_ i: Int, degree: Int) {
    if previous[i] >= 0 { next[previous[i]] = next[i] } else { heads[degree] = next[i] }
    if next[i] >= 0 { previous[next[i]] = previous[i] }
  }

  /// One of those of least degree.
  var first: Int? {
    mutating get {
      while least < heads.count {
        if heads[least] >= 0 { return heads[least] }
        least += 1
      }
      return nil
    }
  }
}
