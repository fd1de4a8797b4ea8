/// Copies along the loops of a plan, for elements of 1, 4 or 8 bytes.
enum CopyKernel {
  static func run(
    _ plan: LoopPlan, _ width: Int, _ source: UnsafeRawPointer, _ target: UnsafeMutableRawPointer
  ) {
    guard !plan.isEmpty else { return }
    switch width {
    case 1: copy(plan, source, target, UInt8.self)
    case 4: copy(plan, source, target, UInt32.self)
    default: copy(plan, source, target, UInt64.self)
    }
  }

  private static func copy<T>(
    _ plan: LoopPlan, _ source: UnsafeRawPointer, _ target: UnsafeMutableRawPointer, _: T.Type
  ) {
    let from = source.assumingMemoryBound(to: T.self) + plan.a
    let to = target.assumingMemoryBound(to: T.self) + plan.result
    plan.dimensions.withUnsafeBufferPointer { dimensions in
      copy(dimensions[...], from, to)
    }
  }

  private static func copy<T>(
    _ dimensions: Slice<UnsafeBufferPointer<LoopPlan.Dimension>>, _ from: UnsafePointer<T>,
    _ to: UnsafeMutablePointer<T>
  ) {
    guard let first = dimensions.first else {
      to[0] = from[0]
      return
    }
    if dimensions.count > 2 {
      for i in 0..<first.count {
        copy(dimensions.dropFirst(), from + i * first.a, to + i * first.result)
      }
      return
    }
    guard let last = dimensions.last, dimensions.count == 2 else {
      line(first.count, from, first.a, to, first.result)
      return
    }
    for i in 0..<first.count {
      line(last.count, from + i * first.a, last.a, to + i * first.result, last.result)
    }
  }

  @inline(__always)
  private static func line<T>(
    _ n: Int, _ from: UnsafePointer<T>, _ a: Int, _ to: UnsafeMutablePointer<T>, _ r: Int
  ) {
    if r == 1, a == 1 {
      for i in 0..<n { to[i] = from[i] }
    } else if r == 1, a == 0 {
      let x = from[0]
      for i in 0..<n { to[i] = x }
    } else {
      for i in 0..<n { to[i * r] = from[i * a] }
    }
  }
}
