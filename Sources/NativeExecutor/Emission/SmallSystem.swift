/// Systems of a few linear equations, written without loops: one system in each lane, rows exchanged by choices.
///
/// Factors are as `LUFactors` has them, but that the diagonal of U is kept as its reciprocals: n quotients for a matrix, none for a
/// solution.
struct SmallSystem {
  private let w: FunctionWriter

  init(_ w: FunctionWriter) { self.w = w }

  /// Of elements in row-major order; the factors have one more column, with the exchanges.
  func factorize(_ matrix: [Operand]) -> [Operand] {
    let n = Self.size(matrix.count)
    guard n > 0 else { return [] }
    let all = w.alike(matrix)
    var a = (0..<n).map { i in Array(all[(i * n)..<((i + 1) * n)]) }
    let type = all[0].type
    var pivots: [Operand] = []
    for k in 0..<n {
      // A zero that is known can't be the largest.
      let others = (k + 1..<n).filter { !a[$0][k].isZero }
      var pivot = Operand.constant(Double(k), type)
      var largest = w.intrinsic("fabs", [a[k][k]])
      for i in others {
        let size = w.intrinsic("fabs", [a[i][k]])
        let isLarger = w.compare("ogt", size, largest)
        largest = w.select(isLarger, size, largest)
        pivot = w.select(isLarger, .constant(Double(i), type), pivot)
      }
      pivots.append(pivot)
      exchange(k, others, pivot, columns: n) {
        a[$0][$1]
      } set: {
        a[$0][$1] = $2
      }
      let reciprocal = w.divide(.constant(1, type), a[k][k])
      a[k][k] = reciprocal
      for i in others {
        let multiple = w.multiply(a[i][k], reciprocal)
        a[i][k] = multiple
        let negative = w.negate(multiple)
        for j in k + 1..<n { a[i][j] = w.sparseFMA(negative, a[k][j], a[i][j]) }
      }
    }
    return a.indices.flatMap { a[$0] + [pivots[$0]] }
  }

  func solve(_ factors: [Operand], _ right: [Operand]) -> [Operand] {
    let n = right.count
    let all = w.alike(factors + right)
    let width = n + 1
    func factor(_ i: Int, _ j: Int) -> Operand { all[i * width + j] }
    var x = Array(all[(n * width)...])
    for k in 0..<n { exchange(&x, k, factor(k, n)) { !factor($0, k).isZero } }
    for i in 0..<n {
      for j in 0..<i { x[i] = w.sparseFMA(w.sparseNegate(factor(i, j)), x[j], x[i]) }
    }
    for i in (0..<n).reversed() {
      for j in (i + 1..<n).reversed() {
        x[i] = w.sparseFMA(w.sparseNegate(factor(i, j)), x[j], x[i])
      }
      x[i] = w.sparseMultiply(x[i], factor(i, i))
    }
    return x
  }

  func solveTransposed(_ factors: [Operand], _ right: [Operand]) -> [Operand] {
    let n = right.count
    let all = w.alike(factors + right)
    let width = n + 1
    func factor(_ i: Int, _ j: Int) -> Operand { all[i * width + j] }
    var x = Array(all[(n * width)...])
    for k in 0..<n {
      for j in 0..<k { x[k] = w.sparseFMA(w.sparseNegate(factor(j, k)), x[j], x[k]) }
      x[k] = w.sparseMultiply(x[k], factor(k, k))
    }
    for k in (0..<n).reversed() {
      for j in k + 1..<n { x[k] = w.sparseFMA(w.sparseNegate(factor(j, k)), x[j], x[k]) }
    }
    for k in (0..<n).reversed() { exchange(&x, k, factor(k, n)) { !factor($0, k).isZero } }
    return x
  }

  private func exchange(
    _ x: inout [Operand], _ k: Int, _ pivot: Operand, _ mayBeChosen: (Int) -> Bool
  ) {
    let others = (k + 1..<x.count).filter(mayBeChosen)
    exchange(k, others, pivot, columns: 1) { i, _ in
      x[i]
    } set: {
      x[$0] = $2; _ = $1
    }
  }

  /// Exchanges row k with that of the others which is the pivot, if one is.
  private func exchange(
    _ k: Int, _ others: [Int], _ pivot: Operand, columns: Int, _ get: (Int, Int) -> Operand,
    set: (Int, Int, Operand) -> Void
  ) {
    let chosen = others.map { w.compare("oeq", pivot, .constant(Double($0), pivot.type)) }
    for j in 0..<columns {
      let own = get(k, j)
      var new = own
      for (i, isChosen) in zip(others, chosen) {
        let other = get(i, j)
        new = w.sparseSelect(isChosen, other, new)
        set(i, j, w.sparseSelect(isChosen, own, other))
      }
      set(k, j, new)
    }
  }

  private static func size(_ count: Int) -> Int {
    (0...).first { $0 * $0 >= count } ?? 0
  }
}
