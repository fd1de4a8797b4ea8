import NodalIR
import NodalOperations

/// The polynomials that an input is made of, in powers of the time since the sample where each begins.
///
/// Times that are not known (NaN, the padding of shorter examples) stand last and begin no piece. The last piece is constant.
struct InputPieces {
  private let samples: Value
  /// Samples and their flat length.
  private let extents: [Extent]
  private let count, width: Int
  /// Whether another sample follows, how long a piece is (1 where none follows), and how steep the straight line is (0 there).
  private let goesOn, length, slope: Value
  /// The samples' times, how long after each the next one is, and whether there is one.
  private let times, gap, follows: Value
  private let type: ValueType

  /// - Parameters: times f64 [n], samples [n, d].
  init(times: Value, samples: Value, _ b: inout RegionBuilder) {
    self.samples = samples
    type = b.type(samples)
    extents = type.extents
    count = extents[0].fixedLength ?? 0
    width = extents[1].fixedLength ?? 0
    self.times = times
    gap = b.sub(Self.next(times, count, &b), times)
    follows = b.greater(gap, b.zero(like: gap))
    let known = b.convert(b.select(follows, gap, b.one(like: gap)), to: type.element)
    goesOn = b.broadcast(follows, to: extents, axes: [0])
    length = b.broadcast(known, to: extents, axes: [0])
    let rise = b.div(b.sub(Self.next(samples, count, &b), samples), length)
    slope = b.select(goesOn, rise, b.zero(like: rise))
  }

  /// From when on each piece counts. At the last sample it is still the piece before it: where data ends, a solve over it does, and has the slope
  /// there that the data has, not that of the constant behind.
  func beginnings(_ kind: Interpolant, _ b: inout RegionBuilder) -> Value {
    guard kind.coefficients > 1, count > 1 else { return times }
    let before = b.concatenate(
      [b.slice(gap, axis: 0, 0..<1), b.slice(gap, axis: 0, 0..<(count - 1))], axis: 0)
    // Sums of steps may be some roundings off.
    let slack = b.add(b.mul(b.abs(times), 1e-15), b.mul(b.abs(before), 1e-13))
    return b.select(follows, times, b.add(times, slack))
  }

  /// [n, coefficients · d]: a row for each piece, the lowest power first; [n, coefficients · d + 1] with one over its length behind them where
  /// time is counted in lengths.
  func coefficients(_ kind: Interpolant, _ b: inout RegionBuilder) -> Value {
    switch kind {
    case .hold: return samples
    case .linear: return b.concatenate([samples, slope], axis: 1)
    case .hermite:
      let first = b.slice(slope, axis: 0, 0..<1)
      let before = b.concatenate([first, b.slice(slope, axis: 0, 0..<(count - 1))], axis: 0)
      return cubic(from: before, to: slope, &b)
    case .akima:
      let slopes = akimaSlopes(&b)
      return cubic(from: slopes, to: Self.next(slopes, count, &b), &b)
    case .bandlimited:
      let all = BandlimitedKernel.pieces(samples, follows: follows, &b)
      let higher = (1..<kind.coefficients).map { k in
        let part = b.slice(all, axis: 1, (k * width)..<((k + 1) * width))
        return b.select(goesOn, part, b.zero(like: part))
      }
      let own = b.slice(length, axis: 1, 0..<1)
      return b.concatenate([samples] + higher + [b.div(b.one(like: own), own)], axis: 1)
    }
  }

  /// Cubic pieces with these slopes at their ends.
  private func cubic(from left: Value, to right: Value, _ b: inout RegionBuilder) -> Value {
    let sum = b.add(left, right)
    let second = b.div(b.sub(b.mul(slope, 3), b.add(sum, left)), length)
    let third = b.div(b.sub(sum, b.mul(slope, 2)), b.square(length))
    let higher = [left, second, third].map { b.select(goesOn, $0, b.zero(like: $0)) }
    return b.concatenate([samples] + higher, axis: 1)
  }

  /// Slopes at the samples (Akima 1970): of the lines on both sides, the one counts more that bends less on its own side. Beyond
  /// the ends there are two more lines, which bend as the last ones do.
  private func akimaSlopes(_ b: inout RegionBuilder) -> Value {
    let known = b.select(
      goesOn, b.constant(1, type), b.constant(0, type))
    func row(_ x: Value, _ i: Int) -> Value { b.slice(x, axis: 0, i..<(i + 1)) }
    let first = row(slope, 0)
    let hasSecond = b.greater(row(known, min(1, count - 1)), b.zero(like: first))
    let second = b.select(hasSecond, row(slope, min(1, count - 1)), first)
    let before = b.sub(b.mul(first, 2), second)
    let start = [b.sub(b.mul(before, 2), first), before]
    let none = b.zero(like: first)
    let one = b.one(like: first)
    var lines = b.concatenate(start + [slope, none], axis: 0)
    var isKnown = b.concatenate([one, one, known, none], axis: 0)
    func back(_ x: Value, _ k: Int) -> Value {
      let head = b.slice(x, axis: 0, 0..<k)
      return b.concatenate([head, b.slice(x, axis: 0, 0..<(count + 3 - k))], axis: 0)
    }
    for _ in 0..<2 {
      let beyond = b.sub(b.mul(back(lines, 1), 2), back(lines, 2))
      lines = b.select(b.greater(isKnown, b.zero(like: isKnown)), lines, beyond)
      isKnown = b.max(isKnown, back(isKnown, 1))
    }
    func line(_ k: Int) -> Value { b.slice(lines, axis: 0, k..<(k + count)) }
    let parts = (0..<4).map { line($0) }
    let ahead = b.abs(b.sub(parts[3], parts[2]))
    let behind = b.abs(b.sub(parts[1], parts[0]))
    let weight = b.add(ahead, behind)
    let bends = b.greater(weight, b.zero(like: weight))
    let whole = b.select(bends, weight, b.one(like: weight))
    let mean = b.div(
      b.add(b.mul(ahead, parts[1]), b.mul(behind, parts[2])), whole)
    return b.select(bends, mean, b.mul(b.add(parts[1], parts[2]), 0.5))
  }

  /// Entries moved up by one, the last repeated.
  static func next(_ x: Value, _ count: Int, _ b: inout RegionBuilder) -> Value {
    b.concatenate(
      [b.slice(x, axis: 0, 1..<count), b.slice(x, axis: 0, (count - 1)..<count)], axis: 0)
  }
}

/// The place of the last of n ascending times that is not behind `t`; 0 where all are. NaN counts as behind all.
extension RegionBuilder {
  mutating func lastPlace(of times: Value, until t: Value, _ n: Int) -> Value {
    var place = constant(0, ValueType(.i64))
    guard n > 1 else { return place }
    var step = 1
    while step * 2 < n { step *= 2 }
    while step > 0 {
      // Outside of the array there is no number, and the comparison fails.
      let next = add(place, constant(Double(step), ValueType(.i64)))
      let begins = lessOrEqual(value(.gather(Gather(batchAxes: 0)), [times, next]), t)
      place = select(begins, next, place)
      step /= 2
    }
    return place
  }
}
