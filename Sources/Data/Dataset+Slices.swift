extension Dataset {
  /// How much of a data set: `last(0.2)` is a fifth, `last(10)` ten.
  package enum Amount: Sendable, Equatable {
    case fraction(Double)
    case count(Int)

    /// Of `total`, rounded to the nearest whole; nil when it is more, or less than nothing.
    package func resolved(of total: Int) -> Int? {
      switch self {
      case .fraction(let part):
        guard part >= 0, part <= 1 else { return nil }
        return Int((part * Double(total)).rounded())
      case .count(let count): return (0...total).contains(count) ? count : nil
      }
    }
  }

  /// What slices cut: times in a single experiment, else examples.
  package var sliceAxis: DataField.Axis { isSingleExperiment ? .time : .example }

  /// How many entries slices may choose from.
  package var sliceCount: Int { isSingleExperiment ? timeCount : exampleCount }

  /// The first so many entries; nil when there are not so many.
  package func first(_ amount: Amount) -> Dataset? {
    amount.resolved(of: sliceCount).flatMap { slice(0..<$0) }
  }

  /// The last so many entries; nil when there are not so many.
  package func last(_ amount: Amount) -> Dataset? {
    amount.resolved(of: sliceCount).flatMap { slice(sliceCount - $0..<sliceCount) }
  }

  /// Which entries `last` takes: what `validate: obs.last(0.2)` takes out of the training data.
  package func rangeOfLast(_ amount: Amount) -> Range<Int>? {
    amount.resolved(of: sliceCount).map { sliceCount - $0..<sliceCount }
  }

  /// Which entries `first` takes.
  package func rangeOfFirst(_ amount: Amount) -> Range<Int>? {
    amount.resolved(of: sliceCount).map { 0..<$0 }
  }

  /// Entries `range` of the slice axis; nil when they are not all there.
  package func slice(_ range: Range<Int>) -> Dataset? {
    guard range.lowerBound >= 0, range.upperBound <= sliceCount else { return nil }
    switch sliceAxis {
    case .time: return gather([DataPart(example: 0, times: range, identity: identities[0])])
    case .example: return gather(range.map(whole))
    }
  }

  /// The longest stretch of time that an example has; nil without times.
  package var longestSpan: Double? {
    guard let name = timeName else { return nil }
    return (0..<exampleCount).compactMap { i -> Double? in
      guard let times = value(of: name, example: i)?.values, let first = times.first,
        let last = times.last
      else { return nil }
      return abs(last - first)
    }.max()
  }

  /// Each experiment up to so long behind its beginning, with two times at least, where it has them.
  package func within(_ span: Double) -> Dataset? {
    guard let name = timeName else { return nil }
    return gather(
      (0..<exampleCount).map { i in
        let times = value(of: name, example: i)?.values ?? []
        let first = times.first ?? 0
        // Times that were counted up miss their sum by rounding.
        let count = times.prefix { abs($0 - first) <= span * (1 + 1e-9) }.count
        return DataPart(
          example: i, times: 0..<min(times.count, max(count, 2)), identity: identities[i])
      })
  }

  /// Without the entries in some ranges that don't overlap. What is left around stretches of times becomes experiments of their own, so that no
  /// window reaches across a gap.
  package func removing(_ ranges: [Range<Int>]) -> Dataset? {
    var kept: [Range<Int>] = []
    var next = 0
    for range in ranges.sorted(by: { $0.lowerBound < $1.lowerBound }) {
      guard range.lowerBound >= next, range.upperBound <= sliceCount else { return nil }
      kept.append(next..<range.lowerBound)
      next = range.upperBound
    }
    kept.append(next..<sliceCount)
    kept.removeAll(where: \.isEmpty)
    switch sliceAxis {
    case .time:
      let parts = kept.enumerated().map {
        DataPart(example: 0, times: $1, identity: identities[0] &+ UInt32($0))
      }
      return gather(parts.isEmpty ? [DataPart(example: 0, times: 0..<0, identity: 0)] : parts)
    case .example: return gather(kept.flatMap { $0.map(whole) })
    }
  }

  /// One entry as a set of its own: `data[3]`, counted from the end when negative.
  package func entry(_ index: Int) -> Dataset? {
    let count = sliceCount
    guard index >= -count, index < count else { return nil }
    let index = index < 0 ? index + count : index
    return slice(index..<index + 1)
  }
}
