import NodalBasics
import NodalExecution
import NodalIR
import NodalNativeExecutor
import NodalReferenceExecutor
import Synchronization
import TestSupport
import Testing

/// The native executor; nil where no LLVM is installed.
let native = NativeExecutor(fallback: ReferenceExecutor())

/// Compiles and runs in one go; in the long suites on both executors (`NativeShare`): what the native one gives is what the
/// reference gives, to rounding.
func run(
  _ region: Region, _ inputs: [Tensor], lanes: Int? = nil, _ options: RunOptions = RunOptions(),
  location: SourceLocation = #_sourceLocation
) throws -> [Tensor] {
  try Verifier.verify(region)
  let oracle = try Runner(ReferenceExecutor().compile(region))
  let reference = try oracle.run(inputs, lanes: lanes, options).results
  if Effort.isLong, let native, NativeShare.shared.takes(region, at: location) {
    let results = try Runner(native.compile(region)).run(inputs, lanes: lanes, options).results
    let isSingle = (inputs + reference).contains { $0.element == .f32 }
    let rounding = isSingle ? 1e-5 : 1e-12
    // Steps that are chosen by their errors are chosen by roundings too: solutions differ as their tolerance lets them, and
    // gradients by more; those of no size as others of the same program do.
    let solved = region.loosestTolerance
    let size = solved == nil ? 0 : reference.map(\.largest).max() ?? 0
    let tolerance = max(isSingle ? 1e-4 : 1e-10, 1000 * (solved ?? 0))
    for (i, (a, b)) in zip(results, reference).enumerated() {
      if region.isStatistics(region.results[i]) {
        // One step more that is refused, of hundreds: the error of a step at a tight tolerance is a difference of roundings.
        let slack = [Double](repeating: 0.1 * b.tries, count: b.count)
        expectAlike(a, b, 0.1, "result \(i)", spread: slack, location)
      } else if !isAlike(a, b, tolerance, size: size) {
        // Programs made at random may be ill-conditioned, and end in differences of equal numbers: how far the result goes
        // when its inputs are rounded is how far it may be off.
        let spread = try Conditioning.spread(
          of: oracle, inputs, lanes: lanes, options, result: i, by: rounding)
        expectAlike(a, b, tolerance, "result \(i)", size: size, spread: spread, location)
      }
    }
  }
  return reference
}

/// Which programs of the long suites are compiled to machine code as well: the first ones at each place, and of the thousands
/// that random suites make, one in some. Compiling takes a hundred times as long as running them.
private final class NativeShare: Sendable {
  static let shared = NativeShare()
  private static let always = 40
  private static let oneIn = 16
  private let counts = Mutex<[String: Int]>([:])

  func takes(_ region: Region, at location: SourceLocation) -> Bool {
    let count = counts.withLock { counts in
      counts["\(location.fileID):\(location.line)", default: 0] += 1
      return counts["\(location.fileID):\(location.line)", default: 0]
    }
    return count <= Self.always || count % Self.oneIn == 0
  }
}

/// How far roundings of the inputs carry a program's results.
private enum Conditioning {
  /// The largest change of each element of one result, over three roundings of all inputs by this much, relative and to
  /// either side; a hundred times over, since a program rounds at each of its operations, not once.
  static func spread(
    of program: Runner, _ inputs: [Tensor], lanes: Int?, _ options: RunOptions, result: Int,
    by rounding: Double
  ) throws -> [Double] {
    let exact = try program.run(inputs, lanes: lanes, options).results[result].numbers
    // What is zero whatever comes in, as the difference of equal numbers, still rounds: its terms are about 1.
    var spread = [Double](repeating: rounding / 10, count: exact.count)
    for seed in 0..<3 {
      var noise = Noise(UInt64(seed))
      let rounded = inputs.map { input in
        input.element.isFloating
          ? Tensor(
            input.element, shape: input.shape,
            input.numbers.map { $0 * (1 + rounding * noise.next()) })
          : input
      }
      let moved = try program.run(rounded, lanes: lanes, options).results[result].numbers
      for i in exact.indices where i < moved.count {
        spread[i] = max(spread[i], 100 * abs(moved[i] - exact[i]))
      }
    }
    return spread
  }
}

extension Region {
  /// The loosest tolerance of the solves in it, 0 for given steps; nil where there are none.
  fileprivate var loosestTolerance: Double? {
    nodes.compactMap { node -> Double? in
      var found = node.form.regions.compactMap(\.loosestTolerance)
      if case .solve(let solve) = node.form {
        switch solve.settings.stepping {
        case .adaptive(let rtol, let atol): found.append(max(rtol, atol.max() ?? 0))
        case .step, .count: found.append(0)
        }
      }
      return found.max()
    }.max()
  }

  /// Numbers of steps and evaluations.
  fileprivate func isStatistics(_ value: Value) -> Bool {
    guard let node = definition(of: value), case .solve = node.form else { return false }
    return value.index == node.results.lowerBound + Solve.Result.stats
  }
}

extension Tensor {
  /// Of statistics: how many steps were tried, at most.
  fileprivate var tries: Double {
    let width = Solve.Statistic.allCases.count
    return stride(from: 0, to: count, by: width).map {
      self[$0 + Solve.Statistic.accepted.rawValue] + self[$0 + Solve.Statistic.rejected.rawValue]
    }.max() ?? 0
  }
  fileprivate var largest: Double { numbers.filter(\.isFinite).map(abs).max() ?? 0 }
}

/// Numbers that agree to rounding, as far as it grows in a small program; `size` is that of the numbers they come from, and
/// `spread` what each may be off besides.
func expectAlike(
  _ a: Tensor, _ b: Tensor, _ tolerance: Double, _ what: String, size: Double = 0,
  spread: [Double] = [], _ location: SourceLocation = #_sourceLocation
) {
  #expect(a.shape == b.shape && a.element == b.element, "\(what)", sourceLocation: location)
  guard let i = firstDifference(a, b, tolerance, size: size, spread: spread) else { return }
  Issue.record(
    "native and reference differ: \(what), element \(i): \(a.numbers[i]), not \(b.numbers[i])",
    sourceLocation: location)
}

private func isAlike(_ a: Tensor, _ b: Tensor, _ tolerance: Double, size: Double) -> Bool {
  a.shape == b.shape && a.element == b.element
    && firstDifference(a, b, tolerance, size: size, spread: []) == nil
}

/// The first element in which two arrays differ by more than they may.
private func firstDifference(
  _ a: Tensor, _ b: Tensor, _ tolerance: Double, size known: Double, spread: [Double]
) -> Int? {
  let (x, y) = (a.numbers, b.numbers)
  let size = max(known, b.largest)
  return x.indices.first { i in
    guard i < y.count else { return false }
    if x[i] == y[i] || (x[i].isNaN && y[i].isNaN) { return false }
    let free = i < spread.count ? spread[i] : 0
    let bound = tolerance * max(abs(y[i]), min(size, 1), 1e-3 * size) + free
    return !(abs(x[i] - y[i]) <= bound)
  }
}

/// Reproducible numbers between -1 and 1.
struct Noise {
  private let key: RandomKey
  private var index = 0
  init(_ seed: UInt64) { key = RandomKey(seed: seed) }

  mutating func next() -> Double {
    index += 1
    return key.uniform(index, from: -1, to: 1)
  }
  mutating func integer(below bound: Int) -> Int {
    index += 1
    return key.integer(index, below: bound)
  }
  mutating func tensor(_ element: ElementType, _ shape: [Int]) -> Tensor {
    Tensor(element, shape: shape, (0..<shape.reduce(1, *)).map { _ in next() })
  }
}

/// All indices of an array of this shape, in row-major order.
func indices(_ shape: [Int]) -> [[Int]] {
  shape.reduce([[]]) { heads, n in heads.flatMap { head in (0..<n).map { head + [$0] } } }
}

extension Tensor {
  subscript(at index: [Int]) -> Double {
    var place = 0
    for (i, n) in zip(index, shape) { place = place * n + i }
    return self[place]
  }
}
