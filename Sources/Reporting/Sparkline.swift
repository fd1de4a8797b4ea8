/// A series in one line of a table: `▂▄▆█▆▄▂`, the mean of each stretch between the least and the greatest mean; a blank where nothing is known.
package enum Sparkline {
  private static let bars: [Character] = ["▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"]

  /// - Parameter width: the most characters; a shorter series has one for each of its numbers.
  package static func text(_ values: [Double], width: Int = 24) -> String {
    let count = min(width, values.count)
    guard count > 0 else { return "" }
    let means = (0..<count).map { k -> Double? in
      let stretch = values[(k * values.count / count)..<((k + 1) * values.count / count)]
      let known = stretch.filter(\.isFinite)
      return known.isEmpty ? nil : known.reduce(0) { $0 + $1 / Double(known.count) }
    }
    let known = means.compactMap { $0 }
    guard let least = known.min(), let greatest = known.max() else {
      return String(repeating: " ", count: count)
    }
    return String(
      means.map { mean -> Character in
        guard let mean else { return " " }
        guard greatest > least else { return bars[3] }
        // Halves, as the whole may be beyond all numbers.
        let share = (mean / 2 - least / 2) / (greatest / 2 - least / 2)
        return bars[min(bars.count - 1, Int(share * Double(bars.count)))]
      })
  }
}
