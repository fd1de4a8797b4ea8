import NodalBasics
import NodalExecution
import NodalIR
import NodalNativeExecutor
import NodalReferenceExecutor
import TestSupport
import Testing

/// The native executor; nil where no LLVM is installed.
let native = NativeExecutor(fallback: ReferenceExecutor())

/// Compiles and runs in one go; in the long suites on both executors: what the native one gives is what the reference
/// gives, to rounding.
func run(
  _ region: Region, _ inputs: [Tensor], lanes: Int? = nil, _ options: RunOptions = RunOptions(),
  location: SourceLocation = #_sourceLocation
) throws -> [Tensor] {
  try Verifier.verify(region)
  let reference = try Runner(ReferenceExecutor().compile(region))
    .run(inputs, lanes: lanes, options).results
  if Effort.isLong, let native {
    let results = try Runner(native.compile(region)).run(inputs, lanes: lanes, options).results
    let isSingle = (inputs + reference).contains { $0.element == .f32 }
    // Steps that are chosen by their errors are chosen by roundings too: solutions differ as their tolerance lets them, and
    // gradients by more; those of no size as others of the same program do.
    let solved = region.loosestTolerance
    let size = solved == nil ? 0 : reference.map(\.largest).max() ?? 0
    for (i, (a, b)) in zip(results, reference).enumerated() {
      if region.isStatistics(region.results[i]) {
        expectAlike(a, b, 0.1, "result \(i)", location)
      } else {
        // Programs made at random may be ill-conditioned, and end in differences of equal numbers.
        let tolerance = max(isSingle ? 1e-3 : 1e-6, 1000 * (solved ?? 0))
        expectAlike(
          a, b, tolerance, "result \(i)", size: max(size, isSingle ? 1e-4 : 1e-9), location)
      }
    }
  }
  return reference
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
  fileprivate var largest: Double { numbers.filter(\.isFinite).map(abs).max() ?? 0 }
}

/// Numbers that agree to rounding, as far as it grows in a small program.
func expectAlike(
  _ a: Tensor, _ b: Tensor, _ tolerance: Double, _ what: String, size known: Double = 0,
  _ location: SourceLocation = #_sourceLocation
) {
  #expect(a.shape == b.shape && a.element == b.element, "\(what)", sourceLocation: location)
  let (x, y) = (a.numbers, b.numbers)
  let size = max(known, b.largest)
  for i in x.indices where i < y.count {
    let isAlike =
      x[i] == y[i] || (x[i].isNaN && y[i].isNaN)
      || abs(x[i] - y[i]) <= tolerance * max(abs(y[i]), min(size, 1), 1e-3 * size)
    guard !isAlike else { continue }
    Issue.record(
      "native and reference differ: \(what), element \(i): \(x[i]), not \(y[i])",
      sourceLocation: location)
    return
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
