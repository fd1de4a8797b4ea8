import NodalExecution
import NodalIR
import NodalMethods
import NodalOperations
import NodalReferenceExecutor
import Testing

/// Scans, branches, maps, traces and quadratures.
struct RegionFormsTests {
  private static let row = ValueType(.f64, shape: [2])

  /// Carry c[2], stacked x[2], shared a: c' = a c + x; outputs c', and the carry swapped; term Σ
  /// c'.
  private func body(lanes: Bool) throws -> Region {
    let over: [Extent] = lanes ? [.lane] : []
    let type = ValueType(.f64, over + [.fixed(2)])
    var b = RegionBuilder(parameters: [type, type, type, ValueType(.f64)])
    let (c, d, x, a) = (b.parameters[0], b.parameters[1], b.parameters[2], b.parameters[3])
    let next = b.add(b.mul(c, b.splat(a, like: c)), x)
    let term = b.reduce(.sum, next, axes: lanes ? [0, 1] : [0])
    let own = b.reduce(.sum, next, axes: [lanes ? 1 : 0])
    // The carries change places: buffers must not be shared.
    return try b.finish([d, next, next, own, term])
  }

  /// The same in numbers.
  private func loop(
    _ c: [Double], _ d: [Double], _ xs: [[Double]], _ a: Double, reverse: Bool
  ) -> (c: [Double], d: [Double], outputs: [[Double]], term: Double) {
    var (c, d) = (c, d)
    var outputs = xs.map { _ in [0.0, 0] }
    var term = 0.0
    for k in reverse ? Array(xs.indices.reversed()) : Array(xs.indices) {
      let next = [a * c[0] + xs[k][0], a * c[1] + xs[k][1]]
      (c, d) = (d, next)
      outputs[k] = next
      term += next[0] + next[1]
    }
    return (c, d, outputs, term)
  }

  @Test(arguments: [false, true], [false, true])
  func fixedScan(lanes: Bool, reverse: Bool) throws {
    let (count, n) = (lanes ? 3 : 1, 5)
    let over: [Extent] = lanes ? [.lane] : []
    let carry = ValueType(.f64, over + [.fixed(2)])
    var b = RegionBuilder(parameters: [
      carry, carry, ValueType(.f64, over + [.fixed(n), .fixed(2)]), ValueType(.f64),
    ])
    let scan = Scan(
      length: .fixed(n), reverse: reverse, carries: 2, stacked: 1, outputs: 1,
      body: try body(lanes: lanes))
    let results = b.emit(.scan(scan), b.parameters)
    var noise = Noise(1)
    let shape = lanes ? [count] : []
    let (c, d) = (noise.tensor(.f64, shape + [2]), noise.tensor(.f64, shape + [2]))
    let x = noise.tensor(.f64, shape + [n, 2])
    let found = try run(b.finish(results), [c, d, x, Tensor(0.5)])
    var total = 0.0
    for i in 0..<count {
      let xs = (0..<n).map { k in [x[(i * n + k) * 2], x[(i * n + k) * 2 + 1]] }
      let expected = loop(
        [c[2 * i], c[2 * i + 1]], [d[2 * i], d[2 * i + 1]], xs, 0.5, reverse: reverse)
      total += expected.term
      for j in 0..<2 {
        #expect(found[0][2 * i + j] == expected.c[j] && found[1][2 * i + j] == expected.d[j])
        for k in 0..<n { #expect(found[2][(i * n + k) * 2 + j] == expected.outputs[k][j]) }
      }
      #expect(abs(found[3][i] - expected.term) < 1e-12)
    }
    #expect(abs(found[4][0] - total) < 1e-12)
  }

  @Test(arguments: [false, true])
  func countedScanOverTrajectories(reverse: Bool) throws {
    let counts = [3, 0, 5, 2, 5]
    let (count, steps) = (counts.count, 6)
    let carry = ValueType(.f64, [.lane, .fixed(2)])
    var b = RegionBuilder(parameters: [
      ValueType(.i64, [.lane]), carry, carry,
      ValueType(.f64, [.lane, .steps(trace: 0), .fixed(2)]), ValueType(.f64),
    ])
    let scan = Scan(
      length: .counted(trace: 0, trajectories: .lane), reverse: reverse, carries: 2, stacked: 1,
      outputs: 1, batched: [false], body: try body(lanes: true))
    let results = b.emit(.scan(scan), b.parameters)
    var noise = Noise(2)
    let (c, d) = (noise.tensor(.f64, [count, 2]), noise.tensor(.f64, [count, 2]))
    let x = noise.tensor(.f64, [count, steps, 2])
    let found = try run(
      b.finish(results), [Tensor(integers: counts), c, d, x, Tensor(0.5)])
    var total = 0.0
    for i in 0..<count {
      let xs = (0..<counts[i]).map { k in [x[(i * steps + k) * 2], x[(i * steps + k) * 2 + 1]] }
      let expected = loop(
        [c[2 * i], c[2 * i + 1]], [d[2 * i], d[2 * i + 1]], xs, 0.5, reverse: reverse)
      total += expected.term
      for j in 0..<2 {
        #expect(found[0][2 * i + j] == expected.c[j] && found[1][2 * i + j] == expected.d[j])
        for k in 0..<steps {
          let output = k < counts[i] ? expected.outputs[k][j] : 0
          #expect(found[2][(i * steps + k) * 2 + j] == output)
        }
      }
      #expect(abs(found[3][i] - expected.term) < 1e-12)
    }
    #expect(abs(found[4][0] - total) < 1e-12)
  }

  @Test func branchOverLanesRunsTheSideTaken() throws {
    func side(_ name: String) throws -> Region {
      var b = RegionBuilder(parameters: [ValueType(.f64, [.lane]), ValueType(.f64)])
      let x = b.apply(name, b.parameters[0])
      let scaled = b.mul(x, b.splat(b.parameters[1], like: x))
      let sum = b.reduce(.sum, scaled, axes: [0])
      return try b.finish([scaled, sum])
    }
    let branch = Branch(
      lanes: .lane, batched: [true, false], isLowered: true, whenTrue: try side("log"),
      whenFalse: try side("square"))
    var b = RegionBuilder(parameters: [
      ValueType(.bool, [.lane]), ValueType(.f64, [.lane]), ValueType(.f64),
    ])
    let results = b.emit(.branch(branch), b.parameters)
    let region = try b.finish(results)
    let condition = Tensor(.bool, shape: [4], [0, 1, 0, 1])
    let found = try run(region, [condition, Tensor([-1, 1, -3, 1]), Tensor(2)])
    #expect(found[0].numbers == [2, 0, 18, 0])
    // No NaN of the logarithms that no lane took.
    #expect(found[1].scalar == 20)
    let none = try run(region, [Tensor(.bool, shape: [0], []), Tensor([]), Tensor(2)])
    #expect(none[0].count == 0 && none[1].scalar == 0)
  }

  /// What a side hands on lies in the operand's memory, which nothing else may take meanwhile.
  @Test(arguments: [false, true], [false, true])
  func branchHandsOnWithoutACopy(lanes: Bool, doubles: Bool) throws {
    let type = ValueType(.f64, lanes ? [.lane, .fixed(2)] : [.fixed(4)])
    let condition = ValueType(.bool, lanes ? [.lane] : [])
    var idle = RegionBuilder(parameters: [type])
    let kept = try idle.finish(idle.parameters)
    var side = RegionBuilder(parameters: [type])
    let doubled = side.mul(side.parameters[0], 2)
    let branch = Branch(
      lanes: lanes ? .lane : nil, batched: lanes ? [true] : [], isLowered: lanes,
      whenTrue: try side.finish([doubled]), whenFalse: kept)
    var b = RegionBuilder(parameters: [condition, type])
    let given = b.add(b.parameters[1], 1)
    let chosen = b.emit(.branch(branch), [b.parameters[0], given])[0]
    let again = b.emit(.branch(branch), [b.parameters[0], chosen])[0]
    let behind = b.add(again, 1)
    let region = try b.finish([chosen, again, behind])
    #expect(region.nodes.contains { $0.form.handedOn == [1] })
    let flags = [Double](repeating: doubles ? 1 : 0, count: lanes ? 2 : 1)
    let inputs = [
      Tensor(.bool, shape: lanes ? [2] : [], flags),
      Tensor(.f64, shape: lanes ? [2, 2] : [4], [1, 2, 3, 4]),
    ]
    let factor = doubles ? 2.0 : 1
    let executors: [(any Executor)?] = [ReferenceExecutor(), native]
    for executor in executors.compactMap(\.self) {
      let runner = try Runner(executor.compile(region))
      let found = try runner.run(inputs, lanes: lanes ? 2 : nil, RunOptions()).results
      #expect(found[0].numbers == [2, 3, 4, 5].map { $0 * factor })
      #expect(found[1].numbers == [2, 3, 4, 5].map { $0 * factor * factor })
      #expect(found[2].numbers == [2, 3, 4, 5].map { $0 * factor * factor + 1 })
    }
  }

  @Test func loweredMapHasLanesOfItsOwn() throws {
    var inner = RegionBuilder(parameters: [ValueType(.f64, [.lane, .fixed(2)]), ValueType(.f64)])
    let product = inner.mul(
      inner.parameters[0], inner.splat(inner.parameters[1], like: inner.parameters[0]))
    let sum = inner.reduce(.sum, product, axes: [0, 1])
    let map = Map(
      extent: .fixed(3), mapped: [true, false], isLowered: true,
      body: try inner.finish([product, sum]))
    var b = RegionBuilder(parameters: [ValueType(.f64, shape: [3, 2]), ValueType(.f64)])
    let results = b.emit(.map(map), b.parameters)
    let found = try run(
      b.finish(results), [Tensor(.f64, shape: [3, 2], [1, 2, 3, 4, 5, 6]), Tensor(2)])
    #expect(found[0].numbers == [2, 4, 6, 8, 10, 12] && found[1].scalar == 42)
  }

  // MARK: Traces

  private func record(_ problem: Problem, lanes: Bool, _ method: String) throws -> StepRegions {
    let solve = Solve(
      settings: .adaptive(method, 1e-8), trajectories: lanes ? .lane : nil,
      batched: lanes ? [false, false, false, true, false] : [],
      rhs: try problem.rhs(lanes: lanes), isLowered: lanes, controlled: problem.dimension)
    let serving = try #require(Method.serving(solve.settings))
    return try StepBuilder.regions(serving, StepProblem(solve))
  }

  /// A trace whose records are not those of the method is refused: they are copied by their type.
  @Test func otherRecords() throws {
    let problem = Problem.lotkaVolterra
    let taylor = try record(problem, lanes: false, "taylor").record
    #expect(throws: IRError.self) {
      try problem.solve(
        .adaptive("taylor", 1e-3), from: Tensor(0), to: Tensor(1), saves: [], Tensor([1, 1]),
        Tensor(SteppingTests.predators), record: taylor)
    }
  }

  @Test(arguments: ["tsit5", "dop853", "bs3", "taylor"], [1.0, -1.0])
  func tracesCanBeRead(method: String, direction: Double) throws {
    let problem = Problem.lotkaVolterra
    let regions = try record(problem, lanes: true, method)
    let y0 = Tensor(.f64, shape: [3, 2], [1, 1, 2, 1, 0.5, 2])
    let saves = [0.5, 1.25, 2].map { $0 * direction }
    let outcome = try problem.solve(
      .adaptive(method, 1e-8), from: Tensor(0), to: Tensor(3 * direction), saves: saves, y0,
      Tensor(SteppingTests.predators), record: regions.record)
    let (counts, times, sizes, states) = (
      outcome.rest[0], outcome.rest[1], outcome.rest[2], outcome.rest[3]
    )
    let length = times.shape[1]
    for i in 0..<3 {
      let n = Int(counts[i])
      #expect(n == outcome.statistic(.accepted, i) && n < length)
      #expect(times[i * length] == 0 && times[i * length + n] == 3 * direction)
      for k in 0..<n {
        let gap = times[i * length + k + 1] - times[i * length + k]
        #expect(abs(gap - sizes[i * length + k]) < 1e-12)
      }
      for j in 0..<2 { #expect(states[(i * length + n) * 2 + j] == outcome.final[2 * i + j]) }
      for k in 0..<3 {
        let step = Int(outcome.rest[5][i * 3 + k])
        let (from, to) = (times[i * length + step], times[i * length + step + 1])
        #expect((saves[k] - from) * direction >= 0 && (to - saves[k]) * direction >= 0)
      }
    }
    // Reading the trace at a save time gives what was saved there.
    let types =
      [ValueType(.f64, [.lane]), ValueType(.i64, [.lane])]
      + [ValueType(.f64), ValueType(.f64), ValueType(.f64, shape: [2]), regions.record].map {
        $0.prepending(.steps(trace: 0)).prepending(.lane)
      }
    var b = RegionBuilder(parameters: types)
    let result = b.emit(
      .interpolate(Interpolate(trajectories: .lane, dense: regions.dense)), b.parameters)
    let region = try b.finish(result)
    for (k, t) in saves.enumerated() {
      let read = try run(region, [Tensor([t, t, t])] + Array(outcome.rest[..<5]))[0]
      for i in 0..<3 {
        for j in 0..<2 {
          #expect(abs(read[2 * i + j] - outcome.saved[(3 * i + k) * 2 + j]) < 1e-12)
        }
      }
    }
  }

  @Test func unbatchedTrace() throws {
    let problem = Problem.pendulum
    let regions = try record(problem, lanes: false, "tsit5")
    let outcome = try problem.solve(
      .adaptive("tsit5", 1e-8), (0, 2), saves: [1], [1, 0], [9.81], record: regions.record)
    let n = Int(outcome.rest[0].scalar)
    #expect(outcome.rest[1].shape == [n + 1] && outcome.rest[1][n] == 2)
    let still = try problem.solve(
      .adaptive("tsit5", 1e-8), (2, 2), [1, 0], [9.81], record: regions.record)
    #expect(still.rest[0].scalar == 0 && still.rest[1].numbers == [2])
  }

  /// ∫ sin-free quadrature: ∫ x² dt of x' = -x from 1, over lanes of different spans; shared and
  /// own terms.
  @Test func quadratures() throws {
    let decay = Problem(dimension: 1, parameters: 1) { b, _, y, p in [b.neg(b.mul(p[0], y[0]))] }
    var b = RegionBuilder(parameters: [
      ValueType(.f64, [.lane]), ValueType(.f64, [.lane, .fixed(1)]), ValueType(.f64, [.lane]),
      ValueType(.f64, shape: [1]),
    ])
    let y = b.reshape(b.parameters[1], to: [.lane])
    let own = b.mul(b.square(y), b.parameters[2])
    let shared = b.reduce(.sum, own, axes: [0])
    let outcome = try decay.solve(
      .adaptive("tsit5", 1e-10), from: Tensor([0, 0, 0]), to: Tensor([1, 2, 0.5]),
      Tensor(.f64, shape: [3, 1], [1, 2, 3]), Tensor([1]),
      quadrature: try b.finish([own, shared]))
    let exact = [(1.0, 0.8646647167633873), (4, 0.9816843611112658), (9, 0.6321205588285577)]
      .map { $0.0 * $0.1 / 2 }
    for i in 0..<3 { #expect(abs(outcome.rest[0][i] - exact[i]) < 1e-8) }
    #expect(abs(outcome.rest[1].scalar - exact.reduce(0, +)) < 1e-8)
  }
}
