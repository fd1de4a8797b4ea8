/// A stretch of an experiment that is cut into stretches, one behind the other.
package struct DataWindow: Sendable, Hashable {
  /// Among all windows.
  package let number: Int
  /// The position of its first time in the experiment, which is an example of the set that was cut.
  package let experiment: Int
  package let start: Int
  /// Among the windows that don't begin their experiment; nil for one that does.
  package let row: Int?
  /// That of the window behind it; nil for the last of an experiment.
  package let next: Int?
  /// Its times over those of the experiment, over the number of experiments: those of all windows add up to 1.
  package let share: Double
}

extension Dataset {
  /// All experiments in windows of at most so many times each, as equally long as they can be; nil without times. Each time is in one window.
  package func cut(atMost length: Int) -> Dataset? {
    guard let lengths, length > 0 else { return nil }
    var parts: [DataPart] = []
    var windows: [DataWindow] = []
    var rows = 0
    for (example, count) in lengths.enumerated() where count > 0 {
      let number = (count - 1) / length + 1
      for k in 0..<number {
        let times = (k * count / number)..<((k + 1) * count / number)
        if k > 0 { rows += 1 }
        windows.append(
          DataWindow(
            number: parts.count, experiment: example, start: times.lowerBound,
            row: k > 0 ? rows - 1 : nil, next: k + 1 < number ? rows : nil,
            share: Double(times.count) / Double(count) / Double(lengths.count)))
        parts.append(
          DataPart(
            example: example, times: times, identity: UInt32(truncatingIfNeeded: parts.count))
        )
      }
    }
    var result = gather(parts)
    result.setWindows(windows)
    return result
  }

  /// Pairs of parts of so many times that begin at neighbouring times, at most about so many pairs, spread evenly over all examples; of an example that is no longer
  /// than a part the whole. Nil without times.
  package func pairs(ofLength length: Int, count: Int) -> Dataset? {
    guard let lengths, length > 0, count > 0 else { return nil }
    let stride = max(2, timeCount / count)
    var parts: [DataPart] = []
    for (example, times) in lengths.enumerated() {
      let starts =
        times > length
        ? Swift.stride(from: 0, to: times - length, by: stride).flatMap { [$0, $0 + 1] } : [0]
      for start in starts {
        parts.append(
          DataPart(
            example: example, times: start..<min(start + length, times),
            identity: UInt32(truncatingIfNeeded: parts.count)))
      }
    }
    return gather(parts)
  }
}
