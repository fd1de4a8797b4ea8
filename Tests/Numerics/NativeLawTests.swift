import Foundation
import NodalExecution
import NodalIR
import NodalMethods
import NodalNativeExecutor
import NodalOperations
import NodalReferenceExecutor
import NodalTransforms
import TestSupport
import Testing

/// Machine code gives what the reference executor gives, to rounding: for every op, every form, every method, every way
/// to a gradient. `./test --long` asks this of all that the other suites run, too.
@Suite(.enabled(if: native != nil, "no LLVM is installed"))
struct NativeLawTests {
  /// Both executors' results.
  private func both(
    _ region: Region, _ inputs: [Tensor], lanes: Int? = nil, tolerance: Double? = nil,
    _ location: SourceLocation = #_sourceLocation
  ) throws {
    try Verifier.verify(region)
    let executor = try #require(native)
    let found = try Runner(executor.compile(region)).run(inputs, lanes: lanes).results
    let right = try Runner(ReferenceExecutor().compile(region)).run(inputs, lanes: lanes).results
    let isSingle = (inputs + right).contains { $0.element == .f32 }
    for (i, (a, b)) in zip(found, right).enumerated() {
      expectAlike(a, b, tolerance ?? (isSingle ? 2e-4 : 1e-9), "result \(i)", location)
    }
  }

  // MARK: Ops

  /// One number, rows of numbers, and lanes of them: unrolled code and loops, vectors and their rests.
  @Test(arguments: Operations.rows)
  func op(_ row: OpRow) throws {
    let elements: [ElementType] = row.schema.typing == .logical ? [.bool] : [.f64, .f32]
    for element in elements {
      let points = row.domain.map { OperationsTests.points($0) }
      let samples = points.reduce([[]]) { heads, next in
        heads.flatMap { head in next.map { head + [$0] } }
      }
      for extents in [[Extent.fixed(samples.count)], [.lane], [.lane, .fixed(1)]] {
        let type = ValueType(element, extents)
        var b = RegionBuilder(parameters: points.map { _ in type })
        let value = b.value(.elementwise(row.schema), b.parameters)
        let inputs = points.indices.map { i in
          Tensor(
            element, shape: extents.count == 2 ? [samples.count, 1] : [samples.count],
            samples.map { $0[i] })
        }
        try both(b.finish([value]), inputs, tolerance: element == .f32 ? 5e-7 : 1e-14)
      }
    }
  }

  /// Squares have one form for a difference and its opposite; what stands beside a square keeps its sign, also where it is that
  /// difference itself.
  @Test(arguments: [[Extent.fixed(3)], [.lane, .fixed(3)], [.fixed(500)]])
  func squaresOfDifferences(_ extents: [Extent]) throws {
    let type = ValueType(.f64, extents)
    var b = RegionBuilder(parameters: [type, type])
    let p = b.parameters
    var results: [Value] = []
    for (first, second) in [(p[0], p[1]), (p[1], p[0])] {
      let x = b.sub(first, second)
      let square = b.mul(x, x)
      results += [square, b.add(square, x), b.sub(square, x), b.sub(x, square), b.add(x, square)]
      results.append(b.apply("square", x))
    }
    var noise = Noise(5)
    let shape = extents.map { $0.fixedLength ?? 4 }
    try both(
      b.finish(results), [noise.tensor(.f64, shape), noise.tensor(.f64, shape)], tolerance: 1e-14)
  }

  // MARK: Forms

  @Test(arguments: RandomRegion.Kind.allCases, 0..<UInt64(Effort.count(2, long: 3)))
  func form(_ kind: RandomRegion.Kind, seed: UInt64) throws {
    var random = RandomRegion(
      seed: 900 + seed, parameters: [ValueType(.f64, shape: [3]), ValueType(.f64, shape: [2, 3])],
      depth: 1, kinds: [.binary, kind])
    let region = try Pipeline.evaluation.run(
      random.region(nodes: 12, result: ValueType(.f64, shape: [3])))
    var noise = Noise(seed)
    try both(region, [noise.tensor(.f64, [3]), noise.tensor(.f64, [2, 3])], tolerance: 1e-7)
  }

  /// Sums of thousands of products that many rows share are made in stretches, of packed vectors: of columns that fill vectors
  /// and of such that don't, over one axis and over examples and places, with a batch.
  @Test(arguments: [ElementType.f64, .f32], [5, 16, 37, 64])
  func longSums(_ element: ElementType, columns: Int) throws {
    var noise = Noise(UInt64(columns))
    func check(
      _ contraction: Contraction, _ a: [Extent], _ b: [Extent], lanes: Int? = nil
    ) throws {
      let types = [ValueType(element, a), ValueType(element, b)]
      var builder = RegionBuilder(parameters: types)
      let product = builder.value(.contract(contraction), builder.parameters)
      let inputs = types.map { type in
        noise.tensor(element, type.extents.map { $0.fixedLength ?? lanes ?? 1 })
      }
      try both(
        builder.finish([product]), inputs, lanes: lanes, tolerance: element == .f32 ? 1e-4 : 1e-12)
    }
    let n = Extent.fixed(columns)
    try check(
      Contraction(contracted: [.init(1, 0)]), [.fixed(21), .fixed(1111)], [.fixed(1111), n])
    try check(
      Contraction(contracted: [.init(1, 1)]), [.fixed(16), .fixed(1024)], [n, .fixed(1024)])
    try check(
      Contraction(batch: [.init(0, 0)], contracted: [.init(2, 1)]),
      [.fixed(2), .fixed(17), .fixed(1500)], [.fixed(2), .fixed(1500), n])
    let overLanes = Contraction(contracted: [.init(0, 0), .init(1, 1)])
    for lanes in [0, 1, 13, 60] {
      try check(overLanes, [.lane, .fixed(33), .fixed(18)], [.lane, .fixed(33), n], lanes: lanes)
    }
    // Longer than a stretch by one example already.
    try check(overLanes, [.lane, .fixed(700), .fixed(16)], [.lane, .fixed(700), n], lanes: 3)
  }

  /// Batches, and their gradients.
  @Test(arguments: 0..<UInt64(Effort.count(3, long: 6)))
  func batchesAndGradients(seed: UInt64) throws {
    var random = RandomRegion(
      seed: 500 + seed, parameters: [ValueType(.f64, shape: [3]), ValueType(.f64, shape: [3])])
    let one = try random.region(nodes: 12, result: ValueType(.f64))
    let region = try Pipeline.training(wrt: [0, 1]).run(
      TransformsBatchingLawTests.total(one, [true, false]))
    var noise = Noise(seed)
    for lanes in [1, 2, 7, 20] {
      try both(region, [noise.tensor(.f64, [lanes, 3]), noise.tensor(.f64, [3])], tolerance: 1e-6)
    }
  }

  /// Sums of products: shapes that fill vectors, that don't, and that are summed in parts.
  @Test(arguments: [ElementType.f64, .f32])
  func contractions(_ element: ElementType) throws {
    var noise = Noise(3)
    for (m, n, k) in [
      (1, 1, 1), (1, 5, 3), (7, 1, 40), (3, 2, 50), (20, 50, 2), (20, 2, 50), (5, 33, 17),
      (64, 9, 8),
      (2, 40, 31),
    ] {
      for (turnsA, turnsB) in [(false, false), (true, false), (false, true), (true, true)] {
        for lanes in [false, true] where !(lanes && turnsA) {
          let a = turnsA ? [k, m] : [m, k]
          let b = turnsB ? [n, k] : [k, n]
          let typeA = ValueType(
            element, [lanes ? .lane : .fixed(a[0]), .fixed(a[1])])
          var builder = RegionBuilder(parameters: [typeA, ValueType(element, shape: b)])
          let product = builder.value(
            .contract(Contraction(contracted: [.init(turnsA ? 0 : 1, turnsB ? 1 : 0)])),
            builder.parameters)
          try both(
            builder.finish([product]), [noise.tensor(element, a), noise.tensor(element, b)],
            tolerance: element == .f32 ? 1e-5 : 1e-13)
        }
      }
    }
    // Over lanes: as the gradient of shared weights is.
    var b = RegionBuilder(parameters: [
      ValueType(element, [.lane, .fixed(50)]), ValueType(element, [.lane, .fixed(2)]),
    ])
    let sum = b.value(.contract(Contraction(contracted: [.init(0, 0)])), b.parameters)
    for lanes in [1, 3, 20] {
      try both(
        b.finish([sum]), [noise.tensor(element, [lanes, 50]), noise.tensor(element, [lanes, 2])],
        tolerance: element == .f32 ? 1e-5 : 1e-13)
    }
  }

  /// A row's bits depend neither on the number of rows nor on its place among them.
  @Test(arguments: [ElementType.f64, .f32])
  func companyChangesNoBit(_ element: ElementType) throws {
    for width in [2, 50] {
      var b = RegionBuilder(parameters: [
        ValueType(element, [.lane, .fixed(2)]), ValueType(element, shape: [2, width]),
        ValueType(element, shape: [width, 2]),
      ])
      let p = b.parameters
      let product = Contraction(contracted: [.init(1, 0)])
      let hidden = b.tanh(b.value(.contract(product), [p[0], p[1]]))
      let out = b.value(.contract(product), [hidden, p[2]])
      let total = b.reduce(.sum, b.mul(out, out), axes: [1])
      let executor = try #require(native)
      let runner = Runner(try executor.compile(b.finish([out, total])))
      var noise = Noise(4)
      let rows = noise.tensor(element, [23, 2])
      let weights = [noise.tensor(element, [2, width]), noise.tensor(element, [width, 2])]
      let all = try runner.run([rows] + weights).results
      for order in [Array((0..<23).reversed()), [4], [7, 1, 22, 7], Array(5..<20)] {
        let some = try runner.run([TransformsBatchingLawTests.rows(rows, order)] + weights).results
        for k in 0..<2 {
          #expect(
            some[k].isIdentical(to: TransformsBatchingLawTests.rows(all[k], order)),
            "\(width), result \(k), order \(order)")
        }
      }
    }
  }

  // MARK: Solves

  private func both(
    _ problem: Problem, _ settings: SolverSettings, _ y0: Tensor, _ p: Tensor,
    span: (Double, Double),
    saves: [Double], record: ValueType? = nil, tolerance: Double
  ) throws {
    let region = try problem.region(
      settings, saves: saves.count, lanes: y0.shape.count == 2, ownParameters: p.shape.count == 2,
      record: record)
    try both(
      region, [Tensor(span.0), Tensor(span.1), Tensor(saves), y0, p], tolerance: tolerance)
  }

  /// States, save times and statistics, step for step; forwards and backwards; alone and in lanes.
  @Test(arguments: [
    "euler", "midpoint", "heun", "rk4", "bs3", "dopri5", "tsit5", "dopri8", "dop853", "taylor",
  ])
  func method(_ name: String) throws {
    let method = try #require(Method.named(name))
    var noise = Noise(5)
    let starts = Tensor(
      .f64, shape: [11, 2], (0..<22).map { _ in 1.5 + noise.next() })
    for settings in [
      SolverSettings(method: name, stepping: .count(37)),
      SolverSettings(method: name, stepping: .step(0.07)),
      method.isAdaptive ? .adaptive(name, 1e-7) : nil,
    ].compactMap({ $0 }) {
      for span in [(0.0, 2.0), (2.0, -1.0)] {
        let saves = [0, 0.31, 0.31, 0.8, 1].map { span.0 + $0 * (span.1 - span.0) }
        for problem in [Problem.lotkaVolterra, .pendulum] {
          let p = Tensor([1.5, 1, 3, 1].prefix(problem.parameters).map { $0 })
          try both(
            problem, settings, Tensor([1.2, 0.7]), p, span: span, saves: saves, tolerance: 1e-8)
          try both(problem, settings, starts, p, span: span, saves: saves, tolerance: 1e-8)
        }
      }
    }
  }

  /// y₀², p₀ y y₁ and y y₁: a number and rows of numbers, each lane's own or sums over lanes.
  private func integrands(_ element: ElementType, lanes: Bool, own: Bool, square: Bool = false)
    throws -> Region
  {
    let over: [Extent] = lanes ? [.lane] : []
    var b = RegionBuilder(parameters: [
      ValueType(.f64, over), ValueType(element, over + [.fixed(2)]), ValueType(.f64, over),
      ValueType(element, shape: [4]),
    ])
    let p = b.parameters
    let weight = b.convert(p[2], to: element)
    let axis = over.count
    func part(_ i: Int) -> Value {
      b.reshape(b.slice(p[1], axis: axis, i..<(i + 1)), to: over)
    }
    let first = b.mul(b.square(part(0)), weight)
    let scaled = b.mul(part(1), weight)
    let rows = b.mul(
      p[1], b.broadcast(scaled, to: over + [.fixed(2)], axes: lanes ? [0] : []))
    guard lanes, !own else {
      return try b.finish(lanes ? [first, rows] : [first, rows, b.neg(first)])
    }
    let total = b.reduce(.sum, first, axes: [0])
    let product = b.value(
      .contract(Contraction(contracted: [.init(0, 0)])), [scaled, p[1]])
    let rate = b.reshape(b.slice(p[3], axis: 0, 0..<1), to: [])
    let spread = b.broadcast(rate, to: [.fixed(2)], axes: [])
    return try b.finish([
      square ? b.square(total) : total, b.reduce(.sum, rows, axes: [0]), b.mul(product, spread),
      first,
    ])
  }

  private func hasLoop(_ region: Region) throws -> Bool {
    let executor = try #require(native)
    return try executor.modules(of: region, as: .llvm).contains {
      String(decoding: $0, as: UTF8.self).contains("_loop(")
    }
  }

  /// Integrals beside a solve are added up step by step: for one trajectory, for lanes of which each has its own, and over lanes; of accepted steps alone.
  @Test(arguments: [(ElementType.f64, 1e-7), (.f32, 1e-4)])
  func integrals(_ element: ElementType, _ tolerance: Double) throws {
    var problem = Problem.lotkaVolterra
    problem.element = element
    var noise = Noise(8)
    let starts = Tensor(element, shape: [37, 2], (0..<74).map { _ in 1.6 + noise.next() })
    let rates = Tensor(element, shape: [4], [1.5, 1, 3, 1])
    for (lanes, own, saves) in [
      (false, false, 0), (true, true, 0), (true, false, 0), (true, false, 2),
    ] {
      let region = try problem.region(
        .adaptive("dopri5", tolerance), saves: saves, lanes: lanes,
        quadrature: try integrands(element, lanes: lanes, own: own))
      #expect(try hasLoop(region))
      let start = lanes ? starts : Tensor(element, shape: [2], [1.2, 0.3])
      for span in [(0.0, 6.0), (2.0, -1.5), (1, 1)] {
        let times = [span.0, 0.3 * span.0 + 0.7 * span.1].prefix(saves)
        try both(
          region, [Tensor(span.0), Tensor(span.1), Tensor(Array(times)), start, rates],
          tolerance: element == .f64 ? 1e-8 : 2e-3)
      }
    }
    // A square of a sum has no share for each lane: the engine takes the steps.
    let region = try problem.region(
      .adaptive("dopri5", tolerance), saves: 0, lanes: true,
      quadrature: try integrands(element, lanes: true, own: false, square: true))
    #expect(try !hasLoop(region))
  }

  /// Rows of tables at places that the code computes: of each lane's own, of a shared one, of a constant; inside and outside of them.
  @Test(arguments: [false, true])
  func gathers(lanes: Bool) throws {
    let over: [Extent] = lanes ? [.lane] : []
    var b = RegionBuilder(parameters: [
      ValueType(.f64, over + [.fixed(5), .fixed(2)]), ValueType(.f32, shape: [7, 3]),
      ValueType(.i64, over), ValueType(.f64, shape: [9]),
    ])
    let p = b.parameters
    let place = b.add(p[2], b.constant(1, ValueType(.i64, over)))
    let constant = b.constant([3, 1, 4, 1, 5], ValueType(.f64, shape: [5]))
    let own = b.value(.gather(Gather(batchAxes: over.count)), [p[0], place])
    let shared = b.value(.gather(Gather()), [p[1], p[2]])
    let digit = b.value(.gather(Gather()), [constant, place])
    // Nobody reads the last parameter.
    let region = try b.finish([own, shared, b.mul(digit, digit)])
    let places = [0, 3, -1, 6, -2, 4, 2, 7, 1, 5, 0]
    let count = lanes ? places.count : 1
    var noise = Noise(11)
    for first in lanes ? [0] : Array(places.indices) {
      let inputs = [
        Tensor(
          .f64, shape: lanes ? [count, 5, 2] : [5, 2], (0..<(10 * count)).map { _ in noise.next() }),
        Tensor(.f32, shape: [7, 3], (0..<21).map(Double.init)),
        lanes
          ? Tensor(integers: places) : Tensor(.i64, shape: [], [Double(places[first])]),
        Tensor(.f64, shape: [9], (0..<9).map(Double.init)),
      ]
      try both(region, inputs, tolerance: 0)
    }
    let executor = try #require(native)
    #expect(try executor.modules(of: region, as: .llvm).count == 1, "no child")
  }

  /// Reading a trace: at its steps and between them, beyond its ends, in both directions of time, and where it has no step.
  @Test(arguments: [ElementType.f64, .f32], [false, true])
  func interpolation(_ element: ElementType, lanes: Bool) throws {
    var problem = Problem.lotkaVolterra
    problem.element = element
    let settings = SolverSettings.adaptive("dopri5", 1e-4)
    let record = ValueType(element, shape: [12])
    let count = lanes ? 11 : 1
    var noise = Noise(9)
    let starts = Tensor(
      element, shape: lanes ? [count, 2] : [2],
      (0..<(2 * count)).map { _ in 1.6 + noise.next() })
    let rates = Tensor(element, shape: [4], [1.5, 1, 3, 1])
    let types: [ValueType] = [
      .time, ValueType(.i64), ValueType(.f64, [.steps(trace: 0)]),
      ValueType(.f64, [.steps(trace: 0)]), ValueType(element, [.steps(trace: 0), .fixed(2)]),
      ValueType(element, [.steps(trace: 0), .fixed(12)]),
    ]
    let method = try #require(Method.named("dopri5"))
    let regions = try StepBuilder.regions(
      method,
      StepProblem(rhs: problem.rhs(lanes: lanes), rtol: 1e-4, atol: [1e-4], controlled: 2))
    var b = RegionBuilder(parameters: lanes ? types.map { $0.prepending(.lane) } : types)
    let read = Interpolate(trajectories: lanes ? .lane : nil, dense: regions.dense)
    let region = try b.finish([b.value(.interpolate(read), b.parameters)])
    let executor = try #require(native)
    #expect(try executor.modules(of: region, as: .llvm).count == 1, "no child")
    for span in [(0.0, 5.0), (2.0, -1.5), (1, 1)] {
      let trace = try problem.solve(
        settings, from: Tensor(span.0), to: Tensor(span.1), starts, rates, record: record
      ).rest
      let (first, last) = (trace[1][0], trace[1][Int(trace[0][0])])
      for place in [0, 0.001, 0.4, 0.77, 1, -0.001, 1.001] {
        let times = (0..<count).map { first + (last - first) * place + 0.01 * Double($0) * place }
        let t = lanes ? Tensor(times) : Tensor(times[0])
        try both(region, [t] + trace.prefix(5), tolerance: element == .f64 ? 1e-10 : 1e-3)
      }
      let step = trace[1][Int(trace[0][0]) / 2]
      let t = lanes ? Tensor(Array(repeating: step, count: count)) : Tensor(step)
      try both(region, [t] + trace.prefix(5), tolerance: element == .f64 ? 1e-10 : 1e-3)
    }
  }

  /// What a trajectory that fails has integrated is its own affair.
  @Test func integralsBesideAFailure() throws {
    var b = RegionBuilder(parameters: [
      ValueType(.f64, [.lane]), ValueType(.f64, [.lane, .fixed(1)]), ValueType(.f64, [.lane]),
      ValueType(.f64, shape: [1]),
    ])
    let y = b.reshape(b.parameters[1], to: [.lane])
    let region = try Problem.explosion.region(
      .adaptive("tsit5", 1e-6), saves: 0, lanes: true,
      quadrature: try b.finish([b.mul(y, b.parameters[2])]))
    #expect(try hasLoop(region))
    let inputs = [
      Tensor(0), Tensor(3), Tensor([]), Tensor(.f64, shape: [3, 1], [0.1, 1, 0.2]), Tensor([1]),
    ]
    let executor = try #require(native)
    let options = RunOptions(keepsFailures: true)
    let found = try Runner(executor.compile(region)).run(inputs, options).results[3]
    // ∫ y₀ / (1 - y₀ t) dt
    for (i, start) in [(0, 0.1), (2, 0.2)] {
      #expect(abs(found[i] + log(1 - start * 3)) < 1e-4)
    }
  }

  /// A trajectory that ends where it can't go on ends there in machine code too, with the same words.
  @Test func failures() throws {
    let region = try Problem.explosion.region(.adaptive("tsit5", 1e-6), saves: 1, lanes: true)
    let inputs = [
      Tensor(0), Tensor(3), Tensor([2.5]), Tensor(.f64, shape: [3, 1], [0.1, 1, 0.2]), Tensor([1]),
    ]
    func failure(_ executor: any Executor) throws -> SolveFailure? {
      let runner = Runner(try executor.compile(region))
      do throws(ExecutionError) {
        _ = try runner.run(inputs)
        return nil
      } catch .solve(let failure) {
        return failure
      } catch {
        return nil
      }
    }
    let executor = try #require(native)
    let found = try #require(try failure(executor))
    let right = try #require(try failure(ReferenceExecutor()))
    #expect(found.status == right.status && found.trajectory == right.trajectory)
    #expect(abs(found.time - right.time) < 1e-9 * abs(right.time))
  }

  @Test func stiffnessIsNoticed() throws {
    let stiff = Problem(dimension: 2, parameters: 1) { b, t, y, p in
      [b.mul(p[0], b.sub(y[0], b.cos(t))), b.neg(y[1])]
    }
    let region = try stiff.region(.adaptive("tsit5", 1e-5), saves: 0, lanes: false)
    let executor = try #require(native)
    let report = try Runner(executor.compile(region)).run([
      Tensor(0), Tensor(10), Tensor([]), Tensor([1, 1]), Tensor([-2000]),
    ]).report
    #expect(report.warnings.count == 1)
  }

  @Test(arguments: SolveGradients.modes, [ElementType.f64, .f32])
  func gradient(_ mode: GradientMode, _ element: ElementType) throws {
    let tolerance = element == .f64 ? 1e-8 : 1e-5
    let one = try TransformsSolveLawTests.loss(
      mode, .adaptive(rtol: tolerance, atol: [tolerance]), saves: 3, element)
    let single = try Pipeline.training(wrt: [0, 1, 2, 3, 4]).run(one)
    let inputs = [
      Tensor(element, shape: [2], [1.3, 0.8]), Tensor(element, shape: [4], [1.5, 1, 3, 1]),
      Tensor(0.2), Tensor(2.0), Tensor([0.5, 1.1, 2]),
    ]
    try both(single, inputs, tolerance: element == .f64 ? 1e-5 : 5e-3)
    let batch = try Pipeline.training(wrt: [0, 1]).run(
      TransformsBatchingLawTests.total(one, [true, false, false, false, false]))
    let starts = Tensor(element, shape: [5, 2], (0..<10).map { 0.8 + 0.1 * Double($0) })
    try both(batch, [starts] + inputs[1...], tolerance: element == .f64 ? 1e-5 : 5e-3)
  }
}
