import NodalBasics

/// What data don't tell of parameters, in words.
enum Identifiability {
  /// `k1` and `k2` only through their product. A sentence for each direction along which nothing is known, and for parameters that hang together.
  static func words(_ laplace: Laplace) -> [String] {
    var sentences: [String] = []
    for direction in laplace.unknownDirections {
      sentences.append(words(direction, laplace.density.coordinates))
    }
    let n = laplace.mode.count
    let unknown = laplace.unknownDirections
    var pairs: [(a: Int, b: Int, correlation: Double)] = []
    for a in 0..<n {
      for b in 0..<a where !unknown.contains(where: { abs($0[a]) > 0.1 || abs($0[b]) > 0.1 }) {
        let correlation = laplace.correlation(a, b)
        if abs(correlation) > 0.95 { pairs.append((b, a, correlation)) }
      }
    }
    pairs.sort { abs($0.correlation) > abs($1.correlation) }
    for (a, b, correlation) in pairs.prefix(3) {
      let names = laplace.density.coordinates
      sentences.append(
        "`\(names[a].name)` and `\(names[b].name)` hang together (correlation \(NumberFormat.significant(correlation, 3)))"
      )
    }
    return sentences
  }

  private static func words(
    _ direction: [Double], _ coordinates: [LogDensity.Coordinate]
  ) -> String {
    let largest = direction.map(abs).max() ?? 0
    let parts = direction.indices.filter { abs(direction[$0]) > 0.1 * largest }
    let names = parts.map { "`\(coordinates[$0].name)`" }
    if parts.count == 1 { return "the data don't tell \(names[0])" }
    if parts.count == 2 {
      let (a, b) = (direction[parts[0]], direction[parts[1]])
      let areAlike = abs(abs(a) - abs(b)) < 0.1 * largest
      if areAlike, parts.allSatisfy({ coordinates[$0].isLogarithm }) {
        return "the data tell \(names[0]) and \(names[1]) only through their "
          + (a * b < 0 ? "product" : "ratio")
      }
      return "the data tell \(names[0]) and \(names[1]) only through one combination of them"
    }
    let most = names.prefix(5).joined(separator: ", ")
    return "the data tell \(most)\(names.count > 5 ? ", …" : "") only through combinations of them"
  }
}
