import NodalIR

/// Sums and extremes along the loops of a plan: `result` strides of 0 are reduced away.
///
/// The order of summation is fixed by the lengths of the inner loops alone: eight partial sums
/// along contiguous elements, in order elsewhere. So a lane's sum doesn't depend on the number of
/// lanes.
enum ReduceKernel {
  static func run(
    _ kind: Reduction.Kind, _ element: ElementType, _ plan: LoopPlan, _ source: UnsafeRawPointer,
    _ target: UnsafeMutableRawPointer, count: Int
  ) {
    switch element {
    case .f32: real(kind, plan, source, target, count, Float.self)
    case .f64: real(kind, plan, source, target, count, Double.self)
    case .i64:
      let (x, r) = bind(source, target, Int64.self)
      switch kind {
      case .sum: reduce(plan, x, r, count, 0) { $0 &+ $1 }
      case .max: reduce(plan, x, r, count, .min) { Swift.max($0, $1) }
      case .min, .argmax, .argmin: reduce(plan, x, r, count, .max) { Swift.min($0, $1) }
      }
    case .bool:
      let (x, r) = bind(source, target, UInt8.self)
      switch kind {
      case .sum, .max: reduce(plan, x, r, count, 0) { $0 | $1 }
      case .min, .argmax, .argmin: reduce(plan, x, r, count, 1) { $0 & $1 }
      }
    }
  }

  private static func bind<T>(
    _ source: UnsafeRawPointer, _ target: UnsafeMutableRawPointer, _: T.Type
  ) -> (UnsafePointer<T>, UnsafeMutablePointer<T>) {
    (source.assumingMemoryBound(to: T.self), target.assumingMemoryBound(to: T.self))
  }

  @inline(__always)
  private static func real<T: BinaryFloatingPoint>(
    _ kind: Reduction.Kind, _ plan: LoopPlan, _ source: UnsafeRawPointer,
    _ target: UnsafeMutableRawPointer, _ count: Int, _: T.Type
  ) {
    let (x, r) = bind(source, target, T.self)
    switch kind {
    case .sum: reduce(plan, x, r, count, 0) { $0 + $1 }
    // NaN wins.
    case .max: reduce(plan, x, r, count, -.infinity) { $0 > $1 || $0 != $0 ? $0 : $1 }
    case .min, .argmax, .argmin:
      reduce(plan, x, r, count, .infinity) { $0 < $1 || $0 != $0 ? $0 : $1 }
    }
  }

  @inline(__always)
  private static func reduce<T>(
    _ plan: LoopPlan, _ x: UnsafePointer<T>, _ r: UnsafeMutablePointer<T>, _ count: Int,
    _ identity: T, _ combine: (T, T) -> T
  ) {
    for i in 0..<count { r[i] = identity }
    guard !plan.isEmpty, count > 0 else { return }
    let dimensions = plan.dimensions
    guard let last = dimensions.last else {
      r[0] = combine(r[0], x[0])
      return
    }
    // An odometer over all but the innermost loop.
    let outer = dimensions.count - 1
    var turns = 1
    for d in 0..<outer { turns *= dimensions[d].count }
    for turn in 0..<turns {
      var rest = turn
      var from = 0
      var to = 0
      for d in stride(from: outer - 1, through: 0, by: -1) {
        let i = rest % dimensions[d].count
        rest /= dimensions[d].count
        from += i * dimensions[d].a
        to += i * dimensions[d].result
      }
      if last.result != 0 {
        for i in 0..<last.count {
          r[to + i * last.result] = combine(r[to + i * last.result], x[from + i * last.a])
        }
      } else {
        r[to] = combine(r[to], line(x + from, last.a, last.count, identity, combine))
      }
    }
  }

  /// Eight partial results, joined in a tree.
  @inline(__always)
  private static func line<T>(
    _ x: UnsafePointer<T>, _ stride: Int, _ n: Int, _ identity: T, _ combine: (T, T) -> T
  ) -> T {
    var (a, b, c, d) = (identity, identity, identity, identity)
    var (e, f, g, h) = (identity, identity, identity, identity)
    var i = 0
    var p = x
    while i + 8 <= n {
      a = combine(a, p[0])
      b = combine(b, p[stride])
      c = combine(c, p[2 * stride])
      d = combine(d, p[3 * stride])
      e = combine(e, p[4 * stride])
      f = combine(f, p[5 * stride])
      g = combine(g, p[6 * stride])
      h = combine(h, p[7 * stride])
      p += 8 * stride
      i += 8
    }
    var rest = identity
    while i < n {
      rest = combine(rest, x[i * stride])
      i += 1
    }
    let left = combine(combine(a, b), combine(c, d))
    let right = combine(combine(e, f), combine(g, h))
    return combine(combine(left, right), rest)
  }

  /// The place of the first extreme along the middle of [outer, n, inner]; the first NaN counts as
  /// one; 0 of nothing.
  static func argument(
    _ kind: Reduction.Kind, _ element: ElementType, _ source: UnsafeRawPointer,
    _ target: UnsafeMutablePointer<Int64>, outer: Int, n: Int, inner: Int
  ) {
    func find<T: Comparable>(_: T.Type, _ isNaN: (T) -> Bool) {
      let x = source.assumingMemoryBound(to: T.self)
      for o in 0..<outer {
        for i in 0..<inner {
          var best = 0
          for k in 0..<n {
            let candidate = x[(o * n + k) * inner + i]
            let current = x[(o * n + best) * inner + i]
            if isNaN(current) { break }
            let wins = kind == .argmax ? candidate > current : candidate < current
            if wins || isNaN(candidate) { best = k }
          }
          target[o * inner + i] = Int64(best)
        }
      }
    }
    switch element {
    case .f32: find(Float.self) { $0.isNaN }
    case .f64: find(Double.self) { $0.isNaN }
    case .i64: find(Int64.self) { _ in false }
    case .bool: find(UInt8.self) { _ in false }
    }
  }
}
