/// How many letters lie between two words: insertions, deletions, substitutions and swaps of neighbours
/// (optimal string alignment). For "did you mean".
package enum EditDistance {
  /// Cost: the product of the lengths, which are cut at 64 characters.
  package static func between(_ a: String, _ b: String) -> Int {
    let a = Array(a.prefix(64))
    let b = Array(b.prefix(64))
    if a.isEmpty || b.isEmpty { return max(a.count, b.count) }
    var before = [Int](repeating: 0, count: b.count + 1)
    var above = Array(0...b.count)
    for i in 1...a.count {
      var row = [i] + [Int](repeating: 0, count: b.count)
      for j in 1...b.count {
        let substitution = above[j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1)
        row[j] = min(above[j] + 1, row[j - 1] + 1, substitution)
        if i > 1, j > 1, a[i - 1] == b[j - 2], a[i - 2] == b[j - 1] {
          row[j] = min(row[j], before[j - 2] + 1)
        }
      }
      before = above
      above = row
    }
    return above[b.count]
  }

  /// The candidate nearest to a word, if it is near enough to be what was meant.
  package static func nearest(to word: String, among candidates: some Sequence<String>) -> String? {
    let limit = max(1, word.count / 3)
    let ranked = candidates.map { ($0, between(word, $0)) }.filter { $0.1 <= limit }
    return ranked.min { $0.1 == $1.1 ? $0.0 < $1.0 : $0.1 < $1.1 }?.0
  }
}
