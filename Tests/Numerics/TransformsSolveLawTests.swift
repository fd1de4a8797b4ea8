import NodalExecution
import NodalIR
import NodalOperations
import NodalReferenceExecutor
import NodalTransforms
import TestSupport
import Testing

/// Gradients of solves: every mode, every kind of steps, spans of every sort, alone and in batches of both kinds.
struct TransformsSolveLawTests {
  enum Stepping: CaseIterable {
    case adaptive, step, count
    var settings: SolverSettings.Stepping {
      switch self {
      case .adaptive: .adaptive(rtol: 1e-8, atol: [1e-8])
      case .step: .step(0.047)
      case .count: .count(40)
      }
    }
  }

  struct Span: CustomStringConvertible {
    var description: String
    var start: Double
    var end: Double
    var saves: [Double]
    /// Times may be moved a little without leaving the span.
    var movable = false
  }

  static let spans = [
    Span(description: "inside", start: 0.1, end: 2, saves: [0.5, 1.1, 1.9], movable: true),
    Span(description: "backwards", start: 2, end: 0.1, saves: [1.9, 1.1, 0.5], movable: true),
    Span(description: "at both ends", start: 0.1, end: 2, saves: [0.1, 1.1, 2]),
    Span(description: "backwards at both ends", start: 2, end: 0.1, saves: [2, 1.1, 0.1]),
    Span(description: "twice", start: 0, end: 1.5, saves: [0.7, 0.7, 1.5, 1.5]),
    Span(description: "no saves", start: 0, end: 1.5, saves: [], movable: true),
    Span(description: "empty", start: 1, end: 1, saves: [1, 1]),
  ]

  /// (y₀, p, t₀, t₁, saves) → a loss of all states.
  static func loss(
    _ mode: GradientMode, _ stepping: SolverSettings.Stepping, saves: Int,
    _ element: ElementType = .f64, method: String = "tsit5"
  ) throws -> Region {
    var b = RegionBuilder(
      parameters: [
        ValueType(element, shape: [2]), ValueType(element, shape: [4]), .time, .time,
        ValueType(.f64, shape: [saves]),
      ])
    let p = b.parameters
    let solve = Solve(
      settings: SolverSettings(method: method, stepping: stepping, gradient: mode), batched: [],
      rhs: try SolveGradients.rightHandSide(element), controlled: 2)
    let results = b.emit(.solve(solve), [p[2], p[3], p[4], p[0], p[1]])
    let weights = b.constant([0.7, -0.4], ValueType(element, shape: [2]))
    let end = b.reduce(.sum, b.mul(weights, b.square(results[0])), axes: [0])
    let inside = b.reduce(.sum, b.sin(results[1]), axes: [0, 1])
    return try b.finish([b.add(end, inside)])
  }

  static func inputs(_ span: Span, _ element: ElementType = .f64) -> [Tensor] {
    [
      Tensor(element, shape: [2], [1, 1.2]), Tensor(element, shape: [4], [1.5, 1, 3, 1]),
      Tensor(span.start), Tensor(span.end), Tensor(span.saves),
    ]
  }

  @Test(arguments: SolveGradients.modes, Stepping.allCases)
  func everySpan(_ mode: GradientMode, _ stepping: Stepping) throws {
    for span in Self.spans {
      let region = try Self.loss(mode, stepping.settings, saves: span.saves.count)
      let gradient = try Pipeline.training(wrt: [0, 1, 2, 3, 4]).run(region)
      let plain = Runner(try ReferenceExecutor().compile(Pipeline.evaluation.run(region)))
      let inputs = Self.inputs(span)
      let found = try run(gradient, inputs)
      let value = try plain.run(inputs).results[0].scalar
      // Sensitivities that run beside the state are in the error norm, and change adaptive steps.
      let isSame = mode != .forward || stepping != .adaptive
      #expect(
        abs(found[0].scalar - value) <= (isSame ? 0 : 1e-6), "\(mode) \(stepping) \(span)")
      for (i, input) in inputs.enumerated() {
        for k in 0..<input.count {
          #expect(found[1 + i][k].isFinite, "\(mode) \(stepping) \(span): \(i)[\(k)]")
          guard i < 2 || span.movable else { continue }
          func value(_ shift: Double) throws -> Double {
            var moved = inputs
            moved[i][k] += shift
            return try plain.run(moved).results[0].scalar
          }
          let h = 1e-5
          let difference = try (value(h) - value(-h)) / (2 * h)
          #expect(
            abs(found[1 + i][k] - difference) < 1e-4 * (1 + abs(difference)),
            "\(mode) \(stepping) \(span): input \(i)[\(k)] \(found[1 + i][k]), differences \(difference)"
          )
        }
      }
    }
  }

  @Test(arguments: SolveGradients.modes, Stepping.allCases)
  func batchesAreSingles(_ mode: GradientMode, _ stepping: Stepping) throws {
    let n = 3
    for (e, extent) in [Extent.lane, .fixed(n)].enumerated() {
      for (s, span) in Self.spans.enumerated() {
        // Each with its own span too, or all with one; the long suite takes every pair of the choices.
        for ownTimes in [true, false] where Effort.isLong || ownTimes == ((s + e) % 2 == 0) {
          let one = try Self.loss(mode, stepping.settings, saves: span.saves.count)
          let flags = [true, false, ownTimes, ownTimes, ownTimes]
          var b = RegionBuilder(
            parameters: zip(one.parameterTypes, flags).map { $1 ? $0.prepending(extent) : $0 })
          let map = Map(extent: extent, mapped: flags, body: one)
          let losses = b.emit(.map(map), b.parameters)[0]
          let whole = try Pipeline.training(wrt: [0, 1]).run(
            b.finish([b.reduce(.sum, losses, axes: [0]), losses]))
          let single = try Pipeline.training(wrt: [0, 1]).run(one)
          var noise = Noise(4)
          let examples = (0..<n).map { i in
            var own = Self.inputs(span)
            own[0] = Tensor([1 + 0.5 * noise.next(), 1 + 0.5 * noise.next()])
            if ownTimes {
              // Another start and end: a longer or shorter way.
              let s = 1 - 0.2 * Double(i)
              for k in 2..<5 { for j in 0..<own[k].count { own[k][j] *= s } }
            }
            return own
          }
          let inputs = flags.indices.map { k in
            flags[k]
              ? Tensor(
                .f64, shape: [n] + examples[0][k].shape, examples.flatMap { $0[k].numbers })
              : examples[0][k]
          }
          let all = try run(whole, inputs)
          var shared = [Double](repeating: 0, count: 4)
          for (i, own) in examples.enumerated() {
            let alone = try run(single, own)
            #expect(all[1][i].bitPattern == alone[0].scalar.bitPattern)
            for k in 0..<2 {
              let (x, y) = (all[2][2 * i + k], alone[1][k])
              #expect(
                abs(x - y) <= 1e-13 * (1 + abs(y)),
                "\(mode) \(stepping) \(extent) \(span): \(x) \(y)")
            }
            for k in 0..<4 { shared[k] += alone[2][k] }
          }
          for k in 0..<4 {
            #expect(
              abs(all[3][k] - shared[k]) <= 1e-11 * (1 + abs(shared[k])),
              "\(mode) \(stepping) \(extent) \(span): p[\(k)] \(all[3][k]), sum \(shared[k])")
          }
        }
      }
    }
  }

  /// In one batch: a trajectory without a step, one that goes backwards, one save point at its start, and others.
  @Test(arguments: SolveGradients.modes, [ElementType.f64, .f32])
  func unlikeTrajectories(_ mode: GradientMode, _ element: ElementType) throws {
    let tolerance = element == .f64 ? 1e-8 : 1e-5
    let one = try Self.loss(mode, .adaptive(rtol: tolerance, atol: [tolerance]), saves: 2, element)
    let spans: [(Double, Double, [Double])] = [
      (1, 1, [1, 1]), (0, 2, [0.5, 2]), (2, 0.5, [2, 1.1]), (0, 0.01, [0, 0.01]), (3, 3, [3, 3]),
    ]
    let n = spans.count
    let starts = (0..<(2 * n)).map { 0.8 + 0.1 * Double($0) }
    let weights = Tensor(element, shape: [4], [1.5, 1, 3, 1])
    let single = try Pipeline.training(wrt: [0, 1, 2, 3, 4]).run(one)
    for extent in [Extent.lane, .fixed(n)] {
      let flags = [true, false, true, true, true]
      var b = RegionBuilder(
        parameters: zip(one.parameterTypes, flags).map { $1 ? $0.prepending(extent) : $0 })
      let losses = b.emit(.map(Map(extent: extent, mapped: flags, body: one)), b.parameters)[0]
      let whole = try Pipeline.training(wrt: [0, 1, 2, 3, 4]).run(
        b.finish([b.reduce(.sum, losses, axes: [0])]))
      let all = try run(
        whole,
        [
          Tensor(element, shape: [n, 2], starts), weights, Tensor(spans.map(\.0)),
          Tensor(spans.map(\.1)), Tensor(.f64, shape: [n, 2], spans.flatMap(\.2)),
        ])
      for (i, (start, end, saves)) in spans.enumerated() {
        let alone = try run(
          single,
          [
            Tensor(element, shape: [2], [starts[2 * i], starts[2 * i + 1]]), weights,
            Tensor(start), Tensor(end), Tensor(saves),
          ])
        for k in [1, 3, 4, 5] {
          let row = TransformsBatchingLawTests.row(all[k], i)
          for j in 0..<row.count {
            let bound = element == .f64 ? 1e-12 : 1e-4
            #expect(
              abs(row[j] - alone[k][j]) <= bound * (1 + abs(row[j])),
              "\(mode) \(extent): result \(k)[\(j)] of \(i) is \(row[j]), alone \(alone[k][j])")
          }
        }
      }
      #expect(all.allSatisfy { $0.numbers.allSatisfy(\.isFinite) })
    }
  }

  /// Second derivatives through the steps, alone and in batches: forward over reverse against differences of the gradient, and
  /// reverse over reverse against that.
  @Test(arguments: [Extent?.none, .lane, .fixed(3)], ["rk4", "tsit5"])
  func secondDerivatives(_ extent: Extent?, _ method: String) throws {
    let inner = try Self.loss(.direct, .count(12), saves: 3, method: method)
    var b = RegionBuilder(parameters: Array(inner.parameterTypes[..<2]))
    let value = b.inline(
      inner,
      b.parameters + [
        b.constant(0.1, .time), b.constant(1.3, .time),
        b.constant([0.3, 0.7, 1.3], ValueType(.f64, shape: [3])),
      ])
    var region = try b.finish(value)
    if let extent {
      var outer = RegionBuilder(parameters: [
        region.parameterTypes[0].prepending(extent), region.parameterTypes[1],
      ])
      let losses = outer.emit(
        .map(Map(extent: extent, mapped: [true, false], body: region)), outer.parameters)[0]
      region = try outer.finish([outer.reduce(.sum, losses, axes: [0])])
    }
    let gradient = try Pipeline.training(wrt: [0, 1]).run(region)
    var noise = Noise(12)
    let inputs = TransformsDerivativeLawTests.inputs(region.parameterTypes, &noise).map { x in
      Tensor(.f64, shape: x.shape, x.numbers.map { 1.2 + 0.3 * $0 })
    }
    try TransformsDerivativeLawTests.check(
      gradient, inputs, &noise, tolerance: 1e-5,
      name: "\(method), \(extent.map(\.description) ?? "single")")
  }

  @Test(arguments: SolveGradients.modes)
  func singlePrecision(_ mode: GradientMode) throws {
    let wide = try Self.loss(mode, .adaptive(rtol: 1e-10, atol: [1e-10]), saves: 3)
    let span = Self.spans[0]
    let exact = try run(Pipeline.training(wrt: [0, 1, 2, 3, 4]).run(wide), Self.inputs(span))
    for stepping in [
      SolverSettings.Stepping.adaptive(rtol: 1e-5, atol: [1e-6]), .step(0.05), .count(50),
    ] {
      let narrow = try Self.loss(mode, stepping, saves: 3, .f32)
      let found = try run(
        Pipeline.training(wrt: [0, 1, 2, 3, 4]).run(narrow), Self.inputs(span, .f32))
      for (a, b) in zip(found, exact) {
        for k in 0..<b.count {
          #expect(
            abs(a[k] - b[k]) < 2e-3 * (1 + abs(b[k])), "\(mode) \(stepping): \(a[k]), \(b[k])")
        }
      }
    }
  }

  /// A thousand trajectories are one program: about as many instructions as one takes.
  @Test(arguments: SolveGradients.modes)
  func instructionsDoNotGrowWithLanes(_ mode: GradientMode) throws {
    let one = try Self.loss(mode, .count(40), saves: 3)
    let region = try Pipeline.training(wrt: [0, 1]).run(
      TransformsBatchingLawTests.total(one, [true, false, false, false, false]))
    let runner = Runner(try ReferenceExecutor().compile(region))
    func instructions(_ n: Int) throws -> Int {
      var noise = Noise(1)
      let starts = Tensor(.f64, shape: [n, 2], (0..<(2 * n)).map { _ in 1 + 0.3 * noise.next() })
      return try runner.run([starts] + Self.inputs(Self.spans[0])[1...]).report.instructions
    }
    let (few, many) = (try instructions(1), try instructions(1000))
    #expect(Double(many) < 1.5 * Double(few), "\(mode): \(many), for one \(few)")
  }

  /// Steps are each trajectory's own: bits don't depend on the company.
  @Test(arguments: SolveGradients.modes)
  func companyChangesNoBit(_ mode: GradientMode) throws {
    let one = try Self.loss(mode, .adaptive(rtol: 1e-6, atol: [1e-9]), saves: 3)
    let region = try Pipeline.training(wrt: [0]).run(
      TransformsBatchingLawTests.total(one, [true, false, false, false, false]))
    var noise = Noise(8)
    let n = 23
    let starts = Tensor(.f64, shape: [n, 2], (0..<(2 * n)).map { _ in 2 + 1.9 * noise.next() })
    let rest = Array(Self.inputs(Self.spans[0])[1...])
    let all = try run(region, [starts] + rest)
    for order in [Array((0..<n).reversed()), [4], [7, 1, 22, 7], Array(5..<20)] {
      let some = try run(region, [TransformsBatchingLawTests.rows(starts, order)] + rest)
      for k in [1, 2] {
        #expect(
          some[k].isIdentical(to: TransformsBatchingLawTests.rows(all[k], order)),
          "\(mode): result \(k) in order \(order)")
      }
    }
  }
}

extension TransformsBatchingLawTests {
  /// The sum of a loss over lanes, and each one's own.
  static func total(_ one: Region, _ flags: [Bool]) throws -> Region {
    var b = RegionBuilder(
      parameters: zip(one.parameterTypes, flags).map { $1 ? $0.prepending(.lane) : $0 })
    let losses = b.emit(.map(Map(extent: .lane, mapped: flags, body: one)), b.parameters)[0]
    return try b.finish([b.reduce(.sum, losses, axes: [0]), losses])
  }
}
