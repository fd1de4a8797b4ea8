import NodalExecution
import NodalIR
import NodalNativeExecutor
import NodalOperations
import NodalReferenceExecutor
import TestSupport
import Testing

/// Counted scans in compiled loops: what the reference executor gives, to rounding; a trajectory's own numbers are the same bits alone and
/// among others.
@Suite(.enabled(if: native != nil, "no LLVM is installed"))
struct CountedScanTests {
  /// Carry c, slices x and w, shared operands of each trajectory and of all: c becomes tanh(rate·c) + a·x. Outputs are sin c, and whether
  /// c > x; terms c²·w, Σ c·w over lanes, and nothing.
  private static func body(_ element: ElementType, lanes: Bool) throws -> Region {
    let over: [Extent] = lanes ? [.lane] : []
    let pair = over + [.fixed(2)]
    var b = RegionBuilder(parameters: [
      ValueType(element, pair), ValueType(element, pair), ValueType(.f64, over),
      ValueType(element, pair), ValueType(element),
    ])
    let (c, x, rate) = (b.parameters[0], b.parameters[1], b.parameters[3])
    let weight = b.broadcast(
      b.convert(b.parameters[2], to: element), to: pair, axes: lanes ? [0] : [])
    let scale = b.broadcast(b.parameters[4], to: pair, axes: [])
    let next = b.add(b.tanh(b.mul(rate, c)), b.mul(scale, x))
    let own = b.mul(b.square(next), weight)
    let share = b.mul(next, weight)
    let sum = lanes ? b.reduce(.sum, share, axes: [0]) : share
    let nothing = b.constant(0, ValueType(element, shape: [2]))
    return try b.finish([next, b.sin(next), b.greater(next, x), own, sum, nothing])
  }

  /// A scan of `counts` over recorded arrays.
  private static func region(
    _ element: ElementType, lanes: Bool, reverse: Bool
  ) throws -> Region {
    let over: [Extent] = lanes ? [.lane] : []
    let steps = Extent.steps(trace: 0)
    var b = RegionBuilder(parameters: [
      ValueType(.i64, over), ValueType(element, over + [.fixed(2)]),
      ValueType(element, over + [steps, .fixed(2)]), ValueType(.f64, over + [steps]),
      ValueType(element, over + [.fixed(2)]), ValueType(element),
    ])
    let scan = Scan(
      length: .counted(trace: 0, trajectories: lanes ? .lane : nil), reverse: reverse, carries: 1,
      stacked: 2, outputs: 2, batched: lanes ? [true, false] : [],
      body: try body(element, lanes: lanes))
    let results = b.emit(.scan(scan), b.parameters)
    return try b.finish(results)
  }

  private static func inputs(
    _ element: ElementType, _ counts: [Int], _ noise: inout Noise
  ) -> [Tensor] {
    let (count, steps) = (counts.count, (counts.max() ?? 0) + 1)
    return [
      Tensor(integers: counts), noise.tensor(element, [count, 2]),
      noise.tensor(element, [count, steps, 2]), noise.tensor(.f64, [count, steps]),
      noise.tensor(element, [count, 2]), Tensor(element, shape: [], [0.7]),
    ]
  }

  private static let lengths = [
    [5], [0], [2, 6], [0, 0, 0], [3, 0, 5], [7, 7, 1, 0, 7, 2, 30, 4, 5, 0, 11], [],
  ]

  @Test(arguments: [ElementType.f64, .f32], [false, true])
  func trajectories(_ element: ElementType, reverse: Bool) throws {
    let region = try Self.region(element, lanes: true, reverse: reverse)
    let executor = try #require(native)
    #expect(try hasLoop(region, executor))
    let reference = Runner(try ReferenceExecutor().compile(region))
    let runner = Runner(try executor.compile(region))
    var noise = Noise(3)
    for counts in Self.lengths {
      let inputs = Self.inputs(element, counts, &noise)
      let found = try runner.run(inputs).results
      let right = try reference.run(inputs).results
      for (i, (a, b)) in zip(found, right).enumerated() {
        expectAlike(a, b, element == .f64 ? 1e-12 : 1e-5, "result \(i) of \(counts)")
      }
      for lane in counts.indices {
        let single = inputs.enumerated().map { i, tensor -> Tensor in
          guard i < 5 else { return tensor }
          let row = tensor.count / counts.count
          return Tensor(
            tensor.element, shape: [1] + tensor.shape.dropFirst(),
            Array(tensor.numbers[(lane * row)..<((lane + 1) * row)]))
        }
        let alone = try runner.run(single).results
        // All but sums over lanes.
        for i in 0..<4 {
          let row = alone[i].count
          #expect(
            Array(found[i].numbers[(lane * row)..<((lane + 1) * row)]) == alone[i].numbers,
            "result \(i) of trajectory \(lane) of \(counts)")
        }
      }
    }
  }

  /// One trajectory, of no turns, of some, and of more than there are between two looks whether to stop.
  @Test(arguments: [0, 1, 9, 10_000], [false, true])
  func single(_ count: Int, reverse: Bool) throws {
    let region = try Self.region(.f64, lanes: false, reverse: reverse)
    let executor = try #require(native)
    #expect(try hasLoop(region, executor))
    var noise = Noise(4)
    let inputs = Self.inputs(.f64, [count], &noise).enumerated().map { i, tensor in
      i < 5
        ? Tensor(tensor.element, shape: Array(tensor.shape.dropFirst()), tensor.numbers) : tensor
    }
    let found = try Runner(executor.compile(region)).run(inputs).results
    let right = try Runner(ReferenceExecutor().compile(region)).run(inputs).results
    for (i, (a, b)) in zip(found, right).enumerated() {
      expectAlike(a, b, 1e-10, "result \(i)")
    }
  }

  /// What isn't linear in a sum over lanes has no share for each: turns are taken one by one, with all lanes.
  @Test func sumsThatLanesShare() throws {
    var b = RegionBuilder(parameters: [ValueType(.f64, [.lane]), ValueType(.f64, [.lane])])
    let (c, x) = (b.parameters[0], b.parameters[1])
    let next = b.add(c, x)
    let body = try b.finish([next, b.square(b.reduce(.sum, next, axes: [0]))])
    var outer = RegionBuilder(parameters: [
      ValueType(.i64, [.lane]), ValueType(.f64, [.lane]),
      ValueType(.f64, [.lane, .steps(trace: 0)]),
    ])
    let scan = Scan(
      length: .counted(trace: 0, trajectories: .lane), carries: 1, stacked: 1, outputs: 0,
      body: body)
    let results = outer.emit(.scan(scan), outer.parameters)
    let region = try outer.finish(results)
    let executor = try #require(native)
    #expect(try !hasLoop(region, executor))
    let inputs = [
      Tensor(integers: [2, 3]), Tensor([1, 2]),
      Tensor(.f64, shape: [2, 4], [1, 1, 1, 1, 2, 2, 2, 2]),
    ]
    let found = try Runner(executor.compile(region)).run(inputs).results
    let right = try Runner(ReferenceExecutor().compile(region)).run(inputs).results
    for (a, b) in zip(found, right) { #expect(a.numbers == b.numbers) }
  }

  private func hasLoop(_ region: Region, _ executor: NativeExecutor) throws -> Bool {
    try executor.modules(of: region, as: .llvm).contains {
      String(decoding: $0, as: UTF8.self).contains("_scan(")
    }
  }
}
