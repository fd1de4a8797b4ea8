/// In which order the factors of a sum of products are multiplied, two at a time, each index summed over as soon as no other factor
/// has it: the order with the fewest multiplications. Finding it is the problem of matrix chains, for any number of axes
/// (Pfeifer, Haegeman and Verstraete 2014); sums of a few factors are searched through, longer ones go by what is cheapest next.
struct ContractionOrder {
  /// Places in the list of factors, which shrinks: both are taken out, and their product put at the end.
  private(set) var pairs: [(Int, Int)] = []
  private(set) var cost = 0.0

  private static let longestSearched = 5

  init(_ sum: ProductSum) {
    let result = Set(sum.result)
    var best: (pairs: [(Int, Int)], cost: Double)?
    func search(_ factors: [Set<Int>], _ pairs: [(Int, Int)], _ cost: Double) {
      if let best, cost >= best.cost { return }
      guard factors.count > 1 else {
        let last = factors.first.map { $0.subtracting(result) } ?? []
        let whole = cost + (last.isEmpty ? 0 : sum.size(factors[0]))
        if best.map({ whole < $0.cost }) ?? true { best = (pairs, whole) }
        return
      }
      var steps: [(a: Int, b: Int, cost: Double)] = []
      for a in factors.indices {
        for b in factors.indices where b > a {
          steps.append((a, b, sum.size(factors[a].union(factors[b]))))
        }
      }
      steps.sort { $0.cost < $1.cost }
      if factors.count > Self.longestSearched { steps.removeSubrange(1...) }
      for step in steps {
        var rest = factors
        let right = rest.remove(at: step.b)
        let left = rest.remove(at: step.a)
        let wanted = rest.reduce(result) { $0.union($1) }
        rest.append(left.union(right).intersection(wanted))
        search(rest, pairs + [(step.a, step.b)], cost + step.cost)
      }
    }
    search(sum.factors.map { Set($0.indices) }, [], 0)
    if let best { (pairs, cost) = best }
  }
}
