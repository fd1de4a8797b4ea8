/// The elimination of a sparse matrix as one of small dense ones, *fronts*: unknowns that are eliminated together, and the rows and columns that they
/// leave something in. What a front leaves is added to the front of its parent (Duff and Reid 1983, The multifrontal solution of indefinite
/// sparse symmetric linear systems). Pivots are on the diagonal, so all places are known before there is a number.
///
/// The pattern counts as that of A + Aᵀ. A front of w unknowns and r rows behind them has in the factors the first w of its w + r rows, U with L
/// below the diagonal, then L's w columns of r numbers.
package struct FrontalTree: Sendable {
  package struct Front: Sendable {
    /// The place of its first unknown; the others follow.
    package let first: Int
    package let pivots: Int
    /// Where the places of its rows behind the unknowns are in `rows`.
    package let rows: Range<Int>
    /// Where its numbers begin in the factors.
    package let start: Int
    /// Those whose parent it is, by number: they come before it, and what they leave is on top of the stack when its turn comes.
    package let children: Range<Int>
    package var size: Int { pivots + rows.count }
  }

  /// The component in each place.
  package private(set) var order: [Int]
  /// Parents behind their children.
  package private(set) var fronts: [Front] = []
  /// Places of rows, ascending in each front.
  package private(set) var rows: [Int] = []
  /// Where each of `rows` is in the parent's front.
  package private(set) var parentRows: [Int] = []
  /// Which fronts are children, parent by parent.
  package private(set) var children: [Int] = []
  /// Where in the factors each entry of the matrix goes, L lying row by row as long as its front is eliminated.
  package private(set) var entries: [Int] = []
  /// How many numbers the factors are.
  package private(set) var count = 0
  /// How many numbers wait at most on the stack for their parents.
  package private(set) var stackSize = 0
  package private(set) var largestFront = 0
  /// How many numbers the largest part of L has that is behind the unknowns of a front.
  package private(set) var largestLower = 0
  /// See `MatrixPattern.cost`.
  package private(set) var cost = 0.0

  init(starts: [Int], columns: [Int]) {
    let groups = Self.groups(starts: starts, columns: columns)
    order = groups.flatMap(\.variables)
    var place = [Int](repeating: 0, count: order.count)
    for (p, component) in order.enumerated() { place[component] = p }
    add(groups, place)
    locate(starts: starts, columns: columns, place)
    measure()
  }

  /// Of A + Aᵀ, without the diagonal.
  private static func neighbours(starts: [Int], columns: [Int]) -> [[Int]] {
    let n = starts.count - 1
    var lists = [[Int]](repeating: [], count: n)
    for row in 0..<n {
      for column in columns[starts[row]..<starts[row + 1]] where column != row {
        lists[row].append(column)
        lists[column].append(row)
      }
    }
    var seen = [Int](repeating: -1, count: n)
    for i in 0..<n {
      lists[i].removeAll { j in
        defer { seen[j] = i }
        return seen[j] == i
      }
    }
    return lists
  }

  /// Unknowns that are eliminated together, children before their parents.
  private static func groups(starts: [Int], columns: [Int]) -> [MinimumDegree.Pivot] {
    var pivots = MinimumDegree(neighbours: neighbours(starts: starts, columns: columns)).pivots
    var children = [[Int]](repeating: [], count: pivots.count)
    var zeros = [Int](repeating: 0, count: pivots.count)
    var roots: [Int] = []
    for p in pivots.indices {
      var own: [Int] = []
      for child in children[p] {
        if let added = joined(pivots[child], pivots[p], zeros: zeros[child] + zeros[p]) {
          zeros[p] = added
          pivots[p].variables = pivots[child].variables + pivots[p].variables
          own += children[child]
        } else {
          own.append(child)
        }
      }
      children[p] = own
      if let parent = pivots[p].parent { children[parent].append(p) } else { roots.append(p) }
    }
    // From the last to the first, then turned around: no recursion, as trees may be deep.
    var result: [MinimumDegree.Pivot] = []
    var numbers: [Int] = []
    var waiting = roots
    while let p = waiting.popLast() {
      numbers.append(p)
      waiting += children[p]
    }
    numbers.reverse()
    var number = [Int](repeating: 0, count: pivots.count)
    for (k, p) in numbers.enumerated() { number[p] = k }
    for (k, p) in numbers.enumerated() {
      result.append(pivots[p])
      result[k].parent = nil
    }
    for p in numbers {
      for child in children[p] { result[number[child]].parent = number[p] }
    }
    return result
  }

  /// How many zeros a front has that is made of a child's and its parent's, if that is few enough: large fronts go faster than small ones.
  private static func joined(
    _ child: MinimumDegree.Pivot, _ parent: MinimumDegree.Pivot, zeros: Int
  ) -> Int? {
    func numbers(_ pivots: Int, _ rows: Int) -> Int { pivots * (pivots + 2 * rows) }
    let pivots = child.variables.count + parent.variables.count
    let all = numbers(pivots, parent.rows.count)
    let more =
      all - numbers(child.variables.count, child.rows.count)
      - numbers(parent.variables.count, parent.rows.count)
    let share = Double(zeros + more) / Double(max(1, all))
    let limit = pivots <= 4 ? 1 : pivots <= 16 ? 0.5 : pivots <= 48 ? 0.15 : 0.05
    return share <= limit ? zeros + more : nil
  }

  private mutating func add(_ groups: [MinimumDegree.Pivot], _ place: [Int]) {
    var childrenOf = [[Int]](repeating: [], count: groups.count)
    for (k, group) in groups.enumerated() {
      if let parent = group.parent { childrenOf[parent].append(k) }
    }
    var first = 0
    for (k, group) in groups.enumerated() {
      let begin = rows.count
      rows += group.rows.map { place[$0] }.sorted()
      let from = children.count
      children += childrenOf[k]
      let front = Front(
        first: first, pivots: group.variables.count, rows: begin..<rows.count, start: count,
        children: from..<children.count)
      fronts.append(front)
      first += front.pivots
      count += front.pivots * (front.size + front.rows.count)
    }
    parentRows = Array(repeating: 0, count: rows.count)
    for (k, group) in groups.enumerated() {
      guard let parent = group.parent else { continue }
      let target = fronts[parent]
      var next = target.rows.lowerBound
      for j in fronts[k].rows {
        let own = rows[j]
        if own < target.first + target.pivots {
          parentRows[j] = own - target.first
        } else {
          while rows[next] < own { next += 1 }
          parentRows[j] = target.pivots + next - target.rows.lowerBound
        }
      }
    }
  }

  private mutating func locate(starts: [Int], columns: [Int], _ place: [Int]) {
    var frontOf: [Int] = []
    for (k, front) in fronts.enumerated() {
      frontOf += Array(repeating: k, count: front.pivots)
    }
    for row in 0..<(starts.count - 1) {
      for column in columns[starts[row]..<starts[row + 1]] {
        let (i, j) = (place[row], place[column])
        let front = fronts[frontOf[min(i, j)]]
        func local(_ p: Int) -> Int {
          p < front.first + front.pivots ? p - front.first : front.pivots + index(of: p, front.rows)
        }
        let (a, b) = (local(i), local(j))
        entries.append(
          front.start
            + (a < front.pivots
              ? a * front.size + b
              : front.pivots * front.size + (a - front.pivots) * front.pivots + b))
      }
    }
  }

  /// Which of the rows of a front a place is.
  private func index(of place: Int, _ range: Range<Int>) -> Int {
    var (low, high) = (range.lowerBound, range.upperBound)
    while low < high {
      let middle = (low + high) / 2
      if rows[middle] < place { low = middle + 1 } else { high = middle }
    }
    return low - range.lowerBound
  }

  private mutating func measure() {
    var top = 0
    for front in fronts {
      let (w, r) = (Double(front.pivots), Double(front.rows.count))
      let left = front.rows.count * front.rows.count
      stackSize = max(stackSize, top + left)
      for child in children[front.children] {
        top -= fronts[child].rows.count * fronts[child].rows.count
      }
      top += left
      largestFront = max(largestFront, front.size)
      largestLower = max(largestLower, front.pivots * front.rows.count)
      let operations = 2 * w * w * w / 3 + 2 * w * w * r + 2 * w * r * r
      cost += 80 + 0.2 * operations + 1.5 * r * r + w * (w + 2 * r)
    }
  }
}
