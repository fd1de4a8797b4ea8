import Dispatch
import Synchronization

/// How work over a batch is spread. The pieces depend on the batch alone, so results are the same,
/// bit for bit, on any number of threads.
package struct Threads: Sendable, Hashable {
  package let count: Int

  /// At least one, at most 64.
  package init(_ count: Int) { self.count = min(64, max(1, count)) }

  /// Cuts lanes into contiguous pieces. The bounds depend on the number of lanes alone: small
  /// batches stay whole, as each piece runs all instructions; of large ones no piece is longer than 256, as the memory that
  /// a piece takes grows with its lanes (a pass over all images of a data set has thousands).
  package static func chunks(_ lanes: Int) -> [Range<Int>] {
    let pieces =
      lanes < 8
      ? 1 : lanes < 32 ? 2 : lanes < 128 ? 4 : lanes < 1024 ? 8 : max(16, (lanes + 255) / 256)
    return cut(lanes, into: pieces)
  }

  /// Contiguous pieces as equal as can be.
  static func cut(_ count: Int, into pieces: Int) -> [Range<Int>] {
    (0..<pieces).map { count * $0 / pieces..<count * ($0 + 1) / pieces }
  }

  /// Calls the body once for each number below `n`, on several threads; returns when all calls
  /// have.
  package func forEach(_ n: Int, _ body: @Sendable (Int) -> Void) {
    let workers = min(count, n)
    guard workers > 1 else {
      for i in 0..<max(0, n) { body(i) }
      return
    }
    let next = Atomic<Int>(0)
    DispatchQueue.concurrentPerform(iterations: workers) { _ in
      while true {
        let i = next.wrappingAdd(1, ordering: .relaxed).oldValue
        if i >= n { return }
        body(i)
      }
    }
  }

  /// What the body gives for each number below `n`, in order; the first error, in order, if there is one.
  package func map<T: Sendable, Failure: Error>(
    _ n: Int, _ body: @Sendable (Int) throws(Failure) -> T
  ) throws(Failure) -> [T] {
    let made = Mutex([Result<T, Failure>?](repeating: nil, count: n))
    forEach(n) { i in
      let result = Result { () throws(Failure) in try body(i) }
      made.withLock { $0[i] = result }
    }
    var all: [T] = []
    for case let result? in made.withLock({ $0 }) { all.append(try result.get()) }
    return all
  }
}
