import NodalIR

/// LU factors of sparse matrices, front by front (see `FrontalTree`), without row exchanges.
///
/// Pivots are on the diagonal, whatever their size. That is right where the diagonal outweighs the rest, as in I/(hγ) - J with short steps, and nowhere
/// else: a pivot that is nothing beside its column makes all factors behind it NaN, so that a step is refused, and a shorter one tried.
enum FrontalFactors<Number: BinaryFloatingPoint & SIMDScalar> {
  typealias Numbers = UnsafePointer<Number>
  typealias Target = UnsafeMutablePointer<Number>

  /// So many columns of a front are eliminated one by one.
  private static var stripWidth: Int { 16 }

  /// Below this share of its column a pivot costs half of all digits.
  private static var leastShare: Number { Number.ulpOfOne.squareRoot() }

  /// How many numbers a factorization wants room for.
  static func room(_ tree: FrontalTree) -> Int { tree.stackSize + tree.largestLower }

  /// `room` is for so many numbers as `room` says.
  static func factorize(
    _ matrix: Numbers, _ factors: Target, _ tree: FrontalTree, room: Target
  ) {
    let (stack, side) = (room, room + tree.stackSize)
    factors.update(repeating: 0, count: tree.count)
    tree.entries.withUnsafeBufferPointer { places in
      for (k, place) in places.enumerated() { factors[place] = matrix[k] }
    }
    tree.fronts.withUnsafeBufferPointer { fronts in
      tree.parentRows.withUnsafeBufferPointer { parentRows in
        tree.children.withUnsafeBufferPointer { children in
          var top = 0
          for front in fronts {
            let left = front.rows.count
            let rest = stack + top
            rest.update(repeating: 0, count: left * left)
            var waiting = 0
            for c in front.children {
              let count = fronts[children[c]].rows.count
              waiting += count * count
            }
            let base = top - waiting
            var offset = base
            for c in front.children {
              let child = fronts[children[c]]
              add(stack + offset, child, parentRows, to: front, factors, rest)
              offset += child.rows.count * child.rows.count
            }
            eliminate(front, factors, rest)
            transpose(factors + front.start + front.pivots * front.size, front, side)
            if waiting > 0 { (stack + base).update(from: rest, count: left * left) }
            top = base + left * left
          }
        }
      }
    }
  }

  /// Adds what a child has left to the parts of its parent's front.
  private static func add(
    _ left: Numbers, _ child: FrontalTree.Front, _ parentRows: UnsafeBufferPointer<Int>,
    to front: FrontalTree.Front, _ factors: Target, _ rest: Target
  ) {
    let (w, m, r, count) = (front.pivots, front.size, front.rows.count, child.rows.count)
    guard count > 0, let places = parentRows.baseAddress else { return }
    let own = places + child.rows.lowerBound
    // Places ascend: first those of the parent's unknowns.
    var split = 0
    while split < count, own[split] < w { split += 1 }
    let upper = factors + front.start
    let lower = upper + w * m
    for a in 0..<count {
      let row = left + a * count
      if own[a] < w {
        let target = upper + own[a] * m
        for b in 0..<count { target[own[b]] += row[b] }
      } else {
        let place = own[a] - w
        let (target, other) = (lower + place * w, rest + place * r - w)
        for b in 0..<split { target[own[b]] += row[b] }
        for b in split..<count { other[own[b]] += row[b] }
      }
    }
  }

  private static func eliminate(_ front: FrontalTree.Front, _ factors: Target, _ rest: Target) {
    let (w, m, r) = (front.pivots, front.size, front.rows.count)
    let upper = factors + front.start
    let lower = upper + w * m
    for first in stride(from: 0, to: w, by: stripWidth) {
      let last = min(w, first + stripWidth)
      for k in first..<last { eliminate(k, before: last, upper, lower, w, m, r) }
      guard last < m else { continue }
      for i in (first + 1)..<max(last, first + 1) {
        let row = upper + i * m
        for p in first..<i {
          let (multiple, other) = (row[p], upper + p * m)
          for j in last..<m { row[j] -= multiple * other[j] }
        }
      }
      guard last < w else { continue }
      MatrixUpdate.subtract(
        upper + last * m + last, stride: m, upper + last * m + first, stride: m,
        upper + first * m + last, stride: m, rows: w - last, columns: m - last,
        terms: last - first)
      MatrixUpdate.subtract(
        lower + last, stride: w, lower + first, stride: w, upper + first * m + last, stride: m,
        rows: r, columns: w - last, terms: last - first)
    }
    for first in stride(from: 0, to: w, by: 64) {
      MatrixUpdate.subtract(
        rest, stride: r, lower + first, stride: w, upper + first * m + w, stride: m, rows: r,
        columns: r, terms: min(w - first, 64))
    }
  }

  /// Eliminates unknown k from the rows behind it, in the columns before `last`.
  @inline(__always)
  private static func eliminate(
    _ k: Int, before last: Int, _ upper: Target, _ lower: Target, _ w: Int, _ m: Int, _ r: Int
  ) {
    let row = upper + k * m
    var largest: Number = 0
    for i in (k + 1)..<max(w, k + 1) { largest = max(largest, upper[i * m + k].magnitude) }
    for i in 0..<r { largest = max(largest, lower[i * w + k].magnitude) }
    if !(row[k].magnitude > leastShare * largest) { row[k] = .nan }
    let diagonal = row[k]
    for i in (k + 1)..<max(w, k + 1) {
      let other = upper + i * m
      let multiple = other[k] / diagonal
      other[k] = multiple
      for j in (k + 1)..<last { other[j] -= multiple * row[j] }
    }
    for i in 0..<r {
      let other = lower + i * w
      let multiple = other[k] / diagonal
      other[k] = multiple
      for j in (k + 1)..<last { other[j] -= multiple * row[j] }
    }
  }

  /// L is made row by row, and read column by column, which are long.
  private static func transpose(_ lower: Target, _ front: FrontalTree.Front, _ side: Target) {
    let (w, r) = (front.pivots, front.rows.count)
    guard w > 1, r > 1 else { return }
    side.update(from: lower, count: w * r)
    for k in 0..<w {
      let column = lower + k * r
      for i in 0..<r { column[i] = side[i * w + k] }
    }
  }

  /// `x` has the right side in the order of places, and then the solution; `side` has room for the numbers of the largest front.
  static func solve(_ factors: Numbers, _ x: Target, _ tree: FrontalTree, side: Target) {
    tree.rows.withUnsafeBufferPointer { rows in
      for front in tree.fronts {
        let (w, m, r) = (front.pivots, front.size, front.rows.count)
        let (own, upper, places) = (x + front.first, factors + front.start, rows[front.rows])
        for i in 1..<max(w, 1) { own[i] -= product(upper + i * m, own, i) }
        side.update(repeating: 0, count: r)
        combine(side, upper + w * m, stride: r, own, rows: w, columns: r)
        for (q, place) in places.enumerated() { x[place] -= side[q] }
      }
      for front in tree.fronts.reversed() {
        let (w, m, r) = (front.pivots, front.size, front.rows.count)
        let (own, upper, places) = (x + front.first, factors + front.start, rows[front.rows])
        for (q, place) in places.enumerated() { side[q] = x[place] }
        for i in (0..<w).reversed() {
          let row = upper + i * m
          let known = product(row + i + 1, own + i + 1, w - i - 1) + product(row + w, side, r)
          own[i] = (own[i] - known) / row[i]
        }
      }
    }
  }

  /// The same for the transposed matrix.
  static func solveTransposed(_ factors: Numbers, _ x: Target, _ tree: FrontalTree, side: Target) {
    tree.rows.withUnsafeBufferPointer { rows in
      for front in tree.fronts {
        let (w, m, r) = (front.pivots, front.size, front.rows.count)
        let (own, upper, places) = (x + front.first, factors + front.start, rows[front.rows])
        for i in 0..<w {
          let row = upper + i * m
          own[i] /= row[i]
          let known = own[i]
          for j in (i + 1)..<max(w, i + 1) { own[j] -= row[j] * known }
        }
        side.update(repeating: 0, count: r)
        combine(side, upper + w, stride: m, own, rows: w, columns: r)
        for (q, place) in places.enumerated() { x[place] -= side[q] }
      }
      for front in tree.fronts.reversed() {
        let (w, m, r) = (front.pivots, front.size, front.rows.count)
        let (own, upper, places) = (x + front.first, factors + front.start, rows[front.rows])
        let lower = upper + w * m
        for (q, place) in places.enumerated() { side[q] = x[place] }
        for i in (0..<w).reversed() {
          own[i] -= product(lower + i * r, side, r)
          let known = own[i]
          for j in 0..<i { own[j] -= upper[i * m + j] * known }
        }
      }
    }
  }

  /// Adds rows, times a number each, to a sum: four at a time, so that the sum is seldom read and written.
  private static func combine(
    _ sum: Target, _ matrix: Numbers, stride: Int, _ x: Numbers, rows: Int, columns: Int
  ) {
    let whole = rows & ~3
    for k in Swift.stride(from: 0, to: whole, by: 4) {
      let row = matrix + k * stride
      let (a, b, c, d) = (row, row + stride, row + 2 * stride, row + 3 * stride)
      let (p, q, s, t) = (x[k], x[k + 1], x[k + 2], x[k + 3])
      for j in 0..<columns { sum[j] += a[j] * p + b[j] * q + (c[j] * s + d[j] * t) }
    }
    for k in whole..<rows {
      let (row, p) = (matrix + k * stride, x[k])
      for j in 0..<columns { sum[j] += row[j] * p }
    }
  }

  /// A sum of products in four sums, so that none waits for itself.
  @inline(__always)
  private static func product(_ a: Numbers, _ b: Numbers, _ count: Int) -> Number {
    var sums = SIMD4<Number>.zero
    let whole = count & ~3
    for j in stride(from: 0, to: whole, by: 4) {
      sums +=
        UnsafeRawPointer(a + j).loadUnaligned(as: SIMD4<Number>.self)
        * UnsafeRawPointer(b + j).loadUnaligned(as: SIMD4<Number>.self)
    }
    var sum = sums[0] + sums[1] + (sums[2] + sums[3])
    for j in whole..<count { sum += a[j] * b[j] }
    return sum
  }
}
