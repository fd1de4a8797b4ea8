import NodalBasics
import NodalExecution
import NodalIR
import NodalReferenceExecutor

/// Compiles and runs in one go.
func run(
  _ region: Region, _ inputs: [Tensor], lanes: Int? = nil, _ options: RunOptions = RunOptions()
) throws -> [Tensor] {
  try Verifier.verify(region)
  return try Runner(ReferenceExecutor().compile(region)).run(inputs, lanes: lanes, options).results
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
